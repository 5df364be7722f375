// The names that a scenario's calls set: regions with their length at creation.

/// The regions of a running scenario, oldest binding first.
struct Regions {
  private struct Region {
    var name: String
    var start: UInt64
    var length: UInt64
  }
  private var regions: [Region] = []

  /// Sets a name; binding a name again makes it the newest.
  mutating func bind(_ name: String, start: UInt64, length: UInt64) {
    regions.removeAll { $0.name == name }
    regions.append(Region(name: name, start: start, length: length))
  }

  /// The value of an expression, or nil if its name was never set.
  func resolve(_ expression: AddressExpression) -> UInt64? {
    guard let name = expression.name else { return expression.offset }
    let base = Anchors.address(of: name) ?? regions.first { $0.name == name }?.start
    return base.map { $0 &+ expression.offset }
  }

  /// The newest region that holds an address, as `r1+4096`.
  func place(of address: UInt64) -> String? {
    let region = regions.last { address >= $0.start && address - $0.start < $0.length }
    return region.map { "\($0.name)+\(address - $0.start)" }
  }
}
