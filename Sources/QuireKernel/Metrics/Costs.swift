// The cost table: how long each step takes in simulated time (TIME-1).

/// Simulated nanoseconds per step.
///
/// Each figure says where it comes from; a machine may override any of them (`costs:`).
public struct Costs: Hashable, Sendable {
  /// A statement, call or backward branch of a script. A guess: a few instructions of compiled
  /// code.
  public var step: Nanoseconds = 2
  /// Entering and leaving the kernel. Measured: getppid on a bare x86-64 machine, about 60 ns.
  public var systemCall: Nanoseconds = 60
  /// A memory access that hits a present entry. Measured: an L2 hit with a TLB hit, 4.6 ns.
  public var access: Nanoseconds = 5
  /// A minor fault. Measured on a virtual machine, 1,190 ns, of which half is the guest's.
  public var minorFault: Nanoseconds = 600
  /// Copying a page in a copy-on-write fault, beyond the fault. Measured: 680 ns.
  public var pageCopy: Nanoseconds = 680
  /// Duplicating an address space, beyond its entries. Measured: fork of an empty process.
  public var fork: Nanoseconds = 60_000
  /// Copying one page-table entry at fork. Measured: 18 ms for 262,144 entries.
  public var entryCopy: Nanoseconds = 70
  /// Scanning one page for reclaim. A guess, from the cost of a cache miss or two.
  public var pageScan: Nanoseconds = 200
  /// Latency of one request to a disk. A guess: a flash drive of the ordinary kind.
  public var diskLatency: Nanoseconds = 80_000
  /// Transfer of one page to or from a disk. A guess: 1 GB/s.
  public var diskPage: Nanoseconds = 4_000
  /// Choosing and starting another task. Measured: half of a sched_yield pair, 1,100 ns.
  public var taskSwitch: Nanoseconds = 1_100

  public init() {}
}
