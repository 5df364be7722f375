// Regions join and part: merging neighbours that are alike, splitting one, taking one away.
//
// The decisions are those of VMA-5, VMA-7, VMA-8 and REC-1. Whatever joins must be adjacent,
// have equal flags, belong to the same object at consecutive pages, and have compatible reverse
// maps. A region gives up addresses before another takes them, so that the index never sees two
// on one page.

internal import KernelStorage

/// A range that would like to join its neighbours.
///
/// Linux: `struct vma_merge_struct`, mm/vma.h.
struct MergeRequest: BitwiseCopyable {
  var space: AddressSpaceIndex
  var start: VirtualAddress
  var end: VirtualAddress
  var flags: VMAFlags
  /// Page number of `start` in the object or in anonymous memory.
  var pageOffset: UInt64
  var object = MemoryObjectIndex.none
  /// The attach of System V shared memory that the range comes from.
  var attachment = AttachmentIndex.none
  var anonVMA = AnonVMAIndex.none
  /// The region that has the pages of the range, or has them to give; none for a fresh range.
  var source = VMAIndex.none
  /// The regions before and after the range, adjacent or not.
  var previous: VMAIndex
  var next: VMAIndex

  var pageCount: UInt64 { (end - start) >> Page.shift }
}

extension Kernel {
  // MARK: What may join

  /// Linux: `can_vma_merge_left`, mm/vma.c.
  private borrowing func joinsPrevious(_ request: MergeRequest) -> Bool {
    if request.previous.isNone { return false }
    let previous = virtual.regions[request.previous]
    return previous.end == request.start && isAlike(request.previous, request)
      && isCompatible(request, with: request.previous)
      && virtual.regions.pageOffset(previous.end, in: request.previous) == request.pageOffset
  }

  /// Linux: `can_vma_merge_right`, mm/vma.c.
  private borrowing func joinsNext(_ request: MergeRequest, joiningPrevious: Bool) -> Bool {
    if request.next.isNone { return false }
    let next = virtual.regions[request.next]
    guard next.start == request.end, isAlike(request.next, request),
      isCompatible(request, with: request.next),
      virtual.regions.links[request.next.index].pageOffset
        == request.pageOffset + request.pageCount
    else { return false }
    // Each may fit the range without fitting the other.
    if !joiningPrevious { return true }
    let before = virtual.regions[request.previous].anonVMA
    return before.isNone || next.anonVMA.isNone || before == next.anonVMA
  }

  /// Linux: `is_mergeable_vma`, mm/vma.c.
  private borrowing func isAlike(_ region: VMAIndex, _ request: MergeRequest) -> Bool {
    let area = virtual.regions[region]
    return area.flags == request.flags && area.object == request.object
      && virtual.regions.attachments[region.index] == request.attachment
  }

  /// Whether reverse maps allow joining: equal, or one is missing and the pages that are there are
  /// shared with no relative (REC-1).
  ///
  /// A neighbour without pages takes in a range that has some only by a rule of later kernels.
  /// Linux: `is_mergeable_anon_vma`, mm/vma.c.
  private borrowing func isCompatible(_ request: MergeRequest, with neighbour: VMAIndex) -> Bool {
    let theirs = virtual.regions[neighbour].anonVMA
    if request.anonVMA == theirs { return true }
    if request.anonVMA.isNone { return hasOneChain(neighbour) }
    return theirs.isNone && rules.contains(.unfaultedTakesFaulted)
      && (request.source.isNone || hasOneChain(request.source))
  }

  private borrowing func hasOneChain(_ region: VMAIndex) -> Bool {
    virtual.reverseMap.hasOneChain(virtual.regions.links[region.index])
  }

  // MARK: Joining

  /// Extends a neighbour, or joins both, over a range where nothing is mapped.
  ///
  /// - Returns: the region that now holds the range, or none.
  /// - Throws: ENOMEM, unless `reserveJoining` took what it may need.
  /// Linux: `vma_merge_new_range`, mm/vma.c.
  mutating func mergeNew(_ request: MergeRequest, by task: TaskIndex) throws(Errno) -> VMAIndex {
    if !request.flags.isDisjoint(with: .special) { return .none }
    let left = joinsPrevious(request)
    let right = joinsNext(request, joiningPrevious: left)
    if left {
      // A piece of an attach goes by being unmapped and in no other way.
      let takesNext = right && request.attachment.isNone
      try extendPrevious(request, throughNext: takesNext, by: task)
      return request.previous
    }
    if right {
      try adoptAnonVMA(of: request.source, by: request.next, for: task)
      setBounds(request.next, request.start, virtual.regions[request.next].end, request.space)
      virtual.regions.links[request.next.index].pageOffset = request.pageOffset
      return request.next
    }
    return .none
  }

