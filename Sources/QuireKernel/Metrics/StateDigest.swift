// A digest of what a kernel has come to: its counters, its gauges, and what its memory holds.

package import KernelStorage

extension Kernel {
  /// Folds in counters and gauges, and the contents of every frame and swap slot that holds any.
  ///
  /// Linux: none (model only).
  package func mixState(into digest: inout Digest) {
    for field in Counters.fields { digest.mix(field.value(counters)) }
    if machine.architecture == .x86_32 { digest.mix(counters.pgalloc_high) }
    for field in Gauges.fields {
      digest.mix(UInt64(bitPattern: Int64(gauges[keyPath: field.path])))
    }
    digest.mix(UInt64(memory.freeFrames))
    digest.mix(UInt64(tasks.count))
    if tasks.oopses > 0 { digest.mix(tasks.oopses) }
    mixDescriptors(into: &digest)
    mixStackPointers(into: &digest)
    mixContents(into: &digest)
  }

  /// Only those that somebody has moved.
  private func mixStackPointers(into digest: inout Digest) {
    var task = tasks.first
    while !task.isNone {
      let pointer = tasks[task].stackPointer
      if pointer != Task.noStackPointer {
        digest.mix(UInt64(task.rawValue))
        digest.mix(pointer)
      }
      task = tasks[task].next
    }
  }

  /// Folds in the contents of every frame, swap slot and block of a file that holds any.
  ///
  /// Linux: none (model only).
  package func mixContents(into digest: inout Digest) {
    var fills = FillHashes()
    memory.mixContents(into: &digest, &fills)
    for number in 0..<swap.areas.limit where swap.isActive(number) {
      digest.mix(UInt64(number))
      swap.areas[number].forEachUsedSlot { place, slot in
        digest.mix(UInt64(place) << 32 | UInt64(slot.users))
        digest.mix(memory.store.hash(slot.data, &fills))
      }
    }
    mixFiles(into: &digest, &fills)
  }

  private func mixFiles(into digest: inout Digest, _ fills: inout FillHashes) {
    for index in 1..<max(1, virtual.objects.records.limit)
    where virtual.objects.records.isLive(index) {
      let object = MemoryObjectIndex(index)
      if virtual.objects[object].flags.contains(.device) {
        mixRegisters(of: virtual.objects[object], into: &digest, &fills)
      }
      var page: UInt64 = 0
      while let found = virtual.objects.nextBlock(from: page, of: object) {
        digest.mix(UInt64(index))
        digest.mix(found)
        digest.mix(memory.store.hash(virtual.objects.block(found, of: object).data, &fills))
        page = found + 1
      }
    }
  }

  private func mixRegisters(
    of device: MemoryObject, into digest: inout Digest, _ fills: inout FillHashes
  ) {
    for page in 0..<Int(device.pageCount) {
      let frame = device.deviceFrame + page
      let hash = memory.store.hash(memory.contents[frame.index], &fills)
      if hash == 0 { continue }
      digest.mix(UInt64(frame.rawValue))
      digest.mix(hash)
    }
  }
}

extension PhysicalMemory {
  /// The part of RAM that nobody has touched since boot is passed over: a digest costs what was
  /// used, not what the machine has.
  fileprivate func mixContents(into digest: inout Digest, _ fills: inout FillHashes) {
    for zone in 0..<ZoneKind.count {
      let untouched = zones[zone].untouchedStart.index..<zones[zone].untouchedEnd.index
      var frame = zones[zone].start.index
      while frame < zones[zone].end.index {
        if frame == untouched.lowerBound && !untouched.isEmpty {
          frame = untouched.upperBound
          continue
        }
        let hash = store.hash(contents[frame], &fills)
        if hash != 0 {
          digest.mix(UInt64(frame))
          digest.mix(hash)
        }
        frame += 1
      }
    }
  }
}

extension Kernel {
  /// Folds in what is open where, and what waits in pipes; nothing for a machine without any.
  fileprivate func mixDescriptors(into digest: inout Digest) {
    for index in 1..<max(1, descriptors.descriptions.limit)
    where descriptors.descriptions.isLive(index) {
      let record = descriptors[DescriptionIndex(index)]
      digest.mix(UInt64(index) << 32 | UInt64(record.holders))
      digest.mix(record.offset)
      if let pipe = record.pipe { digest.mix(descriptors[pipe].bytes) }
    }
  }
}
