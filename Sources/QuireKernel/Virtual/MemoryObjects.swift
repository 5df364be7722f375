// Memory objects: pages that belong to nobody's address space and may be mapped by many.
//
// Today the one kind is shared anonymous memory, an unnamed object that lives as long as a region
// maps it. Its pages hang in a radix tree by page number; the tree holds one reference of each.

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
  package static var none: ObjectSlot { ObjectSlot(bits: 0) }
  package var isNone: Bool { bits == 0 }
  package var isSwap: Bool { bits & Self.swapMark != 0 }
  /// The frame; none when the slot is empty or in swap.
  package var frame: FrameNumber {
    isSwap ? .none : FrameNumber(UInt32(truncatingIfNeeded: bits))
  }
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
}

/// An object of pages.
///
/// Linux: `struct shmem_inode_info` and its `struct address_space`, include/linux/shmem_fs.h.
package struct MemoryObject: BitwiseCopyable {
  package var flags: MemoryObjectFlags
  /// Levels of the tree; 0 while it is empty.
  package var height: UInt8 = 0
  package var root: UInt32 = 0
  /// Pages that may exist; touching beyond is SIGBUS.
  package var pageCount: UInt64
  /// Pages that exist in memory, and in swap.
  package var residentPages: UInt64 = 0
  package var swappedPages: UInt64 = 0
  /// Pages charged to the commit total.
  package var chargedPages: UInt64
  /// The regions that map it, oldest first.
  package var firstRegion = VMAIndex.none
  package var lastRegion = VMAIndex.none
  /// The System V segment that it is the memory of; none for other objects.
  package var segment = SegmentIndex.none
  /// The kernel memory of its inode, directory entry and open file.
  var kernelObjects: [3 of SlabObject]

  /// The caches of `kernelObjects`.
  static let caches: [3 of KernelCache] = [.shmemInode, .dentry, .filp]

  init(
    pageCount: UInt64, chargedPages: UInt64, flags: MemoryObjectFlags,
    kernelObjects: [3 of SlabObject]
  ) {
    self.kernelObjects = kernelObjects
    self.pageCount = pageCount
    self.chargedPages = chargedPages
    self.flags = flags
  }
}

