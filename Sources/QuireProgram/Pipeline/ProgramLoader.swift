// Files in their order: a file is parsed, its imports are loaded, then it is resolved and compiled.

import QuireSyntax

/// The state that grows with each file. A value: a failed entry of a session is forgotten by
/// keeping the old one.
struct ProgramLoader {
  typealias Importing = (ImportRequest) -> ImportAnswer

  /// A chain of imports as deep as this is a mistake, and each costs native stack.
  static let maximumImportDepth = 64

  let options: CompilationOptions
  var tables: ProgramTables
  var files: [SourceFile] = []
  var diagnostics: [Diagnostic] = []
  /// The modules by index, and the indices by canonical name.
  var modules: [ModuleExports] = []
  private var moduleIndex: [String: Int] = [:]
  /// Canonical names of the files being loaded, outermost first.
  private var chain: [String] = []
  /// Bodies to run before the current script or entry.
  private var prologue: [FunctionIndex] = []
  private let builtinIndex: [String: Int]
  private let preludeNames: [String]
  private var hasPrelude = false
  /// What names mean that no file declares: the prelude's, and those of earlier entries.
  var symbols: [String: Symbol] = [:]
  var symbolNames: [String] = []

  /// Set for the entries of a session.
  var isSession = false
  var lastValueGlobal: GlobalIndex?
  var refusesMachine: String?

  init(_ options: CompilationOptions) {
    self.options = options
    tables = ProgramTables(hostFunctions: options.hostFunctions)
    builtinIndex = Dictionary(
      tables.program.builtins.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { $1 })
    preludeNames = functionNames(declaredIn: options.prelude)
  }

  /// Loads the script, or the next entry of a session.
  mutating func load(_ source: SourceFile, importing: Importing) -> Compilation {
    diagnostics = []
    prologue = []
    let id = FileID(UInt32(files.count))
    let parsed = read(source.name, source.bytes)
    chain = [source.name]
    let file = loadFile(parsed, isScript: true, importing: importing)
    tables.program.machine = file.machine ?? tables.program.machine
    tables.program.files = files
    let failed = diagnostics.contains { $0.severity == .error }
    return Compilation(
      program: failed ? nil : tables.program, diagnostics: capped(diagnostics), files: files,
      file: id)
  }

  private mutating func read(_ name: String, _ bytes: [UInt8]) -> ParsedFile {
    let source = SourceFile(name: name, bytes: bytes, id: FileID(UInt32(files.count)))
    files.append(source)
    let parsed = parse(source)
    diagnostics += parsed.diagnostics
    return parsed
  }

  /// Resolves and compiles a file. A file with mistakes is compiled, too: those that import it
  /// find its names, and nobody gets the program.
  @discardableResult
  private mutating func loadFile(
    _ parsed: ParsedFile, isScript: Bool, importing: Importing
  ) -> ResolvedFile {
    let imports = loadImports(of: parsed, importing: importing)
    loadPreludeIfNamed(in: parsed.tree, importing: importing)
    var environment = Environment(
      symbols: symbols, symbolNames: symbolNames, preludeNames: preludeNames, modules: modules,
      imports: imports, program: tables.program, builtinIndex: builtinIndex)
    environment.pageSize = options.pageSize
    environment.exportsTopLevel = !isScript || isSession
    environment.refusesMachine =
      isScript ? refusesMachine : "a module has no machine: the script that imports it has"
    let (file, problems) = Resolver.resolve(parsed, in: environment)
    diagnostics += problems.filter { !parsed.explains($0) }
    compile(file, isScript: isScript, imports: imports)
    return file
  }

  private mutating func compile(
    _ file: ResolvedFile, isScript: Bool, imports: [StatementID: Int]
  ) {
    let module = tables.program.modules.count
    var compiler = Compiler(
      file, into: tables, module: module, pageSize: options.pageSize,
      prologue: isScript ? prologue : [])
    if isScript { compiler.lastValueGlobal = lastValueGlobal }
    compiler.compileFile()
    tables = compiler.tables
    diagnostics += compiler.diagnostics
    let body = compiler.functionIndex(of: 0)
    tables.program.modules.append(
      Module(name: file.source.name, file: file.source.id, body: body))
    let exports = compiler.exports(imports: imports)
    modules.append(exports)
    guard isScript else {
      // A module of functions alone has nothing to run.
      if tables.program.functions[Int(body)].codeCount > 1 { prologue.append(body) }
      return
    }
    tables.program.entry = body
    if !isSession { tables.program.variables = compiler.topLevel }
    tables.program.tests = file.tests.map {
      Test(name: $0.name, function: compiler.functionIndex(of: $0.context), span: $0.span)
    }
    if isSession { adopt(exports) }
  }

  /// Makes names visible without an import; later ones hide earlier ones.
  private mutating func adopt(_ exports: ModuleExports) {
    for name in exports.names {
      if symbols.updateValue(exports.symbols[name] ?? .module(0), forKey: name) == nil {
        symbolNames.append(name)
      }
    }
  }
}

// MARK: - Imports

