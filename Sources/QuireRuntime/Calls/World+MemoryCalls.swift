// Address space calls: decode the arguments, ask the kernel, wrap the answer.

internal import QuireKernel

extension World {
  /// mmap(length, protection, shared, at, fixed, populate, file, offset, prot, flags)
  mutating func mmapCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    try reserve(ScriptHeap.regionWords)
    let length = try size(0, "length", call)
    let protection = try protection(letters: 1, words: 8, default: [.read, .write], call)
    var request = MapRequest(length: length, protection, try mapFlags(call))
    request.address = try optionalAddress(3, "at", call) ?? 0
    let start = try refusable { world throws(Errno) in
      try world.kernel.mmap(request, by: world.current.task)
    }
    return .value(heap.region(start: start, length: Page.alignUp(length)))
  }

  private func mapFlags(_ call: BuiltinCall) throws(CallFailure) -> MapFlags {
    let shared = try boolean(2, "shared", call)
    var flags: MapFlags
    if let words = try self.flags(9, "flags", call) {
      if !argument(2, call).isAbsent {
        throw .misuse("'flags' says whether to share; leave out 'shared'")
      }
      flags = MapFlags(rawValue: words)
      guard flags.contains(.anonymous) else {
        throw .misuse("there are no files yet in this version; add MAP_ANONYMOUS")
      }
    } else {
      flags = shared ? [.shared, .anonymous] : [.private, .anonymous]
    }
    if try boolean(4, "fixed", call) { flags.insert(.fixed) }
    if try boolean(5, "populate", call) { flags.insert(.populate) }
    if flags.contains(.fixed), argument(3, call).isAbsent {
      throw .misuse("'fixed' needs an address: add 'at:'")
    }
    return flags
  }

  /// munmap(region, length)
  mutating func munmapCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let (start, length) = try region(0, length: 1, call)
    try refusable { world throws(Errno) in
      try world.kernel.munmap(start, length, by: world.current.task)
    }
    return .value(.none)
  }

  /// mprotect(region, protection, length, prot)
  mutating func mprotectCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let (start, length) = try region(0, length: 2, call)
    if argument(1, call).isAbsent && argument(3, call).isAbsent {
      throw .misuse("'protection' is missing")
    }
    let protection = try protection(letters: 1, words: 3, default: [], call)
    try refusable { world throws(Errno) in
      try world.kernel.mprotect(start, length, protection, by: world.current.task)
    }
    return .value(.none)
  }

  /// brk(address): never fails, answers with the break that results.
  mutating func brkCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    try reserve(ScriptHeap.numberWords)
    let wanted = try optionalAddress(0, "address", call) ?? 0
    return .value(heap.address(kernel.brk(wanted, by: current.task)))
  }

  /// sbrk(increment): the former break.
  mutating func sbrkCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    try reserve(ScriptHeap.numberWords)
    let amount = try integer(0, "increment", call)
    let old = try refusable { world throws(Errno) in
      try world.kernel.sbrk(amount, by: world.current.task)
    }
    return .value(heap.address(old))
  }

  /// Access rights as letters or as PROT_ words.
  private func protection(
    letters: Int, words: Int, default standard: Protection, _ call: BuiltinCall
  ) throws(CallFailure) -> Protection {
    if let word = try flags(words, "prot", call) {
      if !argument(letters, call).isAbsent {
        throw .misuse("'prot' and 'protection' say the same thing; leave one out")
      }
      return Protection(rawValue: word)
    }
    guard let text = try optionalString(letters, "protection", call) else { return standard }
    var protection: Protection = []
    for letter in text {
      switch letter {
      case "r": protection.insert(.read)
      case "w": protection.insert(.write)
      case "x": protection.insert(.execute)
      default: throw .misuse("a protection is made of \"r\", \"w\" and \"x\", not \"\(text)\"")
      }
    }
    return protection
  }

  /// Does what the kernel may refuse; the refusal becomes a failure of the call.
  @discardableResult
  mutating func refusable<Result>(
    _ body: (inout World) throws(Errno) -> Result
  ) throws(CallFailure) -> Result {
    do { return try body(&self) } catch { throw .errno(error) }
  }
}
