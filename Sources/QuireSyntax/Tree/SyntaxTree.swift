// The tree of one file: flat arrays of nodes, read by index. Immutable once parsed.

/// The syntax of one file. Children have smaller indices than what holds them, and no path from
/// the root is longer than `maximumDepth`, so walking it recursively is safe.
public struct SyntaxTree: Sendable {
  /// The longest path from a statement of the file to a leaf. Deeper texts are refused: the parser
  /// and whoever walks the tree must fit into the 512 KiB stack of a secondary thread, and the
  /// parser takes up to 2.2 KiB for a level (optimised; six times as much when not).
  public static let maximumDepth = 200

  /// The version of the language that this parser reads.
  public static let supportedLanguageVersion: Int64 = 1

  /// `language 1` on the first line, or nil when the file pins none.
  public internal(set) var languageVersion: LanguagePin?
  /// The statements of the file.
  public internal(set) var root = BlockID(0)

  var expressions: [Expression] = []
  var expressionSpans: [SourceSpan] = []
  var statements: [Statement] = []
  var statementSpans: [SourceSpan] = []
  var blocks: [Block] = []
  var calls: [Call] = []
  var functions: [Function] = []

  var expressionLists: [ExpressionID] = []
  var statementLists: [StatementID] = []
  var mapEntries: [MapEntry] = []
  var machineEntries: [MachineEntry] = []
  var arguments: [Argument] = []
  var parameters: [Parameter] = []
  var branches: [Branch] = []

  var names: [String] = []
  var strings: [String] = []
  /// In the order of the statements they belong to.
  var documentation: [Documentation] = []

  /// The `language N` of the first line.
  public struct LanguagePin: Hashable, Sendable {
    public let version: Int64
    public let span: SourceSpan

    package init(version: Int64, span: SourceSpan) {
      self.version = version
      self.span = span
    }
  }

  struct Documentation: Hashable, Sendable {
    var statement: StatementID
    var text: String
  }

  public subscript(id: ExpressionID) -> Expression { expressions[Int(id.rawValue)] }
  public subscript(id: StatementID) -> Statement { statements[Int(id.rawValue)] }
  public subscript(id: BlockID) -> Block { blocks[Int(id.rawValue)] }
  public subscript(id: CallID) -> Call { calls[Int(id.rawValue)] }
  public subscript(id: FunctionID) -> Function { functions[Int(id.rawValue)] }

  public func span(of id: ExpressionID) -> SourceSpan { expressionSpans[Int(id.rawValue)] }
  public func span(of id: StatementID) -> SourceSpan { statementSpans[Int(id.rawValue)] }

  public subscript(list: NodeList<ExpressionID>) -> ArraySlice<ExpressionID> {
    expressionLists[list.range]
  }
  public subscript(list: NodeList<StatementID>) -> ArraySlice<StatementID> {
    statementLists[list.range]
  }
  public subscript(list: NodeList<MapEntry>) -> ArraySlice<MapEntry> { mapEntries[list.range] }
  public subscript(list: NodeList<MachineEntry>) -> ArraySlice<MachineEntry> {
    machineEntries[list.range]
  }
  public subscript(list: NodeList<Argument>) -> ArraySlice<Argument> { arguments[list.range] }
  public subscript(list: NodeList<Parameter>) -> ArraySlice<Parameter> { parameters[list.range] }
  public subscript(list: NodeList<Branch>) -> ArraySlice<Branch> { branches[list.range] }

  /// The spelling of a name.
  public func text(of name: NameID) -> String { names[Int(name.rawValue)] }

  /// The decoded text of a string literal.
  public func text(of string: StringID) -> String { strings[Int(string.rawValue)] }

  /// How many different names the file uses; every `NameID` is smaller.
  public var nameCount: Int { names.count }
  /// How many nodes there are; every id is smaller. Lets a stage keep its facts in plain arrays.
  public var expressionCount: Int { expressions.count }
  public var statementCount: Int { statements.count }
  public var blockCount: Int { blocks.count }

  /// The `##` comment in front of a statement, without its signs, or nil.
  public func documentation(of id: StatementID) -> String? {
    var low = 0
    var high = documentation.count
    while low < high {
      let middle = (low + high) / 2
      if documentation[middle].statement.rawValue < id.rawValue {
        low = middle + 1
      } else {
        high = middle
      }
    }
    guard low < documentation.count, documentation[low].statement == id else { return nil }
    return documentation[low].text
  }
}
