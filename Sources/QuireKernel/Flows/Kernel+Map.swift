// mmap: finding a place, checking limits, and making or extending a region.

extension Kernel {
  /// Maps memory and returns where (MMAP-1 … MMAP-13).
  ///
  /// - Throws: EBADF, EINVAL, ENOMEM, EOVERFLOW, EEXIST, EPERM, EAGAIN, EACCES, EOPNOTSUPP.
  /// Linux: `do_mmap`, mm/mmap.c.
  public mutating func mmap(_ request: MapRequest, by task: TaskIndex)
    throws(Errno) -> VirtualAddress
  {
    charge(costs.systemCall)
    if !Page.isAligned(request.offset) { throw .EINVAL }
    let isAnonymous = request.flags.contains(.anonymous)
    if !isAnonymous, let file = request.file, !file.isMappable {
      throw refusalOfMapping(request, file.access, by: task)
    }
    let object = isAnonymous ? .none : try mappedObject(request)
    if request.flags.contains(.hugeTLB) {
      // No file of this machine has huge pages.
      throw isAnonymous ? refusalOfHugePages(request, by: task) : .EINVAL
    }
    return try map(request, of: MapSource(object: object, access: request.file?.access), by: task)
  }

  /// What mmap and shmat have in common.
  mutating func map(
    _ request: MapRequest, of source: MapSource, by task: TaskIndex
  ) throws(Errno) -> VirtualAddress {
    var area = try place(request, of: source.object, by: task)
    area.object = source.object
    let pageOffset = try settleFlags(&area, request, source, by: task)
    try mapRegion(area, pageOffset: pageOffset, source, by: task)
    if area.flags.contains(.pfnMap) { try mapRegisters(area, offset: request.offset, by: task) }
    emit(.map, tasks[task].pid, area.start, area.end - area.start)
    let isPopulated = request.flags.intersection([.populate, .nonBlock]) == .populate
    if isPopulated || area.flags.contains(.locked) {
      populate(area.start, area.end, by: task, skipping: true)
    }
    return area.start
  }

  private func mappedObject(_ request: MapRequest) throws(Errno) -> MemoryObjectIndex {
    guard let file = request.file else { throw .EBADF }
    return try object(of: file)
  }

  // MARK: Where

  /// The checks on the range, the place, and the first flags of the region.
  mutating func place(
    _ request: MapRequest, of object: MemoryObjectIndex, by task: TaskIndex
  ) throws(Errno) -> VirtualMemoryArea {
    let space = tasks[task].space
    let length = try checkLength(of: request)
    if spaces[space].regionCount > tunables.maxMapCount { throw .ENOMEM }
    var flags = VMAFlags(request.protection)
    flags.formUnion(.mayAccess)
    flags.formUnion(spaces[space].defaultFlags)
    if request.flags.contains(.growsDown) { flags.insert(.growsDown) }
    if request.flags.contains(.locked) { flags.insert(.locked) }
    if request.flags.contains(.stack) { flags.insert(.noHugePage) }
    if request.flags.contains(.sync) { flags.insert(.sync) }
    let start = try address(for: request, length, of: object, in: space, by: task)
    if request.flags.contains(.fixedNoReplace),
      !virtual.regions.firstOverlapping(start, start + length, in: spaces[space].regions.top).isNone
    {
      throw .EEXIST
    }
    return VirtualMemoryArea(
      start: start, end: start + length, flags: flags, object: .none, anonVMA: .none, space: space)
  }

  /// The length in whole pages.
  @discardableResult
  func checkLength(of request: MapRequest) throws(Errno) -> UInt64 {
    if request.length == 0 { throw .EINVAL }
    let length = layout.wholePages(request.length)
    if length == 0 { throw .ENOMEM }
    let first = request.offset >> Page.shift
    if architectureRules.wraps(first, length >> Page.shift) { throw .EOVERFLOW }
    return length
  }

