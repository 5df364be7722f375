// Builtins on plain values: they know no machine and take no simulated time beside their step and,
// in proportion to the data they touch, further steps.

internal import KernelStorage
internal import QuireKernel
internal import QuireProgram

extension World {
  /// The fast cases of a few builtins; nil when it takes the general way. No place in the code and
  /// no steps are looked at.
  @inline(__always)
  mutating func quickly(_ builtin: QuickBuiltin, _ first: Int) -> Value? {
    switch builtin {
    case .no: return nil
    case .abs:
      let value = current.execution.value(at: first)
      return value.isSmallInteger && value.smallInteger >= 0 ? value : nil
    case .len: return quickLength(of: current.execution.value(at: first))
    case .push: return quickPush(first)
    }
  }

  @inline(never)
  private func quickLength(of value: Value) -> Value? {
    if value.has(.list) { return Value(small: heap.count(ofList: value)) }
    guard value.has(.string), heap.isASCII(value) else { return nil }
    return Value(small: heap.byteCount(of: value))
  }

  @inline(never)
  private mutating func quickPush(_ first: Int) -> Value? {
    let list = current.execution.value(at: first)
    guard list.has(.list), heap.reserve(heap.appendWords(1, to: list)) else { return nil }
    heap.append(current.execution.value(at: first + 1), to: list)
    return Value.none
  }

  /// A builtin for which `isPlain` holds.
  mutating func plainBuiltin(_ builtin: Builtin, _ call: BuiltinCall) -> BuiltinOutcome {
    let first = argument(0, call)
    switch builtin {
    case .print: return print(call)
    case .format: return format(call)
    case .str: return str(first)
    case .int: return integer(from: first)
    case .float: return float(from: first)
    case .address: return address(from: first)
    case .region: return region(from: first, argument(1, call))
    case .type: return newString(.bytes(Array(heap.kindName(of: first).utf8)))
    case .copy: return copy(first)
    case .len: return length(of: first)
    case .push: return push(first, argument(1, call))
    case .pop: return pop(first)
    case .insert: return insert(into: first, argument(1, call), argument(2, call))
    case .remove: return remove(from: first, argument(1, call))
    case .contains: return contains(first, argument(1, call))
    case .keys: return entries(of: first, builtin) { heap, entry in heap.key(entry, of: first) }
    case .values:
      return entries(of: first, builtin) { heap, entry in heap.value(entry, of: first) }
    case .join: return join(first, argument(1, call))
    case .split: return split(first, argument(1, call))
    case .abs: return magnitude(of: first)
    case .min: return extreme(builtin, call, wanted: .less)
    case .max: return extreme(builtin, call, wanted: .greater)
    case .error: return makeError(first, errno: argument(1, call))
    case .raise: return raise(first)
    case .assert_eq: return assertEqual(first, argument(1, call), argument(2, call))
    default: return fail(ErrorContent("'\(builtin.name)' is not there yet in this version"))
    }
  }

  /// An argument of the wrong kind.
  mutating func refuse(
    _ builtin: Builtin, _ value: Value, takes expected: String, isOutOfRange: Bool = false
  ) -> BuiltinOutcome {
    let kind = isOutOfRange ? "" : "\(heap.kindPhrase(of: value)): "
    let found = kind + excerpt(value)
    var content = ErrorContent("\(builtin.name): takes \(expected), not \(found)")
    content.call = builtin.name
    return fail(content)
  }

  // MARK: Text

  private mutating func print(_ call: BuiltinCall) -> BuiltinOutcome {
    guard outputTotal + stringBytes(call.first, count: call.count) < limits.outputBytes else {
      return .limit(.output)
    }
    var writer = TextWriter()
    for number in 0..<call.count {
      if number > 0 { writer.write(" ") }
      writer.write(argument(number, call), of: self)
    }
    writer.write("\n")
    guard case .bytes(let bytes) = writer.finish() else { return tooLong() }
    guard outputTotal + bytes.count <= limits.outputBytes else { return .limit(.output) }
    output += bytes
    outputTotal += bytes.count
    charge(work: bytes.count)
    return .value(.none)
  }

  private mutating func str(_ value: Value) -> BuiltinOutcome {
    if value.has(.string) { return .value(value) }
    var writer = TextWriter()
    writer.write(value, of: self)
    return newString(writer.finish())
  }

  // MARK: Conversions

  private mutating func integer(from value: Value) -> BuiltinOutcome {
    guard heap.reserve(ScriptHeap.numberWords) else { return .room(ScriptHeap.numberWords) }
    if heap.asInteger(value) != nil { return .value(value) }
    if let address = heap.asAddress(value) {
      guard let integer = Int64(exactly: address) else {
        return fail(ErrorContent("int: \(excerpt(value)) exceeds 64 bits with a sign"))
      }
      return .value(heap.integer(integer))
    }
    if let float = heap.asFloat(value) {
      guard let integer = Int64(exactly: float.rounded(.towardZero)) else {
        return fail(ErrorContent("int: \(excerpt(value)) is not in the range of integers"))
      }
      return .value(heap.integer(integer))
    }
    guard let text = heap.asString(value) else {
      return refuse(.int, value, takes: "a number, an address or a string")
    }
    guard let integer = NumberText.integer(text) else {
      return fail(ErrorContent("int: \(excerpt(value)) is not the text of an integer"))
    }
    return .value(heap.integer(integer))
  }