/// All memory objects and the nodes of their trees.
///
/// Linux: `struct xarray`, include/linux/xarray.h.
package struct MemoryObjects: ~Copyable {
  private let inPlace = InPlace()
  package var records = Pool(
    unused: MemoryObject(
      pageCount: 0, chargedPages: 0, flags: [], kernelObjects: .init(repeating: .none)))
  private var nodes = Pool<UInt32>(unused: 0)
  private var slots = Table<UInt64>()
  /// The kernel memory of each node.
  private var nodeObjects = Table<SlabObject>()
  /// Kernel memory for nodes about to be made: a flow fills it before it begins.
  var spareNodes = ObjectStack()
  /// Kernel memory of nodes that have been freed: a flow empties it at once.
  var freedNodes = ObjectStack()

  private static let shift: UInt64 = 6
  private static let fanOut = 64

  package init() {}

  package subscript(object: MemoryObjectIndex) -> MemoryObject {
    get { records[object.index] }
    _modify { yield &records[object.index] }
  }

  package mutating func make(_ record: MemoryObject) -> MemoryObjectIndex {
    MemoryObjectIndex(records.allocate(record))
  }

  /// Gives an object back; its slots must be empty and no region may map it.
  package mutating func release(_ object: MemoryObjectIndex) {
    let record = records[object.index]
    precondition(
      record.root == 0 && record.firstRegion.isNone,
      "MemoryObjects: object \(object.index) is still in use")
    records.release(object.index)
  }

  // MARK: Slots

  package borrowing func slot(_ page: UInt64, of object: MemoryObjectIndex) -> ObjectSlot {
    let record = records[object.index]
    var level = UInt64(record.height)
    if level == 0 || page >> (level * Self.shift) != 0 { return .none }
    var node = Int(record.root)
    while level > 1 {
      level -= 1
      node = Int(slots[place(page, level, node)])
      if node == 0 { return .none }
    }
    return ObjectSlot(bits: slots[place(page, 0, node)])
  }

  /// Levels of a tree that reaches `page`.
  private static func levels(for page: UInt64) -> Int {
    var levels = 1
    while page >> (UInt64(levels) * shift) != 0 { levels += 1 }
    return levels
  }

  /// Nodes that storing at `page` would have to make.
  package borrowing func missingNodes(for page: UInt64, of object: MemoryObjectIndex) -> Int {
    let record = records[object.index]
    var height = UInt64(record.height)
    if height == 0 { return Self.levels(for: page) }
    var missing = 0
    while page >> (height * Self.shift) != 0 {
      height += 1
      missing += 1
    }
    // A new root leads to the old tree by its first slot only.
    if missing > 0 { return missing + Int(height) - 1 }
    var node = Int(record.root)
    var level = height - 1
    while level > 0 {
      node = Int(slots[place(page, level, node)])
      if node == 0 { return Int(level) }
      level -= 1
    }
    return 0
  }

  /// Stores a slot and keeps the object's counts; `spareNodes` holds what it needs.
  package mutating func setSlot(
    _ page: UInt64, of object: MemoryObjectIndex, to slot: ObjectSlot
  ) {
    let old = self.slot(page, of: object)
    count(old, of: object, adding: false)
    count(slot, of: object, adding: true)
    if slot.isNone {
      if !old.isNone { clear(page, of: object) }
    } else {
      store(page, of: object, slot.bits)
    }
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
    let record = records[object.index]
    if record.height == 0 { return nil }
    return occupied(from: page, Int(record.root), level: UInt64(record.height) - 1, base: 0)
  }

  private borrowing func occupied(
    from page: UInt64, _ node: Int, level: UInt64, base: UInt64
  ) -> UInt64? {
    let span: UInt64 = 1 << (level * Self.shift)
    for index in 0..<Self.fanOut {
      let first = base + UInt64(index) * span
      let entry = slots[node * Self.fanOut + index]
      if entry == 0 || first + span <= page { continue }
      if level == 0 { return first }
      if let found = occupied(from: page, Int(entry), level: level - 1, base: first) {
        return found
      }
    }
    return nil
  }

  private borrowing func place(_ page: UInt64, _ level: UInt64, _ node: Int) -> Int {
    node * Self.fanOut + Int((page >> (level * Self.shift)) & UInt64(Self.fanOut - 1))
  }

  private mutating func makeNode() -> Int {
    let node = nodes.allocate(0)
    slots.extend(to: (node + 1) * Self.fanOut)
    nodeObjects.extend(to: node + 1)
    nodeObjects[node] = spareNodes.pop()
    return node
  }

  private mutating func store(_ page: UInt64, of object: MemoryObjectIndex, _ bits: UInt64) {
    grow(object, toHold: page)
    var node = Int(records[object.index].root)
    var level = UInt64(records[object.index].height) - 1
    while level > 0 {
      let at = place(page, level, node)
      if slots[at] == 0 {
        slots[at] = UInt64(makeNode())
        nodes[node] += 1
      }
      node = Int(slots[at])
      level -= 1
    }
    let at = place(page, 0, node)
    if slots[at] == 0 { nodes[node] += 1 }
    slots[at] = bits
  }

  /// Adds levels above the root until the tree reaches `page`.
  private mutating func grow(_ object: MemoryObjectIndex, toHold page: UInt64) {
    if records[object.index].height == 0 {
      // The one path of an empty tree is as long as it has to be: no node is ever without slots.
      records[object.index].root = UInt32(makeNode())
      records[object.index].height = UInt8(Self.levels(for: page))
      return
    }
    while page >> (UInt64(records[object.index].height) * Self.shift) != 0 {
      let root = makeNode()
      slots[root * Self.fanOut] = UInt64(records[object.index].root)
      nodes[root] = 1
      records[object.index].root = UInt32(root)
      records[object.index].height += 1
    }
  }

  private mutating func clear(_ page: UInt64, of object: MemoryObjectIndex) {
    let record = records[object.index]
    if remove(page, Int(record.root), level: UInt64(record.height) - 1) {
      records[object.index].root = 0
      records[object.index].height = 0
    }
  }

  /// Empties a slot below `node`; says whether the node went with it.
  private mutating func remove(_ page: UInt64, _ node: Int, level: UInt64) -> Bool {
    let at = place(page, level, node)
    if level > 0 && !remove(page, Int(slots[at]), level: level - 1) { return false }
    slots[at] = 0
    nodes[node] -= 1
    if nodes[node] > 0 { return false }
    freedNodes.push(nodeObjects[node])
    nodes.release(node)
    return true
  }

  // MARK: Regions

  /// Linux: `vma_link_file`, mm/vma.c.
  package mutating func link(
    _ region: VMAIndex, to object: MemoryObjectIndex, in regions: inout RegionTable
  ) {
    let last = records[object.index].lastRegion
    regions.links[region.index].previousInObject = last
    regions.links[region.index].nextInObject = .none
    if last.isNone {
      records[object.index].firstRegion = region
    } else {
      regions.links[last.index].nextInObject = region
    }
    records[object.index].lastRegion = region
  }

  /// Linux: `unlink_file_vma`, mm/vma.c.
  package mutating func unlink(
    _ region: VMAIndex, from object: MemoryObjectIndex, in regions: inout RegionTable
  ) {
    let next = regions.links[region.index].nextInObject
    let previous = regions.links[region.index].previousInObject
    if previous.isNone {
      records[object.index].firstRegion = next
    } else {
      regions.links[previous.index].nextInObject = next
    }
    if next.isNone {
      records[object.index].lastRegion = previous
    } else {
      regions.links[next.index].previousInObject = previous
    }
  }
}
