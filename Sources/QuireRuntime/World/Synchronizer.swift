// Events, semaphores and barriers: where processes wait for each other, first come, first served.
//
// They live outside the processes, so that a forked child meets its parent at the same one.

/// One of them; its handle is its index in `World.synchronizers`.
package struct Synchronizer: Sendable {
  package enum Kind: Sendable, Hashable {
    /// `wait()` sleeps until the next `signal()`, which wakes all.
    case event
    /// `down()` takes one of `count`, or sleeps; `up()` gives one.
    case semaphore
    /// `wait()` sleeps until `count` processes have come.
    case barrier
  }

  package var kind: Kind
  /// Places of a semaphore that are free; processes that meet at a barrier.
  package var count: Int64
  /// Fibers that wait, in the order in which they came.
  package var waiters: [Int] = []

  package init(_ kind: Kind, count: Int64 = 0) {
    self.kind = kind
    self.count = count
  }

  package var noun: String {
    switch kind {
    case .event: "event"
    case .semaphore: "semaphore"
    case .barrier: "barrier"
    }
  }
}
