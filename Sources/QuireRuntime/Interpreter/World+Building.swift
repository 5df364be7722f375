// Loading and building values, and reaching into them.

internal import QuireProgram

extension World {
  // MARK: Loading

  /// The value that an instruction loads into ra. Those that store elsewhere answer with ra itself.
  mutating func loading(_ i: Instruction) -> BuiltinOutcome {
    switch i.opcode {
    case .move: return .value(register(i.b))
    case .loadNil: return .value(.none)
    case .loadTrue: return .value(.boolean(true))
    case .loadFalse: return .value(.boolean(false))
    case .loadAbsent: return .value(.absent)
    case .loadInteger: return .value(Value(small: i.wide))
    case .loadConstant: return constant(i.wide)
    case .loadFunction: return .value(Value(.function, payload: UInt64(i.wide)))
    case .getGlobal: return global(i.wide)
    case .getSelf: return .value(runningFunction)
    case .getCell: return .value(heap[register(i.b), 0])
    case .getCapture: return .value(heap[current.execution.closure, 1 + Int(i.b)])
    case .getCapturedCell:
      return .value(heap[heap[current.execution.closure, 1 + Int(i.b)], 0])
    case .makeCell:
      guard heap.reserve(ScriptHeap.cellWords) else { return .room(ScriptHeap.cellWords) }
      return .value(heap.cell(register(i.b)))
    case .makeClosure: return closure(i)
    default:
      storing(i)
      return .value(register(i.a))
    }
  }

  private mutating func storing(_ i: Instruction) {
    switch i.opcode {
    case .setGlobal: heap[heap.globalStorage, i.wide] = register(i.a)
    case .setCell: heap[register(i.a), 0] = register(i.b)
    default: heap[heap[current.execution.closure, 1 + Int(i.a)], 0] = register(i.b)
    }
  }

  private mutating func constant(_ number: Int) -> BuiltinOutcome {
    let known = heap[heap.constantStorage, number]
    if !known.isAbsent { return .value(known) }
    return makeConstant(number).map { .value($0) }
      ?? .room(Self.words(of: image.program.constants[number]))
  }

  private mutating func global(_ number: Int) -> BuiltinOutcome {
    let value = heap[heap.globalStorage, number]
    if !value.isAbsent { return .value(value) }
    let name = image.program.globals[number].name
    return fail(ErrorContent("'\(name)' is used before it has a value"))
  }

  /// The function that runs, as a value.
  private var runningFunction: Value {
    if !current.execution.closure.isNone { return current.execution.closure }
    let address = UInt32(truncatingIfNeeded: current.execution.pc)
    return Value(.function, payload: UInt64(image.program.function(at: address) ?? 0))
  }

  private mutating func closure(_ i: Instruction) -> BuiltinOutcome {
    let count = Int(image.targets[Int(i.b)].captureCount)
    let words = ScriptHeap.closureWords(captures: count)
    guard heap.reserve(words) else { return .room(words) }
    let closure = heap.closure(function: Int(i.b), captures: count)
    for number in 0..<count {
      heap[closure, 1 + number] = current.execution[Int(i.c) + number]
    }
    return .value(closure)
  }

  // MARK: Building

  /// The value that an instruction builds or finds. Those that change ra answer with ra itself.
  mutating func building(_ i: Instruction) -> BuiltinOutcome {
    switch i.opcode {
    case .makeList: return makeList(i)
    case .extendList: return extendList(i)
    case .makeMap: return makeMap(i)
    case .extendMap: return extendMap(register(i.a), i)
    case .makeRange: return makeRange(i, isClosed: false)
    case .makeClosedRange: return makeRange(i, isClosed: true)
    case .makeString: return makeString(i)
    case .getIndex: return element(of: register(i.b), at: register(i.c))
    case .getIndexImmediate:
      return element(of: register(i.b), at: Value(small: i.immediateC))
    case .setIndex:
      return setElement(of: register(i.a), at: register(i.b), to: register(i.c))
    case .getMember: return member(MemberName(number: Int(i.c)), of: register(i.b))
    default:
      return setMember(MemberName(number: Int(i.b)), of: register(i.a), to: register(i.c))
    }
  }

