// Resolved tree to code. One function after the other, each a walk over its part of the tree.
//
// Values live in registers: variables first, temporaries above them, arguments of a call on top.
// The result of an expression may be a variable's own register: no expression can change it while
// it waits, since assignments are statements and what closures change lives in cells.
//
// Steps (see `Instruction.steps`): a statement adds one to what is pending; calls and the passes
// of loops add one of their own; the next call, branch or end of a function charges them all. An
// error in a run of statements leaves that run's pending steps uncharged.

import QuireSyntax

/// Compiles one resolved file into the tables of a program.
struct Compiler {
  var tables: ProgramTables
  let file: ResolvedFile
  let tree: SyntaxTree
  let pageSize: Int64
  /// Functions of the file begin here; context c is function `firstFunction + c`.
  let firstFunction: Int
  /// By variable: its place among the globals, or -1.
  var globalIndices: [Int]
  var function = FunctionBuilder(context: 0)
  var diagnostics: [Diagnostic] = []
  /// Functions beyond those of the contexts, in the order of their indices.
  var extras: [Extra] = []

  /// A function that no context of the tree stands for.
  enum Extra: Equatable {
    /// The top-level `let`s and `var`s alone, for tests.
    case declarations
    /// A builtin as a value.
    case wrapper(builtin: Int)
  }

  /// What a file's body does before its first statement.
  var prologue: [FunctionIndex]
  /// The variables of the file's top level.
  private(set) var topLevel: [TopLevelVariable] = []
  /// Where the body's last value is kept, in a session.
  var lastValueGlobal: GlobalIndex?

  init(
    _ file: ResolvedFile, into tables: ProgramTables, module: Int, pageSize: Int64,
    prologue: [FunctionIndex]
  ) {
    self.tables = tables
    self.file = file
    tree = file.tree
    self.pageSize = pageSize
    self.prologue = prologue
    firstFunction = tables.program.functions.count
    globalIndices = Array(repeating: -1, count: file.variables.count)
    for (index, variable) in file.variables.enumerated() where variable.isGlobal {
      guard file.staticContext(of: index) == nil else { continue }
      globalIndices[index] = self.tables.program.globals.count
      self.tables.program.globals.append(
        GlobalVariable(
          name: variable.name, module: UInt32(module), isConstant: variable.isConstant,
          documentation: variable.documentation, span: variable.span))
    }
  }

  /// Compiles every function of the file.
  mutating func compileFile() {
    if !file.tests.isEmpty { _ = index(of: .declarations) }
    for context in file.contexts.indices { compile(context) }
    var done = 0
    while done < extras.count {
      switch extras[done] {
      case .declarations: compileDeclarations()
      case .wrapper(let builtin): compileWrapper(of: builtin)
      }
      done += 1
    }
    if tables.program.functions.count > Int(FunctionIndex.max) {
      report("too-many-functions", "this program has more than 65,535 functions", at: fileSpan)
    }
    if tables.program.memberNames.count > Int(UInt16.max) {
      report("too-many-names", "this program has more than 65,535 member names", at: fileSpan)
    }
  }

  var fileSpan: SourceSpan { SourceSpan(start: 0, end: 0, file: file.source.id) }

  mutating func report(_ code: DiagnosticCode, _ message: String, at span: SourceSpan) {
    diagnostics.append(Diagnostic(.error, code, message, at: span))
  }
}

// MARK: - Functions

extension Compiler {
  func functionIndex(of context: ContextID) -> FunctionIndex {
    FunctionIndex(truncatingIfNeeded: firstFunction + context)
  }

  /// The function that is made on demand, once.
  mutating func index(of extra: Extra) -> FunctionIndex {
    let place = extras.firstIndex(of: extra) ?? extras.count
    if place == extras.count { extras.append(extra) }
    return FunctionIndex(truncatingIfNeeded: firstFunction + file.contexts.count + place)
  }

  private mutating func compile(_ id: ContextID) {
    let context = file.contexts[id]
    function = FunctionBuilder(context: id)
    bindParameters(of: context)
    switch context.kind {
    case .file: emitCalls(of: prologue)
    case .test: emitCalls(of: [index(of: .declarations)])
    case .function, .closure, .processBlock: break
    }
    compileBody(tree[context.body].statements)
    if context.kind == .file { noteTopLevel() }
    finish(context.kind, context.signature, context.span, ignoring: context.ignoresArguments)
  }

  /// Says where the variables are that the file's body has declared.
  private mutating func noteTopLevel() {
    let entry = UInt32(tables.program.code.count)
    for (id, start) in function.declared {
      let variable = file.variables[id]
      let place: TopLevelVariable.Place
      if globalIndices[id] >= 0 {
        place = .global(GlobalIndex(globalIndices[id]))
      } else if let register = function.registers[id] {
        place = variable.needsCell ? .cell(register) : .register(register)
      } else {
        continue
      }
      topLevel.append(TopLevelVariable(name: variable.name, place: place, start: entry + start))
    }
  }

