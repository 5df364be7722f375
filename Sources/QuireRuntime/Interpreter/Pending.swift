// What the calls need of the interpreter and its values; each goes as the real one arrives.

internal import QuireKernel
internal import QuireProgram

extension Execution {
  /// The life of a new fiber: a function of the program that captures nothing.
  mutating func start(function: Int, in image: CodeImage) {}
  /// The life of a new fiber: a closure (or function value) called without arguments.
  mutating func start(closure: Value, in image: CodeImage, _ heap: borrowing ScriptHeap) {}
  /// A call between two steps, whose result is dropped. When it returns, the interpreter calls
  /// `World.leaveHandler`, and whatever it interrupted goes on (`isResuming` as it was).
  mutating func interrupt(
    with closure: Value, argument: Value, in image: CodeImage, _ heap: borrowing ScriptHeap
  ) {}
}

struct MemberName: BitwiseCopyable, Sendable {
  var number: Int
  var known: Member? { Member(rawValue: UInt16(truncatingIfNeeded: number)) }
  func text(in image: CodeImage) -> String { image.program.memberNames[number] }
}

extension ScriptHeap {
  func kindName(of value: Value) -> String { "value" }
  func kindPhrase(of value: Value) -> String { "a value" }
  /// The printed form, as `print` writes it.
  func printed(_ value: Value) -> String { "" }
  func entryLimit(of map: Value) -> Int { 0 }
  func key(_ entry: Int, of map: Value) -> Value { .none }
  func value(_ entry: Int, of map: Value) -> Value { .none }
  static func mapWords(_ capacity: Int) -> Int { 0 }
  mutating func map(capacity: Int) -> Value { .none }
  mutating func set(_ key: Value, to value: Value, in map: Value) -> Bool { true }
  /// The value of a string key of a map.
  func value(forKey key: String, in map: Value) -> Value? { nil }
}

extension World {
  func text(of value: Value) -> [UInt8] { [] }
  mutating func fail(_ content: ErrorContent) -> BuiltinOutcome { .raise(heap.error(content)) }
  mutating func noMember(_ value: Value, _ name: MemberName) -> BuiltinOutcome { .wait }
  /// Makes sure that a child's copy of this heap is within the limit, or throws `.outcome(.limit(.heap))`.
  mutating func reserveCopyOfHeap() throws(CallFailure) {}
  /// A heap's words are free again (a process has ended).
  mutating func dischargeHeap(_ words: Int) {}
}
