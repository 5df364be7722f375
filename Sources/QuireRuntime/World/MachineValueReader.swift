// Reads the values of a machine block, saying what was expected when one is of another kind.

internal import QuireKernel
internal import QuireProgram

struct MachineValueReader {
  let key: String

  func refusal(_ message: String) -> MachineError { MachineError(key: key, message: message) }

  func integer(
    _ value: MachineValue, in range: ClosedRange<Int64> = Int64.min...Int64.max
  ) throws(MachineError) -> Int64 {
    guard case .integer(let number) = value else { throw refusal("'\(key)' is an integer") }
    guard range.contains(number) else {
      throw refusal("\(number) is out of range: \(range.lowerBound) ... \(range.upperBound)")
    }
    return number
  }

  /// 64 bits: an integer, or an address where the highest bit is set.
  func word(_ value: MachineValue) throws(MachineError) -> UInt64 {
    if case .address(let word) = value { return word }
    return UInt64(bitPattern: try integer(value))
  }

  /// Bytes or nanoseconds.
  func size(_ value: MachineValue) throws(MachineError) -> UInt64 {
    let number = try integer(value)
    if number < 0 { throw refusal("'\(key)' cannot be negative") }
    return UInt64(number)
  }

  func boolean(_ value: MachineValue) throws(MachineError) -> Bool {
    guard case .boolean(let flag) = value else { throw refusal("'\(key)' is true or false") }
    return flag
  }

  func string(_ value: MachineValue) throws(MachineError) -> String {
    guard case .string(let text) = value else { throw refusal("'\(key)' is a string") }
    return text
  }

  /// A version: `"6.18"`, or without quotes.
  func version(_ value: MachineValue) throws(MachineError) -> String {
    if case .float(let number) = value { return "\(number)" }
    return try string(value)
  }

  func map(_ value: MachineValue) throws(MachineError) -> [MachineValue.Field] {
    guard case .map(let fields) = value else {
      throw refusal("'\(key)' is a map, as in [\"name\": 1]")
    }
    return fields
  }

  func scheduler(_ value: MachineValue) throws(MachineError) -> SchedulerKind {
    let name = try string(value)
    if let kind = SchedulerKind(rawValue: name) { return kind }
    if name == "fair" || name == "pct" {
      throw refusal("the scheduler \"\(name)\" is not there yet in this version")
    }
    throw refusal("a scheduler is \"round-robin\" or \"random\", not \"\(name)\"")
  }

  /// Sizes, or maps with `size` and `priority`.
  func swapAreas(_ value: MachineValue) throws(MachineError) -> [SwapConfiguration] {
    guard case .list(let values) = value else {
      throw refusal("'swap' is a list of sizes, as in [32MiB]")
    }
    var areas: [SwapConfiguration] = []
    for value in values {
      guard case .map(let fields) = value else {
        areas.append(SwapConfiguration(size: try size(value)))
        continue
      }
      areas.append(try swapArea(fields))
    }
    return areas
  }

  private func swapArea(_ fields: [MachineValue.Field]) throws(MachineError) -> SwapConfiguration {
    var area = SwapConfiguration(size: 0)
    for field in fields {
      switch field.key {
      case "size": area.size = try size(field.value)
      case "priority":
        area.priority = Int16(clamping: try integer(field.value, in: 0...Int64(Int16.max)))
      default: throw refusal("a swap area has 'size' and 'priority', not '\(field.key)'")
      }
    }
    return area
  }
}
