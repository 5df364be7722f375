// Events: what happened, when, to whom; the trail that observers, traces and digests follow.

public import KernelStorage

/// The kinds of event the kernel reports.
public enum EventKind: UInt8, Sendable, BitwiseCopyable, CaseIterable {
  case fork, exit, reap, exec, signal
  case map, unmap, protect, brk
  case pageFault, copyOnWrite, segmentationFault
  case allocate, free, kmalloc, kfree
  case reclaim, swapOut, swapIn, swapOn, swapOff, oomKill
  case oops

  /// The name by which scripts ask for the event: `page_fault`.
  public var name: String {
    switch self {
    case .pageFault: "page_fault"
    case .copyOnWrite: "cow"
    case .segmentationFault: "segv"
    case .swapOut: "swap_out"
    case .swapIn: "swap_in"
    case .swapOn: "swapon"
    case .swapOff: "swapoff"
    case .oomKill: "oom_kill"
    default: String(describing: self)
    }
  }
}

/// One event; what `first` and `second` mean depends on the kind (an address, a frame, a pid …).
public struct KernelEvent: Hashable, Sendable, BitwiseCopyable {
  public var time: Nanoseconds
  public var kind: EventKind
  public var pid: ProcessID
  public var first: UInt64
  public var second: UInt64
}

/// The running digest of the event sequence, and the switch that turns events on.
///
/// One predictable branch per event while nobody listens.
public struct EventLog: Sendable, BitwiseCopyable {
  public var isOn = false
  /// Number of events since the log was turned on.
  public private(set) var count: UInt64 = 0
  /// The last event; observers read it right after the step that made it.
  public private(set) var last: KernelEvent?
  public private(set) var digest = Digest()

  @inlinable
  mutating func emit(_ event: @autoclosure () -> KernelEvent) {
    if isOn { record(event()) }
  }

  @usableFromInline
  mutating func record(_ event: KernelEvent) {
    count += 1
    last = event
    digest.mix(event.time)
    digest.mix(UInt64(event.kind.rawValue) << 32 | UInt64(UInt32(bitPattern: event.pid)))
    digest.mix(event.first)
    digest.mix(event.second)
  }
}
