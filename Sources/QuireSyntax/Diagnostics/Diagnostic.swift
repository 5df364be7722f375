// What is said to a person about a script. A value; drawing it is DiagnosticFormatter's work.

/// The stable name of a kind of diagnostic, in kebab case: what `quire explain` looks up and
/// editors filter by. The wording of a message may change, its code may not.
public struct DiagnosticCode: Hashable, Sendable, ExpressibleByStringLiteral,
  CustomStringConvertible
{
  public let name: String

  public init(_ name: String) {
    self.name = name
  }

  public init(stringLiteral name: String) {
    self.name = name
  }

  public var description: String { name }
}

/// One message about one mistake, with everything needed to show and to repair it.
public struct Diagnostic: Hashable, Sendable {
  public enum Severity: String, Hashable, Sendable {
    case error
    case warning
  }

  /// A further place that belongs to the story, or a remark without a place.
  public struct Note: Hashable, Sendable {
    public var message: String
    public var span: SourceSpan?

    public init(_ message: String, at span: SourceSpan? = nil) {
      self.message = message
      self.span = span
    }
  }

  /// Replaces the text of a span; an empty span inserts, an empty replacement deletes.
  public struct Edit: Hashable, Sendable {
    public var span: SourceSpan
    public var replacement: String

    public init(replace span: SourceSpan, with replacement: String) {
      self.span = span
      self.replacement = replacement
    }
  }

  /// A repair that a tool may apply; its edits do not overlap and stand in source order.
  public struct FixIt: Hashable, Sendable {
    /// What the repair does, as an imperative: `write 'KiB'`.
    public var message: String
    public var edits: [Edit]

    public init(_ message: String, edits: [Edit]) {
      self.message = message
      self.edits = edits
    }

    public init(_ message: String, replace span: SourceSpan, with replacement: String) {
      self.init(message, edits: [Edit(replace: span, with: replacement)])
    }

    public init(_ message: String, insert text: String, at span: SourceSpan) {
      self.init(message, edits: [Edit(replace: span.startPoint, with: text)])
    }
  }

  public var severity: Severity
  public var code: DiagnosticCode
  /// One plain sentence without a full stop.
  public var message: String
  public var span: SourceSpan
  public var notes: [Note]
  public var fixIts: [FixIt]

  public init(
    _ severity: Severity, _ code: DiagnosticCode, _ message: String, at span: SourceSpan,
    notes: [Note] = [], fixIts: [FixIt] = []
  ) {
    self.severity = severity
    self.code = code
    self.message = message
    self.span = span
    self.notes = notes
    self.fixIts = fixIts
  }

  /// An error.
  public init(
    _ code: DiagnosticCode, _ message: String, at span: SourceSpan, notes: [Note] = [],
    fixIts: [FixIt] = []
  ) {
    self.init(.error, code, message, at: span, notes: notes, fixIts: fixIts)
  }
}

extension SourceFile {
  /// The text with the edits of a repair made; edits that name no place in it are left out.
  public func applying(_ edits: [Diagnostic.Edit]) -> [UInt8] {
    var result: [UInt8] = []
    var position = 0
    for edit in edits.sorted(by: { $0.span.start < $1.span.start }) {
      let range = Int(edit.span.start)..<Int(edit.span.end)
      guard edit.span.file == id, range.lowerBound >= position, range.upperBound <= bytes.count
      else { continue }
      result += bytes[position..<range.lowerBound]
      result += edit.replacement.utf8
      position = range.upperBound
    }
    return result + bytes[position...]
  }
}
