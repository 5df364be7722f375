// Loads and stores with data: words and bytes of user memory.

extension Kernel {
  /// Loads a 64-bit word, which may straddle two pages.
  ///
  /// Linux: none (what the processor does).
  public mutating func loadWord(
    _ address: VirtualAddress, into value: inout UInt64, by task: TaskIndex
  ) -> Progress {
    if address & Page.offsetMask > Page.size - 8 || address & 7 != 0 {
      return loadParts(address, into: &value, by: task)
    }
    var entry = PageTableEntry.none
    let progress = resolve(address, .read, &entry, by: task)
    if progress == .done {
      value = memory.word(entry.frame, Int(address & Page.offsetMask) >> 3)
    }
    return progress
  }

  /// Stores a 64-bit word, which may straddle two pages: then both are writable first.
  ///
  /// Linux: none (what the processor does).
  public mutating func storeWord(_ address: VirtualAddress, _ value: UInt64, by task: TaskIndex)
    -> Progress
  {
    if address & Page.offsetMask > Page.size - 8 || address & 7 != 0 {
      return storeParts(address, value, by: task)
    }
    var entry = PageTableEntry.none
    let progress = resolve(address, .write, &entry, by: task)
    if progress == .done {
      memory.setWord(entry.frame, Int(address & Page.offsetMask) >> 3, to: value)
    }
    return progress
  }

  /// Linux: none (what the processor does).
  public mutating func loadByte(
    _ address: VirtualAddress, into value: inout UInt8, by task: TaskIndex
  ) -> Progress {
    var entry = PageTableEntry.none
    let progress = resolve(address, .read, &entry, by: task)
    if progress == .done { value = memory.byte(entry.frame, Int(address & Page.offsetMask)) }
    return progress
  }

  /// Linux: none (what the processor does).
  public mutating func storeByte(_ address: VirtualAddress, _ value: UInt8, by task: TaskIndex)
    -> Progress
  {
    var entry = PageTableEntry.none
    let progress = resolve(address, .write, &entry, by: task)
    if progress == .done {
      memory.setByte(entry.frame, Int(address & Page.offsetMask), to: value)
    }
    return progress
  }

  // MARK: Unaligned words

  private mutating func loadParts(
    _ address: VirtualAddress, into value: inout UInt64, by task: TaskIndex
  ) -> Progress {
    var entries: (PageTableEntry, PageTableEntry) = (.none, .none)
    let progress = resolveBothEnds(address, .read, &entries, by: task)
    if progress != .done { return progress }
    value = 0
    for step in 0..<UInt64(8) {
      let (frame, offset) = place(address &+ step, address, entries)
      value |= UInt64(memory.byte(frame, offset)) << (8 * step)
    }
    return .done
  }

  private mutating func storeParts(
    _ address: VirtualAddress, _ value: UInt64, by task: TaskIndex
  ) -> Progress {
    var entries: (PageTableEntry, PageTableEntry) = (.none, .none)
    let progress = resolveBothEnds(address, .write, &entries, by: task)
    if progress != .done { return progress }
    for step in 0..<UInt64(8) {
      let (frame, offset) = place(address &+ step, address, entries)
      memory.setByte(frame, offset, to: UInt8(truncatingIfNeeded: value >> (8 * step)))
    }
    return .done
  }

  /// Translates the first and the last byte of a word; the second is the first's page or the next.
  private mutating func resolveBothEnds(
    _ address: VirtualAddress, _ kind: AccessKind,
    _ entries: inout (PageTableEntry, PageTableEntry), by task: TaskIndex
  ) -> Progress {
    let progress = resolve(address, kind, &entries.0, by: task)
    if progress != .done { return progress }
    let last = address &+ 7
    if Page.alignDown(last) == Page.alignDown(address) {
      entries.1 = entries.0
      return .done
    }
    let second = resolve(last, kind, &entries.1, by: task)
    if second != .done { return second }
    // Making room for the second page may have taken the first one away.
    return resolve(address, kind, &entries.0, by: task)
  }

  private func place(
    _ address: VirtualAddress, _ start: VirtualAddress,
    _ entries: (PageTableEntry, PageTableEntry)
  ) -> (FrameNumber, Int) {
    let isFirst = Page.alignDown(address) == Page.alignDown(start)
    return ((isFirst ? entries.0 : entries.1).frame, Int(address & Page.offsetMask))
  }
}
