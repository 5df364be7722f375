// The fixed addresses of the recordings, and addresses written relative to them.

/// Where a recorded process keeps what scenarios name.
enum Anchors {
  /// Exclusive top of the mmap area: the ceiling VMA begins here.
  static let top: UInt64 = 0x7fff_c000_0000
  /// Empty space for hinted and fixed maps.
  static let empty: UInt64 = 0x6000_0000_0000
  /// Where the heap begins.
  static let heap: UInt64 = 0x4_0000_0000
  /// Exclusive top of the stack.
  static let stackTop: UInt64 = 0x7fff_ffff_f000
  /// Bytes of the stack VMA at the start: 132 KiB.
  static let stackSize: UInt64 = 135_168
  /// The VMA of the recording's own code, two pages that no result shows.
  static let harness: UInt64 = 0x1000_0000
  static let harnessSize: UInt64 = 8192

  static let named: [(name: String, address: UInt64)] = [
    ("T", top), ("A", empty), ("B", heap), ("S", stackTop),
  ]

  /// Farther from every anchor than this, an address is written as a plain number.
  private static let reach: UInt64 = 8 << 30

  /// The address of an anchor's name; `stack` is the first byte of the stack at the start.
  static func address(of name: String) -> UInt64? {
    if name == "stack" { return stackTop - stackSize }
    return named.first { $0.name == name }?.address
  }

  /// The nearest anchor within reach.
  static func nearest(_ address: UInt64) -> (name: String, address: UInt64)? {
    func distance(_ anchor: UInt64) -> UInt64 {
      anchor > address ? anchor - address : address - anchor
    }
    let nearest = named.min { distance($0.address) < distance($1.address) }
    return nearest.flatMap { distance($0.address) <= reach ? $0 : nil }
  }

  /// An address as recordings write it: `["T",-32768]`, or `["abs",65536]` far from all anchors.
  static func leaf(_ address: UInt64) -> Leaf {
    guard let anchor = nearest(address) else {
      return .list([.text("abs"), .integer(Int64(bitPattern: address))])
    }
    return .list([.text(anchor.name), .integer(Int64(bitPattern: address &- anchor.address))])
  }

  /// Whether a range belongs to the mmap area and begins at its top or ends above it: such steps
  /// were skipped.
  static func reachesPastTop(_ start: UInt64, _ length: UInt64) -> Bool {
    nearest(start)?.address == top && (start >= top || start &+ length > top)
  }
}

/// Runs of equal values as recordings write them: `2x4 1x4`, a single value bare.
enum RunLength {
  static func text(_ values: [UInt8]) -> String {
    var runs: [(value: UInt8, count: Int)] = []
    for value in values {
      if let last = runs.last, last.value == value {
        runs[runs.count - 1].count += 1
      } else {
        runs.append((value, 1))
      }
    }
    return runs.map { $0.count == 1 ? "\($0.value)" : "\($0.value)x\($0.count)" }
      .joined(separator: " ")
  }
}
