// Memory accesses: what a task may do to an address, and what may come of it.

/// What an access does.
public enum AccessKind: UInt8, Sendable, BitwiseCopyable {
  case read, write, execute
}

/// What became of one access or one step of a long operation.
public enum Progress: Sendable, Hashable {
  /// It is complete.
  case done
  /// It stopped at a consistent point because the time slice is over; resume it.
  case again
  /// The task sleeps until this time (a device works for it); then resume it.
  case blocked(until: Nanoseconds)
  /// The processor refused the access.
  case signal(SignalInfo)
  /// The OOM killer chose the current task; it is dying.
  case killed
  /// The kernel refused the operation.
  case failed(Errno)
}

/// A walk over a range, one access per page, with its cursor: it can stop at any page and go on.
public struct RangeAccess: Hashable, Sendable, BitwiseCopyable {
  /// What each access does to the memory.
  public enum Action: Hashable, Sendable, BitwiseCopyable {
    /// One load per page.
    case read
    /// One store per page that leaves the data as it was.
    case touch
    /// One store per page of this byte at the address itself.
    case write(UInt8)
    /// Every byte of the range is set to this value.
    case fill(UInt8)
    case execute
  }
  public var action: Action
  /// The next address to access.
  public var next: VirtualAddress
  /// Exclusive end.
  public var end: VirtualAddress
  /// Distance between accesses in bytes.
  public var stride: UInt64 = Page.size

  public init(
    _ action: Action, from start: VirtualAddress, to end: VirtualAddress,
    every stride: UInt64 = Page.size
  ) {
    self.action = action
    self.next = start
    self.end = end
    self.stride = stride
  }
}