  /// The address of a mapping: the place asked for, the hint, or one that is free (MMAP-3).
  ///
  /// Linux: `__get_unmapped_area`, mm/mmap.c.
  private borrowing func address(
    for request: MapRequest, _ length: UInt64, of object: MemoryObjectIndex,
    in space: AddressSpaceIndex, by task: TaskIndex
  ) throws(Errno) -> VirtualAddress {
    if length > layout.taskSize { throw .ENOMEM }
    let isFixed = !request.flags.isDisjoint(with: [.fixed, .fixedNoReplace])
    if !isFixed { return try freeAddress(for: request, length, of: object, in: space) }
    if request.address > layout.taskSize - length { throw .ENOMEM }
    if !Page.isAligned(request.address) { throw .EINVAL }
    if request.address < minimumAddress && !tasks[task].holds(.rawIO) { throw .EPERM }
    return request.address
  }

  private borrowing func freeAddress(
    for request: MapRequest, _ length: UInt64, of object: MemoryObjectIndex,
    in space: AddressSpaceIndex
  ) throws(Errno) -> VirtualAddress {
    var hint = Page.alignDown(request.address)
    if hint != 0 && hint < lowestChosenAddress {
      hint = Page.alignUp(lowestChosenAddress)
    }
    let isShared = request.flags.rawValue & MapFlags.typeMask == MapFlags.shared.rawValue
    let alignment = placement(of: object, request.offset, isShared: isShared)
    return try freeAddress(hint: hint, length, alignment, request.flags, in: space)
  }

  /// What a place should suit, so that large pages could be used some day.
  enum Placement {
    case any
    /// Whole 2 MiB of private memory begin on their boundary, where there is no hint.
    case memory
    /// What begins with this byte of a file: its boundaries of 2 MiB lie on those of addresses.
    case file(UInt64)
  }

  /// Linux: `get_area` in `__get_unmapped_area`, mm/mmap.c.
  borrowing func placement(
    of object: MemoryObjectIndex, _ offset: UInt64, isShared: Bool
  ) -> Placement {
    if object.isNone { return isShared ? .any : .memory }
    return virtual.objects[object].flags.contains(.onDisk) ? .file(offset) : .any
  }

  /// A free place.
  ///
  /// Linux: `__get_unmapped_area`, mm/mmap.c.
  borrowing func freeAddress(
    hint: VirtualAddress, _ length: UInt64, _ placement: Placement, _ flags: MapFlags,
    in space: AddressSpaceIndex
  ) throws(Errno) -> VirtualAddress {
    if length > layout.taskSize { throw .ENOMEM }
    switch placement {
    case .memory where hint == 0 && length & (layout.largeAlignment &- 1) == 0:
      if let found = alignedAddress(hint: 0, length, 0, flags, in: space) { return found }
    case .file(let offset):
      if let found = alignedAddress(hint: hint, length, offset, flags, in: space) { return found }
    default: break
    }
    guard let found = findAddress(hint: hint, length, flags, in: space) else { throw .ENOMEM }
    return found
  }

  /// The highest place that is as far from a boundary of 2 MiB as the offset is, where a hole
  /// leaves room to choose (REC-15); nil when it would do no good.
  ///
  /// Linux: `__thp_get_unmapped_area`, mm/huge_memory.c.
  private borrowing func alignedAddress(
    hint: VirtualAddress, _ length: UInt64, _ offset: UInt64, _ flags: MapFlags,
    in space: AddressSpaceIndex
  ) -> VirtualAddress? {
    let span = layout.largeAlignment
    if span == 0 { return nil }
    let end = offset &+ length
    let boundary = (offset &+ span &- 1) & ~(span - 1)
    if end <= boundary || end - boundary < span { return nil }
    let padded = length &+ span
    if padded < length || offset &+ padded < offset { return nil }
    guard let found = findAddress(hint: hint, padded, flags, in: space) else { return nil }
    if hint != 0 && found == hint { return found }
    let rest = (offset &- found) & (span - 1)
    let isTopDown = spaces[space].mapBase != Layout.noTopDown
    return rest == 0 && isTopDown ? found + span : found + rest
  }

