// Statements: what they declare, where they may stand.

import QuireSyntax

extension Resolver {
  /// Binds what functions of the file may use before its line: functions, variables, modules.
  mutating func hoistTopLevel(_ block: Block) {
    for id in tree[block.statements] {
      switch tree[id] {
      case .constant(let name, _): hoist(name, .constant, id)
      case .variable(let name, _): hoist(name, .variable, id)
      case .function(let function): hoistFunction(function, id)
      case .importModule(_, let name):
        bind(name, to: .module(environment.imports[id], name.span))
      default: break
      }
    }
  }

  private mutating func hoist(
    _ name: Identifier, _ origin: Variable.Origin, _ id: StatementID
  ) {
    let variable = makeVariable(name, origin)
    file.variables[variable].documentation = tree.documentation(of: id) ?? ""
    file[declaration: id] = variable
    bind(name, to: .variable(variable))
  }

  private mutating func hoistFunction(_ function: FunctionID, _ id: StatementID) {
    guard let name = tree[function].name else { return }
    hoist(name, .function, id)
    let variable = file[declaration: id]
    file.variables[variable].function = makeContext(
      of: function, kind: .function, name: tree.text(of: name.name), span: tree.span(of: id),
      documentation: tree.documentation(of: id))
    file.variables[variable].isDeclared = true
    file.variables[variable].kind = .function
  }

  mutating func resolveStatements(_ statements: NodeList<StatementID>) {
    for id in tree[statements] { resolve(id) }
  }

  mutating func resolveBlock(_ id: BlockID) {
    blockDepth += 1
    openScope()
    resolveStatements(tree[id].statements)
    closeScope()
    blockDepth -= 1
  }

  private mutating func resolve(_ id: StatementID) {
    switch tree[id] {
    case .invalid: break
    case .expression(let expression): resolveStatement(expression)
    case .constant(let name, let value): resolveDeclaration(id, name, .constant, value)
    case .variable(let name, let value): resolveDeclaration(id, name, .variable, value)
    case .assignment(let target, _, let value):
      resolveTarget(target)
      resolve(value)
    case .function(let function): resolveFunctionStatement(id, function)
    case .returnValue(let value):
      checkReturn(at: tree.span(of: id))
      if let value { resolve(value) }
    case .conditional(let branches, let otherwise):
      for branch in tree[branches] {
        resolveCondition(branch.condition)
        resolveBlock(branch.body)
      }
      if let otherwise { resolveBlock(otherwise) }
    case .whileLoop(let condition, let body):
      resolveCondition(condition)
      resolveLoopBody(body)
    case .repeatLoop(let count, let body):
      resolve(count)
      resolveLoopBody(body)
    case .forLoop(let name, let sequence, let body): resolveFor(id, name, sequence, body)
    case .breakLoop: checkLoop("break", at: tree.span(of: id))
    case .continueLoop: checkLoop("continue", at: tree.span(of: id))
    case .importModule(_, let name): resolveImport(name, at: tree.span(of: id))
    case .machine(let entries): resolveMachine(entries, id)
    case .test(let name, let body): resolveTest(name, body, at: tree.span(of: id))
    case .expect(let condition): resolveCondition(condition)
    case .expectFailure(let name, let body):
      checkFailureName(name)
      resolveBlock(body)
    case .tryCatch(let body, let error, let handler): resolveTry(id, body, error, handler)
    case .show(let view, let argument): resolveShow(view, argument)
    }
  }

  private mutating func resolveDeclaration(
    _ id: StatementID, _ name: Identifier, _ origin: Variable.Origin, _ value: ExpressionID
  ) {
    resolve(value)
    let hoisted = file[declaration: id]
    let variable = hoisted >= 0 ? hoisted : declare(name, origin)
    file[declaration: id] = variable
    file.variables[variable].isDeclared = true
    file.variables[variable].kind = kind(of: value)
    guard case .closure(let function) = tree[value],
      let context = file.contextOfFunction[function]
    else { return }
    file.contexts[context].signature.name = file.variables[variable].name
    if origin == .constant { file.variables[variable].function = context }
  }

  private mutating func resolveFunctionStatement(_ id: StatementID, _ function: FunctionID) {
    if let context = file.contextOfFunction[function] {
      resolveBody(of: context)
      return
    }
    guard let name = tree[function].name else { return }
    let context = makeContext(
      of: function, kind: .function, name: tree.text(of: name.name), span: tree.span(of: id),
      documentation: tree.documentation(of: id))
    resolveBody(of: context, itself: name)
    let variable = declare(name, .function, kind: .function)
    file.variables[variable].function = context
    file[declaration: id] = variable
  }

