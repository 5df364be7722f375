// Plain values that cross the border as one word.

/// A value of a script that fits into a word.
public struct ScriptWord: BitwiseCopyable, Sendable {
  let value: Value

  init(_ value: Value) { self.value = value }
}

/// The types whose values nearly always fit into a word: `Bool`, `Int`, `Int64`, `UInt64`,
/// `Double`.
///
/// A host function that has only such parameters and such a result is called at little cost. No
/// other type can conform, since only this library makes words.
public protocol WordConvertible: ScriptConvertible {
  /// - Returns: nil when the word is of another kind; the value may still be one that needs more
  /// room.
  init?(scriptWord word: ScriptWord)

  /// nil when the value needs more room.
  var scriptWord: ScriptWord? { get }
}

extension Bool: WordConvertible {
  public init?(scriptWord word: ScriptWord) {
    guard let truth = word.value.asBoolean else { return nil }
    self = truth
  }
  public var scriptWord: ScriptWord? { ScriptWord(.boolean(self)) }
}

extension Int64: WordConvertible {
  public init?(scriptWord word: ScriptWord) {
    guard word.value.isSmallInteger else { return nil }
    self = word.value.smallInteger
  }
  public var scriptWord: ScriptWord? { Value(inline: self).map { ScriptWord($0) } }
}

extension Int: WordConvertible {
  public init?(scriptWord word: ScriptWord) {
    guard word.value.isSmallInteger else { return nil }
    self.init(exactly: word.value.smallInteger)
  }
  public var scriptWord: ScriptWord? { Value(inline: Int64(self)).map { ScriptWord($0) } }
}

extension UInt64: WordConvertible {
  public init?(scriptWord word: ScriptWord) {
    guard word.value.has(.address) else { return nil }
    self = word.value.inlineAddress
  }
  public var scriptWord: ScriptWord? { Value(inline: self).map { ScriptWord($0) } }
}

/// Takes integers too, as arithmetic in a script does.
extension Double: WordConvertible {
  public init?(scriptWord word: ScriptWord) {
    if word.value.isInlineFloat {
      self = word.value.inlineFloat
    } else if word.value.isSmallInteger {
      self = Double(word.value.smallInteger)
    } else {
      return nil
    }
  }
  public var scriptWord: ScriptWord? { Value(inline: self).map { ScriptWord($0) } }
}
