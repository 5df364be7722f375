// Walks down page tables that exist: what the processor does, and what range operations need.

internal import KernelStorage

/// The shape of x86_64's four levels (PT-1).
///
/// Linux: arch/x86/include/asm/pgtable_64_types.h.
enum TableLevel {
  /// Entries of a table.
  static let fanOut = 512
  /// The level of the tables whose entries are pages.
  static let leaf = 0
  static let middle = 1
  static let upper = 2
  static let global = 3

  /// Address bits below the index at a level.
  @inline(__always)
  static func shift(_ level: Int) -> UInt64 { Page.shift + 9 * UInt64(level) }
  /// Bytes that one table of a level maps.
  @inline(__always)
  static func span(_ level: Int) -> UInt64 { 1 << shift(level + 1) }
  @inline(__always)
  static func index(_ address: VirtualAddress, _ level: Int) -> Int {
    Int((address >> shift(level)) & 511)
  }
}

extension PhysicalMemory {
  /// The table at the lowest level for `address`, or none.
  ///
  /// Linux: `pte_offset_map`, include/linux/pgtable.h.
  borrowing func leafTable(below root: FrameNumber, of address: VirtualAddress) -> FrameNumber {
    var table = root
    for level in [TableLevel.global, TableLevel.upper, TableLevel.middle] {
      let entry = entry(table: table, index: TableLevel.index(address, level))
      if entry.isNone { return .none }
      table = entry.frame
    }
    return table
  }

  /// The table at `level` for `address`, or none.
  borrowing func table(
    at level: Int, below root: FrameNumber, of address: VirtualAddress
  ) -> FrameNumber {
    var table = root
    var above = TableLevel.global
    while above > level {
      let entry = entry(table: table, index: TableLevel.index(address, above))
      if entry.isNone { return .none }
      table = entry.frame
      above -= 1
    }
    return table
  }

  /// The first leaf table that maps an address from `address` on and before `end`.
  ///
  /// Moves `address` up to where that table begins, or to `end` and answers none.
  borrowing func nextLeafTable(
    below root: FrameNumber, from address: inout VirtualAddress, to end: VirtualAddress
  ) -> FrameNumber {
    while address < end {
      var table = root
      var level = TableLevel.global
      while level > TableLevel.leaf {
        let entry = entry(table: table, index: TableLevel.index(address, level))
        if entry.isNone { break }
        table = entry.frame
        level -= 1
      }
      if level == TableLevel.leaf { return table }
      // What the absent table would have mapped.
      address = (address | (TableLevel.span(level - 1) - 1)) + 1
    }
    address = end
    return .none
  }

  /// The entry of the page at `address`; none when a table is missing.
  borrowing func pageEntry(below root: FrameNumber, of address: VirtualAddress) -> PageTableEntry {
    let table = leafTable(below: root, of: address)
    return table.isNone ? .none : entry(table: table, index: TableLevel.index(address, 0))
  }
}

/// A cache of leaf tables by address: the page-walk cache of the simulator.
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
    address & ~(Layout.middleSpan - 1) | UInt64(space.rawValue)
  }

  @inline(__always)
  private static func place(_ key: UInt64) -> Int {
    Int((key >> TableLevel.shift(1) ^ key &* 37) & UInt64(rows - 1))
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
        AddressSpaceIndex(UInt32(key & (Layout.middleSpan - 1))), key & ~(Layout.middleSpan - 1),
        cache[index])
    }
  }

  mutating func drop(_ space: AddressSpaceIndex, _ address: VirtualAddress) {
    let key = Self.key(space, address)
    if cache[Self.place(key)].key == key { cache[Self.place(key)] = Row() }
  }
}
