// Who may run when: one queue for those who are ready and those whose time will come.
//
// Entries are ordered by (time, order of arrival), so a fiber that became ready earlier in
// simulated time goes first, and equal times go first in, first out. A sleeper is simply an entry
// whose time is still to come.

package import QuireKernel

/// A fiber and the time from which it may run.
package struct ReadyEntry: Sendable, Hashable, BitwiseCopyable {
  package var time: Nanoseconds
  /// Unique; the entry is stale when it is not the `readyEntry` of its fiber any more.
  package var order: UInt64
  package var fiber: Int

  static func precedes(_ a: ReadyEntry, _ b: ReadyEntry) -> Bool {
    a.time != b.time ? a.time < b.time : a.order < b.order
  }
}

/// A binary heap of entries, smallest (time, order) first.
package struct ReadyQueue: Sendable {
  private var entries: [ReadyEntry] = []
  private var arrivals: UInt64 = 0

  package init() {}

  package var isEmpty: Bool { entries.isEmpty }
  package var first: ReadyEntry? { entries.first }

  /// Adds an entry and returns its `order`.
  package mutating func insert(_ fiber: Int, at time: Nanoseconds) -> UInt64 {
    arrivals += 1
    restore(ReadyEntry(time: time, order: arrivals, fiber: fiber))
    return arrivals
  }

  /// Puts an entry back where it was.
  package mutating func restore(_ entry: ReadyEntry) {
    entries.append(entry)
    siftUp(entries.count - 1)
  }

  package mutating func popFirst() -> ReadyEntry? {
    guard let first = entries.first else { return nil }
    let last = entries.removeLast()
    if !entries.isEmpty {
      entries[0] = last
      siftDown(0)
    }
    return first
  }

  private mutating func siftUp(_ start: Int) {
    var child = start
    while child > 0 {
      let parent = (child - 1) / 2
      guard ReadyEntry.precedes(entries[child], entries[parent]) else { return }
      entries.swapAt(child, parent)
      child = parent
    }
  }

  private mutating func siftDown(_ start: Int) {
    var parent = start
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < entries.count && ReadyEntry.precedes(entries[child], entries[least]) {
        least = child
      }
      if least == parent { return }
      entries.swapAt(parent, least)
      parent = least
    }
  }
}
