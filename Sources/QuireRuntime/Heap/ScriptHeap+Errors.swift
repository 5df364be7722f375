// Errors as values: what failed, by which number, where, and who had called whom.

package import QuireKernel

/// What an error says, taken out of a heap or about to be put into one.
package struct ErrorContent: Hashable, Sendable {
  package var message: String
  /// The number of the kernel's refusal, 0 when it is none of those.
  package var number: Int32 = 0
  /// The name of the function that failed: "mmap".
  package var call: String?
  /// The signal that an access raised, with its address and code; 0 for none.
  package var signal: UInt8 = 0
  package var signalCode: UInt8 = 0
  package var address: UInt64?
  /// What the access would have done: "read".
  package var access: String?
  /// Address in the program of the instruction that failed, -1 before it was raised.
  package var place = -1
  /// Addresses of the calls it happened in, the innermost first, not more than `traceLimit`.
  package var trace: [Int] = []
  /// Calls that there really were.
  package var depth = 0

  package init(_ message: String) { self.message = message }

  /// A refusal of the kernel.
  package init(_ errno: Errno, call: String, _ message: String) {
    self.message = message
    self.number = errno.rawValue
    self.call = call
  }

  /// Calls that a trace keeps: enough to see a recursion, few enough to print.
  package static var traceLimit: Int { 32 }

  /// "ENOMEM", "SIGSEGV", or nil for an error that has neither errno nor signal.
  package var name: String? {
    if signal != 0 { return Signal(rawValue: signal)?.name }
    return Errno(rawValue: number)?.name
  }
}

/// The fields of an error object, in order.
private enum ErrorField: Int {
  case message, number, call, signal, signalCode, address, access, place, depth, trace
}

extension ScriptHeap {
  /// An error object. It is small and may always be allocated, room or not: a failure must be able
  /// to say so.
  package mutating func error(_ content: ErrorContent) -> Value {
    let parts = [
      string(content.message), Value(small: Int(content.number)),
      content.call.map { string($0) } ?? .none,
      Value(small: Int(content.signal)), Value(small: Int(content.signalCode)),
      content.address.map { address($0) } ?? .none,
      content.access.map { string($0) } ?? .none,
      Value(small: content.place), Value(small: content.depth),
    ]
    let trace = list(count: content.trace.count)
    for (index, place) in content.trace.enumerated() {
      setElement(index, of: trace, to: Value(small: place))
    }
    let object = allocate(.error, length: parts.count + 1)
    for (index, part) in parts.enumerated() { self[object, index] = part }
    self[object, parts.count] = trace
    return object
  }

  /// Says where an error was raised, the first time it is.
  mutating func setPlace(of error: Value, _ place: Int, depth: Int, trace: [Int]) {
    guard self[error, ErrorField.place.rawValue].smallInteger < 0 else { return }
    let places = list(count: trace.count)
    for (index, address) in trace.enumerated() {
      setElement(index, of: places, to: Value(small: address))
    }
    self[error, ErrorField.place.rawValue] = Value(small: place)
    self[error, ErrorField.depth.rawValue] = Value(small: depth)
    self[error, ErrorField.trace.rawValue] = places
  }

  /// What an error says, or nil for any other value.
  package func asError(_ value: Value) -> ErrorContent? {
    guard value.has(.error) else { return nil }
    func field(_ field: ErrorField) -> Value { self[value, field.rawValue] }
    func number(_ name: ErrorField) -> Int { Int(field(name).smallInteger) }
    var content = ErrorContent(asString(field(.message)) ?? "")
    content.number = Int32(truncatingIfNeeded: number(.number))
    content.call = asString(field(.call))
    content.signal = UInt8(truncatingIfNeeded: number(.signal))
    content.signalCode = UInt8(truncatingIfNeeded: number(.signalCode))
    content.address = asAddress(field(.address))
    content.access = asString(field(.access))
    content.place = number(.place)
    content.depth = number(.depth)
    let trace = field(.trace)
    content.trace = (0..<count(ofList: trace)).map { Int(element($0, of: trace).smallInteger) }
    return content
  }
}
