// Names: which declaration each one means, and everything about a call that can be known before
// running. Emits no code; never stops at a mistake, and says each one once.

import QuireSyntax

/// Walks a tree once, in source order, and fills a `ResolvedFile`.
struct Resolver {
  let environment: Environment
  let tree: SyntaxTree
  var file: ResolvedFile
  var diagnostics: [Diagnostic] = []

  /// Where the walk is.
  var context: ContextID = 0
  /// Loops open in the current context.
  var loopDepth = 0
  /// Blocks open in the whole file; 0 at the top level.
  var blockDepth = 0

  /// By `NameID`: the innermost binding in force, or -1.
  private var innermost: [Int]
  /// All bindings in force, outermost first; leaving a scope pops its own.
  private var bindings: [Binding] = []
  /// How many bindings there were when each open scope began.
  private var scopes: [Int] = []

  private struct Binding {
    var name: NameID
    /// The binding that this one hides, or -1.
    var hidden: Int
    var target: Target
  }

  /// What a binding binds.
  enum Target {
    case variable(VariableID)
    /// Nil for a module that could not be had, which has been said.
    case module(Int?, SourceSpan)
  }

  init(_ parsed: ParsedFile, in environment: Environment) {
    self.environment = environment
    tree = parsed.tree
    file = ResolvedFile(parsed)
    innermost = Array(repeating: -1, count: parsed.tree.nameCount)
  }

  /// Resolves the whole file.
  static func resolve(
    _ parsed: ParsedFile, in environment: Environment
  ) -> (file: ResolvedFile, diagnostics: [Diagnostic]) {
    var resolver = Resolver(parsed, in: environment)
    resolver.resolveFile()
    return (resolver.file, resolver.diagnostics)
  }

  private mutating func resolveFile() {
    let root = tree.root
    let name = file.source.name
    file.contexts.append(
      Context(
        kind: .file, parent: nil, body: root, signature: Signature(name, [], ""),
        span: tree[root].span))
    checkLanguageVersion()
    openScope()
    hoistTopLevel(tree[root])
    resolveStatements(tree[root].statements)
    closeScope()
  }

  private mutating func checkLanguageVersion() {
    guard let pin = tree.languageVersion, pin.version != Program.languageVersion else { return }
    report(
      "language-version",
      "this is Quire with language \(Program.languageVersion), not \(pin.version)", at: pin.span)
  }
}

// MARK: - Scopes

extension Resolver {
  mutating func openScope() {
    scopes.append(bindings.count)
  }

  mutating func closeScope() {
    guard let start = scopes.popLast() else { return }
    while bindings.count > start, let binding = bindings.popLast() {
      innermost[Int(binding.name.rawValue)] = binding.hidden
    }
  }

  /// Binds a name in the innermost scope; refuses a second binding there and keeps the first.
  mutating func bind(_ identifier: Identifier, to target: Target) {
    let name = identifier.name
    let previous = innermost[Int(name.rawValue)]
    if previous >= (scopes.last ?? 0) {
      reportDuplicate(identifier, of: bindings[previous].target)
      return
    }
    bindings.append(Binding(name: name, hidden: previous, target: target))
    innermost[Int(name.rawValue)] = bindings.count - 1
  }

  /// What a name of this file is bound to.
  func binding(of name: NameID) -> Target? {
    let index = innermost[Int(name.rawValue)]
    return index < 0 ? nil : bindings[index].target
  }

  /// Names in force, innermost first, for suggestions.
  var visibleNames: [String] {
    bindings.reversed().map { tree.text(of: $0.name) }
  }

  private mutating func reportDuplicate(_ identifier: Identifier, of target: Target) {
    let name = tree.text(of: identifier.name)
    let place: SourceSpan
    switch target {
    case .variable(let variable): place = file.variables[variable].span
    case .module(_, let span): place = span
    }
    report(
      "duplicate-name", "'\(name)' is already declared in this block", at: identifier.span,
      notes: [.init("the first one", at: place)])
  }

  /// Makes a variable and binds its name.
  @discardableResult
  mutating func declare(
    _ identifier: Identifier, _ origin: Variable.Origin, kind: ValueKind? = nil
  ) -> VariableID {
    let variable = makeVariable(identifier, origin)
    file.variables[variable].isDeclared = true
    file.variables[variable].kind = kind
    bind(identifier, to: .variable(variable))
    return variable
  }

  mutating func makeVariable(
    _ identifier: Identifier, _ origin: Variable.Origin
  ) -> VariableID {
    let isTopLevel = blockDepth == 0 && context == 0
    file.variables.append(
      Variable(
        name: tree.text(of: identifier.name), span: identifier.span, origin: origin,
        context: context, isTopLevel: isTopLevel,
        isGlobal: isTopLevel && environment.exportsTopLevel))
    return file.variables.count - 1
  }
}

// MARK: - Messages

extension Resolver {
  mutating func report(
    _ code: DiagnosticCode, _ message: String, at span: SourceSpan,
    notes: [Diagnostic.Note] = [], fixIts: [Diagnostic.FixIt] = []
  ) {
    diagnostics.append(
      Diagnostic(.error, code, message, at: span, notes: notes, fixIts: fixIts))
  }

  /// The repair that puts the nearest known name in the place of a misspelt one.
  func suggestion(
    for name: String, among candidates: some Sequence<String>, at span: SourceSpan
  ) -> [Diagnostic.FixIt] {
    guard let best = didYouMean(name, among: candidates) else { return [] }
    return [Diagnostic.FixIt("did you mean '\(best)'?", replace: span, with: best)]
  }
}
