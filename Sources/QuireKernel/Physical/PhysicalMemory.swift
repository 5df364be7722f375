// Physical memory: frames, zones and what the frames hold.
//
// This is a leaf: it hands blocks out and takes them back, keeps reference counts and contents,
// and knows nothing of who owns a page. Who may wait, reclaim or be killed for a page is decided
// in Flows/Kernel+Allocate.swift.

package import KernelStorage

/// The memory of the one node of the machine.
///
/// Linux: `pg_data_t`, include/linux/mmzone.h.
public struct PhysicalMemory: ~Copyable {
  let inPlace: InPlace
  public let geometry: PageGeometry
  public let directMap: DirectMap
  public internal(set) var frames: FrameTable
  /// One row per `ZoneKind`; those without memory have `present` 0.
  package internal(set) var zones: Slots<Zone>
  /// The highest zone with memory that a request with a highest zone may use.
  var firstZone: [5 of Int] = .init(repeating: 0)
  /// Contents of each frame.
  var contents: Table<PageData>
  package var store = PageStore()
  /// What the boot kept from the allocator, in ascending order (BOOT-1).
  package internal(set) var reserved: [ReservedRange] = []
  var mobility = MobilityPolicy()
  /// The sum of what allocations must leave alone (ZONE-11), in pages.
  package internal(set) var totalReserve = 0
  /// `vm.min_free_kbytes` as computed or set.
  package internal(set) var minFreeKilobytes = 0
  /// Somebody is reclaiming: what that needs may use all there is, and does not reclaim again.
  ///
  /// Linux: `PF_MEMALLOC`, include/linux/sched.h.
  var isReclaiming = false
  /// Countdown to an allocation that is made to fail; 0 is off.
  var injection = FailureInjection()

  // MARK: Geometry

  /// Frames handed to the allocator at boot.
  public var managedFrames: Int {
    var sum = 0
    for index in 0..<ZoneKind.count { sum += zones[index].managed }
    return sum
  }

  /// Frames in free blocks.
  public var freeFrames: Int {
    var sum = 0
    for index in 0..<ZoneKind.count { sum += zones[index].free }
    return sum
  }

  var highestPopulatedZone: ZoneKind {
    ZoneKind.allCases.last { zones[$0.index].isPopulated } ?? .dma
  }

  /// Where the frames end that can serve a request: at high memory for those that need the kernel's
  /// own addresses.
  func frameLimit(of gfp: GFPFlags) -> FrameNumber {
    let high = ZoneKind.highMem
    let isLow = gfp.highestZone.rawValue < high.rawValue && zones[high.index].isPopulated
    return isLow ? zones[high.index].start : FrameNumber(UInt32.max)
  }

  /// The zone that a frame lies in; nil for a frame beyond all zones.
  ///
  /// Linux: `page_zone`, include/linux/mm.h.
  public func zoneKind(of frame: FrameNumber) -> ZoneKind? {
    for index in 0..<ZoneKind.count where zones[index].contains(frame) {
      return ZoneKind(rawValue: UInt8(index))
    }
    return nil
  }

  /// The first frame of the block handed out that `frame` lies inside of, not at the start of.
  public func allocatedBlock(covering frame: FrameNumber) -> FrameNumber? {
    frames.blockHead(covering: frame, marked: .head)
  }

  /// Whether a frame is in a free block.
  public func isFree(_ frame: FrameNumber) -> Bool {
    guard let kind = zoneKind(of: frame) else { return false }
    let untouched = zones[kind.index].untouchedStart..<zones[kind.index].untouchedEnd
    return untouched.contains(frame) || frames[frame].flags.contains(.buddy)
      || frames.blockHead(covering: frame, marked: .buddy) != nil
  }

  // MARK: Blocks

  /// Takes a block out of one zone, without asking any watermark.
  ///
  /// Linux: `rmqueue`, mm/page_alloc.c.
  mutating func takeBlock(
    order: Int, from zone: Int, type: MigrateType, flags: AllocationFlags
  ) -> FrameNumber? {
    if flags.contains(.highAtomic),
      let block = zones[zone].takeSmallest(order: order, type: .highAtomic, marking: &frames)
    {
      return block
    }
    var policy = mobility
    policy.avoidsFragmentation = flags.contains(.avoidFragmentation)
    let taken = zones[zone].take(order: order, type: type, policy: policy, marking: &frames)
    if let taken { return taken }
    // What is kept for atomic requests of more than a page helps before the machine gives up.
    guard !flags.isDisjoint(with: [.outOfMemory, .nonBlocking]) else { return nil }
    return zones[zone].takeSmallest(order: order, type: .highAtomic, marking: &frames)
  }

