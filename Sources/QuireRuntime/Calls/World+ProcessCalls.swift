// Process calls: fork, process, exit, wait, kill, sleep and what belongs to them.

internal import KernelStorage
internal import QuireKernel
internal import QuireProgram
internal import QuireSyntax

extension World {
  /// fork(block): the child's handle; without a block 0 in the child, which goes on here.
  mutating func forkCall(
    _ call: BuiltinCall, block index: Int = 0
  ) throws(CallFailure) -> BuiltinOutcome {
    let block = argument(index, call)
    if !block.isAbsent { try checkBlock(index, call) }
    try checkProcessLimit()
    try reserveCopyOfHeap()
    let task = try refusable { world throws(Errno) in try world.kernel.fork(world.current.task) }
    kernel.charge(kernel.costs.fork)
    var child = current.fork()
    if block.isAbsent {
      child.execution.completeCall(with: Value(small: 0), in: image)
    } else {
      child.handling = []
      child.kernelDepths = []
      child.execution.start(closure: block, in: image, heap)
    }
    return .value(handle(of: admit(child, heap.copy(), task, parent: current.process)))
  }

  /// process(name, block): a fresh process beside the caller.
  mutating func processCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let name = try string(0, "name", call)
    let block = argument(1, call)
    try checkBlock(1, call)
    try checkProcessLimit()
    try reserveCopyOfHeap()
    let task = try refusable { world throws(Errno) in
      try world.kernel.spawn(named: name, by: world.current.task)
    }
    kernel.charge(kernel.costs.fork)
    var child = Fiber()
    child.execution.start(closure: block, in: image, heap)
    return .value(handle(of: admit(child, heap.copy(), task, parent: current.process)))
  }

  /// A machine that runs out of processes refuses the next one (EAGAIN), whoever starts it dies,
  /// and a fork bomb goes on for ever: so the dead that nobody waited for count, too.
  func checkProcessLimit() throws(CallFailure) {
    let existing = kernel.tasks.count - kernelTaskCount
    if max(existing, livingProcesses + unseenFailures) >= limits.processes {
      throw .outcome(.limit(.processes))
    }
  }

  func handle(of process: ProcessNumber) -> Value { Value(.process, payload: UInt64(process)) }

  /// exit(status)
  mutating func exitCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let status = try optionalInteger(0, "status", call) ?? 0
    // The kernel keeps the low eight bits, as exit_group(2) says.
    endCurrentTask(.exited(UInt8(truncatingIfNeeded: status)), failed: false)
    return .ended
  }

  // MARK: Waiting for children

  /// wait(process), or wait for all.
  mutating func waitCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    try reserve(ScriptHeap.statusWords)
    let value = argument(0, call)
    if value.isAbsent { return try waitForAll() }
    let number = try process(0, "process", call)
    let pid = ledger[number].pid
    if ledger[number].isThread { return try join(number) }
    if ledger[number].isKernelThread { return try joinKernelThread(number) }
    if task(of: number) == nil { throw .errno(.ECHILD, obituary(of: number)) }
    return try waitFor(.child(pid), .child(pid))
  }

  /// wait_any()
  mutating func waitAnyCall() throws(CallFailure) -> BuiltinOutcome {
    try reserve(ScriptHeap.statusWords)
    return try waitFor(.any, .anyChild)
  }

  private mutating func waitFor(
    _ target: WaitTarget, _ reason: WaitReason
  ) throws(CallFailure) -> BuiltinOutcome {
    guard let child = try nextChild(target, reason) else { return .wait }
    current.operation = .none
    let ended = ledger[child].status
    return .value(
      heap.status(
        process: handle(of: child), code: Int(ended.code), signal: Int(ended.signalNumber),
        dumpedCore: ended.dumpedCore))
  }

  private mutating func waitForAll() throws(CallFailure) -> BuiltinOutcome {
    while kernel.hasChildren(current.task) {
      guard try nextChild(.any, .allChildren) != nil else { return .wait }
    }
    if let thread = firstLivingThread(startedBy: current.process) { return try sleep(for: thread) }
    current.operation = .none
    return .value(.none)
  }

  /// A child that has ended, reaped by this; nil when the caller sleeps now.
  private mutating func nextChild(
    _ target: WaitTarget, _ reason: WaitReason
  ) throws(CallFailure) -> ProcessNumber? {
    let wasInterrupted = current.operation == .interrupted
    let result = try refusable { world throws(Errno) in
      try world.kernel.wait(
        for: target, options: wasInterrupted ? .noHang : [], by: world.current.task)
    }
    switch result {
    case .child(let child):
      let number = ledger.newest(withPID: child.pid)
      noteWait(for: number)
      return number
    case .noneReady: throw .errno(.EINTR)
    case .wouldBlock:
      current.operation = .waiting
      current.wait = reason
      return nil
    }
  }

  /// Somebody has seen how a process ended.
  mutating func noteWait(for number: ProcessNumber) {
    if ledger[number].failed && !ledger[number].wasWaitedFor { unseenFailures -= 1 }
    ledger[number].wasWaitedFor = true
  }

  // MARK: Signals, time, identity

  /// kill(process, signal)
  mutating func killCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let number =
      argument(1, call).isAbsent ? Int64(Signal.SIGTERM.rawValue) : try signalNumber(1, call)
    let pid = try pidToSignal(call)
    try refusable { world throws(Errno) in
      try world.kernel.kill(pid, Int32(clamping: number), by: world.current.task)
    }
    drainWakeups()
    if let error = caughtSignal() { throw .outcome(.raise(error)) }
    let isForSelf = !kernel.deliverableSignals(of: current.task).isEmpty
    return isForSelf ? .yield(.none) : .value(.none)
  }

  /// The number of a signal, which is given by its name or by that number.
  private func signalNumber(_ index: Int, _ call: BuiltinCall) throws(CallFailure) -> Int64 {
    guard let name = heap.asString(argument(index, call)) else {
      return try integer(index, "signal", call)
    }
    guard let signal = Signal(name: name) else { throw .misuse("there is no signal \"\(name)\"") }
    return Int64(signal.rawValue)
  }

  private func pidToSignal(_ call: BuiltinCall) throws(CallFailure) -> ProcessID {
    if let pid = heap.asInteger(argument(0, call)) {
      guard let pid = ProcessID(exactly: pid) else {
        throw .misuse("'process' is a process, its pid or minus a group's number, not \(pid)")
      }
      return pid
    }
    let process = try process(0, "process", call)
    if task(of: process) == nil { throw .errno(.ESRCH, obituary(of: process)) }
    return ledger[process].pid
  }

  /// on_signal(signal, block)
  mutating func onSignalCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let number = try signalNumber(0, call)
    guard let code = UInt8(exactly: number), let signal = Signal(rawValue: code) else {
      throw .errno(.EINVAL)
    }
    try checkBlock(1, call)
    try refusable { world throws(Errno) in
      try world.kernel.setSignalAction(
        .handler(UInt32(code)), for: signal, by: world.current.task)
    }
    current.setHandler(argument(1, call), for: Int(code))
    for fiber in threadsBesideCurrent {
      fibers[fiber].setHandler(argument(1, call), for: Int(code))
    }
    return .value(.none)
  }

  /// sleep(time)
  mutating func sleepCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    switch current.operation {
    case .interrupted: throw .errno(.EINTR)
    case .sleeping(let end):
      if kernel.now >= end {
        current.operation = .none
        return .value(.none)
      }
      return sleep(until: end)
    default:
      let (end, overflow) = kernel.now.addingReportingOverflow(try size(0, "time", call))
      return sleep(until: overflow ? Self.endOfTime : min(end, Self.endOfTime))
    }
  }

  private mutating func sleep(until end: Nanoseconds) -> BuiltinOutcome {
    current.operation = .sleeping(until: end)
    if !kernel.block(current.task, .interruptible) { return .again }
    current.wait = .sleeping(until: end)
    return .wait
  }

  /// getpid()
  func getpidCall() -> BuiltinOutcome {
    .value(Value(small: Int(kernel.tasks[current.task].threadGroup)))
  }

  /// nice(increment)
  mutating func niceCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let increment = try integer(0, "increment", call)
    let task = current.task
    if increment < 0 && !kernel.tasks[task].holds(.nice) { throw .errno(.EPERM) }
    // Linux clamps both the increment and the sum: `nice(2)`, kernel/sched/core.c.
    let wanted = Int64(kernel.tasks[task].nice) + min(max(increment, -40), 40)
    kernel.tasks[task].nice = Int8(min(max(wanted, -20), 19))
    return .value(Value(small: Int(kernel.tasks[task].nice)))
  }

  // MARK: Handles

  /// The process of a parameter: a handle, never a stale pid.
  func process(_ index: Int, _ name: String, _ call: BuiltinCall)
    throws(CallFailure) -> ProcessNumber
  {
    let value = argument(index, call)
    guard value.has(.process) else { throw wrongKind(name, "a process", value) }
    return Int(value.payload)
  }

  /// Why a process that is gone is gone: for whoever uses its handle.
  func obituary(of number: ProcessNumber) -> String {
    let record = ledger[number]
    let end = record.status.signal.map { "of \($0.name)" } ?? "with code \(record.status.code)"
    let time = Quantity.clock(record.ended)
    let place = place(ofAddress: Int(record.endAddress)).map { " at \($0)" } ?? ""
    let how =
      record.isThread
      ? "as a thread that is gone"
      : record.wasWaitedFor ? "and has been waited for" : "and was reaped by init"
    return
      "process '\(record.name)' (pid \(record.pid)) ended \(end) at \(time)\(place) \(how)"
  }

  /// `demo.quire:3` for an address of the program.
  func place(ofAddress address: Int) -> String? {
    guard let span = image.program.span(at: UInt32(truncatingIfNeeded: address)) else { return nil }
    guard let file = image.program.files.first(where: { $0.id == span.file }) else { return nil }
    return "\(file.name):\(file.location(of: span.start).line)"
  }
}
