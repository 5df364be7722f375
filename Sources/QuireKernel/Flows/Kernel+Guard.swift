// Guards: pages of a region that must not be touched, without a region of their own.
//
// A guard is an entry. It survives MADV_DONTNEED and mprotect, moves with mremap, is inherited by
// fork, and goes with its region or by MADV_GUARD_REMOVE.

extension Kernel {
  /// Puts a guard in place of every page of a range.
  ///
  /// - Throws: EINVAL for memory that is locked or special; EAGAIN without memory for tables, and
  ///   then the guards before that place stay.
  /// Linux: `madvise_guard_install`, mm/madvise.c.
  mutating func installGuards(
    _ region: VMAIndex, _ start: VirtualAddress, _ end: VirtualAddress, by task: TaskIndex
  ) throws(Errno) {
    let area = virtual.regions[region]
    if !area.flags.isDisjoint(with: VMAFlags.special.union(.locked)) { throw .EINVAL }
    do throws(Errno) {
      // With an anon_vma, fork looks at the entries of the region and copies its guards.
      if area.anonVMA.isNone { try prepareAnonVMA(of: region, by: task) }
      zap(start, end, of: area.flags, in: area.space)
      var address = start
      while address < end {
        let table = try makeLeafTable(for: address, in: area.space, by: task)
        memory.setEntry(
          table: table, index: geometry.index(address, TableLevel.leaf), to: .guard)
        address += Page.size
      }
    } catch {
      throw error == .ENOMEM ? .EAGAIN : error
    }
  }

  /// Takes the guards of a range away; pages that are there stay.
  ///
  /// Linux: `madvise_guard_remove`, mm/madvise.c.
  mutating func removeGuards(
    _ area: VirtualMemoryArea, _ start: VirtualAddress, _ end: VirtualAddress
  ) throws(Errno) {
    if !area.flags.isDisjoint(with: .special) { throw .EINVAL }
    forEachEntry(start, end, in: area.space) { kernel, table, index, entry in
      if entry.isGuard { kernel.memory.setEntry(table: table, index: index, to: .none) }
    }
  }
}