  private mutating func extendPrevious(
    _ request: MergeRequest, throughNext: Bool, by task: TaskIndex
  ) throws(Errno) {
    let start = virtual.regions[request.previous].start
    var end = request.end
    if throughNext {
      end = virtual.regions[request.next].end
      try adoptAnonVMA(of: request.next, by: request.previous, for: task)
    }
    try adoptAnonVMA(of: request.source, by: request.previous, for: task)
    if throughNext { removeRegion(request.next, from: request.space) }
    setBounds(request.previous, start, end, request.space)
  }

  /// Tries to join a part of `region`, which is to have the request's flags, to what lies beside
  /// it.
  ///
  /// - Returns: the region that holds the part now, or none when nothing joins.
  /// - Throws: ENOMEM, and nothing has changed.
  /// Linux: `vma_merge_existing_range`, mm/vma.c.
  private mutating func mergeExisting(
    _ request: MergeRequest, part region: VMAIndex, by task: TaskIndex
  ) throws(Errno) -> VMAIndex {
    let area = virtual.regions[region]
    if !request.flags.isDisjoint(with: .special) { return .none }
    let atStart = request.start == area.start
    let atEnd = request.end == area.end
    if atStart && atEnd && !request.attachment.isNone { return .none }
    let left = atStart && joinsPrevious(request)
    let right = atEnd && joinsNext(request, joiningPrevious: left)
    if left {
      let source = right && !virtual.regions[request.next].anonVMA.isNone ? request.next : region
      try adoptAnonVMA(of: source, by: request.previous, for: task)
      joinToPrevious(request, region, whole: atEnd, throughNext: right)
      return request.previous
    }
    if right {
      try adoptAnonVMA(of: region, by: request.next, for: task)
      joinToNext(request, region, whole: atStart)
      return request.next
    }
    return .none
  }

  private mutating func joinToPrevious(
    _ request: MergeRequest, _ region: VMAIndex, whole: Bool, throughNext: Bool
  ) {
    let start = virtual.regions[request.previous].start
    var end = request.end
    if whole {
      removeRegion(region, from: request.space)
    } else {
      trimStart(region, to: request.end, in: request.space)
    }
    if throughNext {
      end = virtual.regions[request.next].end
      removeRegion(request.next, from: request.space)
    }
    setBounds(request.previous, start, end, request.space)
  }

  private mutating func joinToNext(_ request: MergeRequest, _ region: VMAIndex, whole: Bool) {
    if whole {
      removeRegion(region, from: request.space)
    } else {
      setBounds(region, virtual.regions[region].start, request.start, request.space)
    }
    setBounds(request.next, request.start, virtual.regions[request.next].end, request.space)
    virtual.regions.links[request.next.index].pageOffset = request.pageOffset
  }

  /// A region that takes in another's pages must be found from them.
  ///
  /// Linux: `dup_anon_vma`, mm/vma.c.
  private mutating func adoptAnonVMA(
    of source: VMAIndex, by target: VMAIndex, for task: TaskIndex
  ) throws(Errno) {
    if source.isNone { return }
    let anon = virtual.regions[source].anonVMA
    if anon.isNone || !virtual.regions[target].anonVMA.isNone { return }
    let needed = virtual.reverseMap.chainCount(of: virtual.regions.links[source.index])
    try reserveChains(max(0, needed - virtual.reverseMap.spareChains.count), by: task)
    virtual.regions[target].anonVMA = anon
    virtual.reverseMap.clone(from: source, to: target, in: &virtual.regions)
  }

  // MARK: Splitting

