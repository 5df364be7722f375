// What was used, and advice on what others use: getrusage, sysinfo, process_madvise.

internal import QuireKernel
internal import QuireProgram

extension World {
  /// Who a process is, what it has used, what may be done to it.
  mutating func accountCall(
    _ builtin: Builtin, _ call: BuiltinCall
  ) throws(CallFailure) -> BuiltinOutcome {
    switch builtin {
    case .drop_privileges: try dropPrivilegesCall(call)
    case .sigprocmask: try signalMaskCall(call)
    case .sigpending: try pendingSignalsCall()
    case .getrusage: try usageCall(call)
    case .sysinfo: try systemCall()
    case .process_madvise: try processMadviseCall(call)
    case .peek: try peekCall(call)
    case .poke: try pokeCall(call)
    case .fail_allocation: try failAllocationCall(call)
    default: preconditionFailure("accountCall: \(builtin.name) is about no account")
    }
  }

  /// getrusage(who)
  mutating func usageCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let word = try optionalString(0, "who", call) ?? UsageTarget.`self`.rawValue
    guard let target = UsageTarget(rawValue: word) else { throw .errno(.EINVAL) }
    settleAccounts()
    let usage = kernel.resourceUsage(of: target, by: current.task)
    return try map([
      ("utime", usage.userTime), ("stime", usage.systemTime), ("maxrss", usage.peakResident),
      ("minor_faults", usage.minorFaults), ("major_faults", usage.majorFaults),
    ])
  }

  /// sysinfo()
  mutating func systemCall() throws(CallFailure) -> BuiltinOutcome {
    let system = kernel.systemInformation()
    return try map([
      ("uptime", system.uptime), ("totalram", system.totalRAM), ("freeram", system.freeRAM),
      ("sharedram", system.sharedRAM), ("bufferram", system.bufferRAM),
      ("totalswap", system.totalSwap), ("freeswap", system.freeSwap),
      ("procs", UInt64(system.processes)),
    ])
  }

  /// A map of numbers.
  mutating func map(_ fields: [(String, UInt64)]) throws(CallFailure) -> BuiltinOutcome {
    let content = ScriptValue.map(
      fields.map {
        ScriptValue.Entry(key: .string($0.0), value: .integer(Int64(clamping: $0.1)))
      })
    try reserve(Self.words(for: content))
    return .value(value(of: content))
  }

  // MARK: process_madvise

  /// process_madvise(process, regions, advice, flags)
  mutating func processMadviseCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    try reserve(ScriptHeap.numberWords)
    if try flags(3, "flags", call) ?? 0 != 0 { throw .errno(.EINVAL) }
    let ranges = try ranges(1, call)
    let target = try advisedTask(call)
    let advice = try advice(2, call)
    let total = try refusable { world throws(Errno) in
      try world.kernel.processMadvise(target, ranges, advice, by: world.current.task)
    }
    return .value(heap.integer(Int64(clamping: total)))
  }

  /// A region, or a list of them.
  private func ranges(
    _ index: Int, _ call: BuiltinCall
  ) throws(CallFailure) -> [(start: UInt64, length: UInt64)] {
    let value = argument(index, call)
    guard value.has(.list) else {
      guard let region = heap.asRegion(value) else { throw wrongKind("regions", "a region", value) }
      return [(region.start, region.length)]
    }
    var ranges: [(start: UInt64, length: UInt64)] = []
    for place in 0..<heap.count(ofList: value) {
      let element = heap.element(place, of: value)
      guard let region = heap.asRegion(element) else {
        throw wrongKind("regions", "a list of regions", element)
      }
      ranges.append((region.start, region.length))
    }
    return ranges
  }

  /// A process by its handle, or by a descriptor that `pidfd_open` gave.
  private func advisedTask(_ call: BuiltinCall) throws(CallFailure) -> TaskIndex {
    if argument(0, call).has(.process) {
      let number = try process(0, "process", call)
      guard let task = task(of: number) else { throw .errno(.ESRCH, obituary(of: number)) }
      return task
    }
    guard case .open(let description) = try fileReference(0, call) else { throw .errno(.EBADF) }
    do throws(Errno) { return try kernel.process(of: description) } catch { throw .errno(error) }
  }
}
