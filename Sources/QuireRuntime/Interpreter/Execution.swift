// Placeholder of the interpreter's types until they arrive; the scheduler needs no more than this.

/// Values and frames of one fiber.
package struct Execution: ~Copyable {
  package init() {}
  package borrowing func copy() -> Execution { Execution() }
}

/// Strings, lists, maps and closures of one process.
package struct ScriptHeap: ~Copyable {
  package init() {}
  package borrowing func copy() -> ScriptHeap { ScriptHeap() }
}

extension World {
  /// Runs the current fiber on its heap (`current`, `heap`) until it has to stop.
  ///
  /// Uses up `steps` one by one, charges `kernel.charge(kernel.costs.step)` for each, and returns
  /// at once when `kernel.now` has reached `kernel.sliceEnd`.
  mutating func interpret(steps: inout Int) -> Stop { .ended }
}
