// Floats that fit into a value.
//
// A double whose exponent lies in the middle range has the same two bits below its top exponent
// bit, the inverse of it. One of them can be left out, and the sign, the top exponent bit and
// the other 60 bits fit beside the two tag bits. Zero has no such exponent; it takes the place
// of the one double that would be encoded as all zeros (2^-255), which is boxed instead.

extension Value {
  /// The inline form of a float, nil when it must be boxed.
  package init?(inline value: Double) {
    let pattern = value.bitPattern
    if pattern == 0 {
      bits = 1
      return
    }
    let top = (pattern >> 60) & 7
    guard top == 3 || top == 4 else { return nil }
    let encoded = (pattern << 4) | ((pattern >> 62) << 2) | 1
    if encoded == 1 { return nil }
    bits = encoded
  }

  @inline(__always) package var isInlineFloat: Bool { bits & 3 == 1 }

  /// The float of a word for which `isInlineFloat` holds.
  package var inlineFloat: Double {
    if bits == 1 { return 0 }
    let top: UInt64 = bits & 4 == 0 ? 3 : 4
    return Double(bitPattern: ((bits & 8) << 60) | (top << 60) | (bits >> 4))
  }
}
