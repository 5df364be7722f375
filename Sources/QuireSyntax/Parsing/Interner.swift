// Names to small numbers, without making a string of each occurrence.

/// Gives equal names equal numbers. An open-addressing table over the bytes of the source.
struct Interner {
  private(set) var names: [String] = []
  /// Where each name was seen first; its bytes are compared there.
  private var ranges: [Range<Int>] = []
  /// One more than the index of a name, or 0; a power of two long, at most half full.
  private var slots: [UInt32] = Array(repeating: 0, count: 256)

  mutating func intern(_ range: Range<Int>, in bytes: [UInt8]) -> NameID {
    var slot = Interner.hash(range, in: bytes) & (slots.count - 1)
    while slots[slot] != 0 {
      let index = slots[slot] - 1
      if Interner.equal(ranges[Int(index)], range, in: bytes) { return NameID(index) }
      slot = (slot + 1) & (slots.count - 1)
    }
    names.append(String(decoding: bytes[range], as: UTF8.self))
    ranges.append(range)
    slots[slot] = UInt32(names.count)
    if names.count * 2 > slots.count { grow(bytes) }
    return NameID(UInt32(names.count - 1))
  }

  private mutating func grow(_ bytes: [UInt8]) {
    slots = Array(repeating: 0, count: slots.count * 2)
    for (index, range) in ranges.enumerated() {
      var slot = Interner.hash(range, in: bytes) & (slots.count - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = UInt32(index + 1)
    }
  }

  /// FNV-1a: names are short, and a fixed function keeps the order of slots the same in every run.
  private static func hash(_ range: Range<Int>, in bytes: [UInt8]) -> Int {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for index in range {
      hash = (hash ^ UInt64(bytes[index])) &* 0x0000_0100_0000_01B3
    }
    return Int(truncatingIfNeeded: hash ^ (hash >> 32))
  }

  private static func equal(_ left: Range<Int>, _ right: Range<Int>, in bytes: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    for offset in 0..<left.count
    where bytes[left.lowerBound + offset] != bytes[right.lowerBound + offset] {
      return false
    }
    return true
  }
}
