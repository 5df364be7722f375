// clone: the flags decide whether a process, a borrower of memory or a thread is made.

internal import QuireKernel
internal import QuireProgram

extension World {
  /// clone(flags, block, exit_signal)
  mutating func cloneCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    if case .vforking = current.operation { return try vforkCall(call, block: 1) }
    let words = try flags(0, "flags", call) ?? 0
    let signal = try optionalInteger(2, "exit_signal", call)
    // The low eight bits of the flags are the signal, as clone(2) has it.
    let number = signal.map { UInt64(bitPattern: $0) } ?? words & 0xff
    let flags = CloneFlags(rawValue: UInt64(words & ~0xff))
    let task = current.task
    do throws(Errno) {
      try kernel.checkClone(flags, exitSignal: number, by: task)
    } catch { throw .errno(error) }
    if !flags.isDisjoint(with: .namespaces) {
      throw .misuse("namespaces are not there yet in this version")
    }
    if flags.contains(.thread) { return try threadCall(call, block: 1) }
    if number != 0 && number != UInt64(Signal.SIGCHLD.rawValue) {
      throw .misuse("a child tells its parent of its end by SIGCHLD alone in this version")
    }
    if flags.contains(.vfork) && flags.contains(.memory) { return try vforkCall(call, block: 1) }
    if !flags.isDisjoint(with: [.memory, .vfork, .files, .parent]) {
      throw .misuse(
        "such a process is not there yet in this version: there are those of `fork` (no flags), "
          + "`vfork` (CLONE_VM and CLONE_VFORK) and `thread` (CLONE_THREAD)")
    }
    return try forkCall(call, block: 1)
  }
}
