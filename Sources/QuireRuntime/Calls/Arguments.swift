// Reading the arguments of a builtin: each of its kind, or an error that says what was expected.

internal import QuireKernel
internal import QuireProgram

extension World {
  func argument(_ index: Int, _ call: BuiltinCall) -> Value {
    current.execution.argument(index, of: call)
  }

  /// The integer of a parameter, nil if it was left out.
  func optionalInteger(_ index: Int, _ name: String, _ call: BuiltinCall)
    throws(CallFailure) -> Int64?
  {
    let value = argument(index, call)
    if value.isAbsent { return nil }
    guard let number = heap.asInteger(value) else {
      throw wrongKind(name, "an integer", value)
    }
    return number
  }

  func integer(_ index: Int, _ name: String, _ call: BuiltinCall) throws(CallFailure) -> Int64 {
    guard let number = try optionalInteger(index, name, call) else {
      throw .misuse("'\(name)' is missing")
    }
    return number
  }

  /// A number of bytes or nanoseconds, which cannot be negative.
  func size(_ index: Int, _ name: String, _ call: BuiltinCall) throws(CallFailure) -> UInt64 {
    let number = try integer(index, name, call)
    guard number >= 0 else { throw .misuse("'\(name)' cannot be negative, as \(number) is") }
    return UInt64(number)
  }

  func optionalSize(_ index: Int, _ name: String, _ call: BuiltinCall)
    throws(CallFailure) -> UInt64?
  {
    argument(index, call).isAbsent ? nil : try size(index, name, call)
  }

  func boolean(_ index: Int, _ name: String, _ call: BuiltinCall) throws(CallFailure) -> Bool {
    let value = argument(index, call)
    if value.isAbsent { return false }
    guard let truth = value.asBoolean else { throw wrongKind(name, "true or false", value) }
    return truth
  }

  func optionalString(_ index: Int, _ name: String, _ call: BuiltinCall)
    throws(CallFailure) -> String?
  {
    let value = argument(index, call)
    if value.isAbsent { return nil }
    guard let text = heap.asString(value) else { throw wrongKind(name, "a string", value) }
    return text
  }

  func string(_ index: Int, _ name: String, _ call: BuiltinCall) throws(CallFailure) -> String {
    guard let text = try optionalString(index, name, call) else {
      throw .misuse("'\(name)' is missing")
    }
    return text
  }

  /// An address; an integer that is not negative will do.
  func optionalAddress(_ index: Int, _ name: String, _ call: BuiltinCall)
    throws(CallFailure) -> UInt64?
  {
    let value = argument(index, call)
    if value.isAbsent { return nil }
    if let address = heap.asAddress(value) { return address }
    if let number = heap.asInteger(value), number >= 0 { return UInt64(number) }
    if let region = heap.asRegion(value) { return region.start }
    throw wrongKind(name, "an address", value)
  }

  func address(_ index: Int, _ name: String, _ call: BuiltinCall) throws(CallFailure) -> UInt64 {
    guard let address = try optionalAddress(index, name, call) else {
      throw .misuse("'\(name)' is missing")
    }
    return address
  }

  /// A region, or an address with a length: one page when none is given.
  func region(_ index: Int, length lengthIndex: Int, _ call: BuiltinCall)
    throws(CallFailure) -> (start: UInt64, length: UInt64)
  {
    let length = try optionalSize(lengthIndex, "length", call)
    if let region = heap.asRegion(argument(index, call)) {
      return (region.start, length ?? region.length)
    }
    return (try address(index, "region", call), length ?? Page.size)
  }

  /// Flag words; a negative integer has the bits that it has in C, as `~MS_SYNC`.
  func flags(_ index: Int, _ name: String, _ call: BuiltinCall) throws(CallFailure) -> UInt64? {
    try optionalInteger(index, name, call).map { UInt64(bitPattern: $0) }
  }

  /// Makes sure that a parameter is a block or another function.
  func checkBlock(_ index: Int, _ call: BuiltinCall) throws(CallFailure) {
    let value = argument(index, call)
    if heap.functionIndex(of: value) == nil { throw wrongKind("block", "a block", value) }
  }

  func wrongKind(_ name: String, _ expected: String, _ value: Value) -> CallFailure {
    .misuse("'\(name)' is \(expected), not \(briefly(value))")
  }

  /// Makes sure of room for what the call is about to allocate.
  mutating func reserve(_ words: Int) throws(CallFailure) {
    if !heap.reserve(words) { throw .room(words) }
  }
}
