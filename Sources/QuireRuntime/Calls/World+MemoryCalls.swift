// Address space calls: decode the arguments, ask the kernel, wrap the answer.

internal import QuireKernel
internal import QuireProgram

extension World {
  /// Calls that make, change and remove mappings.
  mutating func mappingCall(
    _ builtin: Builtin, _ call: BuiltinCall
  ) throws(CallFailure) -> BuiltinOutcome {
    switch builtin {
    case .mmap: try mmapCall(call)
    case .mmap2: try mmap2Call(call)
    case .munmap: try munmapCall(call)
    case .mprotect: try mprotectCall(call)
    case .mremap: try mremapCall(call)
    case .remap_file_pages: try remapFilePagesCall(call)
    case .brk: try brkCall(call)
    default: try sbrkCall(call)
    }
  }

  /// mmap(length, protection, shared, at, fixed, populate, file, offset, prot, flags, …)
  mutating func mmapCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let offset = try optionalSize(7, "offset", call) ?? 0
    if kernel.architectureRules.contains(.wordsOf32Bits) && offset > UInt64(UInt32.max) {
      throw .misuse("'offset' has 32 bits on this machine; 'mmap2' counts it in pages")
    }
    return try map(call, offset: offset)
  }

  /// mmap2: the same with an offset in pages, which only machines with words of 32 bits need.
  mutating func mmap2Call(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    if !kernel.architectureRules.contains(.wordsOf32Bits) {
      throw .misuse("only x86_32 has this call; the offset of 'mmap' has 64 bits here")
    }
    let page = try optionalSize(7, "offset", call) ?? 0
    if page > UInt64(UInt32.max) {
      throw .misuse("'offset' counts pages and has 32 bits, too few for \(page)")
    }
    return try map(call, offset: page << Page.shift)
  }

  private mutating func map(
    _ call: BuiltinCall, offset: UInt64
  ) throws(CallFailure) -> BuiltinOutcome {
    try reserve(ScriptHeap.regionWords)
    let length = try size(0, "length", call)
    let protection = try protection(letters: 1, words: 8, default: [.read, .write], call)
    var request = MapRequest(length: length, protection, try mapFlags(call))
    request.address = try optionalAddress(3, "at", call) ?? 0
    request.file = try mappedFile(6, call)
    request.offset = offset
    if request.offset != 0 && argument(6, call).isAbsent {
      throw .misuse("'offset' says where in a file; add 'file:'")
    }
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
    } else {
      flags = shared ? .shared : .private
      if argument(6, call).isAbsent { flags.insert(.anonymous) }
    }
    for (index, name, flag) in Self.mapLabels where try boolean(index, name, call) {
      flags.insert(flag)
    }
    if !flags.isDisjoint(with: [.fixed, .fixedNoReplace]), argument(3, call).isAbsent {
      let name = flags.contains(.fixed) ? "fixed" : "noreplace"
      throw .misuse("'\(name)' needs an address: add 'at:'")
    }
    return flags
  }

  /// The labels of mmap that stand for one flag each.
  private static let mapLabels: [(index: Int, name: String, flag: MapFlags)] = [
    (4, "fixed", .fixed), (5, "populate", .populate), (10, "noreplace", .fixedNoReplace),
    (11, "growsdown", .growsDown), (12, "locked", .locked), (13, "noreserve", .noReserve),
    (14, "nonblock", .nonBlock), (15, "stack", .stack), (16, "map_32bit", .low32Bit),
  ]

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

  /// mremap(region, new_length, length, maymove, to, dontunmap, flags)
  ///
  /// Where to go implies that it may go there.
  mutating func mremapCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    try reserve(ScriptHeap.regionWords)
    let (start, oldLength) = try region(0, length: 2, call)
    if heap.asRegion(argument(0, call)) == nil && argument(2, call).isAbsent {
      throw .misuse("how long the region at that address is, is missing: add 'length:'")
    }
    let newLength = try size(1, "new_length", call)
    let target = try optionalAddress(4, "to", call)
    let request = RemapRequest(
      start, oldLength, to: newLength, try remapFlags(hasTarget: target != nil, call),
      at: target ?? 0)
    let moved = try refusable { world throws(Errno) in
      try world.kernel.mremap(request, by: world.current.task)
    }
    return .value(heap.region(start: moved, length: Page.alignUp(newLength)))
  }

  private func remapFlags(
    hasTarget: Bool, _ call: BuiltinCall
  ) throws(CallFailure) -> RemapFlags {
    if let words = try flags(6, "flags", call) {
      try refuseLabels([(3, "maymove"), (5, "dontunmap")], call)
      return RemapFlags(rawValue: words)
    }
    var flags: RemapFlags = []
    if hasTarget { flags.formUnion([.fixed, .mayMove]) }
    if try boolean(5, "dontunmap", call) { flags.formUnion([.dontUnmap, .mayMove]) }
    if !argument(3, call).isAbsent {
      if try boolean(3, "maymove", call) { flags.insert(.mayMove) } else { flags.remove(.mayMove) }
    }
    return flags
  }

  /// remap_file_pages(region, page, length, nonblock, prot, flags)
  mutating func remapFilePagesCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let (start, length) = try region(0, length: 2, call)
    guard let page = try flags(1, "page", call) else { throw .misuse("'page' is missing") }
    var words = MapFlags(rawValue: try flags(5, "flags", call) ?? 0)
    if !argument(5, call).isAbsent { try refuseLabels([(3, "nonblock")], call) }
    if try boolean(3, "nonblock", call) { words.insert(.nonBlock) }
    let request = PageRemapRequest(
      start, length, page: page, Protection(rawValue: try flags(4, "prot", call) ?? 0), words)
    try refusable { world throws(Errno) in
      try world.kernel.remapFilePages(request, by: world.current.task)
    }
    return .value(.none)
  }

  /// stack_pointer(address): where it is, after moving it.
  mutating func stackPointerCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    try reserve(ScriptHeap.numberWords)
    if let address = try optionalAddress(0, "address", call) {
      kernel.setStackPointer(address, of: current.task)
    }
    return .value(heap.address(kernel.stackPointer(of: current.task)))
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
