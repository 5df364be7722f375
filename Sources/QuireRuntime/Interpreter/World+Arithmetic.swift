// Arithmetic and comparison of everything that is not two small integers.
//
// Integers are 64 bits wide and overflow is an error; an integer and a float give a float;
// address ± integer is an address, address - address an integer, and the bits of an address can be
// masked with an integer.

internal import QuireProgram

/// A binary operator.
enum Operator: String {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case remainder = "%"
  case shiftLeft = "<<"
  case shiftRight = ">>"
  case and = "&"
  case or = "|"
  case exclusiveOr = "^"
  case less = "<"
  case lessOrEqual = "<="

  /// "add" of "cannot add a string and an integer".
  var verb: String {
    switch self {
    case .add: "add"
    case .subtract: "subtract"
    case .multiply: "multiply"
    case .divide, .remainder: "divide"
    case .shiftLeft, .shiftRight: "shift"
    case .and, .or, .exclusiveOr: "combine the bits of"
    case .less, .lessOrEqual: "compare"
    }
  }

  /// "by" of "divide a string by an integer".
  var preposition: String {
    switch self {
    case .divide, .remainder, .shiftLeft, .shiftRight, .multiply: "by"
    case .less, .lessOrEqual: "with"
    default: "and"
    }
  }
}

extension World {
  /// `a OP b` in full generality.
  @inline(never)
  mutating func calculate(_ operation: Operator, _ a: Value, _ b: Value) -> BuiltinOutcome {
    if operation == .less || operation == .lessOrEqual { return compare(operation, a, b) }
    guard heap.reserve(ScriptHeap.numberWords) else { return .room(ScriptHeap.numberWords) }
    if let x = heap.asInteger(a) {
      if let y = heap.asInteger(b) { return integers(operation, x, y) }
      if let y = heap.asFloat(b) { return floats(operation, Double(x), y) }
      if let y = heap.asAddress(b) { return integerAndAddress(operation, x, y, a, b) }
    } else if let x = heap.asFloat(a) {
      if let y = heap.asFloat(b) ?? heap.asInteger(b).map({ Double($0) }) {
        return floats(operation, x, y)
      }
    } else if let x = heap.asAddress(a) {
      if let y = heap.asInteger(b) { return addressAndInteger(operation, x, y) }
      if let y = heap.asAddress(b) { return addresses(operation, x, y) }
    } else if a.has(.string) || a.has(.list) {
      return sequences(operation, a, b)
    }
    return mismatch(operation, a, b)
  }

  private mutating func compare(
    _ operation: Operator, _ a: Value, _ b: Value
  ) -> BuiltinOutcome {
    guard let order = heap.order(a, b) else { return mismatch(operation, a, b) }
    let length = a.has(.string) ? min(heap.byteCount(of: a), heap.byteCount(of: b)) : 0
    charge(work: length)
    return .value(.boolean(order == .less || operation == .lessOrEqual && order == .equal))
  }

  func mismatch(_ operation: Operator, _ a: Value, _ b: Value) -> ErrorContent {
    let (left, right) = (heap.kindPhrase(of: a), heap.kindPhrase(of: b))
    let shown = "\(excerpt(a)) \(operation.rawValue) \(excerpt(b))"
    return ErrorContent(
      "cannot \(operation.verb) \(left) \(operation.preposition) \(right): \(shown)")
  }

  mutating func mismatch(_ operation: Operator, _ a: Value, _ b: Value) -> BuiltinOutcome {
    fail(mismatch(operation, a, b) as ErrorContent)
  }

  // MARK: Integers and floats

