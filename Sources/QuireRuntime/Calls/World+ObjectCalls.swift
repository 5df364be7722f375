// Kernel objects: kmalloc and caches, by handles that know when their object was freed.

internal import QuireKernel
internal import QuireProgram

extension World {
  /// Refuses what would show another allocator than the machine's: x86_32 has SLAB and no
  /// pageblocks by mobility.
  func checkSlab() throws(CallFailure) {
    if kernel.machine.architecture == .x86_32 {
      throw .misuse("the allocator of x86_32 is not there yet")
    }
  }

  /// kmalloc(size, flags)
  mutating func kmallocCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    try checkSlab()
    let size = try size(0, "size", call)
    let gfp = try allocationFlags(1, call)
    let address = try refusable { world throws(Errno) in
      try world.kernel.kmalloc(size, gfp, for: world.current.task)
    }
    return .value(newHandle(.object, address, size))
  }

  /// kfree(object)
  mutating func kfreeCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    try checkSlab()
    let value = argument(0, call)
    if value.isNone { return .value(.none) }
    if let address = heap.asAddress(value) {
      try misusable { world throws(KernelMisuse) in try world.kernel.kfree(address) }
      return .value(.none)
    }
    let record = try live(0, .object, call)
    try misusable { world throws(KernelMisuse) in try world.kernel.kfree(record.first) }
    bury(value)
    return .value(.none)
  }

  /// The calls about caches by builtin.
  mutating func cacheCall(
    _ builtin: Builtin, _ call: BuiltinCall
  ) throws(CallFailure) -> BuiltinOutcome {
    try checkSlab()
    return switch builtin {
    case .kmem_cache_create: try createCacheCall(call)
    case .kmem_cache_alloc: try allocateFromCacheCall(call)
    case .kmem_cache_free: try freeToCacheCall(call)
    case .kmem_cache_shrink: try shrinkCacheCall(call)
    case .kmem_cache_destroy: try destroyCacheCall(call)
    default: preconditionFailure("cacheCall: \(builtin.name) is not about caches")
    }
  }

  /// kmem_cache_create(name, size, align, flags)
  private mutating func createCacheCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let name = try string(0, "name", call)
    let size = try size(1, "size", call)
    let alignment = try optionalSize(2, "align", call) ?? 0
    let word = try flags(3, "flags", call) ?? 0
    guard let size = Int(exactly: size), let alignment = Int(exactly: alignment),
      let flags = SlabFlags(words: word)
    else { throw .errno(.EINVAL) }
    let cache = try refusable { world throws(Errno) in
      try world.kernel.createCache(
        name, size: size, alignment: alignment, flags: flags, for: world.current.task)
    }
    return .value(newHandle(.cache, UInt64(cache.rawValue), UInt64(size)))
  }

  /// kmem_cache_alloc(cache, flags)
  private mutating func allocateFromCacheCall(_ call: BuiltinCall) throws(CallFailure)
    -> BuiltinOutcome
  {
    let record = try live(0, .cache, call)
    let gfp = try allocationFlags(1, call)
    let cache = CacheIndex(Int(record.first))
    let address = try refusable { world throws(Errno) in
      try world.kernel.allocateObject(from: cache, gfp, for: world.current.task)
    }
    return .value(newHandle(.object, address, record.second))
  }

  /// kmem_cache_free(cache, object)
  private mutating func freeToCacheCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let cache = CacheIndex(Int(try live(0, .cache, call).first))
    let object = try live(1, .object, call)
    try misusable { world throws(KernelMisuse) in
      try world.kernel.freeObject(at: object.first, to: cache)
    }
    bury(argument(1, call))
    return .value(.none)
  }

  /// kmem_cache_shrink(cache): 0 when no slab is left.
  private mutating func shrinkCacheCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let cache = CacheIndex(Int(try live(0, .cache, call).first))
    let remains = try refusable { world throws(Errno) in try world.kernel.shrinkCache(cache) }
    return .value(Value(small: remains ? 1 : 0))
  }

  /// kmem_cache_destroy(cache)
  private mutating func destroyCacheCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome
  {
    let cache = CacheIndex(Int(try live(0, .cache, call).first))
    try refusable { world throws(Errno) in try world.kernel.destroyCache(cache) }
    bury(argument(0, call))
    return .value(.none)
  }

  /// GFP_ words; GFP_KERNEL when left out.
  func allocationFlags(_ index: Int, _ call: BuiltinCall) throws(CallFailure) -> GFPFlags {
    guard let word = try flags(index, "flags", call) else { return .kernel }
    guard let bits = UInt32(exactly: word) else { throw .errno(.EINVAL) }
    return GFPFlags(rawValue: bits)
  }

  // MARK: Handles

  mutating func newHandle(_ kind: HandleKind, _ first: UInt64, _ second: UInt64 = 0) -> Value {
    Value(kind.tag, payload: handles.make(kind, first, second))
  }

  /// The thing of a handle, which must be alive.
  func live(_ index: Int, _ kind: HandleKind, _ call: BuiltinCall)
    throws(CallFailure) -> HandleRecord
  {
    let value = argument(index, call)
    guard value.has(kind.tag) else { throw wrongKind(kind.noun, kind.phrase, value) }
    guard let record = handles.record(value.payload) else {
      throw .misuse("this \(kind.noun) was freed long ago")
    }
    if record.isLive { return record }
    throw .misuse("this \(kind.noun) is gone: \(death(of: record))")
  }

  /// When and where a thing was freed.
  func death(of record: HandleRecord) -> String {
    let place = place(ofAddress: Int(record.killerAddress)).map { " at \($0)" } ?? ""
    let time = Quantity.clock(record.died)
    let name = ledger[ledger.newest(withPID: record.killer)].name
    return "freed\(place) by '\(name)' (pid \(record.killer)) at \(time)"
  }

  mutating func bury(_ handle: Value) {
    handles.bury(
      handle.payload, at: kernel.now, by: current.pid,
      UInt32(truncatingIfNeeded: current.execution.pc))
  }

  /// Does what would corrupt a real kernel when it is wrong; here it is an error of the script.
  mutating func misusable<Result>(
    _ body: (inout World) throws(KernelMisuse) -> Result
  ) throws(CallFailure) -> Result {
    do { return try body(&self) } catch { throw .misuse(error.message) }
  }
}

extension HandleKind {
  var tag: ValueTag {
    switch self {
    case .page: .page
    case .cache: .cache
    case .object: .object
    case .swapArea: .swapArea
    case .file: .file
    }
  }
}

extension SlabFlags {
  /// The flags of SLAB_ words; nil when there are others among them.
  ///
  /// Linux: `SLAB_HWCACHE_ALIGN` and friends, include/linux/slab.h.
  fileprivate init?(words: UInt64) {
    let known: [(word: UInt64, flag: SlabFlags)] = [
      (0x2000, .cacheAligned), (0x2_0000, .reclaimable), (0x4_0000, .panic),
    ]
    var rest = words
    self = []
    for (word, flag) in known where words & word != 0 {
      insert(flag)
      rest &= ~word
    }
    if rest != 0 { return nil }
  }
}
