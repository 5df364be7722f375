// Statements to code.

import QuireSyntax

extension Compiler {
  mutating func compile(_ statements: NodeList<StatementID>) {
    for id in tree[statements] { compile(id) }
  }

  /// A block: its variables' registers are free again behind it.
  mutating func compileBlock(_ id: BlockID) {
    let mark = function.nextRegister
    compile(tree[id].statements)
    function.release(to: mark)
  }

  /// Statements at the end of a function: a last expression is its value, also in the branches
  /// of a last `if`.
  mutating func compileTail(_ statements: NodeList<StatementID>) {
    let all = tree[statements]
    for id in all.dropLast() { compile(id) }
    guard let last = all.last else { return }
    switch tree[last] {
    case .expression(let expression)
    where file.contexts[function.context].kind != .file || reportView(of: expression) == nil:
      function.pendingSteps += 1
      let mark = function.nextRegister
      let result = compileStatement(expression)
      keepLastValue(result, at: tree.span(of: last))
      function.emitReturn(result, at: tree.span(of: last))
      function.release(to: mark)
    case .conditional(let branches, let otherwise):
      function.pendingSteps += 1
      compileConditional(branches, otherwise, at: tree.span(of: last), isTail: true)
    default: compile(last)
    }
  }

  /// In a session, the value of an entry is kept under a name, unless it is nil.
  private mutating func keepLastValue(_ value: Register, at span: SourceSpan) {
    guard let lastValueGlobal, file.contexts[function.context].kind == .file else { return }
    let nothing = function.allocate()
    let end = function.makeLabel()
    function.emit(Instruction(.loadNil, a: nothing), at: span)
    function.emitBranch(Instruction(.jumpIfEqual, a: value, b: nothing), to: end, at: span)
    store(value, in: .global(Int(lastValueGlobal)), at: span)
    function.place(end, at: span)
  }

  mutating func compile(_ id: StatementID) {
    let span = tree.span(of: id)
    if !tree[id].isDeclaration { function.pendingSteps += 1 }
    switch tree[id] {
    case .invalid, .importModule, .machine, .test: break
    case .expression(let expression):
      let mark = function.nextRegister
      if let view = reportView(of: expression) {
        compileReport(view, expression, at: span)
      } else {
        _ = compileStatement(expression)
      }
      function.release(to: mark)
    case .constant(_, let value), .variable(_, let value):
      let variable = file[declaration: id]
      compileDeclaration(variable, value, at: span)
      if file.variables[variable].isTopLevel { function.declared.append((variable, function.here)) }
    case .assignment(let target, let operation, let value):
      compileAssignment(target, operation, value, at: span)
    case .function: compileNestedFunction(file[declaration: id], at: span)
    case .returnValue(let value):
      let mark = function.nextRegister
      function.emitReturn(value.map { operand($0) }, at: span)
      function.release(to: mark)
    case .conditional(let branches, let otherwise):
      compileConditional(branches, otherwise, at: span, isTail: false)
    case .whileLoop(let condition, let body): compileWhile(condition, body, at: span)
    case .forLoop(_, let sequence, let body): compileFor(id, sequence, body, at: span)
    case .repeatLoop(let count, let body): compileRepeat(count, body, at: span)
    case .breakLoop: leaveLoop(at: span) { $0.breakLabel }
    case .continueLoop: leaveLoop(at: span) { $0.continueLabel }
    case .expect(let condition): compileExpect(condition, at: span)
    case .expectFailure(let name, let body): compileExpectFailure(name, body, at: span)
    case .tryCatch(let body, _, let handler): compileTry(id, body, handler, at: span)
    case .show(let view, let argument): compileShow(view, argument, at: span)
    }
  }

  /// An expression as a statement: a function's bare name calls it.
  private mutating func compileStatement(_ id: ExpressionID) -> Register {
    guard case .name = tree[id], let callee = bareCallee(file[use: id]) else {
      return operand(id)
    }
    return compileCall(of: callee, [], hasTrailingBlock: false, into: nil, at: tree.span(of: id))
  }
}

