// Tuning: sysctl and the limits of a process.

internal import QuireKernel
internal import QuireProgram

extension World {
  /// sysctl(name, value)
  mutating func sysctlCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    try reserve(ScriptHeap.numberWords)
    let name = try string(0, "name", call)
    guard let parameter = Sysctl(rawValue: name) else { throw .errno(.ENOENT) }
    if let wanted = try optionalInteger(1, "value", call) {
      try checkMayTune(parameter)
      guard parameter.range.contains(wanted) else { throw .errno(.EINVAL) }
      guard parameter.isAdjustable else {
        throw .misuse("'\(name)' is set in the machine block; changing it later is not there yet")
      }
      kernel.tunables[parameter] = wanted
    }
    let value = kernel.tunables[parameter] ?? Int64(kernel.memory.minFreeKilobytes)
    return .value(heap.integer(value))
  }

  /// The files of /proc/sys belong to the superuser; capabilities do not count there.
  ///
  /// Linux: `test_perm`, fs/proc/proc_sysctl.c, and `mmap_min_addr_handler`, security/min_addr.c.
  private func checkMayTune(_ parameter: Sysctl) throws(CallFailure) {
    let caller = kernel.tasks[current.task]
    if !caller.isPrivileged { throw .errno(.EACCES) }
    if parameter == .mmapMinimumAddress && !caller.holds(.rawIO) { throw .errno(.EPERM) }
  }

  /// setrlimit and getrlimit
  mutating func limitCall(
    _ builtin: Builtin, _ call: BuiltinCall
  ) throws(CallFailure) -> BuiltinOutcome {
    builtin == .setrlimit ? try setrlimitCall(call) : try getrlimitCall(call)
  }

  /// setrlimit(resource, limit, hard)
  private mutating func setrlimitCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let resource = try resource(call)
    guard let limit = try limit(1, "limit", call) else { throw .misuse("'limit' is missing") }
    let hard = try self.limit(2, "hard", call)
    try refusable { world throws(Errno) in
      try world.kernel.setLimit(on: resource, to: limit, hard: hard, of: world.current.task)
    }
    return .value(.none)
  }

  /// getrlimit(resource): `[soft: …, hard: …]`
  private mutating func getrlimitCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let resource = try resource(call)
    let limits = [
      ("soft", kernel.tasks[current.task].limits[resource]),
      ("hard", kernel.tasks[current.task].hardLimits[resource]),
    ]
    let content = ScriptValue.map(
      limits.map { name, limit in
        let value = ScriptValue.integer(Int64(clamping: limit))
        return ScriptValue.Entry(
          key: .string(name), value: limit == ResourceLimits.unlimited ? .none : value)
      })
    try reserve(Self.words(for: content))
    return .value(value(of: content))
  }

  private func resource(_ call: BuiltinCall) throws(CallFailure) -> Resource {
    guard let resource = Resource(rawValue: try string(0, "resource", call)) else {
      throw .errno(.EINVAL)
    }
    return resource
  }

  /// A limit, where nil stands for none; nil when it was left out.
  private func limit(
    _ index: Int, _ name: String, _ call: BuiltinCall
  ) throws(CallFailure) -> UInt64? {
    let value = argument(index, call)
    return value.isNone ? ResourceLimits.unlimited : try optionalSize(index, name, call)
  }
}

extension Sysctl {
  /// Whether the kernel looks at the parameter each time, not only at boot.
  fileprivate var isAdjustable: Bool {
    switch self {
    case .minFreeKilobytes, .watermarkScaleFactor, .pidMaximum: false
    default: true
    }
  }
}
