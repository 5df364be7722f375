// Running the fiber that has the CPU.

internal import QuireKernel

extension World {
  /// Runs the current fiber on its heap (`current`, `heap`) until it has to stop.
  mutating func interpret(steps: inout Int) -> Stop { .ended }
}
