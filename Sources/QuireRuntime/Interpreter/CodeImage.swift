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

/// Builtins that the loop does itself when their arguments are of the usual kind.
enum QuickBuiltin: UInt8, BitwiseCopyable, Sendable {
  case no, len, abs, push
}

/// A program made ready to run; immutable.
package struct CodeImage: Sendable {
  package let program: Program
  let code: [Instruction]
  let targets: [CallTarget]
  /// By builtin, the host's functions included.
  let quickBuiltins: [QuickBuiltin]
  /// By builtin: how many arguments stand in registers, see `Signature.fixedParameterCount`.
  let argumentCounts: [Int]
  /// By member name: its place in `Counters.fields`, -1 for all others.
  let counterFields: [Int]
  /// Builtins by number.
  let builtins = Array(Builtin.allCases)

  package init(_ program: Program) {
    self.program = program
    code = program.code
    targets = program.functions.map {
      CallTarget(
        entry: $0.entry, registerCount: $0.registerCount, parameterCount: $0.parameterCount,
        requiredCount: $0.requiredCount, captureCount: $0.captureCount,
        ignoresArguments: $0.ignoresArguments)
    }
    let quick: [Builtin: QuickBuiltin] = [.len: .len, .abs: .abs, .push: .push]
    let known = builtins.map { quick[$0] ?? .no }
    let hostCount = program.builtins.count - known.count
    argumentCounts = program.builtins.map(\.fixedParameterCount)
    counterFields = program.memberNames.map { name in
      Counters.fields.firstIndex { $0.name == name } ?? -1
    }
    quickBuiltins = known + Array(repeating: .no, count: max(0, hostCount))
  }

  /// The record of the function whose code holds an address.
  func function(at address: Int) -> FunctionRecord? {
    program.function(at: UInt32(truncatingIfNeeded: address)).map {
      program.functions[Int($0)]
    }
  }
}
