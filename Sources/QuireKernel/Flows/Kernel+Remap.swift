// mremap: a mapping grows, shrinks or moves, and its pages move with it (MREMAP-1 … MREMAP-4,
// REC-12, REC-13).

internal import KernelStorage

/// How to remap.
///
/// Linux: `MREMAP_MAYMOVE` and friends, include/uapi/linux/mman.h.
public struct RemapFlags: OptionSet, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt64
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  public static let mayMove = RemapFlags(rawValue: 1)
  public static let fixed = RemapFlags(rawValue: 2)
  public static let dontUnmap = RemapFlags(rawValue: 4)

  /// The pages move, wherever they might have stayed.
  ///
  /// Linux: `vrm_implies_new_addr`, mm/mremap.c.
  fileprivate var implyTarget: Bool { !isDisjoint(with: [.fixed, .dontUnmap]) }
}

/// The arguments of one mremap; lengths are whole pages once they are checked.
///
/// Linux: none (model only).
public struct RemapRequest: Hashable, Sendable, BitwiseCopyable {
  public var address: VirtualAddress
  public var oldLength: UInt64
  public var newLength: UInt64
  public var flags: RemapFlags
  /// Where to, with `fixed`; a hint with `dontUnmap`.
  public var target: VirtualAddress

  public init(
    _ address: VirtualAddress, _ oldLength: UInt64, to newLength: UInt64, _ flags: RemapFlags = [],
    at target: VirtualAddress = 0
  ) {
    self.address = address
    self.oldLength = oldLength
    self.newLength = newLength
    self.flags = flags
    self.target = target
  }
}

extension Kernel {
  /// Changes the size or the place of a mapping and returns where it is then.
  ///
  /// - Throws: EINVAL, EFAULT when nothing is mapped or several regions are, ENOMEM, EAGAIN for the
  ///   limit on locked memory, EPERM for sealed memory.
  /// Linux: `sys_mremap`, mm/mremap.c.
  public mutating func mremap(_ request: RemapRequest, by task: TaskIndex)
    throws(Errno) -> VirtualAddress
  {
    charge(costs.systemCall)
    let remap = try checked(request)
    let space = tasks[task].space
    if rules.contains(.remapChecksFirst) {
      if remap.newLength > layout.taskSize { throw .EINVAL }
      if remap.flags.implyTarget { try checkTarget(remap, in: space) }
    }
    if rules.contains(.remapMovesSeveral) && remap.flags.contains(.fixed)
      && remap.oldLength == remap.newLength
    {
      return try moveSeveral(remap, by: task)
    }
    let region = try regionHolding(remap.address, in: space)
    if virtual.regions[region].flags.contains(.sealed) { throw .EPERM }
    var moved = remap.address
    if remap.flags.implyTarget {
      moved = try remapTo(remap, by: task)
    } else if remap.oldLength >= remap.newLength {
      try cutTail(remap, by: task)
      return remap.address
    } else if try !growInPlace(remap, by: task) {
      moved = try moveAnywhere(remap, by: task)
    }
    let area = virtual.regions[try regionHolding(moved, in: space)]
    if area.flags.contains(.locked) && remap.newLength > remap.oldLength {
      populate(moved + remap.oldLength, moved + remap.newLength, by: task, skipping: true)
    }
    return moved
  }

  private func checked(_ request: RemapRequest) throws(Errno) -> RemapRequest {
    let flags = request.flags
    if !flags.isSubset(of: [.mayMove, .fixed, .dontUnmap]) { throw .EINVAL }
    if flags.contains(.fixed) && !flags.contains(.mayMove) { throw .EINVAL }
    if !Page.isAligned(request.address) { throw .EINVAL }
    var remap = request
    remap.oldLength = layout.wholePages(request.oldLength)
    remap.newLength = layout.wholePages(request.newLength)
    let isResized =
      rules.contains(.remapChecksFirst)
      ? remap.oldLength != remap.newLength : request.oldLength != request.newLength
    if flags.contains(.dontUnmap) && (!flags.contains(.mayMove) || isResized) { throw .EINVAL }
    if remap.newLength == 0 { throw .EINVAL }
    return remap
  }

  private borrowing func regionHolding(_ address: VirtualAddress, in space: AddressSpaceIndex)
    throws(Errno) -> VMAIndex
  {
    let region = virtual.regions.tree.first(above: address, in: spaces[space].regions.top)
    if region.isNone || virtual.regions[region].start > address { throw .EFAULT }
    return region
  }

