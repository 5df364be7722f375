// When two values are equal, what their order is, and what they hash to.
//
// * Integers, floats and addresses are equal when they are the same number: 1 == 1.0, and an
//   address equals the integer with its value. An address and a float are never equal, and NaN
//   equals nothing.
// * Strings, ranges, regions and statuses are equal when their parts are; lists and maps when their
//   elements are (for maps: the same keys with equal values, in any order); closures, errors and
//   handles when they are the same.
// * Values of other different kinds are never equal, and comparing them is no error.
// * Numbers have an order among themselves, addresses too, and with integers; strings have that of
//   their Unicode scalars. Nothing else has one.
// * Whatever is not mutable can be the key of a map: numbers, strings, booleans, nil, ranges,
//   regions, handles and functions without captures. Equal keys have equal hashes.

internal import KernelStorage

extension ScriptHeap {
  // MARK: Equality

  /// Whether two values are equal, to any depth. Cyclic values are equal when following them side
  /// by side never meets a difference.
  package func areEqual(_ a: Value, _ b: Value) -> Bool {
    if let answer = areEqualShallow(a, b) { return answer }
    var open = [Pair(a, b)]
    var seen: Set<Pair> = []
    while let pair = open.popLast() {
      if let answer = areEqualShallow(pair.first, pair.second) {
        if !answer { return false }
      } else if seen.insert(pair).inserted {
        guard openElements(of: pair, &open) else { return false }
      }
    }
    return true
  }

  /// Two lists or maps whose elements are still to be compared.
  private struct Pair: Hashable {
    private var firstBits: UInt64
    private var secondBits: UInt64

    init(_ first: Value, _ second: Value) {
      firstBits = first.bits
      secondBits = second.bits
    }

    var first: Value { Value(bits: firstBits) }
    var second: Value { Value(bits: secondBits) }
  }

  /// The answer when it does not depend on the elements of two lists or two maps, else nil.
  private func areEqualShallow(_ a: Value, _ b: Value) -> Bool? {
    let isNumber = a.isInlineFloat || a.has(.wideFloat)
    if a.isIdentical(to: b) { return !isNumber || asFloat(a).map { $0 == $0 } ?? true }
    if a.has(.list) && b.has(.list) {
      return count(ofList: a) == count(ofList: b) ? nil : false
    }
    if a.has(.map) && b.has(.map) { return count(ofMap: a) == count(ofMap: b) ? nil : false }
    return areEqualKeys(a, b)
  }

  /// Puts the pairs of elements on the work list; false when a key is missing.
  private func openElements(of pair: Pair, _ open: inout [Pair]) -> Bool {
    let (a, b) = (pair.first, pair.second)
    if a.has(.list) {
      for index in 0..<count(ofList: a) {
        let elements = (element(index, of: a), element(index, of: b))
        if let answer = areEqualShallow(elements.0, elements.1) {
          if !answer { return false }
        } else {
          open.append(Pair(elements.0, elements.1))
        }
      }
      return true
    }
    for entry in 0..<entryLimit(of: a) {
      let key = key(entry, of: a)
      if key.isAbsent { continue }
      guard let other = self.entry(key, of: b) else { return false }
      open.append(Pair(value(entry, of: a), value(other, of: b)))
    }
    return true
  }

  /// Equality of two values of which not both are lists and not both are maps.
  func areEqualKeys(_ a: Value, _ b: Value) -> Bool {
    if a.isSmallInteger && b.isSmallInteger { return a.bits == b.bits }
    if a.has(.string) { return b.has(.string) && compareStrings(a, b) == 0 }
    if let x = asFloat(a) {
      if let y = asFloat(b) { return x == y }
      return asInteger(b).map { Double(exactly: $0) == x } ?? false
    }
    if let y = asFloat(b) { return asInteger(a).map { Double(exactly: $0) == y } ?? false }
    if let x = asMagnitude(a), let y = asMagnitude(b) { return x == y }
    if let x = asRange(a), let y = asRange(b) { return x == y }
    if let x = asRegion(a), let y = asRegion(b) { return x == y }
    if let x = asStatus(a), let y = asStatus(b) {
      return x.process.isIdentical(to: y.process) && x.code == y.code && x.signal == y.signal
    }
    return a.isIdentical(to: b)
  }

  /// An integer or address as a number that both kinds share; no float.
  private func asMagnitude(_ value: Value) -> Magnitude? {
    if let integer = asInteger(value) {
      return Magnitude(isNegative: integer < 0, bits: UInt64(bitPattern: integer))
    }
    return asAddress(value).map { Magnitude(isNegative: false, bits: $0) }
  }

  /// A number between Int64.min and UInt64.max.
  struct Magnitude: Equatable {
    var isNegative: Bool
    var bits: UInt64

    static func < (a: Magnitude, b: Magnitude) -> Bool {
      if a.isNegative != b.isNegative { return a.isNegative }
      return a.bits < b.bits
    }
  }

  // MARK: Order

  /// The order of two values, nil when they have none.
  package func order(_ a: Value, _ b: Value) -> Ordering? {
    if let x = asFloat(a) {
      if let y = asFloat(b) { return Ordering(x, y) }
      return asInteger(b).map { Ordering(x, $0) }
    }
    if let y = asFloat(b) { return asInteger(a).map { Ordering(y, $0).reversed } }
    if let x = asMagnitude(a), let y = asMagnitude(b) {
      return x < y ? .less : x == y ? .equal : .greater
    }
    guard a.has(.string) && b.has(.string) else { return nil }
    let order = compareStrings(a, b)
    return order < 0 ? .less : order == 0 ? .equal : .greater
  }

  package enum Ordering: Sendable {
    case less, equal, greater
    /// One of them is NaN, which is neither less nor greater than anything.
    case unordered

    init(_ a: Double, _ b: Double) {
      self = a < b ? .less : a > b ? .greater : a == b ? .equal : .unordered
    }

    /// Exact, though not every integer is a float: rounding keeps the order, and where it makes the
    /// two equal the float is an integer itself, or 2^63.
    init(_ a: Double, _ b: Int64) {
      self.init(a, Double(b))
      guard self == .equal else { return }
      guard let integer = Int64(exactly: a) else {
        self = .greater
        return
      }
      self = integer < b ? .less : integer == b ? .equal : .greater
    }

    var reversed: Ordering { self == .less ? .greater : self == .greater ? .less : self }
  }

  // MARK: Hash

  /// A digest that equal values share, nil for values that cannot be keys.
  package func hash(of value: Value) -> UInt64? {
    if value.isSmallInteger { return Self.mix(UInt64(bitPattern: value.smallInteger)) }
    if let float = asFloat(value) {
      if let integer = Int64(exactly: float) { return Self.mix(UInt64(bitPattern: integer)) }
      return Self.mix(float.bitPattern)
    }
    guard let tag = value.tag else { return nil }
    switch tag {
    case .string: return hash(ofString: value)
    case .address: return Self.mix(value.inlineAddress)
    case .wideAddress, .wideInteger: return Self.mix(raw(value, 0))
    case .range, .region: return Self.mix(Self.mix(raw(value, 0)) ^ raw(value, 1))
    case .list, .map, .closure, .cell, .error, .status, .storage, .slots, .absent: return nil
    default: return Self.mix(value.bits)
    }
  }

  private static func mix(_ word: UInt64) -> UInt64 {
    var digest = Digest()
    digest.mix(word)
    return digest.value
  }
}
