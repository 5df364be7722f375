import KernelStorage
import Testing

/// Slots hold what cannot be copied, and give every element back exactly once.
struct SlotsTests {
  /// Counts how many of its kind are alive.
  struct Token: ~Copyable {
    let number: Int
    let alive: Counter

    init(_ number: Int, _ alive: Counter) {
      self.number = number
      self.alive = alive
      alive.value += 1
    }

    deinit { alive.value -= 1 }
  }

  final class Counter {
    var value = 0
  }

  @Test("an element keeps its index until it is taken; the slot emptied last is filled first")
  func indices() {
    let alive = Counter()
    var slots = Slots<Token>()
    for number in 0..<10 { #expect(slots.insert(Token(number, alive)) == number) }
    let third = slots.take(3)
    slots.remove(7)
    #expect(third.number == 3)
    #expect(slots.count == 8)
    #expect(!slots.isOccupied(3) && !slots.isOccupied(7) && slots.isOccupied(9))
    #expect(slots.insert(Token(70, alive)) == 7)
    slots.put(third, at: 3)
    #expect(slots[3].number == 3)
    #expect(slots.insert(Token(10, alive)) == 10)
    #expect(alive.value == 11)
  }

  @Test("every element is destroyed once, also after growing and with holes")
  func lifetimes() {
    let alive = Counter()
    do {
      var slots = Slots<Token>(minimumCapacity: 1)
      for number in 0..<100 { slots.append(Token(number, alive)) }
      for index in stride(from: 0, to: 100, by: 3) { slots.remove(index) }
      for number in 0..<10 { _ = slots.insert(Token(number, alive)) }
      #expect(alive.value == slots.count)
    }
    #expect(alive.value == 0)
  }

  @Test("a slot holds a table")
  func tables() {
    var slots = Slots<Table<UInt32>>()
    let index = slots.insert(Table())
    slots[index].append(5)
    #expect(slots[index][0] == 5)
  }
}
