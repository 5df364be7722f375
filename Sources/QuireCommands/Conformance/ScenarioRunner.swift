// Runs one scenario on a model of its own, step by step, and writes the results as recordings do.

internal import QuireKernel

/// Why a step, or the whole scenario, goes no further.
enum StepStop: Error, Hashable {
  /// The recordings skip such a step too.
  case skipped(String)
  /// The model lacks something.
  case unsupported(String)
  /// The model could not do what every kernel can.
  case failed(String)
}

/// A process of a running scenario.
struct RecordedProcess {
  var task: TaskIndex
  let pid: ProcessID
  /// What it ended with.
  var exitCode: UInt8 = 0
  /// What it would use had the scenario been empty.
  var baseline: ProcessSizes
  /// Faults before the scenario began.
  var earlierFaults: FaultCounts
}

/// Faults of a task.
struct FaultCounts: Hashable {
  var minor: UInt64 = 0
  var major: UInt64 = 0
}

/// A running scenario.
struct ScenarioRunner: ~Copyable {
  var kernel: Kernel
  var regions = Regions()
  var segments = SegmentNames()
  var files = Files()
  let baselines: Baselines
  /// By name; never iterated.
  private var processes: [String: RecordedProcess]
  /// The children whose blocks are open, innermost last.
  private var blocks: [String] = []

  /// Boots a machine with the process that scenarios are injected into.
  static func booted(
    _ machine: MachineConfiguration, baselines: Baselines
  ) throws(StepStop) -> ScenarioRunner {
    var kernel = try Kernel.booted(machine)
    let task = try kernel.makeRecordedProcess()
    let process = RecordedProcess(
      task: task, pid: kernel.tasks[task].pid, baseline: baselines.parent,
      earlierFaults: kernel.faults(of: task))
    return ScenarioRunner(kernel: kernel, baselines: baselines, processes: ["p0": process])
  }

  private init(
    kernel: consuming Kernel, baselines: Baselines, processes: [String: RecordedProcess]
  ) {
    self.kernel = kernel
    self.baselines = baselines
    self.processes = processes
  }

  /// Runs all steps; the answer has the shape of a recording.
  mutating func run(_ scenario: Scenario) throws(StepStop) -> Leaf {
    var results: [Leaf] = []
    for step in scenario.steps {
      results.append(try result(of: step))
      kernel.passTime(Self.pauseBetweenSteps)
    }
    var members = Anchors.named.map {
      Leaf.Member(key: $0.name, value: .text("0x" + String($0.address, radix: 16)))
    }
    members.append(
      Leaf.Member(key: "stack_base", value: .integer(-Int64(Anchors.stackSize))))
    members.append(
      Leaf.Member(key: "child_base_minflt", value: .integer(Int64(baselines.childFaults))))
    members.append(Leaf.Member(key: "results", value: .list(results)))
    return .object(members)
  }

  /// The recorder stops the process after each step and reads /proc; meanwhile the disk finishes
  /// what it was writing.
  private static var pauseBetweenSteps: Nanoseconds { 1_000_000 }

  private mutating func result(of step: ScenarioStep) throws(StepStop) -> Leaf {
    let name = step.process ?? blocks.last ?? "p0"
    var members = [
      Leaf.Member(key: "line", value: .integer(Int64(step.line))),
      Leaf.Member(key: "proc", value: .text(name)),
    ]
    if let text = step.recordedText { members.append(Leaf.Member(key: "op", value: .text(text))) }
    do {
      members += try take(step, in: name)
    } catch .skipped(let reason) {
      members.append(Leaf.Member(key: "skipped", value: .text(reason)))
    }
    return .object(members)
  }

  /// Takes a step and adds the faults that it caused.
  private mutating func take(
    _ step: ScenarioStep, in name: String
  ) throws(StepStop) -> [Leaf.Member] {
    let process = try process(name)
    switch step.operation {
    case .observe(let withStack): return try observe(process, withStack: withStack)
    case .exit(let status): return exit(process, name, status)
    case .execve: return try execute(name)
    default: break
    }
    let counted = step.operation.isEndOfBlock ? try self.process(parentOfBlock) : process
    let before = kernel.faults(of: counted.task)
    var members = try perform(step, in: process, named: name)
    let after = kernel.faults(of: counted.task)
    if after.minor > before.minor {
      members.append(.init(key: "minflt", value: .integer(Int64(after.minor - before.minor))))
    }
    if after.major > before.major {
      members.append(.init(key: "majflt", value: .integer(Int64(after.major - before.major))))
    }
    return members
  }

