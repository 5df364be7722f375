// What resolving adds to a tree: which name means what, which variables cross functions.

import QuireSyntax

/// The index of a variable in its file.
typealias VariableID = Int

/// The index of a function, closure or block with a frame of its own in its file; 0 is the file.
typealias ContextID = Int

/// A tree with the facts that compiling needs. Made by `Resolver`, read by `Compiler`.
struct ResolvedFile {
  let source: SourceFile
  let tree: SyntaxTree
  /// By `ExpressionID`: what a `.name`, or a `.member` of a module, stands for.
  var uses: [Use]
  /// By `StatementID`: the variable that the statement declares, or -1.
  var declarations: [VariableID]
  var variables: [Variable] = []
  /// In the order of their appearance, except that the functions of the top level come first.
  var contexts: [Context] = []
  /// Looked up, never iterated.
  var contextOfFunction: [FunctionID: ContextID] = [:]
  var contextOfBlock: [BlockID: ContextID] = [:]
  var machine: MachineBlock?
  var tests: [(name: String, context: ContextID, span: SourceSpan)] = []

  init(_ parsed: ParsedFile) {
    source = parsed.source
    tree = parsed.tree
    uses = Array(repeating: .nothing, count: tree.expressionCount)
    declarations = Array(repeating: -1, count: tree.statementCount)
  }

  /// What an expression's name means.
  subscript(use expression: ExpressionID) -> Use {
    get { uses[Int(expression.rawValue)] }
    set { uses[Int(expression.rawValue)] = newValue }
  }

  /// The variable that a statement declares.
  subscript(declaration statement: StatementID) -> VariableID {
    get { declarations[Int(statement.rawValue)] }
    set { declarations[Int(statement.rawValue)] = newValue }
  }

  /// The context of a variable that names a function which captures nothing: calling it needs no
  /// value.
  func staticContext(of variable: VariableID) -> ContextID? {
    guard let context = variables[variable].function, contexts[context].captures.isEmpty
    else { return nil }
    return context
  }
}

/// What a name stands for at one place.
enum Use: Equatable {
  /// No name, or one whose mistake has been reported.
  case nothing
  /// A variable or function of this file.
  case variable(VariableID)
  /// A top-level variable of another file or of an earlier entry.
  case global(GlobalIndex)
  /// A function of another file or of an earlier entry.
  case function(FunctionIndex)
  case builtin(Int)
  case integer(Int64)
  /// The name of an errno or of a signal, which is its own value.
  case word(String)
  /// Nil for a module that could not be had.
  case module(Int?)
}

/// A name bound to a value in this file.
struct Variable {
  enum Origin: Equatable {
    case constant, variable, parameter, loop, caughtError, function
    /// A nested `fn` seen from inside itself.
    case itself
  }

  var name: String
  var span: SourceSpan
  var origin: Origin
  var context: ContextID
  /// Declared at the file's top level, outside all blocks.
  var isTopLevel: Bool
  /// A top-level variable that functions or other files can see.
  var isGlobal = false
  /// Used by a closure that outlives the frame.
  var isCaptured = false
  /// Changed after its declaration.
  var isAssigned = false
  /// Whether the resolver has passed the declaration; functions may use later ones.
  var isDeclared = false
  /// The `fn` or closure it is known to hold.
  var function: ContextID?
  /// What it is known to hold at first.
  var kind: ValueKind?
  var documentation = ""

  var isConstant: Bool { origin != .variable }

  /// Captured and changed, so that all closures must see the change.
  var needsCell: Bool { isCaptured && isAssigned && !isGlobal }
}

/// Something that runs in a frame of its own.
struct Context {
  var kind: FunctionRecord.Kind
  var parent: ContextID?
  var body: BlockID
  /// The tree's function, for its parameters' defaults.
  var function: FunctionID?
  var signature: Signature
  var ignoresArguments = false
  /// Variables of its parameters, in order.
  var parameters: [VariableID] = []
  /// Variables of enclosing contexts, in the order in which a closure holds them.
  var captures: [VariableID] = []
  /// Whether a loop is open where it is written.
  var isInsideLoop = false
  /// How a nested `fn` sees itself.
  var itself: VariableID?
  var span: SourceSpan
}

/// What a file, or an earlier entry, offers to others under a name.
enum Symbol: Equatable {
  case global(GlobalIndex)
  case function(FunctionIndex)
  case module(Int)
}