  private mutating func makeList(_ i: Instruction) -> BuiltinOutcome {
    let count = Int(i.c)
    let words = ScriptHeap.listWords(count)
    guard heap.reserve(words) else { return .room(words) }
    let list = heap.list(count: count)
    for number in 0..<count {
      heap.setElement(number, of: list, to: current.execution[Int(i.b) + number])
    }
    return .value(list)
  }

  private mutating func extendList(_ i: Instruction) -> BuiltinOutcome {
    let list = register(i.a)
    let words = heap.appendWords(Int(i.c), to: list)
    guard heap.reserve(words) else { return .room(words) }
    heap.makeRoom(for: heap.count(ofList: list) + Int(i.c), in: list)
    for number in 0..<Int(i.c) {
      heap.append(current.execution[Int(i.b) + number], to: list)
    }
    return .value(list)
  }

  private mutating func makeMap(_ i: Instruction) -> BuiltinOutcome {
    let words = ScriptHeap.mapWords(Int(i.c))
    guard heap.reserve(words) else { return .room(words) }
    return extendMap(heap.map(capacity: Int(i.c)), i)
  }

  private mutating func extendMap(_ map: Value, _ i: Instruction) -> BuiltinOutcome {
    let words = heap.extensionWords(Int(i.c), map)
    guard heap.reserve(words) else { return .room(words) }
    heap.makeRoom(forKeys: Int(i.c), in: map)
    for number in 0..<Int(i.c) {
      let key = current.execution[Int(i.b) + 2 * number]
      let value = current.execution[Int(i.b) + 2 * number + 1]
      if !heap.set(key, to: value, in: map) { return badKey(key) }
    }
    return .value(map)
  }

  private mutating func makeRange(_ i: Instruction, isClosed: Bool) -> BuiltinOutcome {
    guard heap.reserve(ScriptHeap.rangeWords) else { return .room(ScriptHeap.rangeWords) }
    let (lower, upper) = (register(i.b), current.execution[Int(i.b) + 1])
    guard let first = heap.asInteger(lower), let last = heap.asInteger(upper) else {
      return badBounds(lower, upper, isClosed: isClosed)
    }
    return .value(heap.range(IntegerRange(lower: first, upper: last, isClosed: isClosed)))
  }

  mutating func badBounds(_ lower: Value, _ upper: Value, isClosed: Bool) -> BuiltinOutcome {
    let text = "\(excerpt(lower)) \(isClosed ? "..." : "..<") \(excerpt(upper))"
    let (from, to) = (heap.kindPhrase(of: lower), heap.kindPhrase(of: upper))
    return fail(
      ErrorContent("a range goes from integer to integer, not from \(from) to \(to): \(text)"))
  }

  private mutating func makeString(_ i: Instruction) -> BuiltinOutcome {
    let first = current.execution.base + Int(i.b)
    let words = ScriptHeap.stringWords(bytes: stringBytes(first, count: Int(i.c)))
    guard heap.reserve(words) else { return .room(words) }
    var writer = TextWriter()
    for number in 0..<Int(i.c) {
      writer.write(current.execution[Int(i.b) + number], of: self)
    }
    return newString(writer.finish())
  }

  /// Bytes of all strings among `count` registers from `first` on, counted from the stack's bottom.
  func stringBytes(_ first: Int, count: Int) -> Int {
    var bytes = 0
    for place in first..<first + count {
      let value = current.execution.value(at: place)
      if value.has(.string) { bytes += heap.byteCount(of: value) }
    }
    return bytes
  }

  /// A string of text that was written, if it was not too long and there is room.
  mutating func newString(_ text: WrittenText) -> BuiltinOutcome {
    guard case .bytes(let bytes) = text else { return tooLong() }
    let words = ScriptHeap.stringWords(bytes: bytes.count)
    guard heap.reserve(words) else { return .room(words) }
    charge(work: bytes.count)
    return .value(heap.string(bytes))
  }

  mutating func tooLong() -> BuiltinOutcome {
    let limit = TextWriter.containerLimit >> 20
    return fail(ErrorContent("the text of a list or map would be longer than \(limit) MiB"))
  }
}
