// Calls: who is called, whether the arguments fit, and the commonest slips around spaces.

import QuireSyntax

extension Resolver {
  mutating func resolveCall(_ id: CallID, at span: SourceSpan) {
    let call = tree[id]
    if case .member(let base, let name) = tree[call.callee] {
      resolveMemberCallee(call, base, name)
    } else {
      resolve(call.callee)
    }
    let isCallable = checkCallable(call, at: span)
    let signature = isCallable ? signature(of: call) : nil
    let match = signature.map {
      matchArguments(
        tree[call.arguments], of: tree, to: $0, hasTrailingBlock: call.hasTrailingBlock)
    }
    resolveArguments(call, match, signature)
    if let match, let signature {
      checkWords(call, match, signature)
      report(
        match.problems, signature, at: tree.span(of: call.callee),
        arguments: Array(tree[call.arguments]))
    } else if isCallable, !isUnknown(call.callee) {
      refuseLabels(call)
    }
  }

  /// A method: a function of a module, a known method, or a closure in a map.
  private mutating func resolveMemberCallee(
    _ call: Call, _ base: ExpressionID, _ name: Identifier
  ) {
    resolve(call.callee)
    if case .module = file[use: base] { return }
    if kind(of: base) == .nothing { checkMember(name, of: kind(of: base)) }
  }

  private mutating func resolveArguments(
    _ call: Call, _ match: ArgumentMatch?, _ signature: Signature?
  ) {
    for (index, argument) in tree[call.arguments].enumerated() {
      guard case .closure(let function) = tree[argument.value] else {
        resolve(argument.value)
        continue
      }
      var kind = FunctionRecord.Kind.closure
      if let match, let signature, let parameter = match.parameters[index],
        signature.parameters[parameter].kind == .processBlock
      {
        kind = .processBlock
      }
      resolveClosure(function, kind: kind, at: tree.span(of: argument.value))
    }
  }

  /// A literal where only certain strings are taken: `on "page_falt" { … }`.
  private mutating func checkWords(
    _ call: Call, _ match: ArgumentMatch, _ signature: Signature
  ) {
    for (argument, place) in zip(tree[call.arguments], match.parameters) {
      guard let place, case .string(let id) = tree[argument.value] else { continue }
      let parameter = signature.parameters[place]
      let text = tree.text(of: id)
      guard !parameter.words.isEmpty, !parameter.words.contains(text) else { continue }
      let span = tree.span(of: argument.value)
      report(
        "unknown-word", "'\(signature.name)' knows no \(parameter.name) \"\(text)\"", at: span,
        notes: [.init("it knows \(parameter.words.joined(separator: ", "))")],
        fixIts: suggestion(
          for: "\"\(text)\"", among: parameter.words.map { "\"\($0)\"" }, at: span))
    }
  }

  /// The declared face of the callee, or nil when only the run will tell.
  private func signature(of call: Call) -> Signature? {
    switch file[use: call.callee] {
    case .builtin(let index): environment.program.builtins[index]
    case .function(let index): environment.program.functions[Int(index)].signature
    case .variable(let variable): signature(of: variable)
    case .nothing, .global, .integer, .word, .module: nil
    }
  }

  private func signature(of variable: VariableID) -> Signature? {
    guard let context = file.variables[variable].function,
      !file.contexts[context].ignoresArguments
    else { return nil }
    return file.contexts[context].signature
  }

  /// Whether a bare name as a statement calls, and what.
  func bareCallee(_ use: Use) -> Signature? {
    switch use {
    case .builtin(let index):
      let signature = environment.program.builtins[index]
      return signature.isValue ? nil : signature
    case .function(let index): return environment.program.functions[Int(index)].signature
    case .variable(let variable):
      switch file.variables[variable].origin {
      case .function, .itself: return signature(of: variable)
      default: return nil
      }
    case .nothing, .global, .integer, .word, .module: return nil
    }
  }

  private func isUnknown(_ callee: ExpressionID) -> Bool {
    if case .name = tree[callee] { return file[use: callee] == .nothing }
    return false
  }

  /// A callee without a declared face takes its arguments by position.
  private mutating func refuseLabels(_ call: Call) {
    for argument in tree[call.arguments] {
      guard let label = argument.label else { continue }
      report(
        "unknown-label",
        "'\(tree.text(of: label.name)):' needs a function whose parameters are known here",
        at: label.span,
        fixIts: [
          .init(
            "remove the label",
            replace: SourceSpan(
              start: label.span.start, end: tree.span(of: argument.value).start,
              file: label.span.file), with: "")
        ])
    }
  }
}

// MARK: - Callees that are none

extension Resolver {
  /// Refuses to call what is certainly no function, and `n -4` where it is in doubt.
  private mutating func checkCallable(_ call: Call, at span: SourceSpan) -> Bool {
    if isModule(call.callee) { return false }
    guard case .name(let name) = tree[call.callee] else { return true }
    let text = tree.text(of: name)
    let isNone = isCertainlyNoFunction(call)
    if let repair = repairOfSpacing(call, text) {
      guard isNone || (repair.isSign && !hasKnownFace(call.callee)) else { return true }
      let doubt =
        isNone ? "'\(text)' is no function" : "'\(text) -…' looks like a call of '\(text)'"
      report("no-function", doubt, at: span, fixIts: repair.fixIts)
      return false
    }
    guard isNone else { return true }
    report("no-function", "'\(text)' is no function", at: tree.span(of: call.callee))
    return false
  }

