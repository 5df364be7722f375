// What must hold in every heap between two instructions.

internal import KernelStorage

/// A rule of the heap that does not hold.
package struct HeapViolation: Hashable, Sendable {
  package enum Rule: String, Hashable, Sendable {
    /// The arena is a row of objects: each header has a known tag and its words lie inside.
    case objectsInARow
    /// A reference names the beginning of an object with the tag of the reference.
    case referencesMeetObjects
    /// A list has no more elements than its storage has words.
    case listsFitTheirStorage
    /// A map has no more entries than its storage, and its slots name each used entry once.
    case slotsNameEntries
    /// The globals, constants and names are storage objects.
    case rootsAreStorage
  }

  package var rule: Rule
  /// Index of the object, or of the root.
  package var index: Int
}

extension ScriptHeap {
  /// The first rule that does not hold, or nil. Takes time in proportion to the heap.
  package func checkInvariants() -> HeapViolation? {
    if words.count == 0 { return nil }
    var beginnings: Set<Int> = []
    var index = 1
    while index < words.count {
      let length = Int(truncatingIfNeeded: words[index] >> 8)
      guard objectTag(index) != nil, length >= 0, index + length < words.count else {
        return HeapViolation(rule: .objectsInARow, index: index)
      }
      beginnings.insert(index)
      index += 1 + length
    }
    for root in [globals, constants, names] where root != 0 {
      guard beginnings.contains(root), objectTag(root) == .storage else {
        return HeapViolation(rule: .rootsAreStorage, index: root)
      }
    }
    return checkObjects(beginnings)
  }

  private func objectTag(_ index: Int) -> ValueTag? {
    ValueTag(rawValue: UInt8(truncatingIfNeeded: words[index]))
  }

  private func checkObjects(_ beginnings: Set<Int>) -> HeapViolation? {
    var index = 1
    while index < words.count {
      let length = Int(truncatingIfNeeded: words[index] >> 8)
      if let tag = objectTag(index), let rule = brokenRule(tag, index, length, beginnings) {
        return HeapViolation(rule: rule, index: index)
      }
      index += 1 + length
    }
    return nil
  }

  private func brokenRule(
    _ tag: ValueTag, _ index: Int, _ length: Int, _ beginnings: Set<Int>
  ) -> HeapViolation.Rule? {
    if Self.isRaw(tag) { return nil }
    for word in index + 1..<index + 1 + length {
      let value = Value(bits: words[word])
      guard value.isReference else { continue }
      guard beginnings.contains(value.index), objectTag(value.index) == value.tag else {
        return .referencesMeetObjects
      }
    }
    let object = Value(tag, payload: UInt64(index))
    switch tag {
    case .list: return isListSound(object) ? nil : .listsFitTheirStorage
    case .map: return isMapSound(object) ? nil : .slotsNameEntries
    default: return nil
    }
  }

  private func isListSound(_ list: Value) -> Bool {
    let storage = self[list, 1]
    return storage.has(.storage) && (0...length(of: storage)).contains(count(ofList: list))
  }

  private func isMapSound(_ map: Value) -> Bool {
    let (entries, slots) = (self[map, 3], self[map, 4])
    guard entries.has(.storage), slots.has(.slots) else { return false }
    let used = entryLimit(of: map)
    guard used * 2 <= length(of: entries), count(ofMap: map) <= used else { return false }
    var named: Set<UInt64> = []
    for slot in 0..<length(of: slots) where raw(slots, slot) != 0 {
      let entry = raw(slots, slot) & 0xffff_ffff
      guard entry >= 1, entry <= UInt64(used), named.insert(entry).inserted else { return false }
    }
    let live = (0..<used).count { !key($0, of: map).isAbsent }
    return named.count == used && live == count(ofMap: map)
  }

  /// Overwrites a word, to see that the rules notice.
  package mutating func corrupt(word: Int, with bits: UInt64) { words[word] = bits }
}
