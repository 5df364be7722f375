// mmap: finding a place, checking limits, and making or extending a region.

extension Kernel {
  /// Maps memory and returns where (MMAP-1 … MMAP-13).
  ///
  /// Linux: `do_mmap`, mm/mmap.c.
  public mutating func mmap(_ request: MapRequest, by task: TaskIndex)
    throws(Errno) -> VirtualAddress
  {
    throw .ENOSYS
  }
}
