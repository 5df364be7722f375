// The names that a file finds outside itself, looked up and never iterated in hash order.

import QuireSyntax

/// What surrounds a file while it is resolved.
struct Environment {
  /// Names of earlier entries of the session and of the prelude.
  var symbols: [String: Symbol] = [:]
  /// The same names in a fixed order, for suggestions.
  var symbolNames: [String] = []
  /// Names of the prelude, whether or not it has been loaded.
  var preludeNames: [String] = []
  /// Modules by index, and which import statement means which one.
  var modules: [ModuleExports] = []
  var imports: [StatementID: Int] = [:]
  /// The program so far: signatures of builtins and functions, globals.
  var program: Program
  var builtinIndex: [String: Int] = [:]
  var pageSize: Int64 = 4096
  /// Whether all of the top level outlives its code: modules, and entries of a session.
  var exportsTopLevel = false
  /// Whether a machine block may stand in the file.
  var refusesMachine: String?

  static let constants: [String: NamedConstant] = Dictionary(
    NamedConstant.all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  static let absentVerbs = Set(AbsentVerb.names)
}

/// The top-level names of an imported file.
struct ModuleExports {
  var name: String
  /// In the order of declaration.
  var names: [String] = []
  var symbols: [String: Symbol] = [:]
}