  private mutating func float(from value: Value) -> BuiltinOutcome {
    guard heap.reserve(ScriptHeap.numberWords) else { return .room(ScriptHeap.numberWords) }
    if heap.asFloat(value) != nil { return .value(value) }
    if let integer = heap.asInteger(value) { return .value(heap.float(Double(integer))) }
    guard let text = heap.asString(value) else {
      return refuse(.float, value, takes: "a number or a string")
    }
    guard let float = NumberText.float(text) else {
      return fail(ErrorContent("float: \(excerpt(value)) is not the text of a number"))
    }
    return .value(heap.float(float))
  }

  private mutating func address(from value: Value) -> BuiltinOutcome {
    guard heap.reserve(ScriptHeap.numberWords) else { return .room(ScriptHeap.numberWords) }
    guard let bits = addressBits(value) else {
      let isNegative = heap.asInteger(value) != nil
      return refuse(.address, value, takes: "an integer from 0", isOutOfRange: isNegative)
    }
    return .value(heap.address(bits))
  }

  private func addressBits(_ value: Value) -> UInt64? {
    heap.asAddress(value) ?? heap.asInteger(value).flatMap { UInt64(exactly: $0) }
      ?? heap.asRegion(value)?.start
  }

  private mutating func region(from start: Value, _ length: Value) -> BuiltinOutcome {
    guard heap.reserve(ScriptHeap.regionWords) else { return .room(ScriptHeap.regionWords) }
    guard let first = addressBits(start) else {
      let isNegative = heap.asInteger(start) != nil
      return refuse(.region, start, takes: "an address", isOutOfRange: isNegative)
    }
    guard let size = heap.asInteger(length).flatMap({ UInt64(exactly: $0) }) else {
      let isNegative = heap.asInteger(length) != nil
      return refuse(.region, length, takes: "a length from 0", isOutOfRange: isNegative)
    }
    if first.addingReportingOverflow(size).overflow {
      return fail(ErrorContent("region: the end lies beyond the last address"))
    }
    return .value(heap.region(start: first, length: size))
  }

  // MARK: Numbers

  private mutating func magnitude(of value: Value) -> BuiltinOutcome {
    if let integer = heap.asInteger(value) { return integer < 0 ? negate(value) : .value(value) }
    guard let float = heap.asFloat(value) else { return refuse(.abs, value, takes: "a number") }
    guard heap.reserve(ScriptHeap.numberWords) else { return .room(ScriptHeap.numberWords) }
    return .value(heap.float(float.magnitude))
  }

  /// The least or the greatest of the arguments, or of the elements of the only one; of equal ones
  /// the first.
  private mutating func extreme(
    _ builtin: Builtin, _ call: BuiltinCall, wanted: ScriptHeap.Ordering
  ) -> BuiltinOutcome {
    let list = call.count == 1 && argument(0, call).has(.list) ? argument(0, call) : nil
    let count = list.map { heap.count(ofList: $0) } ?? call.count
    if count == 0 { return fail(ErrorContent("\(builtin.name): there are no values")) }
    charge(work: 8 * count)
    var best = Value.none
    for index in 0..<count {
      let value = list.map { heap.element(index, of: $0) } ?? argument(index, call)
      if index == 0 {
        best = value
        continue
      }
      guard let order = heap.order(value, best) else { return mismatch(.less, value, best) }
      if order == wanted { best = value }
    }
    return .value(best)
  }

  // MARK: Failing

  private mutating func makeError(_ message: Value, errno: Value) -> BuiltinOutcome {
    guard let text = heap.asString(message) else {
      return refuse(.error, message, takes: "a message")
    }
    var content = ErrorContent(text)
    if !errno.isAbsent {
      guard let name = heap.asString(errno), let known = Errno(name: name) else {
        return refuse(.error, errno, takes: "the name of an errno")
      }
      content.number = known.rawValue
    }
    let words = ScriptHeap.stringWords(bytes: text.utf8.count)
    guard heap.reserve(words) else { return .room(words) }
    return .value(heap.error(content))
  }

  private mutating func raise(_ error: Value) -> BuiltinOutcome {
    if error.has(.error) { return .raise(error) }
    guard let text = heap.asString(error) else {
      return refuse(.raise, error, takes: "an error or a message")
    }
    return fail(ErrorContent(text))
  }

  private mutating func assertEqual(
    _ actual: Value, _ expected: Value, _ message: Value
  ) -> BuiltinOutcome {
    if heap.areEqual(actual, expected) { return .value(.none) }
    let reason = heap.asString(message).map { "\($0): " } ?? ""
    return fail(
      ErrorContent("\(reason)expected \(excerpt(expected)), got \(excerpt(actual))"))
  }
}

extension Builtin {
  /// Whether it works on values alone, needs no clock and no kernel.
  var isPlain: Bool {
    switch self {
    case .print, .format, .str, .int, .float, .address, .region, .type, .copy, .len, .push, .pop,
      .insert, .remove, .contains, .keys, .values, .join, .split, .abs, .min, .max, .error, .raise,
      .assert_eq:
      true
    default: false
    }
  }
}
