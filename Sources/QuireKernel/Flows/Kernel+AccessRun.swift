// Accesses to pages side by side: what one leaf table and one region hold is done together.
//
// A run is a shortcut and nothing else. It takes only pages at which the handler of faults would
// decide nothing: entries that serve the access as they are, or private anonymous pages that were
// never touched while memory is plenty. Frames, list orders, counts and the clock come out as page
// by page; whatever could wait, fail, reclaim or make a table ends the run before it begins.

internal import KernelStorage

/// Entries side by side in one leaf table.
struct EntryRun: BitwiseCopyable {
  /// The number of the table's words in the store of page contents.
  var page = 0
  var index = 0
  var count = 0
}

extension Kernel {
  /// Makes accesses one to a page from `address` on, as many as go together; a run of 0 when the
  /// next access has to be taken alone.
  ///
  /// - Parameter limit: accesses that are wanted.
  mutating func accessRun(
    at address: VirtualAddress, _ kind: AccessKind, limit: UInt64, by task: TaskIndex
  ) -> EntryRun {
    // Whoever listens hears of each fault at its own time.
    if !handlesRuns || events.isOn { return EntryRun() }
    let space = tasks[task].space
    let page = virtual.walkCache.page(space, address)
    if page == 0 { return EntryRun() }
    let index = EntryPage.index(address)
    let most = Int(min(limit, UInt64(EntryPage.entries - index)))
    let present = memory.store.dense.mark(
      page, from: index, limit: min(most, beginnings(of: costs.access)),
      required: PageTableEntry.required(for: kind),
      forbidden: kind == .execute ? PageTableEntry.noExecuteBit : 0,
      marks: PageTableEntry.marks(for: kind))
    let count =
      present > 0
      ? present
      : faultRun(
        at: address, kind, limit: min(most, beginnings(of: costs.access &+ costs.minorFault)),
        in: space, page, by: task)
    charge(costs.access &* UInt64(count))
    return EntryRun(page: page, index: index, count: count)
  }

  /// The frame that an entry of a run maps.
  func frame(of run: EntryRun, _ place: Int) -> FrameNumber {
    PageTableEntry(bits: memory.store.dense[run.page, run.index + place]).frame
  }

  /// How many steps of a cost can begin, one after another, before the slice is over: at most a
  /// table full is asked for.
  private func beginnings(of cost: Nanoseconds) -> Int {
    if now >= sliceEnd { return 0 }
    if cost == 0 { return EntryPage.entries }
    return Int(min((sliceEnd - now - 1) / cost, UInt64(EntryPage.entries))) + 1
  }

  /// Makes pages of private anonymous memory present that were never touched, from that of
  /// `address` on, and says how many; 0 when the first has to go through `userFault`.
  ///
  /// - Parameter page: the words of the leaf table, from the walk cache.
  /// Linux: none (`handle_mm_fault` once for each page).
  @inline(__always)
  mutating func faultRun(
    at address: VirtualAddress, _ kind: AccessKind, limit: Int, in space: AddressSpaceIndex,
    _ page: Int, by task: TaskIndex
  ) -> Int {
    if page == 0 || !handlesRuns || kind == .execute { return 0 }
    let region = virtual.regions.find(address, in: &spaces[space].regions)
    if region.isNone { return 0 }
    let area = virtual.regions[region]
    let right: VMAFlags = kind == .write ? .write : readRights
    guard area.start <= address, area.object.isNone, !area.flags.isDisjoint(with: right) else {
      return 0
    }
    let start = Page.alignDown(address)
    let index = EntryPage.index(address)
    let most = min(limit, EntryPage.entries - index, Int((area.end - start) >> Page.shift))
    let run = EntryRun(page: page, index: index, count: most)
    let count = kind == .write ? mapFresh(run, area, region, at: start) : mapZeros(run, area)
    if count == 0 { return 0 }
    charge(costs.minorFault &* UInt64(count))
    counters.pgfault += UInt64(count)
    tasks[task].minorFaults += UInt64(count)
    if events.isOn { emit(.pageFault, tasks[task].pid, start) }
    return count
  }

  /// Reads of what was never written find the page of zeros.
  ///
  /// - Returns: how many entries of the run were empty, one after another.
  private mutating func mapZeros(_ run: EntryRun, _ area: VirtualMemoryArea) -> Int {
    let count = memory.store.dense.zeroRun(run.page, from: run.index, limit: run.count)
    let zero = PageTableEntry(
      frame: virtual.zeroFrame,
      protection: area.flags.entryProtection | PageTableEntry.specialBit)
    memory.store.dense.store(run.page, from: run.index, count: count, first: zero.bits, step: 0)
    return count
  }

  /// Maps fresh pages at empty entries, as many as lie in a row and can be had without any trouble.
  @inline(__always)
  private mutating func mapFresh(
    _ run: EntryRun, _ area: VirtualMemoryArea, _ region: VMAIndex, at start: VirtualAddress
  ) -> Int {
    // The first page of a region makes its `AnonVMA`; some regions have lists of their own for
    // their pages.
    if area.anonVMA.isNone || !area.flags.isDisjoint(with: [.locked, .droppable]) { return 0 }
    let source = runSource(.highUserMovable)
    let limit = memory.store.dense.zeroRun(
      run.page, from: run.index, limit: min(run.count, source.count))
    if limit == 0 { return 0 }
    let frames = memory.zones[source.zone].takeRun(
      limit: limit, type: source.type, marking: &memory.frames)
    counters.countAllocations(frames.count, zone: source.zone)
    let offset = virtual.regions.pageOffset(start, in: region)
    for place in 0..<frames.count {
      memory.frames[frames.first + place].beginAnonymous(
        area.anonVMA, index: offset &+ UInt64(place), newAnonymousMarks)
    }
    lru.add(frames, in: &memory.frames)
    let entry = PageTableEntry(
      frame: frames.first,
      protection: area.flags.entryProtection | PageTableEntry.writeBit | PageTableEntry.dirtyBit)
    memory.store.dense.store(
      run.page, from: run.index, count: frames.count, first: entry.bits, step: Page.size)
    gauges.nr_anon_pages += frames.count
    spaces[area.space].anonPages += UInt64(frames.count)
    return frames.count
  }

  /// Where single pages come from as long as nothing is short.
  private struct RunSource: BitwiseCopyable {
    var zone = 0
    var type = MigrateType.movable
    /// Pages that lie in a row and may be taken without another look at the marks.
    var count = 0
  }

  /// What `allocatePages` would turn to for single pages; empty when the first of them would need
  /// more than a look at one list of one zone.
  ///
  /// Linux: none (`get_page_from_freelist` once for each page).
  @inline(__always)
  private func runSource(_ gfp: GFPFlags) -> RunSource {
    if memory.injection.countdown != 0 { return RunSource() }
    let highest = gfp.highestZone
    let type = gfp.migrateType(grouping: memory.mobility.groupsByMobility)
    var zone = memory.firstZone[highest.index]
    while zone >= 0 {
      let surplus = memory.zones[zone].surplus(highest: highest)
      if surplus > 0 {
        let count = min(surplus, memory.zones[zone].runLength(type: type))
        return RunSource(zone: zone, type: type, count: count)
      }
      zone -= 1
    }
    return RunSource()
  }
}