  private mutating func resolveLoopBody(_ body: BlockID) {
    loopDepth += 1
    resolveBlock(body)
    loopDepth -= 1
  }

  private mutating func resolveFor(
    _ id: StatementID, _ name: Identifier, _ sequence: ExpressionID, _ body: BlockID
  ) {
    resolve(sequence)
    blockDepth += 1
    openScope()
    var element: ValueKind?
    if case .range = tree[sequence] { element = .integer }
    file[declaration: id] = declare(name, .loop, kind: element)
    resolveLoopBody(body)
    closeScope()
    blockDepth -= 1
  }

  private mutating func resolveTry(
    _ id: StatementID, _ body: BlockID, _ error: Identifier?, _ handler: BlockID
  ) {
    resolveBlock(body)
    blockDepth += 1
    openScope()
    if let error { file[declaration: id] = declare(error, .caughtError, kind: .error) }
    resolveBlock(handler)
    closeScope()
    blockDepth -= 1
  }

  private mutating func resolveShow(_ view: Identifier, _ argument: ExpressionID?) {
    let name = tree.text(of: view.name)
    if let known = ShowView(rawValue: name) {
      if let argument, known.argument == nil {
        report(
          "extra-argument", "'show \(name)' takes no argument", at: tree.span(of: argument))
      }
    } else {
      report(
        "unknown-view", "there is no view '\(name)'", at: view.span,
        notes: [
          .init("the views are \(ShowView.allCases.map(\.rawValue).joined(separator: ", "))")
        ],
        fixIts: suggestion(for: name, among: ShowView.allCases.map(\.rawValue), at: view.span))
    }
    if let argument { resolve(argument) }
  }

  private mutating func resolveTest(_ name: ExpressionID, _ body: BlockID, at span: SourceSpan) {
    guard blockDepth == 0, context == 0 else {
      report("misplaced-test", "a test stands at the top level of a file", at: span)
      return
    }
    guard case .string(let text) = tree[name] else {
      report("test-name", "the name of a test is a plain string", at: tree.span(of: name))
      return
    }
    let test = makeContext(body, kind: .test, name: tree.text(of: text), span: span)
    file.contextOfBlock[body] = test
    resolveBody(of: test)
    file.tests.append((tree.text(of: text), test, span))
  }

  private mutating func resolveImport(_ name: Identifier, at span: SourceSpan) {
    guard blockDepth == 0, context == 0 else {
      report("misplaced-import", "an import stands at the top level of a file", at: span)
      return
    }
  }

  /// `expect NAME { … }` needs a name that a failure can have.
  private mutating func checkFailureName(_ identifier: Identifier) {
    let name = tree.text(of: identifier.name)
    let failures = NamedConstant.all.filter { $0.family == .errno || $0.family == .signal }
    guard !failures.contains(where: { $0.name == name }) else { return }
    report(
      "unknown-failure", "'\(name)' is neither an errno nor a signal", at: identifier.span,
      fixIts: suggestion(for: name, among: failures.map(\.name), at: identifier.span))
  }
}

// MARK: - Leaving

extension Resolver {
  private mutating func checkReturn(at span: SourceSpan) {
    switch file.contexts[context].kind {
    case .function, .closure: break
    case .processBlock: reportLeaving("return", at: span)
    case .file, .test:
      report(
        "misplaced-return", "'return' stands in a function or a closure", at: span,
        notes: [.init("'exit' ends the process")])
    }
  }

  private mutating func checkLoop(_ word: String, at span: SourceSpan) {
    guard loopDepth == 0 else { return }
    switch file.contexts[context].kind {
    case .processBlock: reportLeaving(word, at: span)
    case .closure where file.contexts[context].isInsideLoop:
      report(
        DiagnosticCode("misplaced-\(word)"), "'\(word)' does not leave a closure; 'return' does",
        at: span)
    default: report(DiagnosticCode("misplaced-\(word)"), "'\(word)' stands in a loop", at: span)
    }
  }

  private mutating func reportLeaving(_ word: String, at span: SourceSpan) {
    // The word alone: `return 3` becomes `exit 3`.
    let end = span.start + UInt32(word.utf8.count)
    let place = SourceSpan(start: span.start, end: end, file: span.file)
    report(
      "leaves-process", "'\(word)' does not leave a process block: it is the life of a process",
      at: span, fixIts: [.init("end the process with 'exit'", replace: place, with: "exit")])
  }
}