  private mutating func bindParameters(of context: Context) {
    for variable in context.parameters { function.registers[variable] = function.allocate() }
    guard let id = context.function else { return }
    for (variable, parameter) in zip(context.parameters, tree[tree[id].parameters]) {
      guard let register = function.registers[variable] else { continue }
      if let value = parameter.defaultValue {
        let span = tree.span(of: value)
        let given = function.makeLabel()
        function.emitBranch(Instruction(.jumpIfPresent, a: register), to: given, at: span)
        compile(value, into: register)
        function.place(given, at: span)
      }
    }
  }

  /// Statements whose last one gives the function's value.
  private mutating func compileBody(_ statements: NodeList<StatementID>) {
    compileTail(statements)
    function.emitReturn(nil, at: endSpan)
  }

  private var endSpan: SourceSpan {
    let span = tree[file.contexts[function.context].body].span
    return SourceSpan(
      start: span.length > 0 ? span.end - 1 : span.start, end: span.end, file: span.file)
  }

  private mutating func emitCalls(of functions: [FunctionIndex]) {
    for index in functions {
      let mark = function.nextRegister
      let base = function.allocate()
      function.emit(Instruction(.call, a: base, b: index), at: fileSpan)
      function.release(to: mark)
    }
  }

  private mutating func compileDeclarations() {
    function = FunctionBuilder(context: 0)
    emitCalls(of: prologue)
    for id in tree[tree[tree.root].statements] {
      switch tree[id] {
      case .constant, .variable: compile(id)
      default: break
      }
    }
    function.emitReturn(nil, at: fileSpan)
    finish(.file, Signature("declarations", [], ""), fileSpan)
  }

  /// A builtin as a value is a function that passes its parameters on.
  private mutating func compileWrapper(of builtin: Int) {
    let signature = tables.program.builtins[builtin]
    var parameters = signature.parameters.filter { $0.style != .labelled }
    if signature.isVariadic { parameters[parameters.count - 1].style = .required }
    function = FunctionBuilder(context: 0)
    _ = function.allocate(parameters.count)
    let base = function.allocate(max(signature.parameters.count, 1))
    var source: Register = 0
    for (offset, parameter) in signature.parameters.enumerated() {
      let target = base + Register(offset)
      if parameter.style == .labelled {
        function.emit(Instruction(.loadAbsent, a: target), at: fileSpan)
      } else {
        function.emit(Instruction(.move, a: target, b: source), at: fileSpan)
        source += 1
      }
    }
    emitBuiltinCall(builtin, to: base, arguments: base, signature.parameters.count, at: fileSpan)
    function.emitReturn(base, at: fileSpan)
    finish(.function, Signature(signature.name, parameters, signature.summary), fileSpan)
  }

  /// Moves the finished function into the program.
  private mutating func finish(
    _ kind: FunctionRecord.Kind, _ signature: Signature, _ span: SourceSpan,
    ignoring: Bool = false
  ) {
    checkLimits(span)
    let entry = UInt32(tables.program.code.count)
    let required = signature.parameters.lastIndex { $0.style == .required }.map { $0 + 1 } ?? 0
    tables.program.functions.append(
      FunctionRecord(
        kind: kind, entry: entry, codeCount: function.here,
        registerCount: UInt16(clamping: max(function.registerCount, 1)),
        parameterCount: UInt16(clamping: signature.parameters.count),
        requiredCount: UInt16(clamping: required),
        captureCount: UInt16(clamping: captureCount(kind)),
        ignoresArguments: ignoring,
        handlers: function.handlers.map { $0.moved(by: entry) },
        expectations: function.expectations,
        exchanged: function.exchanged.map { $0 + entry },
        spans: function.spans.map { SpanEntry(address: $0.address + entry, span: $0.span) },
        signature: signature, span: span))
    tables.program.code += function.code
  }

  private func captureCount(_ kind: FunctionRecord.Kind) -> Int {
    kind == .file ? 0 : file.contexts[function.context].captures.count
  }

  private mutating func checkLimits(_ span: SourceSpan) {
    if function.hasTooManyRegisters {
      let limit = FunctionBuilder.maximumRegisterCount
      report(
        "too-many-variables", "too many variables in one function: it needs more than \(limit)",
        at: span)
    }
    if function.hasLongBranch {
      report(
        "too-long", "a loop or branch in here is too long; move a part into a function", at: span)
    }
    if function.expectations.count > Int(UInt16.max) {
      report("too-long", "too many expectations in one function", at: span)
    }
  }
}

extension Handler {
  fileprivate func moved(by entry: UInt32) -> Handler {
    Handler(
      start: start + entry, end: end + entry, target: target + entry,
      errorRegister: errorRegister)
  }
}
