// `format(value, width:, base:, digits:)`.

internal import QuireProgram

extension World {
  mutating func format(_ call: BuiltinCall) -> BuiltinOutcome {
    let value = argument(0, call)
    var text: [UInt8]
    switch formatted(value, base: argument(2, call), digits: argument(3, call)) {
    case .success(let bytes): text = bytes
    case .failure(let refusal): return fail(ErrorContent("format: \(refusal.message)"))
    }
    if !argument(1, call).isAbsent {
      let width = heap.asInteger(argument(1, call))
      guard let width, width.magnitude <= 1 << 20 else {
        return refuse(
          .format, argument(1, call), takes: "a width of at most 2^20", isOutOfRange: width != nil)
      }
      pad(&text, to: Int(width))
    }
    return newString(.bytes(text))
  }

  /// What `format` cannot do.
  private struct Refusal: Error {
    var message: String
  }

  private func formatted(_ value: Value, base: Value, digits: Value) -> Result<[UInt8], Refusal> {
    if !base.isAbsent {
      guard let radix = heap.asInteger(base), [2, 8, 10, 16].contains(radix) else {
        return .failure(Refusal(message: "the base is 2, 8, 10 or 16, not \(excerpt(base))"))
      }
      return inBase(value, Int(radix))
    }
    if !digits.isAbsent {
      guard let count = heap.asInteger(digits), (0...100).contains(count) else {
        return .failure(Refusal(message: "there are 0 ... 100 digits, not \(excerpt(digits))"))
      }
      guard let float = heap.asFloat(value) ?? heap.asInteger(value).map({ Double($0) }) else {
        return .failure(Refusal(message: "digits are for numbers, not \(excerpt(value))"))
      }
      return .success(Array(ValueText.float(float, digits: Int(count)).utf8))
    }
    var writer = TextWriter()
    writer.write(value, of: self)
    guard case .bytes(let bytes) = writer.finish() else {
      return .failure(Refusal(message: "the text would be too long"))
    }
    return .success(bytes)
  }

  private func inBase(_ value: Value, _ radix: Int) -> Result<[UInt8], Refusal> {
    if let integer = heap.asInteger(value) {
      return .success(Array(String(integer, radix: radix).utf8))
    }
    if let address = heap.asAddress(value) {
      return .success(Array(String(address, radix: radix).utf8))
    }
    return .failure(
      Refusal(message: "a base is for integers and addresses, not \(excerpt(value))"))
  }

  /// Spaces on the left, or on the right for a negative width.
  private func pad(_ text: inout [UInt8], to width: Int) {
    let characters = text.reduce(0) { $0 + ($1 & 0xc0 != 0x80 ? 1 : 0) }
    let spaces = [UInt8](repeating: 32, count: max(0, abs(width) - characters))
    text = width < 0 ? text + spaces : spaces + text
  }
}
