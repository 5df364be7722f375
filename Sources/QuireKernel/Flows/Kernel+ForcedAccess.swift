// A debugger's hand in a process's memory: /proc/PID/mem and ptrace, whatever the rights are.

internal import KernelStorage

extension Kernel {
  /// Reads a word of a process, and stores another there if one is given.
  ///
  /// Rights do not count, but what a mapping may never be does: of private memory the process gets
  /// its own page before it is written, so that no file and no other process changes.
  /// - Returns: what the word was.
  /// - Throws: EACCES when the process may not be traced, ESRCH without memory, EIO where nothing
  ///   is mapped, for shared memory without the right to write, and across the end of a page;
  ///   ENOMEM.
  /// Linux: `mem_rw`, fs/proc/base.c, and `check_vma_flags` with FOLL_FORCE, mm/gup.c.
  @discardableResult
  public mutating func forceWord(
    _ address: VirtualAddress, of target: TaskIndex, to value: UInt64? = nil, by task: TaskIndex
  ) throws(Errno) -> UInt64 {
    charge(costs.systemCall)
    if !mayTrace(target, by: task) { throw .EACCES }
    let space = tasks[target].space
    if space.isNone { throw .ESRCH }
    if address & Page.offsetMask > Page.size - 8 || address >= layout.taskSize { throw .EIO }
    let region = virtual.regions.find(address, in: &spaces[space].regions)
    if region.isNone || virtual.regions[region].start > address { throw .EIO }
    let flags = virtual.regions[region].flags
    if !Self.mayForce(flags, isWrite: value != nil) { throw .EIO }
    let fault = Fault(
      address: Page.alignDown(address), isWrite: value != nil, region: region, space: space,
      task: task)
    let frame = try forcedPage(fault, flags)
    var word: UInt64 = 0
    let offset = Int(address & Page.offsetMask)
    for place in 0..<8 {
      word |= UInt64(memory.byte(frame, offset + place)) << UInt64(8 * place)
      if let value {
        let byte = UInt8(truncatingIfNeeded: value >> UInt64(8 * place))
        memory.setByte(frame, offset + place, to: byte)
      }
    }
    if value != nil { markDirty(frame) }
    return word
  }

  /// Linux: `check_vma_flags`, mm/gup.c.
  private static func mayForce(_ flags: VMAFlags, isWrite: Bool) -> Bool {
    if !flags.isDisjoint(with: [.io, .pfnMap]) { return false }
    if !isWrite { return flags.contains(.read) || flags.contains(.mayRead) }
    return flags.contains(.write) || flags.intersection([.shared, .mayWrite]) == .mayWrite
  }

  /// The page of an access: for a forced write a copy that is the process's alone.
  ///
  /// Linux: `faultin_page` and `can_follow_write_pte`, mm/gup.c.
  private mutating func forcedPage(
    _ fault: Fault, _ flags: VMAFlags
  ) throws(Errno) -> FrameNumber {
    while true {
      let entry = memory.pageEntry(below: spaces[fault.space].root, of: fault.address)
      if entry.isPresent && isReady(entry, fault, flags) { return entry.frame }
      switch handle(fault) {
      case .done, .major: break
      case .blocked(let until): now = max(now, until)
      case .outOfMemory: throw .ENOMEM
      case .busError, .guarded: throw .EIO
      }
      takeWriteRight(at: fault.address, fault.space, flags)
    }
  }

  private func isReady(_ entry: PageTableEntry, _ fault: Fault, _ flags: VMAFlags) -> Bool {
    if !fault.isWrite { return true }
    if flags.contains(.write) { return entry.isWritable }
    return !entry.isSpecial
      && memory.frames[entry.frame].flags.isSuperset(of: [.anonymous, .anonExclusive])
  }

  /// The fault was a write's, but the process may still not write.
  ///
  /// Linux: `maybe_mkwrite`, include/linux/mm.h.
  private mutating func takeWriteRight(
    at address: VirtualAddress, _ space: AddressSpaceIndex, _ flags: VMAFlags
  ) {
    if flags.contains(.write) { return }
    let table = memory.leafTable(below: spaces[space].root, of: address)
    if table.isNone { return }
    let index = geometry.index(address, TableLevel.leaf)
    let entry = memory.entry(table: table, index: index)
    if !entry.isPresent || !entry.isWritable { return }
    memory.setEntry(
      table: table, index: index,
      to: PageTableEntry(bits: entry.bits & ~PageTableEntry.writeBit))
    flushPage(address, of: space)
  }
}
