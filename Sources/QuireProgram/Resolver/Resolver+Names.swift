// Looking names up: the file's own, the session's, builtins, constants; suggestions for the rest.

import QuireSyntax

extension Resolver {
  /// What a name means where it is used; reports it when it means nothing.
  mutating func lookUp(_ name: NameID, at span: SourceSpan) -> Use {
    var early: VariableID?
    switch binding(of: name) {
    case .variable(let variable):
      if file.variables[variable].isDeclared || context != 0 {
        return use(of: variable)
      }
      // `let swap = swap.areas[0]`: the name still has its outer meaning on its own line.
      early = variable
    case .module(let module, _): return .module(module)
    case nil: break
    }
    let text = tree.text(of: name)
    if let use = outerMeaning(of: text) { return use }
    if let early {
      reportEarlyUse(of: early, at: span)
    } else {
      reportUnknown(text, at: span)
    }
    return .nothing
  }

  private mutating func use(of variable: VariableID) -> Use {
    let isStatic = file.staticContext(of: variable) != nil
    if !isStatic || file.variables[variable].origin == .itself { capture(variable) }
    return .variable(variable)
  }

  /// What a name means when this file does not bind it.
  private func outerMeaning(of text: String) -> Use? {
    if let symbol = environment.symbols[text] { return Use(symbol) }
    if let builtin = environment.builtinIndex[text] { return .builtin(builtin) }
    if let constant = Environment.constants[text] {
      return constant.isItsName ? .word(text) : .integer(constant.value)
    }
    return nil
  }

  private mutating func reportEarlyUse(of variable: VariableID, at span: SourceSpan) {
    let declared = file.variables[variable]
    report(
      "early-use", "'\(declared.name)' is used before it is declared", at: span,
      notes: [.init("declared here", at: declared.span)])
  }

  private mutating func reportUnknown(_ text: String, at span: SourceSpan) {
    if Environment.absentVerbs.contains(text) {
      report("not-there-yet", AbsentVerb.sentence(for: text), at: span)
      return
    }
    report(
      "unknown-name", "cannot find '\(text)'", at: span,
      fixIts: suggestion(for: text, among: candidates, at: span))
  }

  /// Every name that could stand here, nearest first.
  var candidates: [String] {
    visibleNames + environment.symbolNames + environment.program.builtins.map(\.name)
      + environment.preludeNames + NamedConstant.all.map(\.name)
  }

  /// `name = value`: only a `var` can be given a new value.
  mutating func resolveAssignedName(_ name: NameID, _ expression: ExpressionID) {
    let span = tree.span(of: expression)
    let text = tree.text(of: name)
    guard isKnown(name) else {
      report(
        "unknown-name", "cannot find '\(text)'", at: span,
        notes: [.init("'var \(text) = …' declares it")],
        fixIts: suggestion(for: text, among: visibleNames + environment.symbolNames, at: span))
      return
    }
    let use = lookUp(name, at: span)
    file[use: expression] = use
    switch use {
    case .variable(let variable):
      file.variables[variable].isAssigned = true
      if file.variables[variable].isConstant { reportConstant(variable, at: span) }
    case .global(let global):
      let target = environment.program.globals[Int(global)]
      guard target.isConstant else { return }
      reportConstant(text, .constant, declaredAt: target.span, at: span)
    case .nothing: break
    case .function, .builtin, .integer, .word, .module:
      report("constant-assignment", "'\(text)' is not a variable", at: span)
    }
  }

  private func isKnown(_ name: NameID) -> Bool {
    binding(of: name) != nil || outerMeaning(of: tree.text(of: name)) != nil
  }

  private mutating func reportConstant(_ variable: VariableID, at span: SourceSpan) {
    let declared = file.variables[variable]
    reportConstant(declared.name, declared.origin, declaredAt: declared.span, at: span)
  }

  private mutating func reportConstant(
    _ name: String, _ origin: Variable.Origin, declaredAt place: SourceSpan, at span: SourceSpan
  ) {
    let what =
      switch origin {
      case .parameter: "a parameter; 'var \(name) = \(name)' makes a variable of it"
      case .loop: "the constant of a loop"
      case .caughtError: "the caught error"
      case .function, .itself: "a function"
      case .constant, .variable: "a constant; 'var' declares a variable"
      }
    report(
      "constant-assignment", "'\(name)' cannot be assigned: it is \(what)", at: span,
      notes: [.init("declared here", at: place)])
  }
}

extension Use {
  init(_ symbol: Symbol) {
    switch symbol {
    case .global(let index): self = .global(index)
    case .function(let index): self = .function(index)
    case .module(let index): self = .module(index)
    }
  }
}
