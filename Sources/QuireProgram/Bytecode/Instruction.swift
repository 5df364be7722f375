// One instruction: eight trivial bytes. What each does is said in Opcode.swift.

/// The number of a register, relative to the frame of the running function.
package typealias Register = UInt16

/// One step of the register machine.
///
/// Operands are named `a`, `b`, `c`; each is a register, a small table index, an `immediate` or a
/// branch `offset`, as the opcode's line in the table says. `b` and `c` together hold one `wide`
/// operand of 32 bits.
///
/// `steps` is the price in units of simulated time. Statements, calls and backward branches cost
/// one each, by source construct; a straight run of statements is charged by the instruction that
/// ends it, so most instructions have 0. Only instructions of which `Opcode.chargesSteps` holds
/// have a price. It is charged before a builtin runs (which may read the clock), and preemption
/// is possible when the instruction is complete.
package struct Instruction: Hashable, Sendable, BitwiseCopyable {
  package var opcode: Opcode
  package var steps: UInt8
  package var a: UInt16
  package var b: UInt16
  package var c: UInt16

  @inlinable
  package init(
    _ opcode: Opcode, steps: UInt8 = 0, a: UInt16 = 0, b: UInt16 = 0, c: UInt16 = 0
  ) {
    self.opcode = opcode
    self.steps = steps
    self.a = a
    self.b = b
    self.c = c
  }

  @inlinable
  package init(_ opcode: Opcode, steps: UInt8 = 0, a: UInt16 = 0, wide: Int32) {
    let bits = UInt32(bitPattern: wide)
    self.init(
      opcode, steps: steps, a: a, b: UInt16(truncatingIfNeeded: bits),
      c: UInt16(truncatingIfNeeded: bits >> 16))
  }

  /// `b` as a signed number, in branches on an immediate operand.
  @inlinable package var immediateB: Int { Int(Int16(bitPattern: b)) }

  /// `c` as a signed number, in arithmetic with an immediate operand.
  @inlinable package var immediateC: Int { Int(Int16(bitPattern: c)) }

  /// `c` as a branch offset: the target is the address of this instruction + 1 + `offset`.
  @inlinable package var offset: Int { Int(Int16(bitPattern: c)) }

  /// `b` and `c` as one signed number; a branch offset, too, where the table says so.
  @inlinable package var wide: Int { Int(Int32(bitPattern: UInt32(b) | UInt32(c) << 16)) }
}
