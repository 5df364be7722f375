// Memory objects: pages that belong to nobody's address space and may be mapped by many.
//
// Shared anonymous memory is an unnamed object that lives as long as a region maps it; a file
// lives as long as somebody holds it too. The pages hang in a tree by page number; the tree holds
// one reference of each.

package import KernelStorage

/// What a memory object holds at one page number.
///
/// Linux: an entry of `address_space.i_pages`, include/linux/fs.h.
package struct ObjectSlot: Hashable, BitwiseCopyable {
  package var bits: UInt64

  package init(bits: UInt64) { self.bits = bits }
  package init(_ frame: FrameNumber) { bits = UInt64(frame.rawValue) }
  package init(_ entry: SwapEntry) {
    bits = Self.swapMark | UInt64(entry.area) << 32 | UInt64(entry.slot)
  }

  private static let swapMark: UInt64 = 1 << 63
  private static let readaheadMark: UInt64 = 1 << 62
  private static let unreadMark: UInt64 = 1 << 61
  package static var none: ObjectSlot { ObjectSlot(bits: 0) }
  package var isNone: Bool { bits == 0 }
  package var isSwap: Bool { bits & Self.swapMark != 0 }
  /// The frame; none when the slot is empty or in swap.
  package var frame: FrameNumber {
    isSwap ? .none : FrameNumber(UInt32(truncatingIfNeeded: bits))
  }
  /// Whoever comes to this page is far enough for more to be read ahead.
  ///
  /// Linux: `PG_readahead`, include/linux/page-flags.h.
  package var isReadaheadMark: Bool {
    get { bits & Self.readaheadMark != 0 }
    set { bits = newValue ? bits | Self.readaheadMark : bits & ~Self.readaheadMark }
  }
  /// The page was made for a call that did not need its data, and nobody has read it yet.
  ///
  /// Linux: a page without `PG_uptodate`, include/linux/page-flags.h.
  package var isUnread: Bool {
    get { bits & Self.unreadMark != 0 }
    set { bits = newValue ? bits | Self.unreadMark : bits & ~Self.unreadMark }
  }
  /// Faults on pages nearby do not map it.
  ///
  /// Linux: `next_uptodate_folio`, mm/filemap.c.
  var isPassedOver: Bool { bits & (Self.readaheadMark | Self.unreadMark) != 0 }
  package var swap: SwapEntry {
    SwapEntry(
      area: UInt8(truncatingIfNeeded: bits >> 32), slot: UInt32(truncatingIfNeeded: bits))
  }
}

/// Properties of a memory object.
package struct MemoryObjectFlags: OptionSet, Hashable, BitwiseCopyable {
  package var rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// A read fault also maps the pages around it that are already there (REC-5).
  package static let faultAround = MemoryObjectFlags(rawValue: 1 << 0)
  /// Pages are charged to the commit total one by one, as they come (COMMIT-1).
  package static let noReserve = MemoryObjectFlags(rawValue: 1 << 1)
  /// Reclaim leaves its pages alone. Linux: `AS_UNEVICTABLE`, include/linux/pagemap.h.
  package static let unevictable = MemoryObjectFlags(rawValue: 1 << 2)
  /// A file on a disk: its pages are the cache of what is there.
  package static let onDisk = MemoryObjectFlags(rawValue: 1 << 3)
  /// A file: it was made with a name, or by memfd_create.
  package static let file = MemoryObjectFlags(rawValue: 1 << 4)
  /// A device: what it shows is not RAM, and nothing of it is ever in the page cache.
  package static let device = MemoryObjectFlags(rawValue: 1 << 5)
}

/// Regions that map an object, oldest first.
///
/// Linux: none (model only).
struct RegionChain: Hashable, BitwiseCopyable {
  var first = VMAIndex.none
  var last = VMAIndex.none
}

