// The shape of the page tables of a machine, and what one of its entries looks like in memory.

/// How many levels of tables a machine has, and how many entries a table (PT-1).
///
/// Everything that walks, makes, copies or frees tables asks the geometry. Levels are counted from
/// the leaves, so that those which all machines have in common have the same number.
/// Linux: arch/x86/include/asm/pgtable_64_types.h, pgtable-3level_types.h, pgtable-2level_types.h.
public struct PageGeometry: Hashable, Sendable, BitwiseCopyable {
  /// The level of the table in cr3.
  let top: Int
  /// Bits of an address that choose an entry.
  private let indexBits: UInt64
  /// Entries of the table in cr3, and those of them that lead to user memory.
  let topEntries: Int
  let topUserEntries: Int
  /// Bytes of an entry.
  public let entryBytes: Int

  /// x86_64: four levels of 512 entries.
  public static let fourLevels = PageGeometry(
    top: 3, indexBits: 9, topEntries: 512, topUserEntries: 256, entryBytes: 8)
  /// x86_32 with physical addresses of 36 bits: 4 entries, then two levels of 512.
  public static let pae = PageGeometry(
    top: 2, indexBits: 9, topEntries: 4, topUserEntries: 3, entryBytes: 8)
  /// x86_32: two levels of 1,024 entries.
  public static let twoLevels = PageGeometry(
    top: 1, indexBits: 10, topEntries: 1024, topUserEntries: 768, entryBytes: 4)

  /// Entries of a table at a level.
  func entries(_ level: Int) -> Int { level == top ? topEntries : 1 << Int(indexBits) }
  /// Entries of a table whose entries are pages.
  @inline(__always)
  var leafEntries: Int { 1 << Int(indexBits) }
  /// A table takes two pages of words in the host.
  @inline(__always)
  var isWide: Bool { indexBits > EntryPage.shift }

  /// Address bits below the index at a level.
  @inline(__always)
  func shift(_ level: Int) -> UInt64 { Page.shift + indexBits * UInt64(level) }
  /// Bytes that one table of a level maps.
  @inline(__always)
  func span(_ level: Int) -> UInt64 { 1 << shift(level + 1) }
  @inline(__always)
  func index(_ address: VirtualAddress, _ level: Int) -> Int {
    Int(address >> shift(level) & (1 << indexBits - 1))
  }

  /// What a level is called: the table in cr3 is the PGD, however many are below it.
  public func name(_ level: Int) -> PageTableLevel {
    level == top ? .PGD : PageTableLevel(rawValue: level) ?? .PGD
  }
  /// The levels from the top to the leaves.
  public var levels: [Int] { Array((0...top).reversed()) }
  /// The lowest and the highest bit of an address that choose an entry of a level.
  public func bits(_ level: Int) -> ClosedRange<Int> {
    let low = Int(shift(level))
    let width = Int.bitWidth - 1 - entries(level).leadingZeroBitCount
    return low...(low + width - 1)
  }

  /// The bits of an entry of a level that leads to a table. The four entries of PAE's top table
  /// have no rights.
  func tableProtection(_ level: Int) -> UInt64 {
    self == .pae && level == top ? PageTableEntry.presentBit : PageTableEntry.tableProtection
  }

  var architecture: Architecture { top == 3 ? .x86_64 : .x86_32 }

  /// Only entries of eight bytes have a bit that forbids to execute (PT-2).
  public var forbidsExecution: Bool { entryBytes == 8 }
  /// Whether an address has no more bits than the machine, or, with four levels, a sign that
  /// agrees with them.
  @inline(__always)
  public func isCanonical(_ address: VirtualAddress) -> Bool {
    if top < 3 { return address >> 32 == 0 }
    return address >> 47 == 0 || address >> 47 == 0x1_ffff
  }
}

/// A level of page tables, from the leaves.
///
/// Linux: `pgd_t`, `p4d_t`, `pud_t`, `pmd_t`, `pte_t`, arch/x86/include/asm/pgtable_types.h.
public enum PageTableLevel: Int, CaseIterable, Sendable {
  case PTE, PMD, PUD, PGD

  public var name: String { String(describing: self) }
}

/// The levels that have a number on every machine.
enum TableLevel {
  /// The level of the tables whose entries are pages.
  static let leaf = 0
  static let middle = 1
  static let upper = 2
}

/// Entries of leaf tables as the host keeps them: 512 to a page of words, each in the form of
/// x86_64.
///
/// A table of 1,024 entries is two such pages. What goes through entries side by side works on one
/// page at a time, and so does not know how large the tables of the machine are.
/// Linux: none (model only).
enum EntryPage {
  static let shift: UInt64 = 9
  static let entries = 1 << Int(shift)
  /// Bytes that the entries of one page map.
  static let span: UInt64 = Page.size << shift

  /// The place of an address among the entries of its page.
  @inline(__always)
  static func index(_ address: VirtualAddress) -> Int {
    Int(address >> Page.shift & UInt64(entries - 1))
  }
  /// Where the next page of entries begins.
  @inline(__always)
  static func end(_ address: VirtualAddress) -> VirtualAddress { (address | (span - 1)) + 1 }
}

extension PageGeometry {
  /// An entry of a table at a level as it stands in the memory of the machine.
  ///
  /// The kernel keeps what it needs to know of a page that is not there in forms of its own on
  /// each machine. A swap entry of four bytes has the area in bits 1-5 and the slot in 8-31; one of
  /// eight on x86_32 has both in its upper half.
  /// Linux: `__swp_entry`, include/asm-i386/pgtable-2level.h and -3level.h
  /// (2.6.11).
  public func encoded(_ entry: PageTableEntry) -> UInt64 {
    if top == 3 || entry.isNone || entry.isGuard { return entry.bits }
    if entry.isSwap {
      let (area, slot) = (UInt64(entry.swap.area), UInt64(entry.swap.slot))
      return entryBytes == 4 ? area << 1 | slot << 8 : (area | slot << 5) << 32
    }
    if entryBytes == 8 { return entry.bits }
    if entry.isObjectPage {
      let page = entry.objectPage
      return (page & 0x1f) << 1 | (page >> 5) << 8 | PageTableEntry.objectPageMark
    }
    var bits = entry.bits & 0xffff_ffff
    if !entry.isPresentToHardware {
      bits = bits & ~PageTableEntry.protectNoneBit | Self.protectNoneOfTwoLevels
    }
    return bits
  }

  /// An entry without what the machine's own form of it does not say.
  func shown(_ entry: PageTableEntry) -> PageTableEntry {
    if entry.isSwap || forbidsExecution { return entry }
    return PageTableEntry(bits: entry.bits & ~PageTableEntry.noExecuteBit)
  }

  /// Pages of an object that an entry which is not present can name: a narrow one has 29 bits left
  /// for that.
  ///
  /// Linux: `PTE_FILE_MAX_BITS` of 2.6.11, include/asm-i386/pgtable-2level.h.
  var nameablePages: UInt64 { entryBytes == 4 ? 1 << 29 : 1 << 32 }

  /// Bytes of the largest swap area whose every slot an entry can name.
  var largestSwapArea: UInt64 {
    switch self {
    case .fourLevels: 1 << (32 + Page.shift)
    case .pae: 1 << (27 + Page.shift)
    default: 1 << (24 + Page.shift)
    }
  }

  /// Linux: `_PAGE_PROTNONE`, include/asm-i386/pgtable.h (2.6.11).
  private static let protectNoneOfTwoLevels: UInt64 = 1 << 7
}