  /// A free range: the hint, else from the top down, else from the bottom up (LAYOUT-4, LAYOUT-5).
  ///
  /// Linux: `arch_get_unmapped_area_topdown`, arch/x86/kernel/sys_x86_64.c.
  borrowing func findAddress(
    hint: VirtualAddress, _ length: UInt64, _ flags: MapFlags, in space: AddressSpaceIndex
  ) -> VirtualAddress? {
    let root = spaces[space].regions
    let window = flags.contains(.low32Bit) ? layout.low32Window : nil
    let end = window?.upperBound ?? layout.taskSize
    if length > end { return nil }
    if hint != 0 && hint <= end - length {
      let above = virtual.regions.tree.first(above: hint, in: root.top)
      if above.isNone || hint + length <= virtual.regions.guardedStart(above) { return hint }
    }
    let floor = lowestChosenAddress
    if let window {
      return virtual.regions.lowestGap(
        of: length, from: max(floor, window.lowerBound), below: window.upperBound, in: root)
    }
    let low = flags.contains(.above4G) ? max(floor, 4 << 30) : floor
    let top = spaces[space].mapBase
    if top > low,
      let found = virtual.regions.highestGap(of: length, from: low, below: top, in: root)
    {
      return found
    }
    return virtual.regions.lowestGap(
      of: length, from: max(floor, layout.legacyMapBase), below: layout.taskSize, in: root)
  }

  // MARK: What

  /// The checks on the kind of mapping; returns the page number of the start (MMAP-5 … MMAP-10).
  borrowing func settleFlags(
    _ area: inout VirtualMemoryArea, _ request: MapRequest, _ source: MapSource,
    by task: TaskIndex
  ) throws(Errno) -> UInt64 {
    try checkMayLock(area, request, by: task)
    let pageOffset: UInt64
    if let access = source.access {
      pageOffset = try settleFile(&area, request, access)
    } else {
      pageOffset = try settleMemory(&area, request, isWritable: source.isWritable)
    }
    if request.flags.contains(.noReserve) && tunables.overcommitMemory != 2 {
      area.flags.insert(.noReserve)
    }
    return pageOffset
  }

  /// Linux: `can_do_mlock` and `mlock_future_ok`, mm/mlock.c and mm/mmap.c.
  borrowing func checkMayLock(
    _ area: VirtualMemoryArea, _ request: MapRequest, by task: TaskIndex
  ) throws(Errno) {
    if request.flags.contains(.locked) && !tasks[task].holds(.ipcLock)
      && tasks[task].limits.lockedMemory == 0
    {
      throw .EPERM
    }
    if !mayLock(area.space, area.flags, area.pageCount, task) { throw .EAGAIN }
  }

  /// The kind of a mapping without a file.
  private func settleMemory(
    _ area: inout VirtualMemoryArea, _ request: MapRequest, isWritable: Bool
  ) throws(Errno) -> UInt64 {
    switch request.flags.rawValue & MapFlags.typeMask {
    case MapFlags.shared.rawValue:
      if area.flags.contains(.growsDown) { throw .EINVAL }
      area.flags.formUnion([.shared, .mayShare])
      if !isWritable { area.flags.subtract([.shared, .mayWrite]) }
      return 0
    case MapFlags.droppable.rawValue where rules.contains(.droppableMemory):
      if request.flags.contains(.locked) || area.flags.contains(.growsDown) { throw .EINVAL }
      area.flags.formUnion([.droppable, .noReserve, .wipeOnFork, .dontDump])
    case MapFlags.private.rawValue: break
    default: throw .EINVAL
    }
    return area.start >> Page.shift
  }

  /// The kind of a mapping of a file, and whether it was opened for that (MMAP-7, MMAP-8, REC-16).
  private borrowing func settleFile(
    _ area: inout VirtualMemoryArea, _ request: MapRequest, _ access: FileAccess
  ) throws(Errno) -> UInt64 {
    let kind = virtual.objects[area.object].flags
    let length = area.end - area.start
    let isFar =
      request.offset >> Page.shift > (architectureRules.largestFile - length) >> Page.shift
    if isFar && !kind.contains(.device) { throw .EOVERFLOW }
    let type = request.flags.rawValue & MapFlags.typeMask
    switch type {
    case MapFlags.shared.rawValue, MapFlags.sharedValidate.rawValue:
      let known: MapFlags = kind.contains(.onDisk) ? .legacy.union(.sync) : .legacy
      if type == MapFlags.sharedValidate.rawValue && !request.flags.isSubset(of: known) {
        throw .EOPNOTSUPP
      }
      if request.protection.contains(.write) && !access.contains(.write) { throw .EACCES }
      if access.contains(.write) { try refuseWriting(area.object) }
      area.flags.formUnion([.shared, .mayShare])
      if kind.contains(.onDisk) { area.flags.insert(.tracksWrites) }
      if !access.contains(.write) {
        area.flags.subtract([.mayWrite, .shared, .tracksWrites])
      }
    case MapFlags.private.rawValue: break
    default: throw .EINVAL
    }
    if !access.contains(.read) { throw .EACCES }
    if area.flags.contains(.growsDown) { throw .EINVAL }
    return kind.contains(.device)
      ? settleDevice(&area, offset: request.offset) : request.offset >> Page.shift
  }

