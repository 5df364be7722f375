// mprotect: region by region, with effect up to the first that refuses.

extension Kernel {
  /// Changes the rights of a range (MPROT-1 … MPROT-3).
  ///
  /// Linux: `do_mprotect_pkey`, mm/mprotect.c.
  public mutating func mprotect(
    _ address: VirtualAddress, _ length: UInt64, _ protection: Protection, by task: TaskIndex
  ) throws(Errno) {
    throw .ENOSYS
  }
}
