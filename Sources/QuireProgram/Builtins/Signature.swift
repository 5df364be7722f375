// What a function looks like to those who call it: labels, kinds, units, failures, one sentence.

/// The declared face of a builtin or of a host's function. Checks calls before anything runs, and
/// feeds completion, `:doc` and the reference.
package struct Signature: Hashable, Sendable {
  package var name: String
  package var parameters: [Parameter]
  package var result: ValueKind
  /// One sentence, with its full stop: what the call does and what it returns.
  package var summary: String
  package var failures: [Failure]
  /// Whether the name alone is the call, also inside expressions: `vmstat.pgfault`, `self`.
  package var isValue: Bool

  package init(
    _ name: String, _ parameters: [Parameter] = [], returns result: ValueKind = .nothing,
    _ summary: String, fails failures: [Failure] = [], isValue: Bool = false
  ) {
    self.name = name
    self.parameters = parameters
    self.result = result
    self.summary = summary
    self.failures = failures
    self.isValue = isValue
  }

  /// One parameter; its name is its label.
  package struct Parameter: Hashable, Sendable {
    package enum Style: UInt8, Hashable, Sendable {
      case required
      case optional
      /// Optional, and given by its label only.
      case labelled
      /// Takes all further unlabelled arguments; the last parameter, if any.
      case variadic
    }

    package var name: String
    package var kind: ValueKind
    package var style: Style
    /// What it means, its unit and its default.
    package var summary: String
    /// The only strings that it takes; empty when there is no such list.
    package var words: [String]

    package init(
      _ name: String, _ kind: ValueKind, _ style: Style, _ summary: String,
      words: [String] = []
    ) {
      self.name = name
      self.kind = kind
      self.style = style
      self.summary = summary
      self.words = words
    }

    /// A required parameter.
    package init(
      _ name: String, _ kind: ValueKind, _ summary: String, words: [String] = []
    ) {
      self.init(name, kind, .required, summary, words: words)
    }
  }

  /// One way to fail.
  package struct Failure: Hashable, Sendable {
    /// The errno or signal: "ENOMEM".
    package var name: String
    package var when: String

    package init(_ name: String, _ when: String) {
      self.name = name
      self.when = when
    }
  }

  package var isVariadic: Bool { parameters.last?.style == .variadic }

  /// The parameters without the variadic one: as many registers come first in a call.
  package var fixedParameterCount: Int { parameters.count - (isVariadic ? 1 : 0) }
}

/// What kind of value a parameter takes or a call gives. For people: the runtime checks values.
package enum ValueKind: String, Hashable, Sendable {
  case any
  case nothing = "nil"
  case boolean, integer, number, float, string, range, list, map, function
  /// A block that takes its arguments by position.
  case block
  /// A block that becomes the life of a process: `return` does not leave it.
  case processBlock = "process block"
  case size = "size in bytes"
  case duration = "duration in ns"
  case flags
  case address, region, process, status, signal, page, cache, object, file, error, event
  case swapArea = "swap area"
  case semaphore, barrier, view
}