  /// Makes the region, in place of whatever is mapped there (MMAP-9).
  ///
  /// Linux: `mmap_region`, mm/vma.c.
  private mutating func mapRegion(
    _ request: VirtualMemoryArea, pageOffset: UInt64, _ source: MapSource, by task: TaskIndex
  ) throws(Errno) {
    var area = request
    let space = area.space
    var next = virtual.regions.tree.first(above: area.start, in: spaces[space].regions.top)
    var old: RegionRun?
    if !next.isNone && virtual.regions[next].start < area.end {
      let run = try isolateRegions(from: next, area.start, area.end, in: space, by: task)
      next = virtual.regions.next(run.last)
      old = leftToRemove(run, from: space)
    }
    let pages = area.pageCount
    guard mayExpand(space, area.flags, by: pages - (old?.pages ?? 0), task) else { throw .ENOMEM }
    var charged: UInt64 = 0
    if area.flags.isAccountable {
      // What is taken away gives its charge to what comes; only the rest must be granted.
      charged = pages - (old?.accountedPages ?? 0)
      if charged > 0 { try charge(pages: charged, in: space, by: task) }
      area.flags.insert(.account)
    }
    let object: SlabObject
    do { object = try reserve(area, replacing: old, before: next, by: task) } catch {
      uncharge(pages: charged)
      throw error
    }
    let refusal = attachMemory(to: &area, source, by: task)
    if area.flags.contains(.account) { old?.accountedPages = 0 }
    if let old { removeRegions(old, from: space) }
    if let refusal {
      returnSpares()
      freeObject(object)
      if area.flags.contains(.account) { uncharge(pages: pages) }
      throw refusal
    }
    try link(area, pageOffset: pageOffset, source.attachment, object, before: next, by: task)
    spaces[space].account(area.flags, adding: pages)
    countLock(of: area)
  }

  /// Takes the kernel memory that a new region may need.
  ///
  /// - Throws: ENOMEM, and nothing is taken.
  private mutating func reserve(
    _ area: VirtualMemoryArea, replacing old: RegionRun?, before next: VMAIndex,
    by task: TaskIndex
  ) throws(Errno) -> SlabObject {
    let object = try allocateObject(.vmAreaStruct, for: task)
    do throws(Errno) {
      // Joining both neighbours may give the one the other's pages.
      let isNewMemory = area.flags.contains(.shared) && area.object.isNone
      if !isNewMemory && touchesBoth(area, replacing: old, before: next) {
        try reserveChains(1, by: task)
      }
    } catch {
      freeObject(object)
      throw error
    }
    return object
  }

  /// Whether regions will touch the new one at both ends.
  private borrowing func touchesBoth(
    _ area: VirtualMemoryArea, replacing old: RegionRun?, before next: VMAIndex
  ) -> Bool {
    if next.isNone || virtual.regions[next].start != area.end { return false }
    let previous = virtual.regions.previous(old?.first ?? next)
    return !previous.isNone && virtual.regions[previous].end == area.start
  }

  /// Extends a neighbour over the range, or makes a region of its own.
  private mutating func link(
    _ area: VirtualMemoryArea, pageOffset: UInt64, _ attachment: AttachmentIndex,
    _ object: SlabObject, before next: VMAIndex, by task: TaskIndex
  ) throws(Errno) {
    let space = area.space
    let request = MergeRequest(
      space: space, start: area.start, end: area.end, flags: area.flags, pageOffset: pageOffset,
      object: area.object, attachment: attachment,
      previous: virtual.regions.previous(before: next, in: spaces[space].regions), next: next)
    let joined = try mergeNew(request, by: task)
    returnSpares()
    if !joined.isNone {
      freeObject(object)
      return
    }
    let region = virtual.regions.insert(
      area, links: VMALinks(pageOffset: pageOffset), object: object, before: next,
      into: &spaces[space].regions)
    linkObject(of: region, attachment, by: task)
  }
}