  private mutating func integers(_ operation: Operator, _ x: Int64, _ y: Int64) -> BuiltinOutcome {
    let (result, overflow): (Int64, Bool)
    switch operation {
    case .add: (result, overflow) = x.addingReportingOverflow(y)
    case .subtract: (result, overflow) = x.subtractingReportingOverflow(y)
    case .multiply: (result, overflow) = x.multipliedReportingOverflow(by: y)
    case .divide:
      if y == 0 { return divisionByZero(operation, "\(x)") }
      (result, overflow) = x.dividedReportingOverflow(by: y)
    case .remainder:
      if y == 0 { return divisionByZero(operation, "\(x)") }
      // Int64.min % -1 is 0; the processor would trap.
      (result, overflow) = (y == -1 ? 0 : x % y, false)
    case .shiftLeft, .shiftRight:
      guard (0..<64).contains(y) else { return badShift(operation, "\(x)", y) }
      result = operation == .shiftLeft ? x << y : x >> y
      overflow = operation == .shiftLeft && result >> y != x
    case .and: (result, overflow) = (x & y, false)
    case .or: (result, overflow) = (x | y, false)
    case .exclusiveOr: (result, overflow) = (x ^ y, false)
    case .less, .lessOrEqual: return mismatch(operation, heap.integer(x), heap.integer(y))
    }
    if overflow { return overflowed(operation, "\(x)", "\(y)") }
    return .value(heap.integer(result))
  }

  private mutating func floats(_ operation: Operator, _ x: Double, _ y: Double) -> BuiltinOutcome {
    switch operation {
    case .add: return .value(heap.float(x + y))
    case .subtract: return .value(heap.float(x - y))
    case .multiply: return .value(heap.float(x * y))
    case .divide, .remainder:
      if y == 0 { return divisionByZero(operation, ValueText.float(x)) }
      return .value(heap.float(operation == .divide ? x / y : x.truncatingRemainder(dividingBy: y)))
    default: return mismatch(operation, heap.float(x), heap.float(y))
    }
  }

  // MARK: Addresses

  private mutating func addressAndInteger(
    _ operation: Operator, _ x: UInt64, _ y: Int64
  ) -> BuiltinOutcome {
    let magnitude = y.magnitude
    var (result, overflow) = (x, false)
    switch operation {
    case .add, .subtract:
      let isDown = (operation == .subtract) != (y < 0)
      (result, overflow) =
        isDown
        ? x.subtractingReportingOverflow(magnitude) : x.addingReportingOverflow(magnitude)
    case .divide, .remainder:
      if y == 0 { return divisionByZero(operation, ValueText.hexadecimal(x)) }
      if y < 0 { return mismatch(operation, heap.address(x), heap.integer(y)) }
      return integerResult(operation == .divide ? x / magnitude : x % magnitude, operation, x, y)
    case .shiftLeft, .shiftRight:
      guard (0..<64).contains(y) else {
        return badShift(operation, ValueText.hexadecimal(x), y)
      }
      if operation == .shiftRight { return integerResult(x >> y, operation, x, y) }
      (result, overflow) = (x << y, (x << y) >> y != x)
    case .and: result = x & UInt64(bitPattern: y)
    case .or: result = x | UInt64(bitPattern: y)
    case .exclusiveOr: result = x ^ UInt64(bitPattern: y)
    case .multiply, .less, .lessOrEqual:
      return mismatch(operation, heap.address(x), heap.integer(y))
    }
    if overflow { return overflowed(operation, ValueText.hexadecimal(x), "\(y)") }
    return .value(heap.address(result))
  }

  private mutating func integerResult(
    _ result: UInt64, _ operation: Operator, _ x: UInt64, _ y: Int64
  ) -> BuiltinOutcome {
    guard let integer = Int64(exactly: result) else {
      return overflowed(operation, ValueText.hexadecimal(x), "\(y)")
    }
    return .value(heap.integer(integer))
  }

  private mutating func integerAndAddress(
    _ operation: Operator, _ x: Int64, _ y: UInt64, _ a: Value, _ b: Value
  ) -> BuiltinOutcome {
    switch operation {
    case .add, .and, .or, .exclusiveOr: addressAndInteger(operation, y, x)
    default: mismatch(operation, a, b)
    }
  }

  private mutating func addresses(
    _ operation: Operator, _ x: UInt64, _ y: UInt64
  ) -> BuiltinOutcome {
    switch operation {
    case .subtract:
      let difference = Int64(bitPattern: x &- y)
      if (difference >= 0) != (x >= y) {
        return overflowed(operation, ValueText.hexadecimal(x), ValueText.hexadecimal(y))
      }
      return .value(heap.integer(difference))
    case .and: return .value(heap.address(x & y))
    case .or: return .value(heap.address(x | y))
    case .exclusiveOr: return .value(heap.address(x ^ y))
    default: return mismatch(operation, heap.address(x), heap.address(y))
    }
  }

  // MARK: Strings and lists

