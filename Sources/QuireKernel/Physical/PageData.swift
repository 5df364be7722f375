// What a page holds, apart from where: a handle of four bytes and the store behind it.
//
// Most pages of a simulation hold one byte over and over, or a few words a script wrote. Such a
// page costs the host nothing, or 48 bytes; a page with more to say gets its 4 KiB.

import KernelStorage

/// The contents of one page: a small name for what `PageStore` keeps.
///
/// Whoever holds a handle owns the contents; there is never a second handle to the same ones.
/// All-zero bits are a page of zeros.
/// Linux: none (model only).
public struct PageData: Hashable, Sendable, BitwiseCopyable {
  /// The form in the top two bits, then the fill byte or a number in the store of that form.
  var bits: UInt32 = 0

  /// A page of zeros.
  public static let zero = PageData()

  init() {}
  init(bits: UInt32) { self.bits = bits }
  init(fill byte: UInt8) { bits = UInt32(byte) }
  init(compact row: Int) { bits = Self.compactBit | UInt32(row) }
  init(dense page: Int) { bits = Self.denseBit | UInt32(page) }
  init(wide page: Int) { bits = Self.denseBit | Self.compactBit | UInt32(page) }

  private static let compactBit: UInt32 = 1 << 30
  private static let denseBit: UInt32 = 1 << 31
  private static let numberMask: UInt32 = 1 << 30 - 1

  enum Form {
    case fill(UInt8)
    case compact(Int)
    case dense(Int)
    /// The lower of two dense pages: a table of 1,024 entries, which have four bytes each on the
    /// machine that is simulated and eight in the host.
    case wide(Int)
  }

  var form: Form {
    let number = Int(bits & Self.numberMask)
    if bits & Self.denseBit != 0 {
      return bits & Self.compactBit != 0 ? .wide(number) : .dense(number)
    }
    if bits & Self.compactBit != 0 { return .compact(number) }
    return .fill(UInt8(truncatingIfNeeded: number))
  }

  /// The number of the dense page, the lower one of a wide table; nil in the other forms.
  var densePage: Int? {
    bits & Self.denseBit != 0 ? Int(bits & Self.numberMask) : nil
  }
}

/// A page that is one byte repeated, but for at most four words: 48 bytes.
///
/// Linux: none (model only).
struct CompactPage: BitwiseCopyable {
  static let capacity = 4
  var fill: UInt8 = 0
  var count: UInt8 = 0
  /// Places of the differing words, the first `count` in use, ascending order not needed.
  var places: [4 of UInt16] = .init(repeating: 0)
  var words: [4 of UInt64] = .init(repeating: 0)

  var fillWord: UInt64 { UInt64(fill) &* 0x0101_0101_0101_0101 }

  func slot(of place: Int) -> Int? {
    for slot in 0..<Int(count) where Int(places[slot]) == place { return slot }
    return nil
  }

  func word(_ place: Int) -> UInt64 {
    guard let slot = slot(of: place) else { return fillWord }
    return words[slot]
  }

  /// Stores a word; false when there is no room for one more difference.
  mutating func set(_ place: Int, to word: UInt64) -> Bool {
    if let slot = slot(of: place) {
      if word == fillWord { drop(slot) } else { words[slot] = word }
      return true
    }
    if word == fillWord { return true }
    guard Int(count) < Self.capacity else { return false }
    places[Int(count)] = UInt16(place)
    words[Int(count)] = word
    count += 1
    return true
  }

  private mutating func drop(_ slot: Int) {
    count -= 1
    places[slot] = places[Int(count)]
    words[slot] = words[Int(count)]
  }
}
