// What the calls need of the interpreter and its values; each goes as the real one arrives.

internal import QuireKernel

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

extension ScriptHeap {
  /// The printed form, as `print` writes it.
  func printed(_ value: Value) -> String { "" }
  /// The value of a string key of a map.
  func value(forKey key: String, in map: Value) -> Value? { nil }
}

extension World {
  /// "list", "process" … as `type()` says it.
  func kindName(of value: Value) -> String { "value" }
  /// Makes sure that a child's copy of this heap is within the limit, or throws `.outcome(.limit(.heap))`.
  mutating func reserveCopyOfHeap() throws(CallFailure) {}
  /// A heap's words are free again (a process has ended).
  mutating func dischargeHeap(_ words: Int) {}
}
