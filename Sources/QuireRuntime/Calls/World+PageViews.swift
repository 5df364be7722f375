// Pages as data: the walk to an address, its entry, its frame, the words of pagemap.

internal import KernelStorage
internal import QuireKernel
internal import QuireProgram

extension World {
  mutating func pageViewCall(_ builtin: Builtin, _ call: BuiltinCall)
    throws(CallFailure) -> BuiltinOutcome
  {
    switch builtin {
    case .vma: return try vmaCall(call)
    case .walk: return try walkCall(call)
    case .pte: return try pteCall(call)
    case .page: return try pageCall(call)
    default: return try pagemapCall(call)
    }
  }

  /// walk(address, process): the levels from the top, and what lies at the end.
  private mutating func walkCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let walk = try pageWalk(call)
    let levels = walk.steps.map { step in
      Self.map([
        ("level", .string(step.level.name)), ("index", .integer(Int64(step.index))),
        ("table", Self.address(step.table)), ("entry", .address(step.word)),
        ("flags", .list(step.flags.map { .string($0) })),
      ])
    }
    return try give(Self.map(endFields(of: walk) + [("levels", .list(levels))]))
  }

  /// pte(address, process): the entry of the page, or the large entry above it.
  private mutating func pteCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let walk = try pageWalk(call)
    guard let step = walk.steps.last, step.level == .PTE || step.entry.isLarge else {
      return .value(.none)
    }
    return try give(
      Self.map(
        endFields(of: walk) + [
          ("entry", .address(step.word)), ("flags", .list(step.flags.map { .string($0) })),
        ]))
  }

  /// page(address, process): the frame behind an address, nil when there is none.
  private mutating func pageCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let walk = try pageWalk(call)
    let frame: FrameNumber
    switch walk.end {
    case .page(let found, _), .hidden(let found): frame = found
    default: return .value(.none)
    }
    guard frame.index < kernel.memory.frames.count else { return .value(.none) }
    let record = kernel.memory.frames[frame]
    let word = kernel.pageFlagWord(of: frame)
    let zone = kernel.memory.zoneKind(of: frame)
    return try give(
      Self.map([
        ("frame", .integer(Int64(frame.rawValue))), ("physical", Self.address(frame)),
        ("zone", zone.map { .string($0.name) } ?? .none),
        ("refcount", .integer(Int64(record.referenceCount))),
        ("mapcount", .integer(Int64(record.mapCount))),
        ("index", .integer(Int64(clamping: record.index))),
        ("flags", .list(KernelPageFlag.names(of: word).map { .string($0) })),
      ]))
  }

  /// pagemap(region, process): one word for each page.
  private mutating func pagemapCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let (start, length) = try region(0, call)
    let space = kernel.tasks[try taskAsked(1, call)].space
    guard Page.isAligned(start), let pages = Page.count(covering: length), !space.isNone else {
      throw .errno(.EINVAL)
    }
    // The file ends with the last user address.
    let rest = start < kernel.layout.taskSize ? (kernel.layout.taskSize - start) >> Page.shift : 0
    let count = Int(min(pages, rest))
    try reserve(ScriptHeap.listWords(count) + count * ScriptHeap.numberWords)
    let showsFrames = kernel.tasks[current.task].holds(.admin)
    let list = heap.list(count: count)
    for index in 0..<count {
      let entry = kernel.pageMapEntry(
        at: start + UInt64(index) << Page.shift, of: space, showsFrames: showsFrames)
      heap.setElement(index, of: list, to: heap.address(entry.word))
    }
    return .value(list)
  }

  /// The region of an argument; the page of an address.
  func region(
    _ index: Int, _ call: BuiltinCall
  ) throws(CallFailure) -> (start: UInt64, length: UInt64) {
    if let region = heap.asRegion(argument(index, call)) { return (region.start, region.length) }
    return (Page.alignDown(try address(index, "region", call)), Page.size)
  }

  // MARK: Parts

  private func pageWalk(_ call: BuiltinCall) throws(CallFailure) -> PageWalk {
    kernel.pageWalk(to: try address(0, "address", call), of: try taskAsked(1, call))
  }

  /// The task of the parameter `process`: the caller's when it is left out.
  func taskAsked(_ index: Int, _ call: BuiltinCall) throws(CallFailure) -> TaskIndex {
    if argument(index, call).isAbsent { return current.task }
    let number = try process(index, "process", call)
    guard let task = task(of: number) else { throw .misuse(obituary(of: number)) }
    return task
  }

  private func endFields(of walk: PageWalk) -> [(String, ScriptValue)] {
    var state = "absent"
    var fields: [(String, ScriptValue)] = []
    switch walk.end {
    case .nonCanonical: state = "non-canonical"
    case .nothing: break
    case .guarded: state = "guard"
    case .arranged: state = "file"
    case .page(let frame, let size):
      state = frame == kernel.zeroFrame ? "zero" : "present"
      fields = [
        ("frame", .integer(Int64(frame.rawValue))),
        ("physical", walk.physical.map { .address($0) } ?? .none),
        ("size", .integer(Int64(size))),
      ]
    case .hidden(let frame):
      state = "protnone"
      fields = [("frame", .integer(Int64(frame.rawValue)))]
    case .swapped(let entry):
      state = "swapped"
      fields = [("area", .integer(Int64(entry.area))), ("slot", .integer(Int64(entry.slot)))]
    }
    return [("address", .address(walk.address)), ("state", .string(state))] + fields
  }

  private static func address(_ frame: FrameNumber) -> ScriptValue {
    .address(UInt64(frame.rawValue) << Page.shift)
  }

  private static func map(_ fields: [(String, ScriptValue)]) -> ScriptValue {
    .map(fields.map { ScriptValue.Entry(key: .string($0.0), value: $0.1) })
  }

  private mutating func give(_ value: ScriptValue) throws(CallFailure) -> BuiltinOutcome {
    try reserve(Self.words(for: value))
    return .value(self.value(of: value))
  }
}
