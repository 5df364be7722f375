// The queue of who runs next: its order is what makes a run repeatable.

import Testing

@testable import QuireRuntime

@Suite("Ready queue")
struct ReadyQueueTests {
  @Test("entries leave by time, and by arrival among equal times, as a sorted list would")
  func order() {
    var stream = RandomStream(seed: 11)
    var queue = ReadyQueue()
    var model: [(time: UInt64, order: UInt64, fiber: Int)] = []
    for step in 0..<5_000 {
      if model.isEmpty || stream.below(5) < 3 {
        let time = stream.below(50)
        let order = queue.insert(step, at: time)
        model.append((time, order, step))
        model.sort { ($0.time, $0.order) < ($1.time, $1.order) }
      } else {
        let expected = model.removeFirst()
        let entry = queue.popFirst()
        #expect(entry?.fiber == expected.fiber)
        #expect(entry?.time == expected.time)
      }
      let first = queue.first
      #expect(first?.fiber == model.first?.fiber)
    }
  }

  @Test("an entry that is put back keeps its turn")
  func restore() throws {
    var queue = ReadyQueue()
    _ = queue.insert(1, at: 5)
    _ = queue.insert(2, at: 5)
    let popped = queue.popFirst()
    let first = try #require(popped)
    queue.restore(first)
    let again = queue.popFirst()
    #expect(again?.fiber == 1)
    let second = queue.popFirst()
    #expect(second?.fiber == 2)
    let isEmpty = queue.isEmpty
    #expect(isEmpty)
  }
}
