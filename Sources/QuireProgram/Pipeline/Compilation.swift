// From text to program: the way in, what it needs from outside, and what it gives.

package import QuireSyntax

/// What compiling a script gives: a program unless there are errors, and what is to be said.
package struct Compilation: Sendable {
  package let program: Program?
  /// By file and place; at most `ParsedFile.maximumDiagnosticCount` and a last one that counts
  /// the others.
  package let diagnostics: [Diagnostic]
  /// Every file that was read, by `FileID`; the script or entry has the number `file`.
  package let files: [SourceFile]
  package let file: FileID

  package var hasErrors: Bool { program == nil }
}

/// An `import`, to be answered by whoever knows where modules are.
package struct ImportRequest: Hashable, Sendable {
  /// The canonical name of the file that imports.
  package var importer: String
  /// As it is written: `patterns`, `lib/patterns`.
  package var path: String
}

/// The answer to an import.
package enum ImportAnswer: Hashable, Sendable {
  /// The text, under one name wherever it is imported from.
  case found(name: String, bytes: [UInt8])
  /// The places that were searched, in order.
  case missing(searched: [String])
}

/// What a script is compiled against.
package struct CompilationOptions: Sendable {
  /// The functions written in the language that need no import.
  package var prelude: [UInt8] = []
  /// The functions of an embedding application.
  package var hostFunctions: [Signature] = []
  /// What a `page` of the machine is: `16pages` is a number of bytes.
  package var pageSize: Int64 = 4096

  package init(prelude: [UInt8] = [], hostFunctions: [Signature] = []) {
    self.prelude = prelude
    self.hostFunctions = hostFunctions
  }
}

extension Program {
  /// Compiles a script and all it imports.
  package static func compile(
    _ source: SourceFile, options: CompilationOptions = CompilationOptions(),
    importing: (ImportRequest) -> ImportAnswer = { _ in .missing(searched: []) }
  ) -> Compilation {
    var loader = ProgramLoader(options)
    return loader.load(source, importing: importing)
  }
}
