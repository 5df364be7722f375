// The statements of the language, and blocks of them.

/// One statement; `tree.span(of:)` says where it stands.
public enum Statement: Hashable, Sendable {
  /// What recovery left behind; its mistake has been reported already.
  case invalid
  /// A call, mostly. A bare `.name` that turns out to be a function is a call without arguments;
  /// as the last statement of a closure the expression is its value.
  case expression(ExpressionID)
  /// `let name = value`
  case constant(Identifier, value: ExpressionID)
  /// `var name = value`
  case variable(Identifier, value: ExpressionID)
  /// `target = value`, or `target += value` with an operator. The target is a `.name`, `.index`
  /// or `.member`.
  case assignment(target: ExpressionID, BinaryOperator?, value: ExpressionID)
  case function(FunctionID)
  case returnValue(ExpressionID?)
  /// `if … { } else if … { } else { }`: the branches in order, flat however long the chain is.
  case conditional(NodeList<Branch>, otherwise: BlockID?)
  case whileLoop(condition: ExpressionID, body: BlockID)
  case forLoop(Identifier, sequence: ExpressionID, body: BlockID)
  case repeatLoop(count: ExpressionID, body: BlockID)
  case breakLoop
  case continueLoop
  /// `import "path"`, or with `as name`. `name` is what the script calls the module either way;
  /// without `as` its span is that of the path.
  case importModule(path: StringID, name: Identifier)
  case machine(NodeList<MachineEntry>)
  case test(name: ExpressionID, body: BlockID)
  case expect(ExpressionID)
  /// `expect ENOMEM { … }`: the block must fail in just that way.
  case expectFailure(Identifier, body: BlockID)
  case tryCatch(body: BlockID, error: Identifier?, handler: BlockID)
  /// `show VIEW [ARGUMENT]`
  case show(view: Identifier, argument: ExpressionID?)
}

/// One `if` or `else if` with its block.
public struct Branch: Hashable, Sendable {
  public let condition: ExpressionID
  public let body: BlockID

  package init(condition: ExpressionID, body: BlockID) {
    self.condition = condition
    self.body = body
  }
}

/// One `key: value` of the machine.
public struct MachineEntry: Hashable, Sendable {
  public let key: Identifier
  public let value: ExpressionID

  package init(key: Identifier, value: ExpressionID) {
    self.key = key
    self.value = value
  }
}

/// The statements between two braces, or of a whole file.
public struct Block: Hashable, Sendable {
  public let statements: NodeList<StatementID>
  /// Braces included.
  public let span: SourceSpan

  package init(statements: NodeList<StatementID>, span: SourceSpan) {
    self.statements = statements
    self.span = span
  }
}
