// A program as the interpreter wants it: the same code, with what a call has to know of a function
// in one flat table.

internal import QuireKernel
package import QuireProgram

/// What a call needs to know of its callee.
struct CallTarget: BitwiseCopyable, Sendable {
  var entry: UInt32
  var registerCount: UInt16
  var parameterCount: UInt16
  var requiredCount: UInt16
  var captureCount: UInt16
  var ignoresArguments: Bool
}

/// An instruction as the loop reads it: the same eight bytes as `Instruction`, with the operands
/// `b` and `c` in one field that the loop takes apart where it needs to.
struct LoopInstruction: BitwiseCopyable, Sendable {
  let opcode: Opcode
  private let stepCount: UInt8
  private let first: UInt16
  private let operands: UInt32

  init(_ instruction: Instruction) {
    opcode = instruction.opcode
    stepCount = instruction.steps
    first = instruction.a
    operands = UInt32(instruction.b) | UInt32(instruction.c) << 16
  }

  @inline(__always) var steps: Int { Int(stepCount) }
  @inline(__always) var a: Int { Int(first) }
  @inline(__always) var b: Int { Int(operands & 0xffff) }
  @inline(__always) var c: Int { Int(operands >> 16) }
  @inline(__always) var wide: Int { Int(Int32(bitPattern: operands)) }
  @inline(__always) var immediateB: Int64 { Int64(Int16(truncatingIfNeeded: operands)) }
  @inline(__always) var immediateC: Int64 { Int64(Int32(bitPattern: operands) >> 16) }
  @inline(__always) var offset: Int { Int(Int32(bitPattern: operands) >> 16) }
}

/// Builtins that the loop does itself when their arguments are of the usual kind.
enum QuickBuiltin: UInt8, BitwiseCopyable, Sendable {
  case no, len, abs, push
}

/// What a call needs to know of a builtin.
struct BuiltinTarget: BitwiseCopyable, Sendable {
  /// Who does it.
  enum Place: BitwiseCopyable, Sendable {
    case plain(Builtin)
    case access(Builtin)
    case machine(Builtin)
    /// `kernel`: it calls its block.
    case kernelMode
    /// The function of the host with this number.
    case host(Int)
  }

  var place: Place
  var quick: QuickBuiltin
  /// Registers that a call passes, without those of a variadic parameter.
  var count: UInt16

  private init(_ place: Place, _ signature: Signature, quick: QuickBuiltin = .no) {
    self.place = place
    self.quick = quick
    count = UInt16(clamping: signature.fixedParameterCount)
  }

  init(_ builtin: Builtin, _ signature: Signature) {
    switch builtin {
    case .len: self.init(.plain(builtin), signature, quick: .len)
    case .abs: self.init(.plain(builtin), signature, quick: .abs)
    case .push: self.init(.plain(builtin), signature, quick: .push)
    case .kernel: self.init(.kernelMode, signature)
    case .read, .write, .touch, .load, .store: self.init(.access(builtin), signature)
    default: self.init(builtin.isPlain ? .plain(builtin) : .machine(builtin), signature)
    }
  }

  init(hostFunction number: Int, _ signature: Signature) {
    self.init(.host(number), signature)
  }
}

/// A program made ready to run; immutable.
package struct CodeImage: Sendable {
  package let program: Program
  let code: [LoopInstruction]
  let targets: [CallTarget]
  /// By number, the host's functions behind the others.
  let builtinTargets: [BuiltinTarget]
  /// By member name: its place in `Counters.fields`, -1 for all others.
  let counterFields: [Int]
  /// By member name: the number that a region has under it.
  let regionFields: [RegionField?]

  /// What a heap has to have places for.
  let preparation: ScriptHeap.Preparation

  package init(_ program: Program) {
    self.program = program
    preparation = ScriptHeap.Preparation(
      globals: UInt32(program.globals.count), constants: UInt32(program.constants.count),
      names: UInt32(program.memberNames.count))
    code = program.code.map { LoopInstruction($0) }
    targets = program.functions.map {
      CallTarget(
        entry: $0.entry, registerCount: $0.registerCount, parameterCount: $0.parameterCount,
        requiredCount: $0.requiredCount, captureCount: $0.captureCount,
        ignoresArguments: $0.ignoresArguments)
    }
    let known = Builtin.allCases
    builtinTargets = program.builtins.enumerated().map { number, signature in
      number < known.count
        ? BuiltinTarget(known[number], signature)
        : BuiltinTarget(hostFunction: number - known.count, signature)
    }
    regionFields = program.memberNames.indices.map { MemberName(number: $0).regionField }
    counterFields = program.memberNames.map { name in
      Counters.fields.firstIndex { $0.name == name } ?? -1
    }
  }

  /// The record of the function whose code holds an address.
  func function(at address: Int) -> FunctionRecord? {
    program.function(at: UInt32(truncatingIfNeeded: address)).map {
      program.functions[Int($0)]
    }
  }
}
