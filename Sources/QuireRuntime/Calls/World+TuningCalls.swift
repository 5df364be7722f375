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
      guard parameter.range.contains(wanted) else { throw .errno(.EINVAL) }
      guard parameter.isAdjustable else {
        throw .misuse("'\(name)' is set in the machine block; changing it later is not there yet")
      }
      kernel.tunables[parameter] = wanted
    }
    let value = kernel.tunables[parameter] ?? Int64(kernel.memory.minFreeKilobytes)
    return .value(heap.integer(value))
  }

  /// setrlimit(resource, limit)
  mutating func setrlimitCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let resource = try string(0, "resource", call)
    let isUnlimited = argument(1, call).isNone
    let limit = isUnlimited ? MemoryLimits.unlimited : try size(1, "limit", call)
    let task = current.task
    switch resource {
    case "stack": kernel.tasks[task].limits.stack = limit
    case "as": kernel.tasks[task].limits.addressSpace = limit
    case "data": kernel.tasks[task].limits.data = limit
    case "memlock": kernel.tasks[task].limits.lockedMemory = limit
    case "nproc": kernel.tasks[task].processLimit = limit
    default: throw .errno(.EINVAL)
    }
    return .value(.none)
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
