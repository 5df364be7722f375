// Who may run when: one queue for those who are ready and those whose time will come.
//
// Entries are ordered by (time, order of arrival), so a fiber that became ready earlier in
// simulated time goes first, and equal times go first in, first out. A sleeper is simply an entry
// whose time is still to come.

internal import KernelStorage
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
package struct ReadyQueue: ~Copyable {
  /// The first `count` rows are the heap.
  private var entries = Table<ReadyEntry>()
  private var count = 0
  private var arrivals: UInt64 = 0

  package init() {}

  package var isEmpty: Bool { count == 0 }
  package var first: ReadyEntry? { count == 0 ? nil : entries[0] }

  /// Adds an entry and returns its `order`.
  package mutating func insert(_ fiber: Int, at time: Nanoseconds) -> UInt64 {
    arrivals += 1
    restore(ReadyEntry(time: time, order: arrivals, fiber: fiber))
    return arrivals
  }

  /// Puts an entry back where it was.
  package mutating func restore(_ entry: ReadyEntry) {
    if count == entries.count { entries.append(entry) }
    count += 1
    siftUp(entry, from: count - 1)
  }

  package mutating func popFirst() -> ReadyEntry? {
    guard let first else { return nil }
    count -= 1
    if count > 0 { siftDown(entries[count]) }
    return first
  }

  // The entry that moves is held in hand; the others move by one place each.

  private mutating func siftUp(_ entry: ReadyEntry, from start: Int) {
    var place = start
    while place > 0 {
      let parent = (place - 1) >> 1
      guard ReadyEntry.precedes(entry, entries[parent]) else { break }
      entries[place] = entries[parent]
      place = parent
    }
    entries[place] = entry
  }

  /// Finds the place of an entry, from the root down.
  private mutating func siftDown(_ entry: ReadyEntry) {
    var place = 0
    while true {
      var child = 2 * place + 1
      if child >= count { break }
      if child + 1 < count && ReadyEntry.precedes(entries[child + 1], entries[child]) { child += 1 }
      guard ReadyEntry.precedes(entries[child], entry) else { break }
      entries[place] = entries[child]
      place = child
    }
    entries[place] = entry
  }
}