  mutating func reserveHighAtomic(_ block: FrameNumber, order: Int, zone: Int) {
    zones[zone].reserveHighAtomic(block, order: order, marking: &frames)
  }

  /// Gives one pageblock that is kept for atomic requests to this one.
  mutating func releaseHighAtomic(_ gfp: GFPFlags, force: Bool) -> Bool {
    let type = gfp.migrateType(grouping: mobility.groupsByMobility)
    var index = gfp.highestZone.index
    while index >= 0 {
      if zones[index].releaseHighAtomic(to: type, force: force, marking: &frames) { return true }
      index -= 1
    }
    return false
  }

  /// Whether a request is first tried without mixing mobilities in Normal, with DMA32 to turn to.
  ///
  /// Linux: `alloc_flags_nofragment`, mm/page_alloc.c.
  func avoidsFragmentation(_ highest: ZoneKind) -> Bool {
    highest.rawValue >= ZoneKind.normal.rawValue && zones[ZoneKind.normal.index].managed > 0
      && zones[ZoneKind.dma32.index].managed > 0
  }

  /// Makes a block that was taken a fresh one with one owner.
  ///
  /// Linux: `prep_new_page`, mm/page_alloc.c.
  mutating func prepare(_ block: FrameNumber, order: Int) {
    frames[block].referenceCount = 1
    frames[block].order = UInt8(order)
    frames[block].flags = order > 0 ? .head : []
  }

  /// Gives a block back whose last owner has let go.
  ///
  /// What the frames held is forgotten here: the next owner never sees it.
  /// Linux: `free_pages_prepare` and `__free_pages_ok`, mm/page_alloc.c.
  mutating func freeBlock(_ block: FrameNumber, order: Int) {
    precondition(
      frames[block].isReadyToFree, "PhysicalMemory: bad page \(block.rawValue) is being freed")
    guard let kind = zoneKind(of: block) else {
      preconditionFailure("PhysicalMemory: frame \(block.rawValue) lies in no zone")
    }
    for frame in block.index..<(block.index + 1 << order) { clearData(FrameNumber(frame)) }
    frames[block].flags = []
    frames[block].use = .any
    frames[block].mapping = 0
    frames[block].index = 0
    zones[kind.index].release(block, order: order, marking: &frames)
  }

  /// Gives single frames in a row back, each with one owner and one mapping that are gone.
  ///
  /// Freed one by one in ascending order, the frames of an aligned block end up merged, and only
  /// then does the block look beyond itself: so it is freed as a block at once.
  /// Linux: `free_unref_folios`, mm/page_alloc.c.
  mutating func freeRun(_ run: FrameRange) {
    var frame = run.first
    let end = run.first + run.count
    while frame < end {
      clearData(frame)
      frames[frame].forgetAnonymous()
      frame = frame + 1
    }
    frame = run.first
    while frame < end {
      guard let kind = zoneKind(of: frame) else {
        preconditionFailure("PhysicalMemory: frame \(frame.rawValue) lies in no zone")
      }
      let left = end.index - frame.index
      let largest = Int.bitWidth - 1 - left.leadingZeroBitCount
      // Beyond a pageblock the types of two may differ.
      let order = min(frame.index.trailingZeroBitCount, largest, Pageblock.order)
      zones[kind.index].release(frame, order: order, marking: &frames)
      frame = frame + (1 << order)
    }
  }

  // MARK: Owners

  /// Adds an owner.
  ///
  /// Linux: `get_page`, include/linux/mm.h.
  public mutating func get(_ frame: FrameNumber) {
    precondition(frames[frame].referenceCount > 0, "PhysicalMemory: get of a free frame")
    frames[frame].referenceCount += 1
  }

  /// Removes an owner and says whether it was the last: then the caller frees the block.
  ///
  /// Linux: `put_page_testzero`, include/linux/mm.h.
  mutating func dropOwner(_ frame: FrameNumber) -> Bool {
    precondition(frames[frame].referenceCount > 0, "PhysicalMemory: put of a free frame")
    frames[frame].referenceCount -= 1
    return frames[frame].referenceCount == 0
  }
}

/// Frames that the boot kept from the allocator.
///
/// Linux: `struct memblock_region`, include/linux/memblock.h.
package struct ReservedRange: Hashable, Sendable {
  package var frames: Range<FrameNumber>
  /// As /proc/iomem names it.
  package var name: String
}
