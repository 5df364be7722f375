// The instruction set, as a table: one line for each opcode says what it does.
//
// `rN` is a register of the frame, `absent` the marker that stands for an argument left out, and
// "raise" means that an error value is raised at this instruction (see `Handler`). Arithmetic on
// two integers is 64 bits wide and raises on overflow; an integer and a float give a float;
// address ± integer is an address, address - address an integer. Conditions must be booleans.

/// What an instruction does. The letters are the operands of `Instruction`.
package enum Opcode: UInt8, CaseIterable, Hashable, Sendable, BitwiseCopyable {
  // MARK: Values

  /// ra ← rb
  case move
  /// ra ← nil
  case loadNil
  /// ra ← true
  case loadTrue
  /// ra ← false
  case loadFalse
  /// ra ← absent
  case loadAbsent
  /// ra ← the integer `wide`
  case loadInteger
  /// ra ← constants[wide]
  case loadConstant
  /// ra ← the script function of index `wide`, which captures nothing, as a value
  case loadFunction

  // MARK: Variables that outlive or cross a frame

  /// ra ← globals[wide]; raises when the global has no value yet
  case getGlobal
  /// globals[wide] ← ra
  case setGlobal
  /// ra ← a new cell that holds rb
  case makeCell
  /// ra ← what cell rb holds
  case getCell
  /// cell ra ← rb
  case setCell
  /// ra ← captures[b] of the running closure, as it was captured (a value, or a cell itself)
  case getCapture
  /// ra ← what the cell captures[b] holds
  case getCapturedCell
  /// the cell captures[a] ← rb
  case setCapturedCell
  /// ra ← the running closure itself
  case getSelf
  /// ra ← a closure of function b over its `captureCount` registers rc, rc+1, …
  case makeClosure

  // MARK: Arithmetic. `ra ← rb OP rc`, or with `immediateC` in the place of rc

  case add
  case subtract
  case multiply
  /// Truncates; raises on a zero divisor.
  case divide
  /// Has the sign of the dividend; raises on a zero divisor.
  case remainder
  /// Raises when the amount is not 0 ..< 64, and when bits are lost (as any overflow does).
  case shiftLeft
  /// Arithmetic for integers, logical for addresses; raises when the amount is not 0 ..< 64.
  case shiftRight
  case and
  case or
  case exclusiveOr
  case addImmediate
  case subtractImmediate
  case multiplyImmediate
  case divideImmediate
  case remainderImmediate
  case shiftLeftImmediate
  case shiftRightImmediate
  case andImmediate
  /// ra ← -rb
  case negate
  /// ra ← ~rb
  case complement
  /// ra ← not rb, which must be a boolean
  case not

  // MARK: Comparison. `ra ← rb OP rc`, a boolean; greater is less with its operands exchanged

  /// Never raises: values of different kinds are unequal, 1 == 1.0.
  case equal
  case notEqual
  /// Raises unless both are numbers, both addresses or both strings.
  case less
  case lessOrEqual

  // MARK: Branches. All may charge steps; offsets are relative to the next instruction

  /// to `wide`
  case jump
  /// to `wide` if ra; raises unless ra is a boolean
  case jumpIfTrue
  /// to `wide` unless ra; raises unless ra is a boolean
  case jumpIfFalse
  /// to `wide` unless ra is absent (skips a parameter's default)
  case jumpIfPresent
  /// to `offset` if ra OP rb, or if not (which is no other comparison where floats are NaN)
  case jumpIfEqual
  case jumpIfNotEqual
  case jumpIfLess
  case jumpIfNotLess
  case jumpIfLessOrEqual
  case jumpIfNotLessOrEqual
  /// to `offset` if ra OP `immediateB`, or if not
  case jumpIfEqualImmediate
  case jumpIfNotEqualImmediate
  case jumpIfLessImmediate
  case jumpIfNotLessImmediate
  case jumpIfLessOrEqualImmediate
  case jumpIfNotLessOrEqualImmediate
  case jumpIfGreaterImmediate
  case jumpIfNotGreaterImmediate
  case jumpIfGreaterOrEqualImmediate
  case jumpIfNotGreaterOrEqualImmediate

  // MARK: Loops

  /// ra, ra+1 hold the bounds of `lower ..< upper`, which must be integers, or raise. Leaves the
  /// first value in ra and the last one in ra+1; to `wide` when there is none
  case prepareRange
  /// The same for `lower ... upper`
  case prepareClosedRange
  /// ra holds the count of a `repeat`, an integer, or raise. Leaves 1 in ra and the count in ra+1;
  /// to `wide` when it is less than 1
  case prepareRepeat
  /// if ra < ra+1: ra ← ra + 1, to `wide` (backwards; the operands are integers)
  case nextInRange
  /// rb holds a list, map, string, range or region, or raise. Leaves the state of an iteration in
  /// ra, ra+1. A map gives its keys, a string its characters, a region its pages
  case prepareIteration
  /// if the iteration ra, ra+1 has a further element: ra+2 ← it, to `wide` (backwards)
  case nextInIteration

  // MARK: Calls. All charge steps. The frame of a script function begins at its first argument

  /// ra ← functions[b](ra, ra+1, …); as many as it has parameters, absent ones marked
  case call
  /// ra ← value rb called with the c arguments ra, ra+1, … (see `Program` on argument counts)
  case callValue
  /// ra ← builtins[b](rc, rc+1, …); as many as its signature has parameters, absent ones marked
  case callBuiltin
  /// ra ← builtins[b](ra, …) of a variadic builtin; c counts them all, the named ones first
  case callVariadic
  /// ra ← ra.memberNames[b](ra+1, …), c arguments without the receiver: a method of a handle, or
  /// the closure that a map holds under the name
  case callMember
  /// returns ra
  case returnValue
  /// returns nil
  case returnNil
  /// charges `wide` steps: a run of statements that ends in no other charging instruction
  case step

  // MARK: Building and reaching into values

  /// ra ← [rb, rb+1, …], c elements
  case makeList
  /// the list ra gains rb, rb+1, …, c elements
  case extendList
  /// ra ← [rb: rb+1, rb+2: rb+3, …], c entries
  case makeMap
  /// the map ra gains rb: rb+1, …, c entries
  case extendMap
  /// ra ← rb ..< rb+1
  case makeRange
  /// ra ← rb ... rb+1
  case makeClosedRange
  /// ra ← one string of the printed forms of rb, rb+1, …, c of them
  case makeString
  /// ra ← rb[rc]; a range slices a list, a string or a region
  case getIndex
  /// ra ← rb[`immediateC`]
  case getIndexImmediate
  /// ra[rb] ← rc
  case setIndex
  /// ra ← rb.memberNames[c]
  case getMember
  /// ra.memberNames[b] ← rc
  case setMember

  // MARK: Expectations. `c` indexes `FunctionRecord.expectations`

  /// ra is the condition, a boolean, or raise; rb, rb+1 are the sides if it compares two
  case expect
  /// `expect NAME { … }`: the block has ended without failing
  case expectMissed
  /// `expect NAME { … }`: the block has failed with the error ra, of the right name or not
  case expectFailed
}

extension Opcode {
  /// Whether an instruction of this kind may carry `steps`.
  package var chargesSteps: Bool {
    switch self {
    case .step: true
    case .jump, .jumpIfTrue, .jumpIfFalse, .jumpIfPresent: true
    case .prepareRange, .prepareClosedRange, .prepareRepeat: true
    case .nextInRange, .nextInIteration: true
    case .call, .callValue, .callBuiltin, .callVariadic, .callMember: true
    case .returnValue, .returnNil: true
    default: isFusedBranch
    }
  }

  /// Whether this compares and branches to `offset`.
  package var isFusedBranch: Bool {
    rawValue >= Opcode.jumpIfEqual.rawValue
      && rawValue <= Opcode.jumpIfNotGreaterOrEqualImmediate.rawValue
  }

  /// Whether this branches to `wide`.
  package var isWideBranch: Bool {
    switch self {
    case .jump, .jumpIfTrue, .jumpIfFalse, .jumpIfPresent: true
    case .prepareRange, .prepareClosedRange, .prepareRepeat: true
    case .nextInRange, .nextInIteration: true
    default: false
    }
  }
}