  /// Unmaps what a shorter length leaves behind; it may reach over regions and holes.
  private mutating func cutTail(_ remap: RemapRequest, by task: TaskIndex) throws(Errno) {
    if remap.oldLength > remap.newLength {
      try munmapChecked(
        remap.address &+ remap.newLength, remap.oldLength - remap.newLength, by: task)
    }
  }

  /// The region to move or to grow, if it may (MREMAP-1, MREMAP-3).
  ///
  /// Linux: `vma_to_resize`, mm/mremap.c.
  private borrowing func resizable(_ remap: RemapRequest, by task: TaskIndex)
    throws(Errno) -> VMAIndex
  {
    let space = tasks[task].space
    let region = try regionHolding(remap.address, in: space)
    let area = virtual.regions[region]
    if remap.oldLength == 0 && area.flags.isDisjoint(with: [.shared, .mayShare]) { throw .EINVAL }
    let isStuck = !area.flags.isDisjoint(with: [.dontExpand, .pfnMap])
    if remap.flags.contains(.dontUnmap) && isStuck { throw .EINVAL }
    if remap.oldLength > area.end - remap.address { throw .EFAULT }
    if remap.newLength == remap.oldLength { return region }
    let first = virtual.regions.pageOffset(remap.address, in: region)
    if architectureRules.wraps(first, remap.newLength >> Page.shift) { throw .EINVAL }
    if isStuck { throw .EFAULT }
    let growth = (remap.newLength - remap.oldLength) >> Page.shift
    if !mayLock(space, area.flags, growth, task) { throw .EAGAIN }
    if !mayExpand(space, area.flags, by: growth, task) { throw .ENOMEM }
    return region
  }

  // MARK: In place

  /// Grows a region that ends where the old length does, if what follows is free.
  ///
  /// A guard gap that lies there is no obstacle (REC-13).
  private mutating func growInPlace(_ remap: RemapRequest, by task: TaskIndex)
    throws(Errno) -> Bool
  {
    let region = try resizable(remap, by: task)
    let area = virtual.regions[region]
    let space = area.space
    if remap.oldLength != area.end - remap.address { return false }
    let end = area.end &+ (remap.newLength - remap.oldLength)
    if end < area.end || end > layout.taskSize { return false }
    let next = virtual.regions.next(region)
    if !next.isNone && virtual.regions[next].start < end { return false }
    let pages = (end - area.end) >> Page.shift
    let isCharged = area.flags.contains(.account)
    if isCharged { try charge(pages: pages, in: space, by: task) }
    do {
      let request = MergeRequest(
        space: space, start: area.end, end: end, flags: area.flags,
        pageOffset: virtual.regions.pageOffset(area.end, in: region), object: area.object,
        attachment: virtual.regions.attachments[region.index], anonVMA: area.anonVMA,
        previous: region, next: next)
      if try mergeNew(request, by: task).isNone { throw Errno.ENOMEM }
    } catch {
      if isCharged { uncharge(pages: pages) }
      throw .ENOMEM
    }
    spaces[space].account(area.flags, adding: pages)
    if area.flags.contains(.locked) { spaces[space].lockedPages += pages }
    return true
  }

  // MARK: Elsewhere

  private mutating func moveAnywhere(_ remap: RemapRequest, by task: TaskIndex)
    throws(Errno) -> VirtualAddress
  {
    if !remap.flags.contains(.mayMove) { throw .ENOMEM }
    let region = try resizable(remap, by: task)
    let target = try freeAddress(
      hint: 0, remap.newLength, placement(of: region, remap), [], in: tasks[task].space)
    return try move(region, remap, to: target, by: task)
  }

  private borrowing func placement(of region: VMAIndex, _ remap: RemapRequest) -> Placement {
    let area = virtual.regions[region]
    let page = virtual.regions.pageOffset(remap.address, in: region)
    return placement(
      of: area.object, page << Page.shift, isShared: area.flags.contains(.mayShare))
  }

  /// Whether the target makes sense beside the source, and the process may have more regions.
  private borrowing func checkTarget(_ remap: RemapRequest, in space: AddressSpaceIndex)
    throws(Errno)
  {
    if !Page.isAligned(remap.target) || remap.newLength > layout.taskSize
      || remap.target > layout.taskSize - remap.newLength
    {
      throw .EINVAL
    }
    if remap.address &+ remap.oldLength > remap.target
      && remap.target + remap.newLength > remap.address
    {
      throw .EINVAL
    }
    if spaces[space].regionCount + 2 >= tunables.maxMapCount - 3 { throw .ENOMEM }
  }

