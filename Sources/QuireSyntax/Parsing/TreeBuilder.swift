// Nodes in, indices out. Keeps the height of every node, because the tree promises a greatest one.

/// A tree in the making.
struct TreeBuilder {
  private(set) var tree = SyntaxTree()
  private var interner = Interner()
  /// The longest path from each node down to a leaf, in nodes.
  private var expressionHeights: [UInt16] = []
  private var statementHeights: [UInt16] = []
  private var blockHeights: [UInt16] = []

  /// Appends a node; nil when it would make the tree higher than it may be.
  mutating func append(_ node: Expression, at span: SourceSpan) -> ExpressionID? {
    let height = height(of: node)
    guard height <= SyntaxTree.maximumDepth else { return nil }
    tree.expressions.append(node)
    tree.expressionSpans.append(span)
    expressionHeights.append(height)
    return ExpressionID(UInt32(tree.expressions.count - 1))
  }

  mutating func append(_ node: Statement, at span: SourceSpan) -> StatementID? {
    let height = height(of: node)
    guard height <= SyntaxTree.maximumDepth else { return nil }
    tree.statements.append(node)
    tree.statementSpans.append(span)
    statementHeights.append(height)
    return StatementID(UInt32(tree.statements.count - 1))
  }

  mutating func append(_ block: Block) -> BlockID {
    tree.blocks.append(block)
    var height: UInt16 = 0
    for id in tree[block.statements] {
      height = max(height, statementHeights[Int(id.rawValue)])
    }
    blockHeights.append(height + 1)
    return BlockID(UInt32(tree.blocks.count - 1))
  }

  mutating func append(_ call: Call) -> CallID {
    tree.calls.append(call)
    return CallID(UInt32(tree.calls.count - 1))
  }

  mutating func append(_ function: Function) -> FunctionID {
    tree.functions.append(function)
    return FunctionID(UInt32(tree.functions.count - 1))
  }

  mutating func append(string: String) -> StringID {
    tree.strings.append(string)
    return StringID(UInt32(tree.strings.count - 1))
  }

  mutating func name(_ range: Range<Int>, in bytes: [UInt8]) -> NameID {
    interner.intern(range, in: bytes)
  }

  mutating func document(_ statement: StatementID, _ text: String) {
    tree.documentation.append(SyntaxTree.Documentation(statement: statement, text: text))
  }

  mutating func pin(_ version: SyntaxTree.LanguagePin) {
    tree.languageVersion = version
  }

  /// The finished tree.
  consuming func finish(root: BlockID) -> SyntaxTree {
    tree.names = interner.names
    tree.root = root
    return tree
  }

  // MARK: Lists

  // Elements wait in a pending stack while lists inside them are built; `commit` moves those
  // above a mark into the tree. So building lists allocates nothing per list.
  var pendingExpressions: [ExpressionID] = []
  var pendingStatements: [StatementID] = []
  var pendingEntries: [MapEntry] = []
  var pendingMachineEntries: [MachineEntry] = []
  var pendingArguments: [Argument] = []
  var pendingParameters: [Parameter] = []
  var pendingBranches: [Branch] = []

  mutating func commitExpressions(from mark: Int) -> NodeList<ExpressionID> {
    move(&pendingExpressions, from: mark, to: &tree.expressionLists)
  }
  mutating func commitStatements(from mark: Int) -> NodeList<StatementID> {
    move(&pendingStatements, from: mark, to: &tree.statementLists)
  }
  mutating func commitEntries(from mark: Int) -> NodeList<MapEntry> {
    move(&pendingEntries, from: mark, to: &tree.mapEntries)
  }
  mutating func commitMachineEntries(from mark: Int) -> NodeList<MachineEntry> {
    move(&pendingMachineEntries, from: mark, to: &tree.machineEntries)
  }
  mutating func commitArguments(from mark: Int) -> NodeList<Argument> {
    move(&pendingArguments, from: mark, to: &tree.arguments)
  }
  mutating func commitParameters(from mark: Int) -> NodeList<Parameter> {
    move(&pendingParameters, from: mark, to: &tree.parameters)
  }
  mutating func commitBranches(from mark: Int) -> NodeList<Branch> {
    move(&pendingBranches, from: mark, to: &tree.branches)
  }

  // MARK: Heights

  private func height(of id: ExpressionID) -> UInt16 { expressionHeights[Int(id.rawValue)] }
  private func height(of id: BlockID) -> UInt16 { blockHeights[Int(id.rawValue)] }

  private func height(of node: Expression) -> UInt16 {
    let children: UInt16 =
      switch node {
      case .invalid, .nilLiteral, .boolean, .integer, .address, .float, .string, .name: 0
      case .interpolation(let list), .list(let list): highest(tree[list])
      case .map(let list):
        max(highest(tree[list].lazy.map(\.key)), highest(tree[list].lazy.map(\.value)))
      case .range(let lower, let upper, _): max(height(of: lower), height(of: upper))
      case .unary(_, let operand): height(of: operand)
      case .binary(_, let left, let right), .logical(_, let left, let right):
        max(height(of: left), height(of: right))
      case .index(let base, let index): max(height(of: base), height(of: index))
      case .member(let base, _): height(of: base)
      case .call(let id):
        max(
          height(of: tree[id].callee), highest(tree[tree[id].arguments].lazy.map(\.value)))
      case .closure(let id): height(of: tree[id].body)
      case .process(let name, let body): max(height(of: name), height(of: body))
      case .parenthesized(let inner): height(of: inner)
      }
    return children + 1
  }

  private func height(of node: Statement) -> UInt16 {
    let children: UInt16 =
      switch node {
      case .invalid, .returnValue(nil), .breakLoop, .continueLoop, .importModule: 0
      case .expression(let value), .constant(_, let value), .variable(_, let value),
        .returnValue(let value?), .expect(let value):
        height(of: value)
      case .assignment(let target, _, let value): max(height(of: target), height(of: value))
      case .function(let id):
        max(
          height(of: tree[id].body),
          highest(tree[tree[id].parameters].lazy.compactMap(\.defaultValue)))
      case .conditional(let branches, let otherwise):
        max(
          highest(tree[branches].lazy.map(\.condition)),
          tree[branches].reduce(0) { max($0, height(of: $1.body)) },
          otherwise.map { height(of: $0) } ?? 0)
      case .whileLoop(let value, let body), .forLoop(_, let value, let body),
        .repeatLoop(let value, let body), .test(let value, let body):
        max(height(of: value), height(of: body))
      case .machine(let entries): highest(tree[entries].lazy.map(\.value))
      case .expectFailure(_, let body): height(of: body)
      case .tryCatch(let body, _, let handler): max(height(of: body), height(of: handler))
      case .show(_, let argument): argument.map { height(of: $0) } ?? 0
      }
    return children + 1
  }

  private func highest(_ nodes: some Sequence<ExpressionID>) -> UInt16 {
    nodes.reduce(0) { max($0, height(of: $1)) }
  }
}

/// Moves what lies above a mark to the end of a table.
private func move<Element: Sendable>(
  _ pending: inout [Element], from mark: Int, to table: inout [Element]
) -> NodeList<Element> {
  let list = NodeList<Element>(start: UInt32(table.count), count: UInt32(pending.count - mark))
  table.append(contentsOf: pending[mark...])
  pending.removeLast(pending.count - mark)
  return list
}
