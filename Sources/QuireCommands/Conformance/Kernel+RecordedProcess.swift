// The nearly empty process that scenarios are injected into, built in the model.

internal import QuireKernel

/// What untouched processes use: the zero of every size that recordings give.
struct Baselines: Sendable {
  /// Right after set-up.
  var parent: ProcessSizes
  /// Right after its fork from an untouched parent.
  var child: ProcessSizes
  /// Faults of a child that did nothing.
  var childFaults: UInt64

  /// Measures both in a machine of their own.
  init(on machine: MachineConfiguration) throws(StepStop) {
    var kernel = try Kernel.booted(machine)
    let task = try kernel.makeRecordedProcess()
    parent = ProcessSizes(kernel.space(of: task))
    do throws(Errno) {
      let forked = try kernel.fork(task)
      child = ProcessSizes(kernel.space(of: forked))
      childFaults = kernel.faults(of: forked).minor
    } catch {
      throw .failed("an untouched process cannot fork: \(error.name)")
    }
  }
}

extension Kernel {
  static func booted(_ machine: MachineConfiguration) throws(StepStop) -> Kernel {
    do {
      return try Kernel(machine)
    } catch {
      throw .failed("the machine does not boot: \(error.key): \(error.message)")
    }
  }

  /// Starts the process: a stack with its top page touched, a heap at `B`, the harness VMA, and the
  /// ceiling at `T` below which unhinted maps are placed.
  mutating func makeRecordedProcess() throws(StepStop) -> TaskIndex {
    do throws(Errno) {
      return try setUpRecordedProcess()
    } catch {
      throw .failed("the process of the recordings cannot be set up: \(error.name)")
    }
  }

  private mutating func setUpRecordedProcess() throws(Errno) -> TaskIndex {
    let task = try spawn(named: "scenario", by: initTask)
    try furnish(task)
    return task
  }

  /// Replaces the image of a recorded process by the one that all of them begin with.
  mutating func restoreRecordedProcess(_ task: TaskIndex) throws(Errno) {
    try execute(named: "scenario", by: task)
    try furnish(task)
  }

  /// Maps what a recorded process has before its scenario begins.
  private mutating func furnish(_ task: TaskIndex) throws(Errno) {
    setBreakStart(Anchors.heap, of: tasks[task].space)
    let harness = MapRequest(
      at: Anchors.harness, length: Anchors.harnessSize, [.read, .write, .execute],
      [.private, .anonymous, .fixed])
    let ceiling = MapRequest(
      at: Anchors.top, length: space(of: task).mapBase - Anchors.top, [],
      [.shared, .anonymous, .fixed, .noReserve])
    _ = try mmap(harness, by: task)
    _ = try mmap(ceiling, by: task)
    // Neither joins what a scenario maps beside it, and mlockall passes them over.
    setDontExpand(at: Anchors.harness, in: tasks[task].space)
    setDontExpand(at: Anchors.top, in: tasks[task].space)
    try touch(Anchors.stackTop - Page.size, by: task)
    try touch(Anchors.harness, by: task)
    try touch(Anchors.harness + Page.size, by: task)
  }

  private mutating func touch(_ address: VirtualAddress, by task: TaskIndex) throws(Errno) {
    guard storeByte(address, 0, by: task) == .done else { throw .EFAULT }
  }

  /// Lets time pass in which no process runs.
  mutating func passTime(_ time: Nanoseconds) {
    now = now > .max - time ? .max : now + time
    finishTransfers()
  }

  /// The address space of a task.
  func space(of task: TaskIndex) -> AddressSpace { spaces[tasks[task].space] }

  func faults(of task: TaskIndex) -> FaultCounts {
    FaultCounts(minor: tasks[task].minorFaults, major: tasks[task].majorFaults)
  }
}
