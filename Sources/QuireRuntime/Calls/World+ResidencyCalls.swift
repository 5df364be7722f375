// Calls that advise on, lock, inspect and seal what is mapped.

internal import QuireKernel
internal import QuireProgram

extension World {
  /// The calls of this file by builtin.
  mutating func residencyCall(
    _ builtin: Builtin, _ call: BuiltinCall
  ) throws(CallFailure) -> BuiltinOutcome {
    switch builtin {
    case .madvise: try madviseCall(call)
    case .mlock: try lock(call, flags: 0)
    case .mlock2: try lock(call, flags: try lockFlags(call))
    case .mlockall: try mlockallCall(call)
    case .munlock: try munlockCall(call)
    case .munlockall: munlockallCall()
    case .mincore: try mincoreCall(call)
    case .msync: try msyncCall(call)
    case .mseal: try msealCall(call)
    default: preconditionFailure("residencyCall: \(builtin.name) is not about residency")
    }
  }

  /// madvise(region, advice, length)
  private mutating func madviseCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let (start, length) = try region(0, length: 2, call)
    let advice = try self.advice(1, call)
    return try done { world throws(Errno) in
      try world.kernel.madvise(start, length, advice, by: world.current.task)
    }
  }

  /// A word of advice, or a number, which only the kernel judges.
  func advice(_ index: Int, _ call: BuiltinCall) throws(CallFailure) -> UInt64 {
    guard let word = heap.asString(argument(index, call)) else {
      return UInt64(bitPattern: try integer(index, "advice", call))
    }
    if let number = NamedConstant.advice(word) { return number }
    throw .misuse("there is no advice \"\(word)\"")
  }

  // MARK: Locks

  /// mlock2(region, length, onfault, flags)
  private func lockFlags(_ call: BuiltinCall) throws(CallFailure) -> UInt64 {
    guard let words = try flags(3, "flags", call) else {
      return try boolean(2, "onfault", call) ? Kernel.lockOnFault : 0
    }
    try refuseLabels([(2, "onfault")], call)
    return words
  }

  /// mlock(region, length)
  private mutating func lock(_ call: BuiltinCall, flags: UInt64) throws(CallFailure)
    -> BuiltinOutcome
  {
    let (start, length) = try region(0, length: 1, call)
    return try done { world throws(Errno) in
      try world.kernel.mlock(start, length, flags: flags, by: world.current.task)
    }
  }

  /// mlockall(flags, current, future, onfault)
  private mutating func mlockallCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let flags = try lockAllFlags(call)
    return try done { world throws(Errno) in
      try world.kernel.mlockall(flags, by: world.current.task)
    }
  }

  private func lockAllFlags(_ call: BuiltinCall) throws(CallFailure) -> LockAllFlags {
    if let words = try flags(0, "flags", call) {
      try refuseLabels([(1, "current"), (2, "future"), (3, "onfault")], call)
      return LockAllFlags(rawValue: words)
    }
    if (1...3).allSatisfy({ argument($0, call).isAbsent }) { return .current }
    var flags: LockAllFlags = []
    if try boolean(1, "current", call) { flags.insert(.current) }
    if try boolean(2, "future", call) { flags.insert(.future) }
    if try boolean(3, "onfault", call) { flags.insert(.onFault) }
    return flags
  }

  /// munlock(region, length)
  private mutating func munlockCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let (start, length) = try region(0, length: 1, call)
    return try done { world throws(Errno) in
      try world.kernel.munlock(start, length, by: world.current.task)
    }
  }

  /// munlockall()
  private mutating func munlockallCall() -> BuiltinOutcome {
    kernel.munlockall(by: current.task)
    return .value(.none)
  }

  // MARK: What is there

  /// mincore(region, length): a list of booleans.
  private mutating func mincoreCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let (start, length) = try region(0, length: 1, call)
    // No answer is longer than what is mapped: more is a hole, which the kernel refuses.
    let space = kernel.tasks[current.task].space
    let mapped = space.isNone ? 0 : kernel.spaces[space].totalPages
    let pages = min(Page.alignDown(length) / Page.size + 1, mapped)
    try reserve(ScriptHeap.listWords(Int(pages)))
    let residency = try refusable { world throws(Errno) in
      try world.kernel.mincore(start, length, by: world.current.task)
    }
    let list = heap.list(count: residency.count)
    for (index, isResident) in residency.enumerated() {
      heap.setElement(index, of: list, to: .boolean(isResident))
    }
    return .value(list)
  }

  /// msync(region, length, async, invalidate, flags)
  private mutating func msyncCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let (start, length) = try region(0, length: 1, call)
    let flags = try syncFlags(call)
    return try done { world throws(Errno) in
      try world.kernel.msync(start, length, flags, by: world.current.task)
    }
  }

  private func syncFlags(_ call: BuiltinCall) throws(CallFailure) -> Kernel.SyncFlags {
    if let words = try flags(4, "flags", call) {
      try refuseLabels([(2, "async"), (3, "invalidate")], call)
      return Kernel.SyncFlags(rawValue: words)
    }
    var flags: Kernel.SyncFlags = try boolean(2, "async", call) ? .asynchronous : .synchronous
    if try boolean(3, "invalidate", call) { flags.insert(.invalidate) }
    return flags
  }

  /// mseal(region, length, flags)
  private mutating func msealCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let (start, length) = try region(0, length: 1, call)
    let words = try flags(2, "flags", call) ?? 0
    return try done { world throws(Errno) in
      try world.kernel.mseal(start, length, flags: words, by: world.current.task)
    }
  }

  // MARK: Shared

  /// Does what the kernel may refuse and what gives no value.
  mutating func done(
    _ body: (inout World) throws(Errno) -> Void
  ) throws(CallFailure) -> BuiltinOutcome {
    try refusable(body)
    return .value(.none)
  }

  /// Labels beside the kernel's own words for the same thing.
  func refuseLabels(
    _ labels: [(index: Int, name: String)], _ call: BuiltinCall
  ) throws(CallFailure) {
    for label in labels where !argument(label.index, call).isAbsent {
      throw .misuse("'flags' says it all; leave out '\(label.name)'")
    }
  }
}
