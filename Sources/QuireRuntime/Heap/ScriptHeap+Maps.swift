// Maps: entries in the order of their insertion, and an index of hashes over them.
//
// A map has the number of live entries, the number of entries used so far, how often a key was
// added, the storage of the entries (key, value, key, value …) and the slots of the index. A slot
// is 0 when it is empty, else the upper half of the hash and the entry's number plus 1. A removed
// entry has an absent key and keeps its slot until the map is built anew, when its entries are used
// up. Nothing outside the keys decides the order.

internal import KernelStorage

private enum MapField {
  static let live = 0
  static let used = 1
  static let additions = 2
  static let entries = 3
  static let slots = 4
}

extension ScriptHeap {
  /// Words that a new map with room for so many entries needs.
  package static func mapWords(_ capacity: Int) -> Int { 6 + tableWords(capacity) }

  private static func tableWords(_ capacity: Int) -> Int {
    2 + 2 * capacity + slotCount(capacity)
  }

  /// Slots for so many entries: a power of two, at most half of them taken.
  private static func slotCount(_ capacity: Int) -> Int {
    var count = 8
    while count < 2 * capacity { count *= 2 }
    return count
  }

  package mutating func map(capacity: Int) -> Value {
    let object = allocate(.map, length: 5)
    self[object, MapField.entries] = allocate(.storage, length: 2 * capacity)
    self[object, MapField.slots] = allocate(.slots, length: Self.slotCount(capacity))
    return object
  }

  package func count(ofMap map: Value) -> Int { field(map, MapField.live) }

  /// One more than the number of the last entry; removed ones count.
  package func entryLimit(of map: Value) -> Int { field(map, MapField.used) }

  /// Changes when a key is added, so that a loop can tell.
  func additions(to map: Value) -> Int { field(map, MapField.additions) }

  private func field(_ map: Value, _ field: Int) -> Int { Int(self[map, field].smallInteger) }

  private mutating func setField(_ map: Value, _ field: Int, _ value: Int) {
    self[map, field] = Value(small: value)
  }

  /// The key of an entry; absent when the entry was removed.
  package func key(_ entry: Int, of map: Value) -> Value {
    self[self[map, MapField.entries], 2 * entry]
  }

  package func value(_ entry: Int, of map: Value) -> Value {
    self[self[map, MapField.entries], 2 * entry + 1]
  }

  package mutating func setValue(_ entry: Int, of map: Value, to value: Value) {
    self[self[map, MapField.entries], 2 * entry + 1] = value
  }

  // MARK: Finding

  /// The entry with this key, which must be hashable, or nil.
  package func entry(_ key: Value, of map: Value) -> Int? {
    guard let hash = hash(of: key) else { return nil }
    return find(key, hash: hash, in: map).entry
  }

  /// The entry with this key, or the empty slot where it would go.
  private func find(_ key: Value, hash: UInt64, in map: Value) -> (entry: Int?, slot: Int) {
    let slots = self[map, MapField.slots]
    let mask = length(of: slots) - 1
    var slot = Int(truncatingIfNeeded: hash >> 32) & mask
    while true {
      let word = raw(slots, slot)
      if word == 0 { return (nil, slot) }
      if word >> 32 == hash >> 32 {
        let entry = Int(truncatingIfNeeded: word & 0xffff_ffff) - 1
        if areEqualKeys(self.key(entry, of: map), key) { return (entry, slot) }
      }
      slot = (slot + 1) & mask
    }
  }

  // MARK: Changing

  /// Words that adding a key may need.
  package func insertionWords(_ map: Value) -> Int {
    let capacity = length(of: self[map, MapField.entries]) / 2
    return entryLimit(of: map) < capacity ? 0 : Self.tableWords(newCapacity(of: map))
  }

  /// Words that adding so many keys may need, when `makeRoom` is called first.
  func extensionWords(_ extra: Int, _ map: Value) -> Int {
    let capacity = length(of: self[map, MapField.entries]) / 2
    if entryLimit(of: map) + extra <= capacity { return 0 }
    return Self.tableWords(max(newCapacity(of: map), count(ofMap: map) + extra))
  }

  /// Makes a map fit to take so many further keys.
  mutating func makeRoom(forKeys extra: Int, in map: Value) {
    let capacity = length(of: self[map, MapField.entries]) / 2
    if entryLimit(of: map) + extra <= capacity { return }
    rebuild(map, capacity: max(newCapacity(of: map), count(ofMap: map) + extra))
  }

  private func newCapacity(of map: Value) -> Int { max(4, 2 * count(ofMap: map)) }

  /// Sets the value of a key, adding it behind all others if it is new.
  ///
  /// - Returns: false when the key cannot be hashed.
  @discardableResult
  package mutating func set(_ key: Value, to value: Value, in map: Value) -> Bool {
    guard let hash = hash(of: key) else { return false }
    if let entry = find(key, hash: hash, in: map).entry {
      setValue(entry, of: map, to: value)
      return true
    }
    if entryLimit(of: map) == length(of: self[map, MapField.entries]) / 2 {
      rebuild(map, capacity: newCapacity(of: map))
    }
    setField(map, MapField.additions, (field(map, MapField.additions) + 1) & 0x3fff_ffff)
    add(key, value, hash: hash, to: map)
    return true
  }

  private mutating func add(_ key: Value, _ value: Value, hash: UInt64, to map: Value) {
    let entry = entryLimit(of: map)
    let slot = find(key, hash: hash, in: map).slot
    let slots = self[map, MapField.slots]
    setRaw(slots, slot, (hash >> 32) << 32 | UInt64(entry + 1))
    let entries = self[map, MapField.entries]
    self[entries, 2 * entry] = key
    self[entries, 2 * entry + 1] = value
    setField(map, MapField.used, entry + 1)
    setField(map, MapField.live, count(ofMap: map) + 1)
  }

  /// Moves the live entries to new storage, in order.
  private mutating func rebuild(_ map: Value, capacity: Int) {
    let old = self[map, MapField.entries]
    let limit = entryLimit(of: map)
    self[map, MapField.entries] = allocate(.storage, length: 2 * capacity)
    self[map, MapField.slots] = allocate(.slots, length: Self.slotCount(capacity))
    setField(map, MapField.used, 0)
    setField(map, MapField.live, 0)
    for entry in 0..<limit {
      let key = self[old, 2 * entry]
      guard !key.isAbsent, let hash = hash(of: key) else { continue }
      add(key, self[old, 2 * entry + 1], hash: hash, to: map)
    }
  }

  /// Takes a key out; nil when it is not there.
  package mutating func remove(_ key: Value, from map: Value) -> Value? {
    guard let entry = entry(key, of: map) else { return nil }
    let removed = value(entry, of: map)
    let entries = self[map, MapField.entries]
    self[entries, 2 * entry] = .absent
    self[entries, 2 * entry + 1] = .none
    setField(map, MapField.live, count(ofMap: map) - 1)
    return removed
  }
}

extension ScriptHeap {
  /// The value of a string key, found by looking at every key; for reading a few fields of a map.
  package func value(forKey text: String, in map: Value) -> Value? {
    for entry in 0..<entryLimit(of: map) where asString(key(entry, of: map)) == text {
      return value(entry, of: map)
    }
    return nil
  }
}