/// An object of pages: the inode of a file, or of shared memory that has no name.
///
/// Linux: `struct inode` and its `struct address_space`, include/linux/fs.h.
package struct MemoryObject: BitwiseCopyable {
  package var flags: MemoryObjectFlags
  /// Who has the object beside the regions that map it: the name of a file.
  package var holders: UInt32 = 0
  /// The mount that it is on; none for files of the kernel's own.
  package internal(set) var mount = MountIndex.none
  /// Whose file it is, and what others may do with it.
  package internal(set) var owner: UserID = 0
  package internal(set) var mode = FileMode.everything
  /// Tells an object from a later one at the same index.
  package var number: UInt64 = 0
  /// Bytes; touching a page beyond them is SIGBUS.
  package var size: UInt64
  /// Its pages in memory and in swap, as `ObjectSlot`.
  var pages = PageForest.Root()
  /// What a file has on its disk, as `FileBlock`.
  var blocks = PageForest.Root()
  /// Pages that exist in memory, and in swap.
  package var residentPages: UInt64 = 0
  package var swappedPages: UInt64 = 0
  /// Pages of a file that its disk does not have like this yet.
  package var dirtyPages: UInt64 = 0
  /// Pages charged to the commit total.
  package var chargedPages: UInt64
  var readahead = ReadaheadState()
  /// The regions that map it in the order of its pages, and those that map it in any order.
  ///
  /// Linux: `i_mmap`, include/linux/fs.h, and `i_mmap_nonlinear` of 2.6.11.
  var linear = RegionChain()
  var nonlinear = RegionChain()
  /// Address spaces that run it as their program: meanwhile nobody may write it.
  ///
  /// Linux: `inode.i_writecount`, include/linux/fs.h.
  package internal(set) var executions: UInt32 = 0
  /// Where the registers of a device begin; none for other objects.
  package var deviceFrame = FrameNumber.none
  /// The System V segment that it is the memory of; none for other objects.
  package var segment = SegmentIndex.none
  /// The kernel memory of its inode, directory entry and open file.
  var kernelObjects: [3 of SlabObject]

  /// The caches of `kernelObjects`.
  static func caches(_ flags: MemoryObjectFlags) -> [3 of KernelCache] {
    [flags.contains(.onDisk) ? .inode : .shmemInode, .dentry, .filp]
  }

  init(
    size: UInt64, chargedPages: UInt64, flags: MemoryObjectFlags,
    kernelObjects: [3 of SlabObject]
  ) {
    self.kernelObjects = kernelObjects
    self.size = size
    self.chargedPages = chargedPages
    self.flags = flags
  }

  /// Pages that may exist.
  package var pageCount: UInt64 { size >> Page.shift + (size & Page.offsetMask == 0 ? 0 : 1) }
  /// Nobody can come to it any more.
  var isUnused: Bool { isUnmapped && holders == 0 && segment.isNone && executions == 0 }
  var isUnmapped: Bool { linear.first.isNone && nonlinear.first.isNone }
}

