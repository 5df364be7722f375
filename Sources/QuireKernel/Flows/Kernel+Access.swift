// User accesses: one at a time, over a range, and with data.

extension Kernel {
  /// One access of the running task; faults as often as the processor would.
  ///
  /// Linux: none (what the processor and `exc_page_fault` do together).
  public mutating func access(_ address: VirtualAddress, _ kind: AccessKind, by task: TaskIndex)
    -> Progress
  {
    .failed(.ENOSYS)
  }

  /// Goes on with a walk until it is complete, the slice is over, or an access is refused.
  ///
  /// `access.next` is the address of the access that did not happen yet.
  /// Linux: none (model only).
  public mutating func perform(_ access: inout RangeAccess, by task: TaskIndex) -> Progress {
    .failed(.ENOSYS)
  }

  /// Loads a 64-bit word, which may straddle two pages.
  public mutating func loadWord(
    _ address: VirtualAddress, into value: inout UInt64, by task: TaskIndex
  ) -> Progress {
    .failed(.ENOSYS)
  }

  public mutating func storeWord(_ address: VirtualAddress, _ value: UInt64, by task: TaskIndex)
    -> Progress
  {
    .failed(.ENOSYS)
  }

  public mutating func loadByte(
    _ address: VirtualAddress, into value: inout UInt8, by task: TaskIndex
  ) -> Progress {
    .failed(.ENOSYS)
  }

  public mutating func storeByte(_ address: VirtualAddress, _ value: UInt8, by task: TaskIndex)
    -> Progress
  {
    .failed(.ENOSYS)
  }
}
