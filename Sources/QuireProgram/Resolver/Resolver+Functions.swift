// Functions, closures and blocks with a frame of their own, and what they capture.

import QuireSyntax

extension Resolver {
  /// Makes the context of a `fn` or closure, without looking into it.
  mutating func makeContext(
    of function: FunctionID, kind: FunctionRecord.Kind, name: String, span: SourceSpan,
    documentation: String? = nil
  ) -> ContextID {
    let parts = tree[function]
    let context = makeContext(parts.body, kind: kind, name: name, span: span)
    file.contexts[context].function = function
    file.contexts[context].signature = Signature(
      name,
      tree[parts.parameters].map { parameter in
        Signature.Parameter(
          tree.text(of: parameter.identifier.name), .any,
          parameter.defaultValue == nil ? .required : .optional, "")
      }, returns: .any, documentation ?? "")
    file.contexts[context].ignoresArguments =
      kind == .closure && parts.parameters.isEmpty
    file.contextOfFunction[function] = context
    return context
  }

  /// Makes the context of a block without parameters.
  mutating func makeContext(
    _ body: BlockID, kind: FunctionRecord.Kind, name: String, span: SourceSpan
  ) -> ContextID {
    file.contexts.append(
      Context(
        kind: kind, parent: context, body: body, signature: Signature(name, [], ""), span: span))
    file.contexts[file.contexts.count - 1].isInsideLoop =
      loopDepth > 0 || (kind == .closure && file.contexts[context].isInsideLoop)
    return file.contexts.count - 1
  }

  /// Resolves parameters and body. `itself` is the name by which a nested `fn` calls itself.
  mutating func resolveBody(of id: ContextID, itself: Identifier? = nil) {
    let outer = (context: context, loopDepth: loopDepth)
    context = id
    loopDepth = 0
    blockDepth += 1
    openScope()
    if let itself {
      let variable = declare(itself, .itself, kind: .function)
      file.variables[variable].function = id
      file.contexts[id].itself = variable
      openScope()
    }
    if let function = file.contexts[id].function { declareParameters(of: function, in: id) }
    resolveBlock(file.contexts[id].body)
    if itself != nil { closeScope() }
    closeScope()
    blockDepth -= 1
    (context, loopDepth) = outer
  }

  /// A default sees the parameters before its own.
  private mutating func declareParameters(of function: FunctionID, in id: ContextID) {
    for parameter in tree[tree[function].parameters] {
      if let value = parameter.defaultValue { resolve(value) }
      file.contexts[id].parameters.append(declare(parameter.identifier, .parameter))
    }
  }

  /// A closure in an expression. What it becomes is known by the parameter it is passed to.
  mutating func resolveClosure(
    _ function: FunctionID, kind: FunctionRecord.Kind, at span: SourceSpan
  ) {
    let name = kind == .processBlock ? "process block" : "closure"
    resolveBody(of: makeContext(of: function, kind: kind, name: name, span: span))
  }

  /// The block of `process NAME { … }`.
  mutating func resolveProcess(_ name: ExpressionID, _ body: BlockID, at span: SourceSpan) {
    resolve(name)
    var title = "process"
    if case .string(let text) = tree[name] { title = "process \"\(tree.text(of: text))\"" }
    let block = makeContext(body, kind: .processBlock, name: title, span: span)
    file.contextOfBlock[body] = block
    resolveBody(of: block)
  }

  /// Makes a variable of an enclosing function reachable from the current one.
  mutating func capture(_ variable: VariableID) {
    let owner = file.variables[variable].context
    guard owner != context else { return }
    if file.variables[variable].isTopLevel {
      file.variables[variable].isGlobal = true
      return
    }
    file.variables[variable].isCaptured = true
    var place: ContextID? = context
    while let id = place, id != owner {
      if !file.contexts[id].captures.contains(variable) {
        file.contexts[id].captures.append(variable)
      }
      place = file.contexts[id].parent
    }
  }
}
