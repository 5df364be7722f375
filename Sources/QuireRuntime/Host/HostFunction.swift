// Functions that an embedding application offers to its scripts.

public import QuireKernel
package import QuireProgram

/// Where and when a host function was called.
public struct HostContext: Hashable, Sendable {
  /// The process that called.
  public var pid: ProcessID
  /// The clock of the CPU it runs on.
  public var time: Nanoseconds
}

/// A Swift closure with a name: to a script it looks like any built-in function.
///
/// It runs in the middle of the machine's work, on the machine's queue: it may keep what it is
/// given, but must not wait for the machine. An error that it throws becomes an error in the
/// script, which `try` can catch. Its effects are the host's own affair: a run repeats exactly only
/// if the function answers the same to the same calls.
public struct HostFunction: Sendable {
  package let signature: Signature
  package let body: @Sendable ([ScriptValue], HostContext) throws -> ScriptValue
  /// The same without lists of values, when every parameter and the result fit into words.
  @usableFromInline var wordBody: (@Sendable (HostWords) throws -> HostReply)?

  /// A function of the given name whose parameters are named in `labels`, in order.
  ///
  /// Parameters for which there is no label are called `a`, `b`, …
  public init<each Parameter: ScriptConvertible, Result: ScriptConvertible>(
    _ name: String, _ labels: String..., summary: String = "Offered by the host.",
    body: @escaping @Sendable (repeat each Parameter) throws -> Result
  ) {
    self.init(name, labels, summary: summary) {
      (_: HostContext, arguments: repeat each Parameter) in
      try body(repeat each arguments)
    }
  }

  /// A function that returns nothing; a script gets `nil`.
  public init<each Parameter: ScriptConvertible>(
    _ name: String, _ labels: String..., summary: String = "Offered by the host.",
    body: @escaping @Sendable (repeat each Parameter) throws -> Void
  ) {
    self.init(name, labels, summary: summary) {
      (_: HostContext, arguments: repeat each Parameter) in
      try body(repeat each arguments)
      return ScriptValue.none
    }
  }

  /// A function that is told who calls and when.
  public init<each Parameter: ScriptConvertible, Result: ScriptConvertible>(
    _ name: String, _ labels: [String], summary: String = "Offered by the host.",
    body: @escaping @Sendable (HostContext, repeat each Parameter) throws -> Result
  ) {
    var parameters: [Signature.Parameter] = []
    for type in repeat (each Parameter).self {
      let label = Self.label(parameters.count, of: labels)
      parameters.append(Signature.Parameter(label, .any, "\(type.scriptName)."))
    }
    signature = Signature(name, parameters, returns: .any, summary)
    let labels = parameters.map(\.name)
    wordBody = nil
    self.body = { values, context in
      var next = 0
      func take<Value: ScriptConvertible>(_ type: Value.Type) throws -> Value {
        let value = values[next]
        guard let converted = Value(scriptValue: value) else {
          throw HostArgumentMismatch(
            label: labels[next], expected: Value.scriptName, found: value.kind)
        }
        next += 1
        return converted
      }
      return try body(context, repeat take((each Parameter).self)).scriptValue
    }
  }

  private static func label(_ position: Int, of labels: [String]) -> String {
    if position < labels.count { return labels[position] }
    let letter = Unicode.Scalar(UInt8(ascii: "a") + UInt8(position % 26))
    return String(Character(letter)) + (position < 26 ? "" : String(position / 26))
  }
}

/// An argument of a host function is of the wrong kind.
struct HostArgumentMismatch: Error, CustomStringConvertible {
  var label: String
  var expected: String
  var found: String

  var description: String { "\(label): expected \(expected), found \(found)" }
}
