// The kernel's own half of every address space: the direct map of all RAM, and the kernel's image.
//
// Nothing ever changes there, and a terabyte of direct map has thousands of entries: so its tables
// are computed when somebody looks, and only the entries of the top level are stored, in the table
// of each process. The tables have frames of their own all the same, in the kernel image, where a
// walk shows them.

/// `swapper_pg_dir` and what hangs below it (PT-4).
///
/// On x86_32 the direct map is low memory in large pages, and the image lies in it. With two levels
/// the top table holds them all; with PAE its last entry leads to a table that all processes share.
/// The area of `vmalloc`, the map of page descriptors and the fixed map have no entries yet.
/// Linux: `init_top_pgt`, arch/x86/kernel/head_64.S; `init_mem_mapping`, arch/x86/mm/init.c;
/// `swapper_pg_dir` and `kernel_physical_mapping_init`, arch/i386/mm/init.c (2.6.11).
public struct KernelTables: Sendable {
  /// The tables: the top level, the two of the image, then those of the direct map from the
  /// highest level to the lowest; on x86_32 the top level, and the shared table of PAE. Empty when
  /// the image has no room for them: then the kernel half is empty too.
  let frames: Range<FrameNumber>
  private let geometry: PageGeometry
  private let directMap: DirectMap
  private let image: Range<FrameNumber>
  /// Frames of RAM.
  private let ram: Int
  private let usesGigabytePages: Bool

  /// Machines with more RAM have a processor with pages of 1 GiB. Smaller ones are like the
  /// recorded machines, whose processor has none.
  private static let gigabytePagesAbove = (64 << 30) >> Page.shift

  /// Frames of a page of 2 MiB and of 1 GiB, and below one entry of the top level.
  private static let large = 1 << 9
  private static let gigabyte = 1 << 18
  private static let topEntry = 1 << 27
  /// Where the image is mapped beside the direct map. Linux: `__START_KERNEL_map`,
  /// arch/x86/include/asm/page_64_types.h.
  static let imageBase: VirtualAddress = 0xffff_ffff_8000_0000

  /// - Parameter image: the kernel image; the last frame of it is the frame of zeros.
  init(_ geometry: PageGeometry, ram: Int, image: Range<FrameNumber>) {
    self.geometry = geometry
    directMap = DirectMap(geometry.architecture, ram: ram)
    self.ram = ram
    self.image = image
    let isLong = geometry == .fourLevels
    usesGigabytePages = isLong && ram > Self.gigabytePagesAbove
    let count =
      isLong
      ? 3 + Self.uppers(ram) + Self.middles(ram, usesGigabytePages) + Self.leaves(ram)
      : geometry.top
    let end = max(image.upperBound.index - 1, image.lowerBound.index)
    let fits = count <= (end - image.lowerBound.index) / 2
    frames = FrameNumber(fits ? end - count : end)..<FrameNumber(end)
  }

  /// The top-level table; none when the kernel half is empty.
  var root: FrameNumber { frames.isEmpty ? .none : frames.lowerBound }

  // MARK: How much of RAM is mapped how

  /// RAM in pages of 4 KiB: the first 2 MiB, where old devices are, and what is left at the end.
  ///
  /// Linux: `init_mem_mapping` and `split_mem_range`, arch/x86/mm/init.c.
  var smallPageFrames: Int {
    geometry != .fourLevels ? 0 : min(ram, Self.large) + (ram > Self.large ? ram % Self.large : 0)
  }
  var gigabytePageFrames: Int {
    usesGigabytePages ? (ram / Self.gigabyte - 1) * Self.gigabyte : 0
  }
  var largePageFrames: Int { directMap.frames - smallPageFrames - gigabytePageFrames }

  private static func uppers(_ ram: Int) -> Int { (ram + topEntry - 1) / topEntry }
  private static func middles(_ ram: Int, _ usesGigabytePages: Bool) -> Int {
    if usesGigabytePages { return 1 + (ram % gigabyte == 0 ? 0 : 1) }
    return (ram + gigabyte - 1) / gigabyte
  }
  private static func leaves(_ ram: Int) -> Int { 1 + (ram > large && ram % large != 0 ? 1 : 0) }

  // MARK: Entries

  /// An entry of one of the tables; none for a frame that is not one.
  func entry(table: FrameNumber, index: Int) -> PageTableEntry {
    guard frames.contains(table) else { return .none }
    if geometry != .fourLevels {
      return table == root ? topEntry(index) : lowEntry(index)
    }
    let uppers = Self.uppers(ram)
    let middles = Self.middles(ram, usesGigabytePages)
    let place = table.index - frames.lowerBound.index
    switch place {
    case 0: return topEntry(index)
    case 1:
      return index == Self.imageUpperIndex ? pointer(to: 2, user: false) : .none
    case 2: return imageEntry(index)
    case ..<(3 + uppers): return upperEntry((place - 3) * geometry.leafEntries + index)
    case ..<(3 + uppers + middles):
      let number = place - 3 - uppers
      let gigabyte = usesGigabytePages && number == 1 ? ram / Self.gigabyte : number
      return middleEntry(gigabyte * geometry.leafEntries + index)
    default:
      let isFirst = place == 3 + uppers + middles
      return smallEntry((isFirst ? 0 : ram / Self.large * Self.large) + index)
    }
  }

