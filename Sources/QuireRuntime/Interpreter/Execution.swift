// Where a fiber is in the program and what it holds: registers, frames, the place.
//
// Everything is plain words, so `fork` copies it, and nothing lives on a Swift stack between two
// instructions. Register `n` of the running frame is word `base + n`; the frame of a callee begins
// at the first argument of its caller. Words above the running frame mean nothing: they may hold
// values of frames that are gone, which the collector clears.

internal import KernelStorage
internal import QuireProgram

/// Registers, frames and place of one fiber.
package struct Execution: ~Copyable {
  var registers = WordArena()
  /// Two words for each frame that waits for a callee: where it goes on (the address after the call
  /// in the lower half, its base in the upper one), then its closure. The first `depth` pairs
  /// count.
  var frames = WordArena()
  /// Calls inside each other, the function that runs not counted.
  package internal(set) var depth = 0
  /// Frames below this depth belong to code that a handler interrupted, or to nobody; see
  /// `interrupt`.
  var floor = 0
  /// Words of the stack that the world has charged.
  var chargedWords = 0
  /// Address of the instruction that comes next; of the call itself while a builtin runs.
  package internal(set) var pc = 0
  /// The first register of the running frame.
  var base = 0
  /// The closure whose code runs, or nil in a function without captures.
  var closure = Value.none
  /// The call at `pc` has been charged already and goes on where it was left.
  var isResuming = false
  package init() {}

  package borrowing func copy() -> Execution {
    var child = Execution()
    child.registers = registers.copy()
    child.frames = frames.copy(first: 2 * depth)
    child.depth = depth
    child.floor = floor
    child.pc = pc
    child.base = base
    child.closure = closure
    child.isResuming = isResuming
    return child
  }

  @inline(__always)
  subscript(register: Int) -> Value {
    get { Value(bits: registers[base &+ register]) }
    set { registers[base &+ register] = newValue.bits }
  }

  /// A register counted from the bottom of the stack.
  @inline(__always)
  func value(at place: Int) -> Value { Value(bits: registers[place]) }

  /// An argument of a builtin that runs; `absent` if it was not given.
  @inline(__always)
  package func argument(_ number: Int, of call: BuiltinCall) -> Value {
    Value(bits: registers[call.first &+ number])
  }

  /// Ends the call at `pc` with this result and goes on behind it: what a builtin does for a fiber
  /// that is not the running one, such as the child of `fork()`.
  package mutating func completeCall(with value: Value, in image: CodeImage) {
    self[Int(image.code[pc].a)] = value
    pc += 1
    isResuming = false
  }
}
