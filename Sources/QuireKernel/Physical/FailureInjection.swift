// Failure injection: an allocation that is made to fail, to see that its caller survives it.

/// A countdown over all allocations of pages and slab objects.
///
/// Linux: `fail_page_alloc` and `failslab`, mm/fail_page_alloc.c, mm/failslab.c.
struct FailureInjection: Sendable, BitwiseCopyable {
  /// Allocations until one fails, that one included; 0 is off.
  private(set) var countdown = 0
  /// Whose allocations count; none for everybody's.
  private var task = TaskIndex.none
  /// Allocations made to fail so far.
  private(set) var failures = 0

  mutating func arm(_ allocations: Int, for task: TaskIndex = .none) {
    countdown = max(0, allocations)
    self.task = task
  }

  /// Counts one allocation; true when it is the one to fail.
  mutating func strikes(for task: TaskIndex) -> Bool {
    if countdown == 0 || !self.task.isNone && self.task != task { return false }
    countdown -= 1
    if countdown == 0 { failures += 1 }
    return countdown == 0
  }
}
