// Every rule of the heap is broken once, and named.

import QuireRuntime
import Testing

@Suite("Rules of the heap") struct HeapInvariantTests {
  @Test("a heap with everything in it is sound, before and after a collection")
  func sound() {
    var heap = ScriptHeap()
    var list = heap.list(count: 2)
    let map = heap.map(capacity: 1)
    for number in 0..<10 { heap.set(heap.string("k\(number)"), to: heap.float(1e300), in: map) }
    _ = heap.remove(heap.string("k3"), from: map)
    heap.setElement(0, of: list, to: map)
    heap.setElement(1, of: list, to: list)
    expect(nil, of: heap)
    heap.collect { list = $0.forward(list) }
    expect(nil, of: heap)
  }

  @Test("a header without a known tag breaks the row")
  func headers() {
    var heap = ScriptHeap()
    _ = heap.list(count: 2)
    heap.corrupt(word: 1, with: 0xee)
    expect(.objectsInARow, of: heap)
  }

  @Test("a reference into the middle of an object meets none")
  func references() {
    var heap = ScriptHeap()
    let list = heap.list(count: 1)
    let text = heap.string("abc")
    heap.setElement(0, of: list, to: Value(.string, payload: UInt64(text.index + 1)))
    expect(.referencesMeetObjects, of: heap)
    heap.setElement(0, of: list, to: Value(.map, payload: UInt64(text.index)))
    expect(.referencesMeetObjects, of: heap)
  }

  @Test("a count beyond the storage is noticed")
  func counts() {
    var heap = ScriptHeap()
    let list = heap.list(count: 1)
    heap.corrupt(word: list.index + 1, with: Value(small: 2).bits)
    expect(.listsFitTheirStorage, of: heap)
  }

  @Test("a map whose index lost an entry is noticed")
  func slots() {
    var heap = ScriptHeap()
    let map = heap.map(capacity: 4)
    heap.set(Value(small: 7), to: .none, in: map)
    heap.corrupt(word: map.index + 2, with: Value(small: 2).bits)
    expect(.slotsNameEntries, of: heap)
  }

  private func expect(_ expected: HeapViolation.Rule?, of heap: borrowing ScriptHeap) {
    let found = heap.checkInvariants()?.rule
    #expect(found == expected)
  }
}
