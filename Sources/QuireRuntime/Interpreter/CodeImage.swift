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
  enum Place: UInt8, BitwiseCopyable, Sendable {
    case plain, machine, host
  }

  var place: Place
  var quick: QuickBuiltin
  /// Registers that a call passes, without those of a variadic parameter.
  var count: UInt16

  init(_ signature: Signature, _ builtin: Builtin?) {
    count = UInt16(clamping: signature.fixedParameterCount)
    quick =
      switch builtin {
      case .len: .len
      case .abs: .abs
      case .push: .push
      default: .no
      }
    place = builtin.map { $0.isPlain ? .plain : .machine } ?? .host
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
  /// Builtins by number.
  let builtins = Array(Builtin.allCases)

  package init(_ program: Program) {
    self.program = program
    code = program.code.map { LoopInstruction($0) }
    targets = program.functions.map {
      CallTarget(
        entry: $0.entry, registerCount: $0.registerCount, parameterCount: $0.parameterCount,
        requiredCount: $0.requiredCount, captureCount: $0.captureCount,
        ignoresArguments: $0.ignoresArguments)
    }
    let known = builtins
    builtinTargets = program.builtins.enumerated().map { number, signature in
      BuiltinTarget(signature, number < known.count ? known[number] : nil)
    }
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
