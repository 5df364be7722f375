// The kernel: one value that owns every table of a simulated machine.
//
// Subsystems are structs that do not know each other; the flows that join them (fault, fork,
// map, reclaim, …) are extensions of `Kernel` in Flows/, one file each, in the order the real
// kernel does the work.

/// A simulated Linux memory subsystem and process table.
///
/// A kernel is a plain value without locks, clocks or globals: whoever holds it runs it.
/// Time passes only by the costs of what is asked of it.
public struct Kernel: ~Copyable {
  public let machine: MachineConfiguration
  /// The clock of the CPU that the kernel runs on; whoever schedules sets it before a call.
  public var now: Nanoseconds = 0
  /// When the current time slice ends; long operations stop there and answer `again`.
  public var sliceEnd: Nanoseconds = .max
  public var counters = Counters()
  public var events = EventLog()
  package var costs: Costs
  package var tunables: Tunables

  /// Boots a machine.
  ///
  /// - Throws: `MachineError` naming the key of the configuration that cannot be had.
  public init(_ machine: MachineConfiguration) throws(MachineError) {
    try machine.validate()
    self.machine = machine
    costs = machine.costs
    tunables = machine.tunables
  }

  /// Lets simulated time pass on this CPU.
  @inlinable
  package mutating func charge(_ cost: Nanoseconds) { now &+= cost }
}
