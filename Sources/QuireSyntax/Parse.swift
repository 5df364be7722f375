// The way in: text to tree and diagnostics.

/// What parsing gives, always both: a tree as complete as the text allows, and what is wrong.
public struct ParsedFile: Sendable {
  public let source: SourceFile
  public let tree: SyntaxTree
  /// In source order, at most `maximumDiagnosticCount` and a last one that says there are more.
  public let diagnostics: [Diagnostic]

  /// Beyond this many a reader learns nothing new, and a broken file must not flood a terminal.
  public static let maximumDiagnosticCount = 20

  public var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
}
