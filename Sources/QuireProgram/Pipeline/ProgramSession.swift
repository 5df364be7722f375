// A program that grows by entries: what a read-eval-print loop types into.

package import QuireSyntax

/// A program to which entries are added. Each entry sees the names of those before it; code,
/// functions, globals and constants keep their numbers, so a running machine can go on with the
/// longer program.
///
/// An entry may declare a name anew. Functions of earlier entries keep the meaning that the name
/// had for them.
package struct ProgramSession: Sendable {
  private var loader: ProgramLoader

  /// Holds the last value of an entry that was not nil; a script calls it `_`.
  package static let lastValueName = "_"

  package init(options: CompilationOptions = CompilationOptions()) {
    loader = ProgramLoader(options)
    loader.isSession = true
    let index = GlobalIndex(loader.tables.program.globals.count)
    let nowhere = SourceSpan(start: 0, end: 0, file: FileID(0))
    loader.tables.program.globals.append(
      GlobalVariable(
        name: Self.lastValueName, module: 0, isConstant: true,
        documentation: "The value of the last entry.", span: nowhere))
    loader.symbols[Self.lastValueName] = .global(index)
    loader.symbolNames.append(Self.lastValueName)
    loader.lastValueGlobal = index
  }

  /// The program with all entries so far; its `entry` runs the last of them.
  package var program: Program { loader.tables.program }

  /// Compiles an entry. With errors the session stays as it was. The entry's function returns the
  /// value of a last expression, and keeps it as `_` unless it is nil.
  package mutating func append(
    _ source: SourceFile,
    importing: (ImportRequest) -> ImportAnswer = { _ in .missing(searched: []) }
  ) -> Compilation {
    var next = loader
    let compilation = next.load(source, importing: importing)
    if !compilation.hasErrors {
      next.refusesMachine = "the machine is running; it can only be described before it starts"
      loader = next
    }
    return compilation
  }

  /// What can be named in the next entry, in alphabetical order, with one line on each.
  package var names: [NameSummary] {
    let program = loader.tables.program
    var summaries: [String: NameSummary] = [:]
    for summary in program.builtinSummaries { summaries[summary.name] = summary }
    for name in loader.symbolNames {
      guard let symbol = loader.symbols[name] else { continue }
      summaries[name] = NameSummary(name, symbol, program)
    }
    return summaries.values.sorted { $0.name < $1.name }
  }
}

/// A name with its documentation, for completion and `:doc`.
package struct NameSummary: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable {
    case builtin, constant, function, variable, module
  }

  package var name: String
  package var kind: Kind
  /// How it is called, or just the name.
  package var synopsis: String
  package var documentation: String
}

extension NameSummary {
  init(_ name: String, _ symbol: Symbol, _ program: Program) {
    self.init(name: name, kind: .module, synopsis: name, documentation: "")
    switch symbol {
    case .module: break
    case .function(let index):
      let signature = program.functions[Int(index)].signature
      kind = .function
      synopsis = signature.synopsis
      documentation = signature.summary
    case .global(let index):
      kind = .variable
      documentation = program.globals[Int(index)].documentation
    }
  }
}

extension Program {
  /// The builtins, the host's functions and the constants.
  package var builtinSummaries: [NameSummary] {
    let functions = builtins.map {
      NameSummary(
        name: $0.name, kind: .builtin, synopsis: $0.isValue ? $0.name : $0.synopsis,
        documentation: $0.reference)
    }
    let constants = NamedConstant.all.map {
      NameSummary(
        name: $0.name, kind: .constant, synopsis: "\($0.name) = \($0.value)",
        documentation: $0.isItsName ? "A script sees its name: \"\($0.name)\"." : "")
    }
    return functions + constants
  }

  /// The script's own functions and visible variables, in the order of their declaration.
  package var summaries: [NameSummary] {
    let declared = functions.filter { $0.kind == .function && $0.span.file == files.last?.id }
    let script = UInt32(max(modules.count - 1, 0))
    return declared.map {
      NameSummary(
        name: $0.signature.name, kind: .function, synopsis: $0.signature.synopsis,
        documentation: $0.signature.summary)
    }
      + globals.filter { $0.module == script }.map {
        NameSummary(
          name: $0.name, kind: .variable, synopsis: $0.name, documentation: $0.documentation)
      }
  }
}
