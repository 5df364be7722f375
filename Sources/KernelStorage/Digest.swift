// A digest of our own: the same on every host and in every build, unlike `Hasher`.

/// A 64-bit running hash over words; order matters.
public struct Digest: Hashable, Sendable, BitwiseCopyable {
  public private(set) var value: UInt64 = 0x9e37_79b9_7f4a_7c15

  public init() {}

  /// Folds one word in (a multiply-and-shift mix with full avalanche after two words).
  @inlinable
  public mutating func mix(_ word: UInt64) {
    var x = (value ^ word) &* 0xff51_afd7_ed55_8ccd
    x ^= x >> 32
    x = x &* 0xc4ce_b9fe_1a85_ec53
    setValue(x ^ (x >> 29))
  }

  @usableFromInline mutating func setValue(_ newValue: UInt64) { value = newValue }
}
