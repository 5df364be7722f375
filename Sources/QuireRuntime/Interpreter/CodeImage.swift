// A program as the interpreter wants it: the same code, with what a call has to know of a function
// in one flat table.

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

/// A program made ready to run; immutable.
package struct CodeImage: Sendable {
  package let program: Program
  let code: [Instruction]
  let targets: [CallTarget]

  package init(_ program: Program) {
    self.program = program
    code = program.code
    targets = program.functions.map {
      CallTarget(
        entry: $0.entry, registerCount: $0.registerCount, parameterCount: $0.parameterCount,
        requiredCount: $0.requiredCount, captureCount: $0.captureCount,
        ignoresArguments: $0.ignoresArguments)
    }
  }

  /// The record of the function whose code holds an address.
  func function(at address: Int) -> FunctionRecord? {
    program.function(at: UInt32(truncatingIfNeeded: address)).map {
      program.functions[Int($0)]
    }
  }
}
