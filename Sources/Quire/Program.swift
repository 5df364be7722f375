// A compiled script: checked, immutable, to be shared among any number of machines and threads.

package import QuireProgram
package import QuireRuntime
internal import QuireStandardLibrary
public import QuireSyntax

/// Where the text of an imported module comes from.
public struct ModuleSource: Hashable, Sendable {
  /// One name for the module wherever it is imported from; messages show it.
  public var name: String
  public var text: [UInt8]

  public init(name: String, text: [UInt8]) {
    self.name = name
    self.text = text
  }
}

/// Finds modules for a script; the standard library is searched after it.
public protocol ModuleResolver: Sendable {
  /// - Parameters:
  ///   - path: as the script writes it: `patterns`, `lib/patterns`.
  ///   - importer: the name of the file that imports.
  /// - Returns: nil when there is no such module here.
  func module(_ path: String, importedBy importer: String) -> ModuleSource?

  /// The places where `module` looked, for the message about a missing one.
  func placesSearched(_ path: String, importedBy importer: String) -> [String]
}

/// Why a script cannot run: mistakes in its text or in its machine.
public struct ProgramError: Error, Sendable, CustomStringConvertible {
  /// All that is to be said, warnings included, by file and place.
  public let diagnostics: [Diagnostic]
  /// The files that the diagnostics point into.
  public let files: [SourceFile]

  package init(_ diagnostics: [Diagnostic], _ files: [SourceFile]) {
    self.diagnostics = diagnostics
    self.files = files
  }

  /// The diagnostics as text, each with its line and a caret.
  public var description: String {
    DiagnosticFormatter(files: files).format(diagnostics)
  }
}

/// A compiled script with everything it imports.
///
///     let program = try Program("let m = mmap 1MiB, \"rw\"\nwrite m\nprint self.rss")
///     let outcome = try program.run()
public struct Program: Sendable {
  /// What diagnostics call the script.
  public let name: String
  /// The machine that the script asks for, or the standard one.
  public let settings: MachineSettings
  /// What is worth saying about a script that can run.
  public let warnings: [Diagnostic]
  package let hostFunctions: [HostFunction]
  /// Behind a reference: a program is copied by counting, whatever it is made of.
  private let compiled: Compiled

  private final class Compiled: Sendable {
    let image: CodeImage

    init(_ image: CodeImage) { self.image = image }
  }

  package var image: CodeImage { compiled.image }

  /// Compiles a script.
  ///
  /// - Parameters:
  ///   - source: the text.
  ///   - name: what diagnostics call it.
  ///   - hostFunctions: functions of the application that the script may call.
  ///   - modules: finds imported modules; the standard library is there in any case.
  /// - Throws: `ProgramError` with everything that is wrong with it.
  public init(
    _ source: String, named name: String = "script.quire", hostFunctions: [HostFunction] = [],
    modules: (any ModuleResolver)? = nil
  ) throws(ProgramError) {
    try self.init(
      bytes: Array(source.utf8), named: name, hostFunctions: hostFunctions, modules: modules)
  }

  /// Compiles a script from bytes, which need not be valid UTF-8 (it is an error, not a trap).
  public init(
    bytes: [UInt8], named name: String = "script.quire", hostFunctions: [HostFunction] = [],
    modules: (any ModuleResolver)? = nil
  ) throws(ProgramError) {
    let options = CompilationOptions(
      prelude: StandardLibrary.prelude, hostFunctions: hostFunctions.map(\.signature))
    let compilation = QuireProgram.Program.compile(
      SourceFile(name: name, bytes: bytes), options: options
    ) { request in Self.answer(request, modules) }
    guard let compiled = compilation.program else {
      throw ProgramError(compilation.diagnostics, compilation.files)
    }
    let (settings, problems) = MachineSettings.reading(compiled.machine)
    if !problems.isEmpty {
      throw ProgramError(compilation.diagnostics + problems, compilation.files)
    }
    self.name = name
    self.settings = settings
    self.hostFunctions = hostFunctions
    warnings = compilation.diagnostics
    self.compiled = Compiled(CodeImage(compiled))
  }

  package static func answer(
    _ request: ImportRequest, _ modules: (any ModuleResolver)?
  ) -> ImportAnswer {
    if let module = modules?.module(request.path, importedBy: request.importer) {
      return .found(name: module.name, bytes: module.text)
    }
    if let text = StandardLibrary.source(of: request.path) {
      return .found(name: "<\(request.path)>", bytes: text)
    }
    let places = modules?.placesSearched(request.path, importedBy: request.importer) ?? []
    return .missing(searched: places + ["the standard library"])
  }

  /// The names of the script's `test` blocks, in order.
  public var testNames: [String] { image.program.tests.map(\.name) }

  /// The files that diagnostics of this program point into.
  public var files: [SourceFile] { image.program.files }

  /// The instructions of the program as a listing, for those who want to see them.
  public var listing: String { image.program.disassemble() }
}
