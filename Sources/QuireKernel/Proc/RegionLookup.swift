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
