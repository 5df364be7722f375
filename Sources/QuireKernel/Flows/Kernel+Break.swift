// brk: the end of the heap.

extension Kernel {
  /// Moves the break and answers where it is afterwards: the old place when it could not be moved.
  ///
  /// Linux: `sys_brk`, mm/mmap.c.
  public mutating func brk(_ address: VirtualAddress, by task: TaskIndex) -> VirtualAddress {
    0
  }

  /// Moves the break by `amount` and returns the old break, as the C library does.
  ///
  /// Linux: none (the C library's `sbrk`).
  public mutating func sbrk(_ amount: Int64, by task: TaskIndex) throws(Errno) -> VirtualAddress {
    throw .ENOSYS
  }
}