  private mutating func sequences(
    _ operation: Operator, _ a: Value, _ b: Value
  ) -> BuiltinOutcome {
    switch operation {
    case .add where a.has(.string) && b.has(.string): return concatenate(a, b)
    case .add where a.has(.list) && b.has(.list): return joinLists(a, b)
    case .multiply where a.has(.string):
      return heap.asInteger(b).map { `repeat`(a, $0) }
        ?? mismatch(operation, a, b)
    default: return mismatch(operation, a, b)
    }
  }

  private mutating func concatenate(_ a: Value, _ b: Value) -> BuiltinOutcome {
    let (first, second) = (heap.byteCount(of: a), heap.byteCount(of: b))
    let words = ScriptHeap.stringWords(bytes: first + second)
    guard heap.reserve(words) else { return .room(words) }
    let result = heap.emptyString(bytes: first + second)
    heap.copyBytes(of: a, into: result, at: 0)
    heap.copyBytes(of: b, into: result, at: first)
    charge(work: first + second)
    return .value(result)
  }

  private mutating func joinLists(_ a: Value, _ b: Value) -> BuiltinOutcome {
    let (first, second) = (heap.count(ofList: a), heap.count(ofList: b))
    let words = ScriptHeap.listWords(first + second)
    guard heap.reserve(words) else { return .room(words) }
    let result = heap.list(count: first + second)
    heap.copyElements(0..<first, of: a, to: result, at: 0)
    heap.copyElements(0..<second, of: b, to: result, at: first)
    charge(work: 8 * (first + second))
    return .value(result)
  }

  private mutating func `repeat`(_ string: Value, _ count: Int64) -> BuiltinOutcome {
    if count < 0 {
      return fail(ErrorContent("cannot repeat a string \(count) times"))
    }
    let length = heap.byteCount(of: string)
    let (bytes, overflow) = length.multipliedReportingOverflow(by: Int(count))
    let words =
      overflow || bytes > ScriptHeap.maximumBytes
      ? ScriptHeap.maximumBytes / 8 : ScriptHeap.stringWords(bytes: bytes)
    guard heap.reserve(words) else { return .room(words) }
    let result = heap.emptyString(bytes: bytes)
    if bytes > 0 { heap.fill(result, repeating: string) }
    charge(work: bytes)
    return .value(result)
  }

  // MARK: One operand

  mutating func negate(_ value: Value) -> BuiltinOutcome {
    guard heap.reserve(ScriptHeap.numberWords) else { return .room(ScriptHeap.numberWords) }
    if let integer = heap.asInteger(value) {
      let (result, overflow) = (0 as Int64).subtractingReportingOverflow(integer)
      if overflow { return fail(ErrorContent("integer overflow: -(\(integer)) exceeds 64 bits")) }
      return .value(heap.integer(result))
    }
    if let float = heap.asFloat(value) { return .value(heap.float(-float)) }
    return fail(ErrorContent("cannot negate \(heap.kindPhrase(of: value)): -\(excerpt(value))"))
  }

  mutating func complement(_ value: Value) -> BuiltinOutcome {
    guard heap.reserve(ScriptHeap.numberWords) else { return .room(ScriptHeap.numberWords) }
    if let integer = heap.asInteger(value) { return .value(heap.integer(~integer)) }
    if let address = heap.asAddress(value) { return .value(heap.address(~address)) }
    return fail(
      ErrorContent(
        "cannot invert the bits of \(heap.kindPhrase(of: value)): ~\(excerpt(value))"))
  }

  // MARK: What goes wrong

  private mutating func divisionByZero(_ operation: Operator, _ dividend: String) -> BuiltinOutcome
  {
    fail(ErrorContent("division by zero: \(dividend) \(operation.rawValue) 0"))
  }

  private mutating func badShift(
    _ operation: Operator, _ value: String, _ amount: Int64
  ) -> BuiltinOutcome {
    fail(
      ErrorContent(
        "cannot shift by \(amount), only by 0 ... 63: \(value) \(operation.rawValue) \(amount)"))
  }

  private mutating func overflowed(
    _ operation: Operator, _ left: String, _ right: String
  ) -> BuiltinOutcome {
    fail(ErrorContent("overflow: \(left) \(operation.rawValue) \(right) exceeds 64 bits"))
  }
}