extension Statement {
  /// What says something once and for all, and so takes no time.
  fileprivate var isDeclaration: Bool {
    switch self {
    case .invalid, .importModule, .machine, .test, .function: true
    default: false
    }
  }
}

// MARK: - Variables

extension Compiler {
  private mutating func compileDeclaration(
    _ id: VariableID, _ value: ExpressionID, at span: SourceSpan
  ) {
    let variable = file.variables[id]
    if globalIndices[id] >= 0 {
      let mark = function.nextRegister
      store(operand(value), in: .global(globalIndices[id]), at: span)
      function.release(to: mark)
      return
    }
    let register = push(value)
    if variable.needsCell {
      function.emit(Instruction(.makeCell, a: register, b: register), at: span)
    }
    function.registers[id] = register
  }

  private mutating func compileNestedFunction(_ id: VariableID, at span: SourceSpan) {
    guard id >= 0, let context = file.variables[id].function,
      file.staticContext(of: id) == nil
    else { return }
    let register = function.allocate()
    function.registers[id] = register
    makeClosure(of: context, into: register, at: span)
  }

  private mutating func compileAssignment(
    _ target: ExpressionID, _ operation: BinaryOperator?, _ value: ExpressionID,
    at span: SourceSpan
  ) {
    let mark = function.nextRegister
    switch tree[target] {
    case .name: assign(location(of: file[use: target]), operation, value, at: span)
    case .index(let base, let index):
      assignElement(operand(base), operand(index), operation, value, at: span)
    case .member(let base, let name):
      assignMember(operand(base), member(name), operation, value, at: span)
    default: break
    }
    function.release(to: mark)
  }

  private mutating func assign(
    _ location: Location, _ operation: BinaryOperator?, _ value: ExpressionID,
    at span: SourceSpan
  ) {
    if case .register(let register) = location {
      if let operation {
        compileBinary(operation, register, value, into: register, at: span)
      } else {
        compile(value, into: register)
      }
      return
    }
    guard let operation else { return store(operand(value), in: location, at: span) }
    let old = load(location, into: nil, at: span)
    let result = function.allocate()
    compileBinary(operation, old, value, into: result, at: span)
    store(result, in: location, at: span)
  }

  private mutating func assignElement(
    _ base: Register, _ index: Register, _ operation: BinaryOperator?, _ value: ExpressionID,
    at span: SourceSpan
  ) {
    let new: Register
    if let operation {
      new = function.allocate()
      function.emit(Instruction(.getIndex, a: new, b: base, c: index), at: span)
      compileBinary(operation, new, value, into: new, at: span)
    } else {
      new = operand(value)
    }
    function.emit(Instruction(.setIndex, a: base, b: index, c: new), at: span)
  }

  private mutating func assignMember(
    _ base: Register, _ name: UInt16, _ operation: BinaryOperator?, _ value: ExpressionID,
    at span: SourceSpan
  ) {
    let new: Register
    if let operation {
      new = function.allocate()
      function.emit(Instruction(.getMember, a: new, b: base, c: name), at: span)
      compileBinary(operation, new, value, into: new, at: span)
    } else {
      new = operand(value)
    }
    function.emit(Instruction(.setMember, a: base, b: name, c: new), at: span)
  }
}

// MARK: - Expectations and errors

extension Compiler {
  private mutating func compileExpect(_ condition: ExpressionID, at span: SourceSpan) {
    let mark = function.nextRegister
    var kind = Expectation.Kind.condition
    var sides: Register = 0
    let result: Register
    if case .binary(let operation, let left, let right) = tree[unwrapped(condition)],
      operation.isComparison
    {
      kind = .comparison(
        left: source(of: left), operator: operation.rawValue, right: source(of: right))
      sides = push(left)
      let second = push(right)
      result = function.allocate()
      emitComparison(operation, sides, second, into: result, at: tree.span(of: condition))
    } else {
      result = operand(condition)
    }
    function.expectations.append(Expectation(kind: kind, span: span))
    function.emit(
      Instruction(.expect, a: result, b: sides, c: lastExpectation),
      at: tree.span(of: condition))
    function.release(to: mark)
  }

