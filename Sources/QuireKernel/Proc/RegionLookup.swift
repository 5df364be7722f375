// One region of a process by an address in it, as smaps would show it.

extension Kernel {
  /// The region that holds an address, with its use; nil where nothing is mapped.
  ///
  /// Linux: `show_smap`, fs/proc/task_mmu.c.
  public borrowing func regionUsage(
    at address: VirtualAddress, of task: TaskIndex
  ) -> RegionUsage? {
    let space = tasks[task].space
    if space.isNone { return nil }
    let region = virtual.regions.tree.first(above: address, in: spaces[space].regions.top)
    if region.isNone || virtual.regions[region].start > address { return nil }
    return usage(of: region)
  }
}

extension VMAFlags {
  /// The words of the VmFlags line, in its order.
  ///
  /// Linux: `show_smap_vma_flags`, fs/proc/task_mmu.c.
  public var words: [String] {
    let table: [(VMAFlags, String)] = [
      (.read, "rd"), (.write, "wr"), (.execute, "ex"), (.shared, "sh"), (.mayRead, "mr"),
      (.mayWrite, "mw"), (.mayExecute, "me"), (.mayShare, "ms"), (.growsDown, "gd"),
      (.pfnMap, "pf"), (.locked, "lo"), (.io, "io"), (.sequentialRead, "sr"), (.randomRead, "rr"),
      (.dontCopy, "dc"), (.dontExpand, "de"), (.lockOnFault, "lf"), (.account, "ac"),
      (.noReserve, "nr"), (.wipeOnFork, "wf"), (.dontDump, "dd"), (.mixedMap, "mm"),
      (.droppable, "dp"), (.sealed, "sl"),
    ]
    return table.compactMap { flag, word in contains(flag) ? word : nil }
  }
}