  private func isModule(_ callee: ExpressionID) -> Bool {
    if case .module = file[use: callee] { return true }
    return false
  }

  private func hasKnownFace(_ callee: ExpressionID) -> Bool {
    switch file[use: callee] {
    case .builtin, .function, .nothing: true
    case .variable(let variable):
      file.variables[variable].function != nil || file.variables[variable].kind == .function
    case .global, .integer, .word, .module: false
    }
  }

  private func isCertainlyNoFunction(_ call: Call) -> Bool {
    switch file[use: call.callee] {
    case .integer, .word: true
    case .builtin(let index):
      environment.program.builtins[index].isValue && !tree[call.arguments].isEmpty
    case .variable(let variable): file.variables[variable].kind?.isNoFunction ?? false
    case .nothing, .global, .function, .module: false
    }
  }

  /// `x -4` was meant as `x - 4`, `x [0]` as `x[0]`.
  private func repairOfSpacing(
    _ call: Call, _ name: String
  ) -> (isSign: Bool, fixIts: [Diagnostic.FixIt])? {
    guard call.style == .command, !call.hasTrailingBlock, tree[call.arguments].count == 1,
      let argument = tree[call.arguments].first, argument.label == nil
    else { return nil }
    let span = argument.span
    switch tree[leftmost(argument.value)] {
    case .unary(.negate, _):
      let sign = SourceSpan(start: span.start, end: span.start + 1, file: span.file)
      return (true, [.init("write '\(name) - …' to subtract", replace: sign, with: "- ")])
    case .list:
      let gap = SourceSpan(
        start: tree.span(of: call.callee).end, end: span.start, file: span.file)
      return (false, [.init("write '\(name)[…]' to index", replace: gap, with: "")])
    default: return nil
    }
  }

  /// The operand that an expression begins with.
  private func leftmost(_ id: ExpressionID) -> ExpressionID {
    switch tree[id] {
    case .binary(_, let left, _), .logical(_, let left, _): leftmost(left)
    case .index(let base, _), .member(let base, _): leftmost(base)
    case .range(let lower, _, _): leftmost(lower)
    default: id
    }
  }
}

// MARK: - Arguments that do not fit

extension Resolver {
  mutating func report(
    _ problems: [ArgumentMatch.Problem], _ signature: Signature, at callee: SourceSpan,
    arguments: [Argument] = []
  ) {
    // Missing arguments are often the others misspelt: say the first kind alone.
    let wrong = problems.filter { if case .missing = $0 { false } else { true } }
    for problem in wrong.isEmpty ? problems : wrong {
      report(problem, signature, at: callee, arguments)
    }
  }

  private mutating func report(
    _ problem: ArgumentMatch.Problem, _ signature: Signature, at callee: SourceSpan,
    _ arguments: [Argument]
  ) {
    let name = signature.name
    let synopsis = Diagnostic.Note("it is called as \(signature.synopsis)")
    switch problem {
    case .missing(let parameter):
      let wanted = signature.parameters[parameter].name
      report("missing-argument", "'\(name)' needs '\(wanted)'", at: callee, notes: [synopsis])
    case .extra(let index):
      report(
        "extra-argument", "'\(name)' takes \(signature.countPhrase)", at: arguments[index].span,
        notes: [synopsis])
    case .unknownLabel(let index): reportLabel(arguments[index], signature)
    case .repeated(let index, let parameter):
      let wanted = signature.parameters[parameter].name
      report("repeated-argument", "'\(wanted)' is given twice", at: arguments[index].span)
    case .unlabelledAfterLabelled(let index):
      report(
        "argument-order", "arguments without a label come before those with one",
        at: arguments[index].span, notes: [synopsis])
    case .needsLabel(let index, let parameter):
      let label = signature.parameters[parameter].name
      let span = arguments[index].span
      report(
        "missing-label", "'\(name)' takes \(signature.countPhrase) without a label", at: span,
        notes: [synopsis],
        fixIts: [.init("is this '\(label):'?", insert: "\(label): ", at: span)])
    case .unwantedBlock(let index):
      report("extra-argument", "'\(name)' takes no block", at: arguments[index].span)
    }
  }

  private mutating func reportLabel(_ argument: Argument, _ signature: Signature) {
    guard let label = argument.label else { return }
    let text = tree.text(of: label.name)
    let names = signature.parameters.filter { $0.style != .variadic }.map(\.name)
    let note =
      names.isEmpty
      ? "it takes no labels" : "its labels are \(names.joined(separator: ", "))"
    report(
      "unknown-label", "'\(signature.name)' has no parameter '\(text)'", at: label.span,
      notes: [.init(note)], fixIts: suggestion(for: text, among: names, at: label.span))
  }
}
