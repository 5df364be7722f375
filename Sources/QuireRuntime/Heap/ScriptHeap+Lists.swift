// Lists: an object with the count and a storage object, which is replaced when it is full.

internal import KernelStorage

extension ScriptHeap {
  /// Words that a new list of so many elements needs.
  package static func listWords(_ count: Int) -> Int { 3 + 1 + count }

  /// A list of `count` elements, all 0 until they are set.
  package mutating func list(count: Int) -> Value {
    let storage = allocate(.storage, length: count)
    let object = allocate(.list, length: 2)
    self[object, 0] = Value(small: count)
    self[object, 1] = storage
    return object
  }

  package func count(ofList list: Value) -> Int { Int(self[list, 0].smallInteger) }

  /// An element; the index must be below the count.
  @inline(__always)
  package func element(_ index: Int, of list: Value) -> Value { self[self[list, 1], index] }

  @inline(__always)
  package mutating func setElement(_ index: Int, of list: Value, to value: Value) {
    self[self[list, 1], index] = value
  }

  /// Words that appending `extra` elements may need: none while there is room.
  func appendWords(_ extra: Int, to list: Value) -> Int {
    let count = count(ofList: list)
    let capacity = length(of: self[list, 1])
    return count + extra <= capacity ? 0 : 1 + Self.grown(count + extra)
  }

  /// Capacity for a list that has outgrown its storage with `count` elements.
  private static func grown(_ count: Int) -> Int { max(4, count + count / 2) }

  package mutating func append(_ value: Value, to list: Value) {
    let count = count(ofList: list)
    makeRoom(for: count + 1, in: list)
    self[list, 0] = Value(small: count + 1)
    setElement(count, of: list, to: value)
  }

  /// Makes the storage of a list long enough for `count` elements.
  mutating func makeRoom(for count: Int, in list: Value) {
    let old = self[list, 1]
    let capacity = length(of: old)
    if count <= capacity { return }
    let storage = allocate(.storage, length: Self.grown(count))
    words.move(old.index + 1..<old.index + 1 + capacity, to: storage.index + 1)
    self[list, 1] = storage
  }

  /// Puts an element in front of element `index`, which may be the count.
  mutating func insert(_ value: Value, at index: Int, of list: Value) {
    append(value, to: list)
    let count = count(ofList: list)
    let first = self[list, 1].index + 1
    words.move(first + index..<first + count - 1, to: first + index + 1)
    setElement(index, of: list, to: value)
  }

  mutating func removeElement(_ index: Int, of list: Value) -> Value {
    let count = count(ofList: list)
    let removed = element(index, of: list)
    let first = self[list, 1].index + 1
    words.move(first + index + 1..<first + count, to: first + index)
    setElement(count - 1, of: list, to: Value(small: 0))
    self[list, 0] = Value(small: count - 1)
    return removed
  }

  /// Copies elements of one list over those of another of sufficient count.
  mutating func copyElements(_ range: Range<Int>, of source: Value, to target: Value, at place: Int)
  {
    let from = self[source, 1].index + 1
    words.move(
      from + range.lowerBound..<from + range.upperBound, to: self[target, 1].index + 1 + place)
  }
}
