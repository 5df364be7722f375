// Commit accounting and the limits of an address space: what may be promised.

extension Kernel {
  /// Promises `pages` to a process, if the policy allows it (COMMIT-2, COMMIT-3).
  ///
  /// Linux: `__vm_enough_memory`, mm/util.c.
  mutating func charge(pages: UInt64, in space: AddressSpaceIndex, by task: TaskIndex)
    throws(Errno)
  {
    guard allowsCommit(of: pages, in: space, by: task) else { throw .ENOMEM }
    virtual.committedPages += pages
  }

  /// Linux: `vm_unacct_memory`, include/linux/mman.h.
  mutating func uncharge(pages: UInt64) {
    precondition(
      pages <= virtual.committedPages,
      "uncharge: \(pages) of \(virtual.committedPages) committed pages")
    virtual.committedPages -= pages
  }

  private borrowing func allowsCommit(
    of pages: UInt64, in space: AddressSpaceIndex, by task: TaskIndex
  ) -> Bool {
    switch tunables.overcommitMemory {
    case 1: return true
    case 2 where architectureRules.contains(.promiseKeepsShares):
      return allowsStrictly(pages, in: space, by: task)
    case 0 where architectureRules.contains(.guessCountsWhatIsFree):
      return allowsByGuess(pages, by: task)
    case 2:
      var margin = min(spaces[space].totalPages / 32, virtual.userReserve)
      if !tasks[task].holds(.admin) { margin += virtual.adminReserve }
      let committed = virtual.committedPages + pages
      return committed + margin < commitLimitPages
    default: return pages <= totalMemoryPages + totalSwapPages
    }
  }

  /// A request must be smaller than what could be had now: the page cache, free swap and what
  /// caches would give back, and only if that is not enough, free pages. Root's share of each is
  /// kept.
  ///
  /// Linux: `cap_vm_enough_memory` of 2.6.11, security/commoncap.c.
  private borrowing func allowsByGuess(_ pages: UInt64, by task: TaskIndex) -> Bool {
    let isRoot = tasks[task].holds(.admin)
    func share(_ pages: Int) -> UInt64 { UInt64(isRoot ? pages : pages - pages / 32) }
    var free = share(gauges.nr_file_pages + swap.freePages + slab.reclaimableFrames)
    if free > pages { return true }
    free += share(memory.freeFrames)
    return free > pages
  }

  /// Linux: `cap_vm_enough_memory` of 2.6.11, security/commoncap.c.
  private borrowing func allowsStrictly(
    _ pages: UInt64, in space: AddressSpaceIndex, by task: TaskIndex
  ) -> Bool {
    var allowed = promisedMemoryPages
    if !tasks[task].holds(.admin) { allowed -= allowed / 32 }
    allowed += totalSwapPages
    return virtual.committedPages + pages + spaces[space].totalPages / 32 < allowed
  }

  /// Pages that mode 2 may promise in all.
  ///
  /// Linux: `vm_commit_limit`, mm/util.c.
  public var commitLimitPages: UInt64 { promisedMemoryPages + totalSwapPages }

  /// Pages of RAM that mode 2 may promise.
  private var promisedMemoryPages: UInt64 {
    let kilobytes = tunables.overcommitKilobytes
    return kilobytes > 0
      ? kilobytes >> (Page.shift - 10)
      : totalMemoryPages * UInt64(tunables.overcommitRatio) / 100
  }

  /// Pages promised to processes. Linux: `Committed_AS` of /proc/meminfo.
  public var committedPages: UInt64 { virtual.committedPages }

  private var totalSwapPages: UInt64 { UInt64(swap.totalPages) }
  private var totalMemoryPages: UInt64 { UInt64(memory.managedFrames) }

  /// Whether the limits of the task let its address space grow by a region of `flags` (VMA-10).
  ///
  /// Linux: `may_expand_vm`, mm/mmap.c.
  borrowing func mayExpand(
    _ space: AddressSpaceIndex, _ flags: VMAFlags, by pages: UInt64, _ task: TaskIndex
  ) -> Bool {
    let limits = tasks[task].limits
    if spaces[space].totalPages + pages > limits.addressSpace >> Page.shift { return false }
    if !flags.isData || architectureRules.contains(.dataLimitIsOfBreak) { return true }
    // Under a soft limit of 0 the hard one counts: the kernel does so for Valgrind.
    let limit = limits.data == 0 ? tasks[task].hardLimits.data : limits.data
    return spaces[space].dataPages + pages <= limit >> Page.shift
  }

  /// Whether `pages` more may be locked, if a region of `flags` would lock them.
  ///
  /// Linux: `mlock_future_ok`, mm/mmap.c.
  borrowing func mayLock(
    _ space: AddressSpaceIndex, _ flags: VMAFlags, _ pages: UInt64, _ task: TaskIndex
  ) -> Bool {
    if !flags.contains(.locked) || tasks[task].holds(.ipcLock) { return true }
    return spaces[space].lockedPages + pages <= tasks[task].limits.lockedMemory >> Page.shift
  }
}