extension ProgramLoader {
  private mutating func loadImports(
    of parsed: ParsedFile, importing: Importing
  ) -> [StatementID: Int] {
    let tree = parsed.tree
    var imports: [StatementID: Int] = [:]
    for id in tree[tree[tree.root].statements] {
      guard case .importModule(let path, _) = tree[id] else { continue }
      imports[id] = loadModule(
        tree.text(of: path), for: parsed.source.name, at: tree.span(of: id),
        importing: importing)
    }
    return imports
  }

  /// The index of a module, loading it at its first import; nil after a message. The names of a
  /// module that cannot be had are unknown, so uses of it say nothing more.
  private mutating func loadModule(
    _ path: String, for importer: String, at span: SourceSpan, importing: Importing
  ) -> Int? {
    switch importing(ImportRequest(importer: importer, path: path)) {
    case .missing(let searched):
      diagnostics.append(
        Diagnostic(
          .error, "missing-module", "cannot find module '\(path)'", at: span,
          notes: searched.isEmpty
            ? [] : [.init("searched: \(searched.joined(separator: ", "))")]))
    case .found(let name, let bytes):
      if let index = moduleIndex[name] { return index }
      if let start = chain.firstIndex(of: name) {
        let circle = (chain[start...] + [name]).joined(separator: " → ")
        diagnostics.append(
          Diagnostic(.error, "import-cycle", "imports go in a circle: \(circle)", at: span))
      } else if chain.count >= Self.maximumImportDepth {
        diagnostics.append(
          Diagnostic(
            .error, "import-depth",
            "more than \(Self.maximumImportDepth) imports inside each other", at: span))
      } else {
        return loadNewModule(name, bytes, importing: importing)
      }
    }
    return nil
  }

  private mutating func loadNewModule(
    _ name: String, _ bytes: [UInt8], importing: Importing
  ) -> Int {
    chain.append(name)
    let parsed = read(name, bytes)
    loadFile(parsed, isScript: false, importing: importing)
    _ = chain.popLast()
    moduleIndex[name] = modules.count - 1
    return modules.count - 1
  }

  /// The prelude costs nothing to a script that uses none of its names.
  private mutating func loadPreludeIfNamed(in tree: SyntaxTree, importing: Importing) {
    guard !hasPrelude else { return }
    let isNamed = (0..<tree.nameCount).contains { index in
      preludeNames.contains(tree.text(of: NameID(UInt32(index))))
    }
    guard isNamed else { return }
    hasPrelude = true
    loadFile(read("<prelude>", options.prelude), isScript: false, importing: importing)
    if let exports = modules.last { adopt(exports) }
  }
}

extension Compiler {
  /// The top-level names of the file, for those who import it or come after it.
  func exports(imports: [StatementID: Int]) -> ModuleExports {
    var exports = ModuleExports(name: file.source.name)
    func add(_ name: String, _ symbol: Symbol) {
      exports.names.append(name)
      exports.symbols[name] = symbol
    }
    for (id, variable) in file.variables.enumerated() where variable.isTopLevel {
      if let context = file.staticContext(of: id) {
        add(variable.name, .function(functionIndex(of: context)))
      } else if globalIndices[id] >= 0 {
        add(variable.name, .global(GlobalIndex(globalIndices[id])))
      }
    }
    for id in tree[tree[tree.root].statements] {
      guard case .importModule(_, let name) = tree[id], let module = imports[id] else { continue }
      add(tree.text(of: name.name), .module(module))
    }
    return exports
  }
}

extension ParsedFile {
  /// Whether a message says no more than a syntax error does: it speaks of a line that could not
  /// be read, or of a name that such a line may have declared.
  fileprivate func explains(_ problem: Diagnostic) -> Bool {
    diagnostics.contains { mistake in
      let line = source.location(of: mistake.span.start).line
      if source.location(of: problem.span.start).line == line { return true }
      guard problem.code == "unknown-name" else { return false }
      let name = source.text(of: problem.span)
      return source.text(ofLine: line).split { !$0.isLetter && !$0.isNumber && $0 != "_" }
        .contains { $0 == name }
    }
  }
}

/// The names after `fn` at the beginning of a line.
private func functionNames(declaredIn bytes: [UInt8]) -> [String] {
  let keyword = Array("fn ".utf8)
  return bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
    guard line.starts(with: keyword), let end = line.firstIndex(of: UInt8(ascii: "(")) else {
      return nil
    }
    return String(decoding: line[(line.startIndex + keyword.count)..<end], as: UTF8.self)
  }
}

/// In order of file and place; more than anybody reads are counted.
private func capped(_ diagnostics: [Diagnostic]) -> [Diagnostic] {
  let sorted = diagnostics.enumerated().sorted {
    let (left, right) = ($0.element.span, $1.element.span)
    return (left.file, left.start, $0.offset) < (right.file, right.start, $1.offset)
  }.map(\.element)
  let limit = ParsedFile.maximumDiagnosticCount
  guard sorted.count > limit + 1 else { return sorted }
  let rest = Diagnostic(
    .error, "too-many-diagnostics", "and \(sorted.count - limit) more", at: sorted[limit].span)
  return sorted[..<limit] + [rest]
}