  /// Gives the part `start ..< end` of a region other flags: joined to a neighbour, or cut out.
  ///
  /// - Returns: the region that holds exactly the part, or the part and what it joined.
  /// Linux: `vma_modify_flags`, mm/vma.c.
  mutating func modifyFlags(
    of region: VMAIndex, _ start: VirtualAddress, _ end: VirtualAddress, to flags: VMAFlags,
    by task: TaskIndex
  ) throws(Errno) -> VMAIndex {
    let area = virtual.regions[region]
    let request = MergeRequest(
      space: area.space, start: start, end: end, flags: flags,
      pageOffset: virtual.regions.pageOffset(start, in: region), object: area.object,
      attachment: virtual.regions.attachments[region.index], anonVMA: area.anonVMA,
      source: region, previous: virtual.regions.previous(region),
      next: virtual.regions.next(region))
    let joined = try mergeExisting(request, part: region, by: task)
    if !joined.isNone { return joined }
    if area.start < start { try split(region, at: start, newBelow: true, by: task) }
    if area.end > end { try split(region, at: end, newBelow: false, by: task) }
    virtual.regions[region].flags = flags
    return region
  }

  /// Cuts a region in two, unless the process has as many as it may.
  ///
  /// Linux: `split_vma`, mm/vma.c.
  mutating func split(
    _ region: VMAIndex, at address: VirtualAddress, newBelow: Bool, by task: TaskIndex
  ) throws(Errno) {
    if spaces[virtual.regions[region].space].regionCount >= tunables.maxMapCount { throw .ENOMEM }
    try cut(region, at: address, newBelow: newBelow, by: task)
  }

  /// Cuts a region in two; the new one is the lower or the upper part (VMA-8).
  ///
  /// - Throws: ENOMEM, and nothing has changed.
  /// Linux: `__split_vma`, mm/vma.c.
  mutating func cut(
    _ region: VMAIndex, at address: VirtualAddress, newBelow: Bool, by task: TaskIndex
  ) throws(Errno) {
    var area = virtual.regions[region]
    precondition(
      area.start < address && address < area.end,
      "cut: \(address) is not inside of \(area.start) ..< \(area.end)")
    let object = try reserveRegion(like: region, extraChains: 0, by: task)
    let space = area.space
    var links = VMALinks(pageOffset: virtual.regions.links[region.index].pageOffset)
    if newBelow {
      trimStart(region, to: address, in: space)
      area.end = address
    } else {
      links.pageOffset = virtual.regions.pageOffset(address, in: region)
      setBounds(region, area.start, address, space)
      area.start = address
    }
    let part = virtual.regions.insert(
      area, links: links, object: object,
      before: newBelow ? region : virtual.regions.next(region), into: &spaces[space].regions)
    virtual.reverseMap.clone(from: region, to: part, in: &virtual.regions)
    linkObject(of: part, virtual.regions.attachments[region.index], by: task)
  }

  /// Takes the memory for another region with as many chains as `region` has, and for those.
  ///
  /// - Throws: ENOMEM, and nothing is taken.
  mutating func reserveRegion(like region: VMAIndex, extraChains: Int, by task: TaskIndex)
    throws(Errno) -> SlabObject
  {
    let object = try allocateObject(.vmAreaStruct, for: task)
    do { try reserveChains(for: region, extra: extraChains, by: task) } catch {
      freeObject(object)
      throw error
    }
    return object
  }

  // MARK: Single regions

  private mutating func setBounds(
    _ region: VMAIndex, _ start: VirtualAddress, _ end: VirtualAddress,
    _ space: AddressSpaceIndex
  ) {
    virtual.regions.setBounds(region, start, end, in: spaces[space].regions.top)
  }

  /// Takes the first pages of a region away from it.
  private mutating func trimStart(
    _ region: VMAIndex, to start: VirtualAddress, in space: AddressSpaceIndex
  ) {
    let offset = virtual.regions.pageOffset(start, in: region)
    setBounds(region, start, virtual.regions[region].end, space)
    virtual.regions.links[region.index].pageOffset = offset
  }

  /// Forgets a region whose pages have gone, or went to a neighbour.
  ///
  /// Linux: `remove_vma`, mm/vma.c.
  mutating func removeRegion(_ region: VMAIndex, from space: AddressSpaceIndex) {
    let object = virtual.regions[region].object
    let attachment = virtual.regions.attachments[region.index]
    virtual.reverseMap.unlink(region, in: &virtual.regions)
    if !object.isNone {
      virtual.objects.unlink(region, from: object, in: &virtual.regions)
    }
    freeObject(virtual.regions.remove(region, from: &spaces[space].regions))
    freeUnlinked()
    if !attachment.isNone {
      closeAttachment(attachment, in: space)
    } else if !object.isNone {
      releaseIfUnused(object)
    }
  }
}
