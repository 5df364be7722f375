// munmap: cutting regions at the edges and taking away what lies between.

extension Kernel {
  /// Removes every mapping in `address ..< address + length` (MUNMAP-1, MUNMAP-2).
  ///
  /// Linux: `do_vmi_munmap`, mm/vma.c.
  public mutating func munmap(_ address: VirtualAddress, _ length: UInt64, by task: TaskIndex)
    throws(Errno)
  {
    throw .ENOSYS
  }
}
