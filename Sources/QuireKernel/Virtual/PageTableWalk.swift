// Walks down page tables that exist: what the processor does, and what range operations need.

internal import KernelStorage

extension PhysicalMemory {
  /// The table at the lowest level for `address`, or none.
  ///
  /// Linux: `pte_offset_map`, include/linux/pgtable.h.
  borrowing func leafTable(below root: FrameNumber, of address: VirtualAddress) -> FrameNumber {
    var table = root
    var level = geometry.top
    while level > TableLevel.leaf {
      let entry = entry(table: table, index: geometry.index(address, level))
      if entry.isNone { return .none }
      table = entry.frame
      level -= 1
    }
    return table
  }

  /// The table at `level` for `address`, or none.
  borrowing func table(
    at level: Int, below root: FrameNumber, of address: VirtualAddress
  ) -> FrameNumber {
    var table = root
    var above = geometry.top
    while above > level {
      let entry = entry(table: table, index: geometry.index(address, above))
      if entry.isNone { return .none }
      table = entry.frame
      above -= 1
    }
    return table
  }

  /// The page of words behind the entry of a leaf table for `address`; 0 when there is none.
  @inline(__always)
  borrowing func leafWords(below root: FrameNumber, of address: VirtualAddress) -> Int {
    let table = leafTable(below: root, of: address)
    return table.isNone ? 0 : words(of: table, at: address)
  }

  /// The first leaf table that maps an address from `address` on and before `end`.
  ///
  /// Moves `address` up to where that table begins, or to `end` and answers none.
  borrowing func nextLeafTable(
    below root: FrameNumber, from address: inout VirtualAddress, to end: VirtualAddress
  ) -> FrameNumber {
    nextTable(at: TableLevel.leaf, below: root, from: &address, to: end)
  }

  /// The same for the tables of a level.
  @inline(__always)
  borrowing func nextTable(
    at lowest: Int, below root: FrameNumber, from address: inout VirtualAddress,
    to end: VirtualAddress
  ) -> FrameNumber {
    while address < end {
      var table = root
      var level = geometry.top
      while level > lowest {
        let entry = entry(table: table, index: geometry.index(address, level))
        if entry.isNone { break }
        table = entry.frame
        level -= 1
      }
      if level == lowest { return table }
      // What the absent table would have mapped.
      address = (address | (geometry.span(level - 1) - 1)) + 1
    }
    address = end
    return .none
  }

  /// The entry of the page at `address`; none when a table is missing.
  borrowing func pageEntry(below root: FrameNumber, of address: VirtualAddress) -> PageTableEntry {
    let table = leafTable(below: root, of: address)
    return table.isNone
      ? .none : entry(table: table, index: geometry.index(address, TableLevel.leaf))
  }
}

/// A cache of leaf tables by address, a row for each page of their entries: the page-walk cache of
/// the simulator.
///
/// It makes accesses fast and changes nothing that can be seen; the simulated TLB is another
/// matter. An entry is dropped when its table is freed.
/// Linux: none (model only).
struct WalkCache: ~Copyable {
  struct Row: BitwiseCopyable {
    /// The start of 2 MiB with the address space in the bits below; 0 is no row.
    var key: UInt64 = 0
    /// The number of the table's words in the store of page contents.
    var page: UInt32 = 0
    var table = FrameNumber.none
  }

  private static let rows = 1024
  private var cache = Table<Row>()

  init() { cache.extend(to: Self.rows) }

  /// Linux allows 2^22 tasks; this model 2^15, and each has at most one address space.
  @inline(__always)
  private static func key(_ space: AddressSpaceIndex, _ address: VirtualAddress) -> UInt64 {
    address & ~(EntryPage.span - 1) | UInt64(space.rawValue)
  }

  @inline(__always)
  private static func place(_ key: UInt64) -> Int {
    Int((key >> (Page.shift + EntryPage.shift) ^ key &* 37) & UInt64(rows - 1))
  }

  /// The leaf table for `address`; a row without a table when it is not in the cache.
  @inline(__always)
  borrowing func row(_ space: AddressSpaceIndex, _ address: VirtualAddress) -> Row {
    let key = Self.key(space, address)
    let row = cache[Self.place(key)]
    return row.key == key ? row : Row()
  }

  /// The page of words that holds the leaf table for `address`; 0 when it is not in the cache.
  @inline(__always)
  borrowing func page(_ space: AddressSpaceIndex, _ address: VirtualAddress) -> Int {
    Int(row(space, address).page)
  }

  mutating func insert(
    _ space: AddressSpaceIndex, _ address: VirtualAddress, table: FrameNumber, page: Int
  ) {
    let key = Self.key(space, address)
    cache[Self.place(key)] = Row(key: key, page: UInt32(page), table: table)
  }

  /// Every row: its space, the start of its 2 MiB, and what it says.
  borrowing func visit(_ body: (AddressSpaceIndex, VirtualAddress, Row) -> Void) {
    for index in 0..<Self.rows where cache[index].key != 0 {
      let key = cache[index].key
      body(
        AddressSpaceIndex(UInt32(key & (EntryPage.span - 1))), key & ~(EntryPage.span - 1),
        cache[index])
    }
  }

  mutating func drop(_ space: AddressSpaceIndex, _ address: VirtualAddress) {
    let key = Self.key(space, address)
    if cache[Self.place(key)].key == key { cache[Self.place(key)] = Row() }
  }
}
