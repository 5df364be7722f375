// A list of owned values: what an array would be if it could hold values that cannot be copied.

/// One owned value behind a reference, so that an array of them can be kept.
private final class Slot<Element: ~Copyable> {
  var element: Element

  init(_ element: consuming Element) { self.element = element }
}

/// Owned values by index; freed places are reused, the one freed last first.
///
/// A value is reached by exchanging it for another (`exchange`), once per time slice, so the
/// reference costs nothing where the work is done. Index 0 is never handed out.
package struct Shelf<Element: ~Copyable>: ~Copyable {
  private var slots: [Slot<Element>?] = [nil]
  private var free: [Int] = []

  package init() {}

  /// One more than the largest index handed out so far.
  package var limit: Int { slots.count }

  package func isLive(_ index: Int) -> Bool {
    index > 0 && index < slots.count && slots[index] != nil
  }

  /// Stores a value and returns its index.
  package mutating func insert(_ element: consuming Element) -> Int {
    let slot = Slot(element)
    if let index = free.popLast() {
      slots[index] = slot
      return index
    }
    slots.append(slot)
    return slots.count - 1
  }

  /// Drops the value at `index`.
  package mutating func remove(_ index: Int) {
    precondition(isLive(index), "Shelf: remove of place \(index), which is empty")
    slots[index] = nil
    free.append(index)
  }

  /// Puts `element` in place `index` and the value that was there in `element`.
  package mutating func exchange(_ index: Int, with element: inout Element) {
    guard let slot = slots[index] else {
      preconditionFailure("Shelf: exchange with place \(index), which is empty")
    }
    swap(&slot.element, &element)
  }

  /// Reads or changes the value at `index` in place.
  package mutating func with<Result>(
    _ index: Int, _ body: (inout Element) -> Result
  ) -> Result {
    guard let slot = slots[index] else {
      preconditionFailure("Shelf: place \(index) is empty")
    }
    return body(&slot.element)
  }
}
