// Memory steps: maps, the break, and single bytes read and written.

internal import QuireKernel

extension ScenarioRunner {
  mutating func mmap(
    _ arguments: MapArguments, as name: String?, by task: TaskIndex
  ) throws(StepStop) -> [Leaf.Member] {
    var address: UInt64 = 0
    if let expression = arguments.address {
      (address, _) = try resolve(AddressRange(start: expression, length: arguments.length))
    }
    var request = MapRequest(
      at: address, length: arguments.length, Protection(rawValue: arguments.protection),
      MapFlags(rawValue: arguments.flags), offset: arguments.offset)
    if case .file(let name) = arguments.descriptor { request.file = try files.named(name) }
    do {
      let start = try kernel.mmap(request, by: task)
      if let name { regions.bind(name, start: start, length: arguments.length) }
      return [.init(key: "ret", value: Anchors.leaf(start))]
    } catch {
      return try refused(error)
    }
  }

  mutating func moveBreak(_ target: BreakTarget, by task: TaskIndex) -> [Leaf.Member] {
    let wanted: UInt64
    switch target {
    case .by(let amount): wanted = kernel.space(of: task).currentBreak &+ UInt64(bitPattern: amount)
    case .to(let offset): wanted = Anchors.heap &+ offset
    }
    let reached = kernel.brk(wanted, by: task)
    var members = [Leaf.Member(key: "ret", value: Anchors.leaf(reached))]
    if reached != wanted { members.append(.init(key: "failed", value: .boolean(true))) }
    return members
  }

  mutating func read(
    _ range: AddressRange, every stride: UInt64, by task: TaskIndex
  ) throws(StepStop) -> [Leaf.Member] {
    var values: [UInt8] = []
    let end = try walk(range, every: stride) { kernel, address in
      var value: UInt8 = 0
      let progress = kernel.loadByte(address, into: &value, by: task)
      if progress == .done { values.append(value) }
      return progress
    }
    return [
      .init(key: "pages", value: .integer(Int64(values.count))),
      .init(key: "vals", value: .text(RunLength.text(values))),
    ] + end
  }

  mutating func write(
    _ range: AddressRange, every stride: UInt64, _ value: UInt8, by task: TaskIndex
  ) throws(StepStop) -> [Leaf.Member] {
    var pages: Int64 = 0
    let end = try walk(range, every: stride) { kernel, address in
      let progress = kernel.storeByte(address, value, by: task)
      if progress == .done { pages += 1 }
      return progress
    }
    return [.init(key: "pages", value: .integer(pages))] + end
  }

  /// Jumps to an address: an int3 there returns to the recorder, any other code would not.
  mutating func execute(
    _ expression: AddressExpression, by task: TaskIndex
  ) throws(StepStop) -> [Leaf.Member] {
    let range = AddressRange(start: expression, length: 1)
    let end = try walk(range, every: 1) { kernel, address in
      kernel.access(address, .execute, by: task)
    }
    if !end.isEmpty { return end }
    var code: UInt8 = 0
    let address = try resolve(expression)
    guard kernel.loadByte(address, into: &code, by: task) == .done, code == Self.breakpoint else {
      throw .unsupported("run_at code that is not int3")
    }
    return [.init(key: "ret", value: .text("int3"))]
  }

  private static var breakpoint: UInt8 { 0xCC }

  /// One access per step of a range, up to the first that is refused: then, how.
  private mutating func walk(
    _ range: AddressRange, every stride: UInt64,
    _ access: (inout Kernel, UInt64) -> Progress
  ) throws(StepStop) -> [Leaf.Member] {
    let (start, length) = try resolve(range)
    var offset: UInt64 = 0
    while offset < length {
      switch access(&kernel, start &+ offset) {
      case .done: offset += stride
      case .again: continue
      case .blocked(let until): kernel.now = max(kernel.now, until)
      case .signal(let signal): return describe(signal, from: start)
      case .killed: return [.init(key: "killed", value: .boolean(true))]
      case .failed(let error): return try refused(error)
      }
    }
    return []
  }

  /// A signal as recordings write it: its address is relative to the range of the step.
  private func describe(_ signal: SignalInfo, from start: UInt64) -> [Leaf.Member] {
    let distance = Int64(bitPattern: signal.address &- start)
    return [
      .init(key: "sig", value: .text(signal.signal.name)),
      .init(key: "sig_code", value: .integer(Int64(signal.code.rawValue))),
      .init(key: "sig_off", value: .integer(distance)),
    ]
  }
}

extension LimitOperand {
  /// The limit in bytes; a relative one counts from what the process has now.
  func value(for resource: Resource, in space: AddressSpace) -> UInt64 {
    switch self {
    case .absolute(let bytes): return bytes
    case .unlimited: return .max
    case .above(let bytes):
      let pages =
        switch resource {
        case .addressSpace: space.totalPages
        case .data: space.dataPages
        case .stack: space.stackPages
        case .lockedMemory: space.lockedPages
        case .processes, .coreSize, .fileSize, .openFiles: UInt64(0)
        }
      return pages << Page.shift + bytes
    }
  }
}
