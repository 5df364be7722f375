// A pool: a table whose rows are taken and given back one at a time.
//
// Freed rows are chained through a parallel column, last freed first taken, so that the same
// sequence of calls always gives the same indices.

/// Rows with identity: `allocate` hands out an index that stays valid until `release`.
///
/// Index 0 is never handed out, so that a zero index can mean *none* in other records.
public struct Pool<Element: BitwiseCopyable>: ~Copyable {
  @usableFromInline var rows: Table<Element>
  /// For a free row, the next free row; for a live one, `live`.
  @usableFromInline var links: Table<UInt32>
  @usableFromInline var firstFree: UInt32 = 0
  @usableFromInline var handedOut = 0

  @usableFromInline static var live: UInt32 { UInt32.max }

  public init(unused: Element) {
    rows = Table()
    links = Table()
    rows.append(unused)
    links.append(0)
  }

  /// Number of rows handed out.
  @inlinable public var liveCount: Int { handedOut }
  /// One more than the largest index ever handed out; walk `1 ..< limit` and ask `isLive`.
  @inlinable public var limit: Int { rows.count }

  @inlinable
  public func isLive(_ index: Int) -> Bool {
    index > 0 && index < links.count && links[index] == Self.live
  }

  @inlinable
  public subscript(index: Int) -> Element {
    @_transparent unsafeAddress {
      precondition(links[index] == Self.live, "Pool: row is not live")
      return unsafe rows.address(of: index)
    }
    @_transparent unsafeMutableAddress {
      precondition(links[index] == Self.live, "Pool: row is not live")
      return unsafe rows.mutableAddress(of: index)
    }
  }

  /// Takes a row, the one freed last or a new one, and stores `element` in it.
  @inlinable
  public mutating func allocate(_ element: Element) -> Int {
    handedOut += 1
    let index = Int(firstFree)
    if index == 0 {
      links.append(Self.live)
      return rows.append(element)
    }
    firstFree = links[index]
    links[index] = Self.live
    rows[index] = element
    return index
  }

  /// Gives a row back; its index may be handed out again.
  @inlinable
  public mutating func release(_ index: Int) {
    precondition(isLive(index), "Pool: release of row \(index), which is not live")
    links[index] = firstFree
    firstFree = UInt32(index)
    handedOut -= 1
  }

  public borrowing func copy() -> Pool { Pool(copying: self) }

  private init(copying other: borrowing Pool) {
    rows = other.rows.copy()
    links = other.links.copy()
    firstFree = other.firstFree
    handedOut = other.handedOut
  }
}
