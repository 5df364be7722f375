// What a tree promises, as an inspection that names what is broken.

@testable import QuireSyntax

extension SyntaxTree {
  /// The promises that do not hold: children come before what holds them, every node has one
  /// parent at most, spans enclose those of children, and no path is too long.
  func violations() -> [String] {
    var inspection = TreeInspection(tree: self)
    inspection.block(root, depth: 0)
    return inspection.violations
  }
}

private struct TreeInspection {
  let tree: SyntaxTree
  var violations: [String] = []
  private var seenExpressions: Set<ExpressionID> = []
  private var seenStatements: Set<StatementID> = []

  init(tree: SyntaxTree) {
    self.tree = tree
  }

  mutating func block(_ id: BlockID, depth: Int) {
    for statement in tree[tree[id].statements] {
      self.statement(statement, depth: depth + 1)
      require(encloses(tree[id].span, tree.span(of: statement)), "a block encloses its statements")
    }
  }

  private mutating func require(_ holds: Bool, _ promise: String) {
    if !holds { violations.append(promise) }
  }

  private func encloses(_ outer: SourceSpan, _ inner: SourceSpan) -> Bool {
    outer.start <= inner.start && inner.end <= outer.end
  }

  private mutating func statement(_ id: StatementID, depth: Int) {
    require(seenStatements.insert(id).inserted, "a statement has one parent")
    require(depth <= SyntaxTree.maximumDepth, "a path has a greatest length")
    let (values, bodies) = parts(of: tree[id])
    for value in values {
      expression(value, depth: depth + 1)
      require(encloses(tree.span(of: id), tree.span(of: value)), "a statement encloses its values")
    }
    for body in bodies { block(body, depth: depth + 1) }
  }

  private func parts(of node: Statement) -> ([ExpressionID], [BlockID]) {
    switch node {
    case .invalid, .breakLoop, .continueLoop, .importModule, .returnValue(nil): ([], [])
    case .expression(let value), .constant(_, let value), .variable(_, let value),
      .returnValue(let value?), .expect(let value):
      ([value], [])
    case .assignment(let target, _, let value): ([target, value], [])
    case .function(let id): (tree[tree[id].parameters].compactMap(\.defaultValue), [tree[id].body])
    case .conditional(let branches, let otherwise):
      (tree[branches].map(\.condition), tree[branches].map(\.body) + (otherwise.map { [$0] } ?? []))
    case .whileLoop(let value, let body), .forLoop(_, let value, let body),
      .repeatLoop(let value, let body), .test(let value, let body):
      ([value], [body])
    case .machine(let entries): (tree[entries].map(\.value), [])
    case .expectFailure(_, let body): ([], [body])
    case .tryCatch(let body, _, let handler): ([], [body, handler])
    case .show(_, let argument): (argument.map { [$0] } ?? [], [])
    }
  }

  private mutating func expression(_ id: ExpressionID, depth: Int) {
    require(seenExpressions.insert(id).inserted, "an expression has one parent")
    require(depth <= SyntaxTree.maximumDepth, "a path has a greatest length")
    let (values, bodies) = parts(of: tree[id])
    for value in values {
      require(value.rawValue < id.rawValue, "children come first")
      expression(value, depth: depth + 1)
      require(encloses(tree.span(of: id), tree.span(of: value)), "an expression encloses its parts")
    }
    for body in bodies { block(body, depth: depth + 1) }
  }

  private func parts(of node: Expression) -> ([ExpressionID], [BlockID]) {
    switch node {
    case .invalid, .nilLiteral, .boolean, .integer, .address, .float, .string, .name: ([], [])
    case .interpolation(let list), .list(let list): (Array(tree[list]), [])
    case .map(let entries): (tree[entries].flatMap { [$0.key, $0.value] }, [])
    case .range(let lower, let upper, _): ([lower, upper], [])
    case .unary(_, let operand), .member(let operand, _), .parenthesized(let operand):
      ([operand], [])
    case .binary(_, let left, let right), .logical(_, let left, let right),
      .index(let left, let right):
      ([left, right], [])
    case .call(let id): ([tree[id].callee] + tree[tree[id].arguments].map(\.value), [])
    case .closure(let id): ([], [tree[id].body])
    case .process(let name, let body): ([name], [body])
    }
  }
}