  /// To a place that was asked for: it is unmapped first, then the tail. Early kernels look at the
  /// range itself only then, later ones before (REC-13).
  ///
  /// Linux: `mremap_to`, mm/mremap.c.
  private mutating func remapTo(_ request: RemapRequest, by task: TaskIndex)
    throws(Errno) -> VirtualAddress
  {
    var remap = request
    let space = tasks[task].space
    if rules.contains(.remapChecksFirst) {
      remap.oldLength = min(request.oldLength, request.newLength)
      _ = try resizable(remap, by: task)
      remap.oldLength = request.oldLength
    } else {
      try checkTarget(remap, in: space)
    }
    if remap.flags.contains(.fixed) {
      try munmapChecked(remap.target, remap.newLength, by: task)
    }
    if remap.oldLength > remap.newLength {
      try cutTail(remap, by: task)
      remap.oldLength = remap.newLength
    }
    let region = try resizable(remap, by: task)
    let flags = virtual.regions[region].flags
    if remap.flags.contains(.dontUnmap)
      && !mayExpand(space, flags, by: remap.oldLength >> Page.shift, task)
    {
      throw .ENOMEM
    }
    if !remap.flags.contains(.fixed) {
      remap.target = try freeAddress(
        hint: remap.target, remap.newLength, placement(of: region, remap), [], in: space)
    }
    if remap.target < minimumAddress && !tasks[task].holds(.rawIO) { throw .EPERM }
    return try move(region, remap, to: remap.target, by: task)
  }

  /// Moves every region of a range, and keeps the holes between them.
  ///
  /// What lies at the target where the range has a hole stays. A region that cannot be moved ends
  /// the call; those before it have moved.
  /// Linux: `remap_move`, mm/mremap.c.
  private mutating func moveSeveral(_ request: RemapRequest, by task: TaskIndex)
    throws(Errno) -> VirtualAddress
  {
    let space = tasks[task].space
    let end = request.address &+ request.oldLength
    var part = request
    var place: VirtualAddress?
    while part.address < end {
      let region = virtual.regions.tree.first(above: part.address, in: spaces[space].regions.top)
      if region.isNone || virtual.regions[region].start >= end { break }
      let area = virtual.regions[region]
      if area.start > part.address {
        // A hole; none may come first.
        if place == nil { throw .EFAULT }
        part.target += area.start - part.address
        part.address = area.start
      }
      // An attach of System V memory chooses its places itself, so it moves alone or not at all.
      let isAlone = !virtual.regions.attachments[region.index].isNone
      if isAlone && (place != nil || area.end < end) { throw .EFAULT }
      if area.flags.contains(.sealed) { throw .EPERM }
      part.oldLength = min(end, area.end) - part.address
      part.newLength = part.oldLength
      let moved = try remapTo(part, by: task)
      if place == nil { place = moved }
      part.address += part.oldLength
      part.target = moved + part.newLength
    }
    guard let place else { throw .EFAULT }
    return place
  }

  /// Linux: `move_vma`, mm/mremap.c.
  private mutating func move(
    _ source: VMAIndex, _ remap: RemapRequest, to target: VirtualAddress, by task: TaskIndex
  ) throws(Errno) -> VirtualAddress {
    let area = virtual.regions[source]
    let space = area.space
    if spaces[space].regionCount >= tunables.maxMapCount - 3 { throw .ENOMEM }
    let keeps = remap.flags.contains(.dontUnmap)
    let newPages = remap.newLength >> Page.shift
    let oldPages = remap.oldLength >> Page.shift
    let isCharged = area.flags.contains(.account)
    let charged = isCharged ? (keeps ? newPages : newPages - oldPages) : 0
    try charge(pages: charged, in: space, by: task)
    do throws(Errno) {
      try copyRegion(source, remap, to: target, by: task)
    } catch {
      uncharge(pages: charged)
      throw error
    }
    do throws(Errno) {
      try moveEntries(
        from: remap.address, to: target, remap.oldLength, in: space, by: task)
    } catch {
      undoMove(remap, target, isCharged: isCharged, charged, in: space, by: task)
      throw error
    }
    spaces[space].recordPeaks()
    spaces[space].account(area.flags, adding: newPages)
    let countsLock = !keeps || rules.contains(.remapCountsLockTwice)
    if area.flags.contains(.locked) && countsLock { spaces[space].lockedPages += newPages }
    if keeps {
      leaveEmpty(remap, area, in: space)
    } else {
      removeOld(remap, isCharged: isCharged, in: space, by: task)
    }
    emit(.map, tasks[task].pid, target, remap.newLength)
    return target
  }
}
