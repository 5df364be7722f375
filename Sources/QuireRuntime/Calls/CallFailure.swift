// How a call fails, and how its failure becomes an error that a script can read.

package import QuireKernel
internal import QuireProgram

/// Why a call does not give a value.
package enum CallFailure: Error {
  /// The kernel refused.
  case errno(Errno, String? = nil)
  /// The script asked for something that makes no sense; a sentence without a full stop.
  case misuse(String)
  /// An access was refused by the processor.
  case signal(SignalInfo, AccessKind)
  /// The heap has no room for so many words yet.
  case room(Int)
  /// Something other than a value or an error came of it.
  case outcome(BuiltinOutcome)
}

extension World {
  /// The outcome of a failure of `builtin`.
  mutating func outcome(of failure: CallFailure, in builtin: Builtin, _ call: BuiltinCall)
    -> BuiltinOutcome
  {
    if case .errno = failure {
      return outcome(of: failure, name: builtin.name, asked: asked(builtin, call))
    }
    return outcome(of: failure, name: builtin.name, asked: builtin.name)
  }

  /// The outcome of a failure of a handle's method.
  mutating func outcome(of failure: CallFailure, inMethod name: String, of handle: Value)
    -> BuiltinOutcome
  {
    outcome(of: failure, name: name, asked: "\(heap.kindName(of: handle)).\(name)()")
  }

  /// The outcome of a failure to read a handle's member.
  mutating func outcome(of failure: CallFailure, reading name: String, of handle: Value)
    -> BuiltinOutcome
  {
    outcome(of: failure, name: name, asked: "\(handleText(handle)).\(name)")
  }

  private mutating func outcome(of failure: CallFailure, name: String, asked: String)
    -> BuiltinOutcome
  {
    switch failure {
    case .outcome(let outcome): return outcome
    case .room(let words): return .room(words)
    case .errno(let errno, let why):
      current.operation = .none
      let reason = why.map { ": \($0)" } ?? ""
      let message = "\(asked): \(errno.message) (\(errno.name))\(reason)"
      return .raise(heap.error(ErrorContent(errno, call: name, message)))
    case .misuse(let sentence):
      current.operation = .none
      var content = ErrorContent("\(asked): \(sentence)")
      content.call = name
      return .raise(heap.error(content))
    case .signal(let info, let kind):
      if isHandled(info) { return .again }
      return .raise(heap.error(content(of: info, kind, name)))
    }
  }

  private func content(of info: SignalInfo, _ kind: AccessKind, _ name: String) -> ErrorContent {
    let place = "0x" + String(info.address, radix: 16)
    let message =
      switch (info.signal, info.code) {
      case (.SIGSEGV, .mapError):
        "\(kind.verb) at \(place): nothing is mapped there (SIGSEGV, MAPERR)"
      case (.SIGSEGV, .accessError):
        "\(kind.verb) at \(place): the mapping does not allow it (SIGSEGV, ACCERR)"
      case (.SIGSEGV, .kernel):
        "\(kind.verb) at an address that the processor does not accept (SIGSEGV)"
      default: "\(kind.verb) at \(place): there is no page behind the mapping (\(info.signal.name))"
      }
    var content = ErrorContent(message)
    content.call = name
    content.signal = info.signal.rawValue
    content.signalCode = UInt8(truncatingIfNeeded: info.code.rawValue)
    content.address = info.address
    content.access = kind.verb
    return content
  }

  /// The call as it was made: `mmap(length: 4MiB, protection: "rw")`.
  func asked(_ builtin: Builtin, _ call: BuiltinCall) -> String {
    var parts: [String] = []
    for (index, parameter) in builtin.signature.parameters.enumerated() {
      let value = current.execution.argument(index, of: call)
      if value.isAbsent { continue }
      parts.append("\(parameter.name): \(briefly(value, parameter.kind))")
    }
    return "\(builtin.name)(\(parts.joined(separator: ", ")))"
  }

  /// A value in a few words.
  func briefly(_ value: Value, _ kind: ValueKind = .any) -> String {
    if let number = heap.asInteger(value) {
      switch kind {
      case .size: return Quantity.bytes(number)
      case .duration: return Quantity.time(number)
      case .flags: return "0x" + String(number, radix: 16)
      case .address where number >= 0, .region where number >= 0:
        return "0x" + String(number, radix: 16)
      default: return String(number)
      }
    }
    if let address = heap.asAddress(value) { return "0x" + String(address, radix: 16) }
    if let text = heap.asString(value) { return "\"\(text.prefix(40))\"" }
    if let truth = value.asBoolean { return String(truth) }
    if let region = heap.asRegion(value) {
      let end = region.start &+ region.length
      return "0x\(String(region.start, radix: 16))..<0x\(String(end, radix: 16))"
    }
    if value.has(.process) || value.has(.swapArea) { return handleText(value) }
    return heap.kindPhrase(of: value)
  }
}

extension AccessKind {
  /// What the access does, as an error says it.
  package var verb: String {
    switch self {
    case .read: "read"
    case .write: "write"
    case .execute: "execute"
    }
  }
}

/// Numbers with the largest unit that divides them.
package enum Quantity {
  package static func bytes(_ count: Int64) -> String {
    inUnits(count, 1024, ["", "KiB", "MiB", "GiB", "TiB"])
  }

  package static func time(_ nanoseconds: Int64) -> String {
    inUnits(nanoseconds, 1000, ["ns", "us", "ms", "s"])
  }

  /// A point in time, as a report says it: "1.226 ms".
  package static func clock(_ time: UInt64) -> String {
    let units = ["ns", "us", "ms", "s"]
    var unit = 0
    var scale: UInt64 = 1
    while unit + 1 < units.count && time >= scale * 1000 {
      scale *= 1000
      unit += 1
    }
    let (whole, rest) = time.quotientAndRemainder(dividingBy: scale)
    if rest == 0 { return "\(whole) \(units[unit])" }
    var digits = String(rest * 1000 / scale)
    while digits.count < 3 { digits = "0" + digits }
    return "\(whole).\(digits) \(units[unit])"
  }

  private static func inUnits(_ number: Int64, _ factor: Int64, _ units: [String]) -> String {
    var value = number
    var unit = 0
    while unit + 1 < units.count && value != 0 && value % factor == 0 {
      value /= factor
      unit += 1
    }
    return "\(value)\(units[unit])"
  }
}