  private mutating func perform(
    _ step: ScenarioStep, in process: RecordedProcess, named name: String
  ) throws(StepStop) -> [Leaf.Member] {
    let task = process.task
    switch step.operation {
    case .mmap(let arguments): return try mmap(arguments, as: step.binding, by: task)
    case .munmap(let range):
      let (start, length) = try resolve(range)
      return try call { kernel throws(Errno) in try kernel.munmap(start, length, by: task) }
    case .mprotect(let range, let bits):
      let (start, length) = try resolve(range)
      let protection = Protection(rawValue: bits)
      return try call { kernel throws(Errno) in
        try kernel.mprotect(start, length, protection, by: task)
      }
    case .brk(let target): return moveBreak(target, by: task)
    case .read(let range, let stride): return try read(range, every: stride, by: task)
    case .write(let range, let stride, let value):
      return try write(range, every: stride, value, by: task)
    case .runAt(let address): return try execute(address, by: task)
    case .rlimit(let resource, let limit):
      return try call { kernel throws(Errno) in
        try kernel.setLimit(
          on: resource, to: limit.value(for: resource, in: kernel.space(of: task)), of: task)
      }
    case .sleep(let milliseconds):
      return try call { kernel throws(Errno) in
        // Longer than ten days is as good as ten days.
        kernel.passTime(min(milliseconds, 1 << 30) * 1_000_000)
      }
    case .forkBlock(let child, let isVfork):
      let members = try fork(as: child, by: process, sharingMemory: isVfork)
      blocks.append(child)
      return members
    case .fork: return try fork(as: step.binding ?? "", by: process, sharingMemory: false)
    case .wait(let child): return try wait(for: child, by: task)
    case .closeBlock:
      let parent = try self.process(parentOfBlock)
      _ = blocks.popLast()
      return try wait(for: name, by: parent.task)
    case .shmget, .shmat, .shmdt, .shmrm, .shmstat:
      return try performSegmentCall(step, by: task)
    case .file, .memfd, .truncate, .punch, .fsync, .drop, .pread, .pwrite, .sysread, .syswrite:
      return try performOnFile(step, by: task)
    default: return try performCall(step, by: task)
    }
  }

  // MARK: Processes

  private func process(_ name: String) throws(StepStop) -> RecordedProcess {
    guard let process = processes[name] else { throw .skipped("undefined name") }
    return process
  }

  /// Whether nobody has reaped the process.
  private func isThere(_ process: RecordedProcess) -> Bool {
    kernel.tasks.task(withPID: process.pid) == process.task
  }

  /// The process whose block holds the innermost open block.
  private var parentOfBlock: String { blocks.dropLast().last ?? "p0" }

  private mutating func fork(
    as child: String, by parent: RecordedProcess, sharingMemory: Bool
  ) throws(StepStop) -> [Leaf.Member] {
    do {
      let task = sharingMemory ? try kernel.vfork(parent.task) : try kernel.fork(parent.task)
      // A child in its parent's memory shows its parent's sizes, and faults of its own.
      processes[child] = RecordedProcess(
        task: task, pid: kernel.tasks[task].pid,
        baseline: sharingMemory ? parent.baseline : baselines.child,
        earlierFaults: FaultCounts())
      return [.init(key: "ret", value: .text(child))]
    } catch {
      return try refused(error)
    }
  }

  /// All that `observe` shows begins anew with the empty image.
  private mutating func execute(_ name: String) throws(StepStop) -> [Leaf.Member] {
    var process = try process(name)
    do {
      try kernel.restoreRecordedProcess(process.task)
    } catch {
      return try refused(error)
    }
    process.baseline = ProcessSizes(kernel.space(of: process.task))
    process.earlierFaults = kernel.faults(of: process.task)
    processes[name] = process
    return [.init(key: "ret", value: .integer(0))]
  }

  private mutating func exit(
    _ process: RecordedProcess, _ name: String, _ status: UInt64
  ) -> [Leaf.Member] {
    let code = UInt8(truncatingIfNeeded: status)
    kernel.exit(process.task, .exited(code))
    processes[name]?.exitCode = code
    return [.init(key: "ret", value: .integer(Int64(code)))]
  }

  /// Ends a child if it lives, and reaps it.
  private mutating func wait(
    for name: String, by parent: TaskIndex
  ) throws(StepStop) -> [Leaf.Member] {
    let process = try process(name)
    if isThere(process), !kernel.tasks[process.task].isDead { _ = exit(process, name, 0) }
    // Init reaps those whose parent has gone before them.
    if !isThere(process) {
      let code = processes[name]?.exitCode ?? 0
      processes[name] = nil
      return [.init(key: "ret", value: .text("\(name) exit \(code)"))]
    }
    let result: WaitResult
    do {
      result = try kernel.wait(for: .child(process.pid), by: parent)
    } catch {
      return try refused(error)
    }
    guard case .child(let ended) = result, case .ended(let status) = ended.change else {
      throw .failed("the model does not reap \(name): \(result)")
    }
    processes[name] = nil
    let how = status.signal.map { "signal \($0.name)" } ?? "exit \(status.code)"
    return [.init(key: "ret", value: .text("\(name) \(how)"))]
  }

  // MARK: Operands and refusals

  /// The address and length of a range, unless the recordings skip it.
  func resolve(_ range: AddressRange) throws(StepStop) -> (UInt64, UInt64) {
    let start = try resolve(range.start)
    if Anchors.reachesPastTop(start, range.length) { throw .skipped("reaches past T") }
    return (start, range.length)
  }

  func resolve(_ expression: AddressExpression) throws(StepStop) -> UInt64 {
    guard let address = regions.resolve(expression) else { throw .skipped("undefined name") }
    return address
  }

  /// A call that gives 0 or an error.
  mutating func call(
    _ body: (inout Kernel) throws(Errno) -> Void
  ) throws(StepStop) -> [Leaf.Member] {
    do {
      try body(&kernel)
      return [.init(key: "ret", value: .integer(0))]
    } catch {
      return try refused(error)
    }
  }

  /// What a refusal looks like; a call that is not there is no refusal.
  func refused(_ error: Errno) throws(StepStop) -> [Leaf.Member] {
    if error == .ENOSYS { throw .unsupported("a call that the model answers with ENOSYS") }
    return [.init(key: "errno", value: .text(error.name))]
  }
}

extension Operation {
  /// The faults of these steps are those of the parent.
  fileprivate var isEndOfBlock: Bool {
    guard case .closeBlock = self else { return false }
    return true
  }
}
