// Access calls: walks over regions that stop at the end of a slice, and single words.

internal import QuireKernel
internal import QuireProgram

extension World {
  /// The calls on memory by builtin.
  mutating func accessCall(
    _ builtin: Builtin, _ call: BuiltinCall
  ) throws(CallFailure) -> BuiltinOutcome {
    switch builtin {
    case .read: try readCall(call)
    case .write: try writeCall(call)
    case .touch: try touchCall(call)
    case .load: try loadCall(call)
    case .store: try storeCall(call)
    case .fetch: try fetchCall(call)
    default: try userMemoryCall(builtin, call)
    }
  }

  /// read(region, length, pattern, count, into)
  private mutating func readCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    if argument(0, call).has(.file) || !argument(4, call).isAbsent {
      return try placedTransfer(call, memory: 4, "into", isWrite: false)
    }
    return try walk(.read, .read, pattern: 2, call)
  }

  /// write(region, length, value, pattern, count, from)
  private mutating func writeCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    if argument(0, call).has(.file) || !argument(5, call).isAbsent {
      return try placedTransfer(call, memory: 5, "from", isWrite: true)
    }
    let value = try optionalInteger(2, "value", call) ?? 0
    guard let byte = UInt8(exactly: value) else {
      throw .misuse("'value' is a byte, 0 ... 255, not \(value)")
    }
    return try walk(.fill(byte), .write, pattern: 3, call)
  }

  /// touch(region, length, pattern, count)
  private mutating func touchCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    try walk(.touch, .write, pattern: 2, call)
  }

  /// fetch(region, length, pattern, count)
  private mutating func fetchCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    try walk(.execute, .execute, pattern: 2, call)
  }

  /// One access to each page in ascending order, or as many as asked for in that of a pattern;
  /// `count` is the parameter after `pattern`.
  private mutating func walk(
    _ action: RangeAccess.Action, _ kind: AccessKind, pattern: Int, _ call: BuiltinCall
  ) throws(CallFailure) -> BuiltinOutcome {
    if isInKernelMode { return try kernelWalk(action, kind, pattern: pattern, call) }
    if case .access(let begun) = current.operation { return try goOn(begun, kind) }
    if !argument(pattern, call).isAbsent || !argument(pattern + 1, call).isAbsent {
      return try patternedWalk(action, kind, pattern: pattern, call)
    }
    let (start, length) = try region(0, length: 1, call)
    let (end, overflow) = start.addingReportingOverflow(length)
    if overflow { throw .signal(SignalInfo(.SIGSEGV, .kernel, at: start), kind) }
    return try goOn(RangeAccess(action, from: start, to: end), kind)
  }

  private mutating func goOn(
    _ begun: RangeAccess, _ kind: AccessKind
  ) throws(CallFailure) -> BuiltinOutcome {
    var access = begun
    let progress = kernel.perform(&access, by: current.task)
    return try outcome(of: progress, kind, later: .access(access)) ?? .value(.none)
  }

  // MARK: Patterns

  private mutating func patternedWalk(
    _ action: RangeAccess.Action, _ kind: AccessKind, pattern: Int, _ call: BuiltinCall
  ) throws(CallFailure) -> BuiltinOutcome {
    let (start, length) = try region(0, length: 1, call)
    if start.addingReportingOverflow(length).overflow {
      throw .signal(SignalInfo(.SIGSEGV, .kernel, at: start), kind)
    }
    let first = Page.alignDown(start)
    if current.pattern == nil || current.operation == .none {
      try beginPattern(pages: Page.alignUp(start - first + length) / Page.size, pattern, call)
    }
    guard case .patterned(var remaining, var page) = current.operation else {
      preconditionFailure("walk: a pattern without its operation")
    }
    while remaining > 0 {
      let address = first + page * Page.size
      var access = RangeAccess(action, from: address, to: address + Page.size)
      let progress = kernel.perform(&access, by: current.task)
      let later = Operation.patterned(remaining: remaining, page: page)
      if let other = try outcome(of: progress, kind, later: later) { return other }
      remaining -= 1
      if remaining > 0 { page = nextPage() }
      if kernel.now >= kernel.sliceEnd && remaining > 0 {
        current.operation = .patterned(remaining: remaining, page: page)
        return .again
      }
    }
    current.operation = .none
    current.pattern = nil
    return .value(.none)
  }

  private mutating func beginPattern(
    pages: UInt64, _ pattern: Int, _ call: BuiltinCall
  ) throws(CallFailure) {
    if pages == 0 { throw .misuse("the region is empty") }
    let count = try optionalSize(pattern + 1, "count", call) ?? pages
    current.pattern = try readPattern(argument(pattern, call), over: pages)
    let page = count > 0 ? nextPage() : 0
    current.operation = .patterned(remaining: count, page: page)
  }

  private mutating func nextPage() -> UInt64 {
    guard var pattern = current.pattern else { return 0 }
    let page = pattern.next(&current.random)
    current.pattern = pattern
    return page
  }

  // MARK: Words

  /// load(address)
  private mutating func loadCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    if isInKernelMode { return try kernelLoadCall(call) }
    try reserve(ScriptHeap.numberWords)
    var word: UInt64 = 0
    let progress = kernel.loadWord(try address(0, "address", call), into: &word, by: current.task)
    if let other = try outcome(of: progress, .read, later: .none) { return other }
    return .value(heap.integer(Int64(bitPattern: word)))
  }

  /// store(address, value)
  private mutating func storeCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let place = try address(0, "address", call)
    let word = try self.word(1, "value", call)
    if isInKernelMode { return try kernelStore(place, word) }
    let progress = kernel.storeWord(place, word, by: current.task)
    return try outcome(of: progress, .write, later: .none) ?? .value(.none)
  }

  /// An integer or an address as a word.
  func word(_ index: Int, _ name: String, _ call: BuiltinCall) throws(CallFailure) -> UInt64 {
    let value = argument(index, call)
    if let number = heap.asInteger(value) { return UInt64(bitPattern: number) }
    if let address = heap.asAddress(value) { return address }
    throw wrongKind(name, "an integer", value)
  }

  // MARK: Progress

  /// What follows from a step of an access; nil when it is done.
  mutating func outcome(
    of progress: Progress, _ kind: AccessKind, later: Operation
  ) throws(CallFailure) -> BuiltinOutcome? {
    switch progress {
    case .done:
      current.operation = .none
      current.refusal = nil
      return nil
    case .again:
      current.operation = later
      return .again
    case .blocked(let time):
      current.operation = later
      // A task that SIGKILL awaits does not sleep: it is dispatched again, and dies.
      if !kernel.block(current.task, .killable) { return .again }
      current.wait = .device(until: time)
      return .wait
    case .signal(let info):
      current.operation = later
      throw .signal(info, kind)
    case .killed:
      current.operation = later
      return .again
    case .failed(let errno):
      current.pattern = nil
      throw .errno(errno)
    }
  }
}