/// All memory objects, with their pages and what is on disk.
///
/// Linux: none (model only).
package struct MemoryObjects: ~Copyable {
  private let inPlace = InPlace()
  package var records = Pool(
    unused: MemoryObject(
      size: 0, chargedPages: 0, flags: [], kernelObjects: .init(repeating: .none)))
  var pages = PageForest(isKernelMemory: true)
  var blocks = PageForest(isKernelMemory: false)
  var mounts = Pool(unused: Mount(capacity: 0, objects: .init(repeating: .none)))
  /// The disk of all files.
  var disk = FileDisk()
  private var lastNumber: UInt64 = 0

  package init() {}

  package subscript(object: MemoryObjectIndex) -> MemoryObject {
    get { records[object.index] }
    _modify { yield &records[object.index] }
  }

  subscript(mount: MountIndex) -> Mount {
    get { mounts[mount.index] }
    _modify { yield &mounts[mount.index] }
  }

  package mutating func make(_ record: MemoryObject) -> MemoryObjectIndex {
    var record = record
    lastNumber += 1
    record.number = lastNumber
    return MemoryObjectIndex(records.allocate(record))
  }

  /// Gives an object back; its slots must be empty and nobody may have it.
  package mutating func release(_ object: MemoryObjectIndex) {
    let record = records[object.index]
    precondition(
      record.pages.isEmpty && record.blocks.isEmpty && record.isUnmapped
        && record.holders == 0,
      "MemoryObjects: object \(object.index) is still in use")
    records.release(object.index)
  }

  // MARK: Blocks

  borrowing func block(_ page: UInt64, of object: MemoryObjectIndex) -> FileBlock {
    FileBlock(bits: blocks.value(page, in: records[object.index].blocks))
  }

  mutating func setBlock(_ page: UInt64, of object: MemoryObjectIndex, to data: PageData) {
    blocks.set(page, to: FileBlock(data).bits, in: &records[object.index].blocks)
  }

  /// Makes a hole; the data is the caller's to release.
  mutating func clearBlock(_ page: UInt64, of object: MemoryObjectIndex) {
    blocks.set(page, to: 0, in: &records[object.index].blocks)
  }

  /// The first page on disk from `page` on, or nil.
  borrowing func nextBlock(from page: UInt64, of object: MemoryObjectIndex) -> UInt64? {
    blocks.next(from: page, in: records[object.index].blocks)
  }

  // MARK: Slots

  package borrowing func slot(_ page: UInt64, of object: MemoryObjectIndex) -> ObjectSlot {
    ObjectSlot(bits: pages.value(page, in: records[object.index].pages))
  }

  /// Nodes that storing at `page` would have to make.
  package borrowing func missingNodes(for page: UInt64, of object: MemoryObjectIndex) -> Int {
    pages.missingNodes(for: page, in: records[object.index].pages)
  }

  /// Stores a slot and keeps the object's counts; `pages.spareNodes` holds what it needs.
  package mutating func setSlot(
    _ page: UInt64, of object: MemoryObjectIndex, to slot: ObjectSlot
  ) {
    count(self.slot(page, of: object), of: object, adding: false)
    count(slot, of: object, adding: true)
    pages.set(page, to: slot.bits, in: &records[object.index].pages)
  }

  private mutating func count(
    _ slot: ObjectSlot, of object: MemoryObjectIndex, adding: Bool
  ) {
    if slot.isNone { return }
    let step: UInt64 = adding ? 1 : .max
    if slot.isSwap {
      records[object.index].swappedPages &+= step
    } else {
      records[object.index].residentPages &+= step
    }
  }

  /// The first occupied page number from `page` on, or nil.
  package borrowing func nextOccupied(from page: UInt64, of object: MemoryObjectIndex) -> UInt64? {
    pages.next(from: page, in: records[object.index].pages)
  }

  // MARK: Regions

  /// A region joins the others that map an object; its flags say whether in the pages' order.
  ///
  /// Linux: `vma_link_file`, mm/vma.c.
  package mutating func link(
    _ region: VMAIndex, to object: MemoryObjectIndex, in regions: inout RegionTable
  ) {
    if regions[region].flags.contains(.nonlinear) {
      records[object.index].nonlinear.append(region, in: &regions)
    } else {
      records[object.index].linear.append(region, in: &regions)
    }
  }

  /// Linux: `unlink_file_vma`, mm/vma.c.
  package mutating func unlink(
    _ region: VMAIndex, from object: MemoryObjectIndex, in regions: inout RegionTable
  ) {
    if regions[region].flags.contains(.nonlinear) {
      records[object.index].nonlinear.remove(region, in: &regions)
    } else {
      records[object.index].linear.remove(region, in: &regions)
    }
  }
}

extension RegionChain {
  fileprivate mutating func append(_ region: VMAIndex, in regions: inout RegionTable) {
    regions.links[region.index].previousInObject = last
    regions.links[region.index].nextInObject = .none
    if last.isNone { first = region } else { regions.links[last.index].nextInObject = region }
    last = region
  }

  fileprivate mutating func remove(_ region: VMAIndex, in regions: inout RegionTable) {
    let next = regions.links[region.index].nextInObject
    let previous = regions.links[region.index].previousInObject
    if previous.isNone { first = next } else { regions.links[previous.index].nextInObject = next }
    if next.isNone {
      last = previous
    } else {
      regions.links[next.index].previousInObject = previous
    }
  }
}