  private static let imageTopIndex = PageGeometry.fourLevels.index(
    imageBase, PageGeometry.fourLevels.top)
  private static let imageUpperIndex = PageGeometry.fourLevels.index(imageBase, TableLevel.upper)

  /// What every process has in its top level too.
  func topEntry(_ index: Int) -> PageTableEntry {
    if frames.isEmpty { return .none }
    let number = index - geometry.index(directMap.base, geometry.top)
    if geometry == .twoLevels { return lowEntry(number) }
    if geometry == .pae {
      return number == 0
        ? PageTableEntry(
          frame: frames.lowerBound + 1, protection: geometry.tableProtection(geometry.top))
        : .none
    }
    if index == Self.imageTopIndex { return pointer(to: 1) }
    return (0..<Self.uppers(ram)).contains(number) ? pointer(to: 3 + number) : .none
  }

  /// Entry for 1 GiB of the direct map.
  private func upperEntry(_ number: Int) -> PageTableEntry {
    let first = number * Self.gigabyte
    if first >= ram { return .none }
    let isWhole = first + Self.gigabyte <= ram
    if usesGigabytePages && number > 0 && isWhole { return page(first, .large, executable: false) }
    let middle = usesGigabytePages ? min(number, 1) : number
    return pointer(to: 3 + Self.uppers(ram) + middle)
  }

  /// Entry for 2 MiB of the direct map.
  private func middleEntry(_ number: Int) -> PageTableEntry {
    let first = number * Self.large
    if first >= ram { return .none }
    let leaves = 3 + Self.uppers(ram) + Self.middles(ram, usesGigabytePages)
    if number == 0 { return pointer(to: leaves) }
    if first + Self.large > ram { return pointer(to: leaves + 1) }
    return page(first, .large, executable: false)
  }

  /// Entry for a large page of low memory, 4 MiB or with PAE 2 MiB: the last may reach beyond RAM.
  private func lowEntry(_ number: Int) -> PageTableEntry {
    let first = number * geometry.leafEntries
    guard number >= 0, first < directMap.frames else { return .none }
    let holdsImage =
      first < image.upperBound.index
      && image.lowerBound.index < first + geometry.leafEntries
    return page(first, .large, executable: holdsImage || !geometry.forbidsExecution)
  }

  private func smallEntry(_ frame: Int) -> PageTableEntry {
    frame >= ram ? .none : page(frame, .small, executable: false)
  }

  /// The image in pages of 2 MiB: the first half of them is code, which nobody may write.
  ///
  /// Linux: `cleanup_highmap` and `mark_rodata_ro`, arch/x86/mm/init_64.c.
  private func imageEntry(_ index: Int) -> PageTableEntry {
    let first = image.lowerBound.index / Self.large
    let end = (image.upperBound.index + Self.large - 1) / Self.large
    guard (first..<end).contains(index) else { return .none }
    if end - first == 1 { return page(index * Self.large, .large, executable: true) }
    if index >= first + (end - first) / 2 { return page(index * Self.large, .large) }
    var code = page(index * Self.large, .large, executable: true)
    code.bits &= ~(PageTableEntry.writeBit | PageTableEntry.dirtyBit)
    return code
  }

  // MARK: Bits

  private enum Size { case small, large }

  /// Linux: `_PAGE_TABLE` and `_KERNPG_TABLE`, arch/x86/include/asm/pgtable_types.h.
  private func pointer(to place: Int, user: Bool = true) -> PageTableEntry {
    PageTableEntry(
      frame: FrameNumber(frames.lowerBound.index + place),
      protection: PageTableEntry.tableProtection & ~(user ? 0 : PageTableEntry.userBit))
  }

  /// Linux: `PAGE_KERNEL` and its kin, arch/x86/include/asm/pgtable_types.h.
  private func page(_ frame: Int, _ size: Size, executable: Bool = false) -> PageTableEntry {
    let rights =
      PageTableEntry.presentBit | PageTableEntry.writeBit | PageTableEntry.accessedBit
      | PageTableEntry.dirtyBit | PageTableEntry.globalBit
      | (size == .large ? PageTableEntry.largeBit : 0)
      | (executable ? 0 : PageTableEntry.noExecuteBit)
    return PageTableEntry(frame: FrameNumber(frame), protection: rights)
  }
}
