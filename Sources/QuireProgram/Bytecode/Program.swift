// What compiling gives: flat code and the tables it refers to. Immutable, shared between machines.

package import QuireSyntax

/// A compiled script with everything it imports.
///
/// Invariant: every index in the code is within its table, every branch target within its
/// function, and every register below the function's `registerCount`; the interpreter need not
/// check them again.
///
/// Calls of known functions are checked before the program exists. `callValue` meets its callee
/// only at run time: a closure without a parameter list takes any arguments and ignores them, any
/// other callee must get between `requiredCount` and `parameterCount`, the rest being absent.
package struct Program: Sendable {
  /// The version of the language that this compiles: `language 1`.
  package static let languageVersion: Int64 = 1

  /// The code of all functions, one after the other.
  package internal(set) var code: [Instruction] = []
  package internal(set) var functions: [FunctionRecord] = []
  package internal(set) var constants: [Constant] = []
  /// Names after a dot. The first ones are `Member.allCases`, so a known member is one number.
  package internal(set) var memberNames: [String] = Member.names
  package internal(set) var globals: [GlobalVariable] = []
  /// What `callBuiltin` calls: `Builtin.allCases` first, then the host's functions.
  package internal(set) var builtins: [Signature] = Builtin.signatures
  package internal(set) var modules: [Module] = []
  package internal(set) var tests: [Test] = []
  package internal(set) var machine: MachineBlock?
  /// What the script declares at its top level, in order; empty in a session.
  package internal(set) var variables: [TopLevelVariable] = []
  /// Runs the modules and the script from its first line to its last; takes no arguments.
  package internal(set) var entry: FunctionIndex = 0
  /// Which files the spans speak of, by `FileID`.
  package internal(set) var files: [SourceFile] = []
}

package typealias FunctionIndex = UInt16
package typealias GlobalIndex = UInt32

/// One function of the program: `fn`, closure, process block, test or the body of a file.
package struct FunctionRecord: Hashable, Sendable {
  package enum Kind: UInt8, Hashable, Sendable {
    /// The statements of a file, or of one entry of a session.
    case file
    case function
    case closure
    /// A block that is the life of a process; ends it with status 0.
    case processBlock
    case test
  }

  package var kind: Kind
  /// Index of the first instruction in `Program.code`.
  package var entry: UInt32
  package var codeCount: UInt32
  /// Registers of a frame, arguments and outgoing arguments included.
  package var registerCount: UInt16
  package var parameterCount: UInt16
  /// How many arguments a `callValue` must pass: up to the last parameter without a default.
  package var requiredCount: UInt16
  package var captureCount: UInt16
  /// Whether any number of arguments is accepted and dropped: a closure without parameters.
  package var ignoresArguments: Bool
  /// Innermost first: the first one that covers an address is the one.
  package var handlers: [Handler]
  package var expectations: [Expectation]
  /// Addresses of operators with a constant that stands on the left in the source, not on the right
  /// as in the instruction: for messages.
  package var exchanged: [UInt32]
  /// Where instructions come from, ascending by address; see `Program.span(at:)`.
  package var spans: [SpanEntry]

  /// Name (`fib`, `closure`, `process block`), parameters, and as summary the `##` comment.
  package var signature: Signature
  package var span: SourceSpan
}

/// A stretch of code whose errors are caught.
package struct Handler: Hashable, Sendable {
  /// Addresses in `Program.code`; `end` is the first not covered.
  package var start: UInt32
  package var end: UInt32
  /// Where to go on, with the error in `errorRegister`.
  package var target: UInt32
  package var errorRegister: Register
}

/// From `address` on, up to the next entry, instructions come from `span`.
package struct SpanEntry: Hashable, Sendable {
  package var address: UInt32
  package var span: SourceSpan
}

/// What an `expect` says when it does not hold.
package struct Expectation: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    /// A condition without two sides to show.
    case condition
    /// A comparison; both sides' source text and the operator.
    case comparison(left: String, operator: String, right: String)
    /// `expect ENOMEM { … }`, `expect SIGSEGV { … }`
    case failure(name: String)
  }

  package var kind: Kind
  package var span: SourceSpan
}

/// A value that does not fit into an instruction.
package enum Constant: Hashable, Sendable {
  case integer(Int64)
  case address(UInt64)
  case float(Double)
  case string(String)
}

/// A variable of a file's top level that functions can see.
package struct GlobalVariable: Hashable, Sendable {
  package var name: String
  package var module: UInt32
  package var isConstant: Bool
  package var documentation: String
  package var span: SourceSpan
}

/// A variable of the script's top level, for whoever reads what a run leaves behind.
package struct TopLevelVariable: Hashable, Sendable {
  package enum Place: Hashable, Sendable {
    case register(Register)
    /// The register holds a cell.
    case cell(Register)
    case global(GlobalIndex)
  }

  package var name: String
  package var place: Place
  /// The variable has a value when the top level has come to this address.
  package var start: UInt32
}

/// One file of the program; the script itself is the first.
package struct Module: Hashable, Sendable {
  /// The canonical name that the import callback gave; the script's own file name for the first.
  package var name: String
  package var file: FileID
  /// Its body; `Program.entry` for the script.
  package var body: FunctionIndex
}

/// One `test "name" { … }`. Its function first runs the top-level `let`s and `var`s of the
/// script, in a machine of its own, then the block.
package struct Test: Hashable, Sendable {
  package var name: String
  package var function: FunctionIndex
  package var span: SourceSpan
}

extension Program {
  /// A number that is the same for the same sources against the same functions, on every host.
  package var contentHash: UInt64 {
    // FNV-1a, 64 bits.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func mix(_ bytes: some Sequence<UInt8>) {
      for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
      // No text contains this byte, so that one file's end is not another's beginning.
      hash = (hash ^ 0xff) &* 0x100_0000_01b3
    }
    for file in files {
      mix(file.name.utf8)
      mix(file.bytes)
    }
    for signature in builtins { mix(signature.synopsis.utf8) }
    return hash
  }

  /// Where the instruction at an address comes from, or nil for no such address.
  package func span(at address: UInt32) -> SourceSpan? {
    guard let function = function(at: address) else { return nil }
    let spans = functions[Int(function)].spans
    var low = 0
    var high = spans.count
    while low < high {
      let middle = (low + high) / 2
      if spans[middle].address <= address { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? functions[Int(function)].span : spans[low - 1].span
  }

  /// The function whose code holds an address; functions are in the order of their code.
  package func function(at address: UInt32) -> FunctionIndex? {
    var low = 0
    var high = functions.count
    while low < high {
      let middle = (low + high) / 2
      if functions[middle].entry <= address { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return nil }
    let record = functions[low - 1]
    return address - record.entry < record.codeCount ? FunctionIndex(low - 1) : nil
  }
}
