// waitpid and setpgid: waiting with options and for groups, for programs that are ported.

internal import KernelStorage
internal import QuireKernel
internal import QuireProgram

extension World {
  /// The calls of this file by builtin.
  mutating func groupCall(
    _ builtin: Builtin, _ call: BuiltinCall
  ) throws(CallFailure) -> BuiltinOutcome {
    builtin == .waitpid ? try waitpidCall(call) : try setpgidCall(call)
  }

  /// waitpid(process, options, nohang, untraced, continued)
  private mutating func waitpidCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    try reserve(Self.waitWords)
    let options = try waitOptions(call)
    let target = try waitTarget(call)
    let wasInterrupted = current.operation == .interrupted
    let result = try refusable { world throws(Errno) in
      try world.kernel.wait(
        for: target, options: wasInterrupted ? options.union(.noHang) : options,
        by: world.current.task)
    }
    switch result {
    case .child(let child):
      current.operation = .none
      return .value(value(of: child, options))
    case .noneReady:
      if !options.contains(.noHang) { throw .errno(.EINTR) }
      return .value(.none)
    case .wouldBlock:
      current.operation = .waiting
      current.wait = .anyChild
      if case .child(let pid) = target { current.wait = .child(pid) }
      return .wait
    }
  }

  /// Words of the map that tells what became of a child, its strings included.
  private static var waitWords: Int {
    ScriptHeap.mapWords(4) + 6 * ScriptHeap.stringWords(bytes: 16) + ScriptHeap.numberWords
  }

  /// `[process: …, state: "exited", code: 3, signal: nil]`
  private mutating func value(of child: WaitedChild, _ options: WaitOptions) -> Value {
    let number = ledger.newest(withPID: child.pid)
    var state = "exited"
    var code = Value.none
    var signal: Signal?
    switch child.change {
    case .ended(let status):
      if !options.contains(.noWait) { noteWait(for: number) }
      signal = status.signal
      if signal == nil {
        code = Value(small: Int(status.code))
      } else {
        state = status.dumpedCore ? "dumped" : "killed"
      }
    case .stopped: (state, signal) = ("stopped", .SIGSTOP)
    case .continued: (state, signal) = ("continued", .SIGCONT)
    }
    let map = heap.map(capacity: 4)
    let entries = [
      ("process", handle(of: number)), ("state", heap.string(state)), ("code", code),
      ("signal", heap.optionalString(signal?.name)),
    ]
    for (name, value) in entries { _ = heap.set(heap.string(name), to: value, in: map) }
    return map
  }

  private func waitOptions(_ call: BuiltinCall) throws(CallFailure) -> WaitOptions {
    var options = WaitOptions()
    if let words = try flags(1, "options", call) {
      options = WaitOptions(rawValue: UInt32(truncatingIfNeeded: words))
    }
    if try boolean(2, "nohang", call) { options.insert(.noHang) }
    if try boolean(3, "untraced", call) { options.insert(.untraced) }
    if try boolean(4, "continued", call) { options.insert(.continued) }
    return options
  }

  /// Whom a pid stands for; an unknown option is refused before it.
  private func waitTarget(_ call: BuiltinCall) throws(CallFailure) -> WaitTarget {
    let value = argument(0, call)
    if value.has(.process) { return .child(ledger[try process(0, "process", call)].pid) }
    let wanted = try optionalInteger(0, "process", call) ?? -1
    guard let pid = ProcessID(exactly: wanted), pid != .min else { throw .errno(.ESRCH) }
    switch pid {
    case -1: return .any
    case 0: return .processGroup(kernel.tasks[current.task].processGroup)
    case ..<0: return .processGroup(-pid)
    default: return .child(pid)
    }
  }

  /// setpgid(process, group)
  private mutating func setpgidCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let process = try groupNumber(0, "process", call)
    let group = try groupNumber(1, "group", call)
    try refusable { world throws(Errno) in
      try world.kernel.setProcessGroup(of: process, to: group, by: world.current.task)
    }
    return .value(.none)
  }

  /// A pid, or the process that has it; 0 when it is left out.
  private func groupNumber(
    _ index: Int, _ name: String, _ call: BuiltinCall
  ) throws(CallFailure) -> ProcessID {
    if argument(index, call).has(.process) { return ledger[try process(index, name, call)].pid }
    let number = try optionalInteger(index, name, call) ?? 0
    guard let pid = ProcessID(exactly: number) else { throw .errno(.ESRCH) }
    return pid
  }
}