  private func unwrapped(_ id: ExpressionID) -> ExpressionID {
    if case .parenthesized(let inner) = tree[id] { return unwrapped(inner) }
    return id
  }

  private func source(of id: ExpressionID) -> String { file.source.text(of: tree.span(of: id)) }

  private var lastExpectation: UInt16 {
    UInt16(truncatingIfNeeded: function.expectations.count - 1)
  }

  private mutating func compileExpectFailure(
    _ name: Identifier, _ body: BlockID, at span: SourceSpan
  ) {
    let expected = Expectation(
      kind: .failure(name: tree.text(of: name.name)), span: name.span)
    function.expectations.append(expected)
    let index = lastExpectation
    let mark = function.nextRegister
    let error = function.allocate()
    let end = function.makeLabel()
    let protected = protect(body, error, at: span)
    function.emit(Instruction(.expectMissed, c: index), at: name.span)
    function.emitBranch(Instruction(.jump), to: end, at: span)
    enterHandler(of: protected)
    function.emit(Instruction(.expectFailed, a: error, c: index), at: name.span)
    function.place(end, at: span)
    function.release(to: mark)
  }

  private mutating func compileTry(
    _ id: StatementID, _ body: BlockID, _ handler: BlockID, at span: SourceSpan
  ) {
    let mark = function.nextRegister
    let error = function.allocate()
    let end = function.makeLabel()
    let protected = protect(body, error, at: span)
    function.emitBranch(Instruction(.jump), to: end, at: span)
    enterHandler(of: protected)
    let variable = file[declaration: id]
    if variable >= 0 { function.registers[variable] = error }
    compileBlock(handler)
    function.place(end, at: span)
    function.release(to: mark)
  }

  /// The block whose errors are caught. What came before it is charged first, so that an error
  /// cannot lose it.
  private mutating func protect(
    _ body: BlockID, _ error: Register, at span: SourceSpan
  ) -> Handler {
    function.flushSteps(at: span)
    let start = function.here
    compileBlock(body)
    return Handler(start: start, end: function.here, target: 0, errorRegister: error)
  }

  /// Inner handlers are entered, and so listed, before those around them.
  private mutating func enterHandler(of protected: Handler) {
    guard protected.start < protected.end else { return }
    var handler = protected
    handler.target = function.placeHandler()
    function.handlers.append(handler)
  }

  /// `show VIEW ARGUMENT` is a call of the builtin with the view's name.
  private mutating func compileShow(
    _ view: Identifier, _ argument: ExpressionID?, at span: SourceSpan
  ) {
    let mark = function.nextRegister
    let base = function.allocate()
    emitConstant(.string(tree.text(of: view.name)), into: base, at: view.span)
    if let argument {
      _ = push(argument)
    } else {
      function.emit(Instruction(.loadAbsent, a: function.allocate()), at: span)
    }
    function.emit(Instruction(.loadAbsent, a: function.allocate()), at: span)
    emitBuiltinCall(Int(Builtin.show.rawValue), to: base, arguments: base, 3, at: span)
    function.release(to: mark)
  }

  /// The view that an expression prints when it is a statement: `walk p` is short for
  /// `show walk p`, because nobody would compute a walk to drop it.
  private func reportView(of id: ExpressionID) -> ShowView? {
    guard case .call(let call) = tree[id],
      case .builtin(let index) = file[use: tree[call].callee]
    else { return nil }
    return index == Int(Builtin.walk.rawValue) ? .walk : nil
  }

  /// The arguments of such a call follow the view's name in a call of `show`.
  private mutating func compileReport(_ view: ShowView, _ id: ExpressionID, at span: SourceSpan) {
    guard case .call(let call) = tree[id] else { return }
    let mark = function.nextRegister
    let base = function.allocate()
    emitConstant(.string(view.rawValue), into: base, at: span)
    let signature = tables.program.builtins[Int(Builtin.walk.rawValue)]
    let count = pushArguments(
      Array(tree[tree[call].arguments]), signature, false, at: span
    ).count
    emitBuiltinCall(Int(Builtin.show.rawValue), to: base, arguments: base, 1 + count, at: span)
    function.release(to: mark)
  }
}
