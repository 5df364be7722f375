// The short way of functions whose parameters and results fit into words.
//
// Calls of up to three plain arguments and one plain result cross the border without a list, a copy
// or a reference count. What does not fit takes the long way, which says what is wrong with it.

/// The arguments of a call; those that it has not got are absent.
@usableFromInline
struct HostWords: BitwiseCopyable, Sendable {
  @usableFromInline var first: ScriptWord
  @usableFromInline var second: ScriptWord
  @usableFromInline var third: ScriptWord
}

/// What came of a call by words.
@usableFromInline
enum HostReply: Sendable {
  case word(ScriptWord)
  /// The result needs more than a word.
  case value(ScriptValue)
  /// An argument is no such word; the function was not called.
  case declined

  @inlinable @inline(__always)
  init<Result: WordConvertible>(_ result: Result) {
    if let word = result.scriptWord {
      self = .word(word)
    } else {
      self = .value(result.scriptValue)
    }
  }
}

extension HostFunction {
  /// A function without parameters and with a plain result.
  @inlinable
  public init<Result: WordConvertible>(
    _ name: String, summary: String = "Offered by the host.",
    body: @escaping @Sendable () throws -> Result
  ) {
    self.init(name, [], summary: summary) { (_: HostContext) in try body() }
    wordBody = { _ in HostReply(try body()) }
  }

  /// A function of one plain parameter and a plain result.
  @inlinable
  public init<First: WordConvertible, Result: WordConvertible>(
    _ name: String, _ labels: String..., summary: String = "Offered by the host.",
    body: @escaping @Sendable (First) throws -> Result
  ) {
    self.init(name, labels, summary: summary) { (_: HostContext, first: First) in
      try body(first)
    }
    wordBody = { words in
      guard let first = First(scriptWord: words.first) else { return .declined }
      return HostReply(try body(first))
    }
  }

  /// A function of two plain parameters and a plain result.
  @inlinable
  public init<First: WordConvertible, Second: WordConvertible, Result: WordConvertible>(
    _ name: String, _ labels: String..., summary: String = "Offered by the host.",
    body: @escaping @Sendable (First, Second) throws -> Result
  ) {
    self.init(name, labels, summary: summary) {
      (_: HostContext, first: First, second: Second) in
      try body(first, second)
    }
    wordBody = { words in
      guard let first = First(scriptWord: words.first),
        let second = Second(scriptWord: words.second)
      else { return .declined }
      return HostReply(try body(first, second))
    }
  }

  /// A function of three plain parameters and a plain result.
  @inlinable
  public init<
    First: WordConvertible, Second: WordConvertible, Third: WordConvertible,
    Result: WordConvertible
  >(
    _ name: String, _ labels: String..., summary: String = "Offered by the host.",
    body: @escaping @Sendable (First, Second, Third) throws -> Result
  ) {
    self.init(name, labels, summary: summary) {
      (_: HostContext, first: First, second: Second, third: Third) in
      try body(first, second, third)
    }
    wordBody = { words in
      guard let first = First(scriptWord: words.first),
        let second = Second(scriptWord: words.second),
        let third = Third(scriptWord: words.third)
      else { return .declined }
      return HostReply(try body(first, second, third))
    }
  }
}
