// What must hold of caches and slabs between two calls (AUDIT-14).

import KernelStorage

extension SlabAllocator {
  func check(_ frames: borrowing FrameTable, _ violations: inout [InvariantViolation]) {
    let census = census()
    for cache in order { checkCache(cache, census[cache.index], &violations) }
    for slab in 1..<max(slabs.count, 1) where slabs[slab].place != .spare {
      checkObjects(of: slab, &violations)
      checkPages(of: slab, frames, &violations)
    }
    if discarded != 0 {
      violations.append(InvariantViolation("slab.discarded", "slab \(discarded) keeps its pages"))
    }
  }

  // MARK: Caches

  /// What the slabs of one cache add up to.
  private struct Census {
    var slabs = 0
    var objects = 0
    var frames = 0
    var node = 0
    var cpu = 0
    var active = 0
  }

  private func census() -> [Census] {
    var census = [Census](repeating: Census(), count: caches.limit)
    for slab in 1..<max(slabs.count, 1) where slabs[slab].place != .spare {
      let cache = slabs[slab].cache.index
      census[cache].slabs += 1
      census[cache].objects += Int(slabs[slab].objects)
      census[cache].frames += 1 << Int(slabs[slab].order)
      switch slabs[slab].place {
      case .nodePartial: census[cache].node += 1
      case .cpuPartial: census[cache].cpu += 1
      case .active: census[cache].active += 1
      case .full, .discarded, .spare: break
      }
    }
    return census
  }

  /// The lists of a cache hold its slabs, each where its place says, and the counts agree.
  private func checkCache(
    _ cache: CacheIndex, _ counts: Census, _ violations: inout [InvariantViolation]
  ) {
    let record = caches[cache.index]
    if record.slabCount != counts.slabs || record.objectCount != counts.objects
      || record.frameCount != counts.frames
    {
      violations.append(InvariantViolation("slab.cache-counts", name(of: cache)))
    }
    checkNodeList(cache, counts.node, &violations)
    checkCPULists(cache, counts.cpu, counts.active, &violations)
  }

  private func checkNodeList(
    _ cache: CacheIndex, _ expected: Int, _ violations: inout [InvariantViolation]
  ) {
    var length = 0
    var before: UInt32 = 0
    var slab = caches[cache.index].partialHead
    while slab != 0, length <= expected {
      let row = slabs[Int(slab)]
      if row.previous != before || row.place != .nodePartial || row.cache != cache {
        violations.append(InvariantViolation("slab.list-links", "slab \(slab)"))
      }
      length += 1
      before = slab
      slab = row.next
    }
    let record = caches[cache.index]
    if length != expected || record.partialCount != expected || record.partialTail != before {
      violations.append(InvariantViolation("slab.partial-count", name(of: cache)))
    }
  }

  private func checkCPULists(
    _ cache: CacheIndex, _ partial: Int, _ active: Int, _ violations: inout [InvariantViolation]
  ) {
    var found = (partial: 0, active: 0)
    for cpu in 0..<cpuCount {
      let row = cpuSlabs[cache.index * cpuCount + cpu]
      if row.slab != 0 {
        found.active += 1
        if slabs[Int(row.slab)].place != .active || slabs[Int(row.slab)].cache != cache {
          violations.append(InvariantViolation("slab.cpu-slab", "\(name(of: cache)) CPU \(cpu)"))
        }
      }
      var length = 0
      var slab = row.partialHead
      while slab != 0, length <= partial {
        if slabs[Int(slab)].place != .cpuPartial || slabs[Int(slab)].cache != cache {
          violations.append(InvariantViolation("slab.list-links", "slab \(slab)"))
        }
        length += 1
        slab = slabs[Int(slab)].next
      }
      found.partial += length
      if length != Int(row.partialCount) {
        violations.append(InvariantViolation("slab.cpu-partial", "\(name(of: cache)) CPU \(cpu)"))
      }
    }
    if found.partial != partial || found.active != active {
      violations.append(InvariantViolation("slab.place", "\(name(of: cache)): \(found)"))
    }
  }

  // MARK: Slabs

  /// Every object is live, on one free chain, or fresh: exactly one of them.
  private func checkObjects(of slab: Int, _ violations: inout [InvariantViolation]) {
    let row = slabs[slab]
    let chain = Int(row.chain)
    var live = 0
    for place in 0..<Int(row.fresh) where links[chain + place] == SlabLink.live { live += 1 }
    if live != Int(row.live) {
      violations.append(
        InvariantViolation("slab.live-count", "slab \(slab): \(live) of \(row.live)"))
    }
    var free = chainLength(from: row.head, of: slab)
    if row.place == .active { free += chainLength(from: activeHead(of: slab), of: slab) }
    if free + live != Int(row.fresh) || row.fresh > row.objects {
      violations.append(
        InvariantViolation("slab.chain", "slab \(slab): \(free) free, \(live) live"))
    }
    if row.place == .full, row.hasFree {
      violations.append(InvariantViolation("slab.full", "slab \(slab) has a free object"))
    }
  }

  /// Free objects on a chain; more than there can be when it runs in a circle or into a live one.
  private func chainLength(from head: UInt16, of slab: Int) -> Int {
    let broken = Int(slabs[slab].objects) + 1
    var length = 0
    var place = head
    while place != SlabLink.end {
      if place >= slabs[slab].fresh || length >= broken { return broken }
      place = links[Int(slabs[slab].chain) + Int(place)]
      length += 1
    }
    return length
  }

  /// The list of the CPU that allocates from a slab.
  private func activeHead(of slab: Int) -> UInt16 {
    let first = slabs[slab].cache.index * cpuCount
    for cpu in 0..<cpuCount where Int(cpuSlabs[first + cpu].slab) == slab {
      return cpuSlabs[first + cpu].head
    }
    return SlabLink.end
  }

  private func checkPages(
    of slab: Int, _ frames: borrowing FrameTable, _ violations: inout [InvariantViolation]
  ) {
    let block = slabs[slab].block
    let order = Int(slabs[slab].order)
    if frames[block].referenceCount != 1 || Int(frames[block].order) != order {
      violations.append(InvariantViolation("slab.block", "slab \(slab)"))
    }
    for page in 0..<(1 << order) {
      let frame = frames[block + page]
      if !frame.flags.contains(.slab) || Int(frame.mapping) != slab {
        violations.append(InvariantViolation("slab.page-flag", "frame \(block.index + page)"))
      }
      if frame.flags.contains(.lru) {
        violations.append(InvariantViolation("slab.page-on-lru", "frame \(block.index + page)"))
      }
    }
  }
}
