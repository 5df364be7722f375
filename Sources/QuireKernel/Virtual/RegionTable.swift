// The regions of all address spaces: their records, their order, and the index over them.
//
// Each space's regions form a list by address and a tree by end; both and the gaps in the tree
// change together, here and nowhere else. Merging and splitting are decided by the flows.

package import KernelStorage

/// Every region of the machine, by index.
///
/// Linux: the `vm_area_struct` cache with `mm_struct.mm_mt`, include/linux/mm_types.h.
package struct RegionTable: ~Copyable {
  private let inPlace = InPlace()
  package var areas: Pool<VirtualMemoryArea>
  /// Parallel to `areas`.
  package var links: Table<VMALinks>
  /// Parallel to `areas`: the kernel memory that each takes.
  package var objects = Table<SlabObject>()
  /// Parallel to `areas`: the attach of System V shared memory that each came from.
  package var attachments = Table<AttachmentIndex>()
  /// Parallel to `areas`: what swap-in has learnt about how each is used.
  package var readahead = Table<SwapReadahead>()
  package var tree = RegionTree()
  /// What stays free below a region that grows down, in bytes.
  let stackGuardGap: UInt64

  package init(stackGuardGap: UInt64) {
    self.stackGuardGap = stackGuardGap
    areas = Pool(
      unused: VirtualMemoryArea(
        start: 0, end: 0, flags: [], object: .none, anonVMA: .none, space: .none))
    links = Table()
    links.append(VMALinks(pageOffset: 0))
    attachments.append(.none)
  }

  @inlinable
  package subscript(region: VMAIndex) -> VirtualMemoryArea {
    get { areas[region.index] }
    _modify { yield &areas[region.index] }
  }

  // MARK: Queries

  /// The first region whose end is above `address`; it may begin above it too (VMA-3).
  ///
  /// Linux: `find_vma`, include/linux/mm.h.
  @inline(__always)
  package borrowing func find(_ address: VirtualAddress, in root: inout RegionTree.Root)
    -> VMAIndex
  {
    if !root.cached.isNone && areas[root.cached.index].contains(address) { return root.cached }
    let found = tree.first(above: address, in: root.top)
    if !found.isNone { root.cached = found }
    return found
  }

  /// The first region that shares a page with `start ..< end`.
  ///
  /// Linux: `find_vma_intersection`, include/linux/mm.h.
  package borrowing func firstOverlapping(
    _ start: VirtualAddress, _ end: VirtualAddress, in top: RegionTree.Top
  ) -> VMAIndex {
    let found = tree.first(above: start, in: top)
    return found.isNone || areas[found.index].start >= end ? .none : found
  }

  package borrowing func next(_ region: VMAIndex) -> VMAIndex { links[region.index].next }
  package borrowing func previous(_ region: VMAIndex) -> VMAIndex { links[region.index].previous }

  /// The region before `address`, given the first one above it.
  package borrowing func previous(before following: VMAIndex, in root: RegionTree.Root) -> VMAIndex
  {
    following.isNone ? root.last : links[following.index].previous
  }

  /// Page number of `address` in the region's object or in anonymous memory.
  ///
  /// Linux: `linear_page_index`, include/linux/pagemap.h.
  @inline(__always)
  package borrowing func pageOffset(_ address: VirtualAddress, in region: VMAIndex) -> UInt64 {
    links[region.index].pageOffset &+ ((address &- areas[region.index].start) >> Page.shift)
  }

  /// Where a region begins for the search of free space: the guard gap of one that grows down is
  /// not free (STACK-4).
  ///
  /// Linux: `vm_start_gap`, include/linux/mm.h.
  package borrowing func guardedStart(_ region: VMAIndex) -> VirtualAddress {
    let area = areas[region.index]
    guard area.flags.contains(.growsDown) else { return area.start }
    return area.start < stackGuardGap ? 0 : area.start - stackGuardGap
  }

  private borrowing func gap(before region: VMAIndex) -> UInt64 {
    let previous = links[region.index].previous
    return areas[region.index].start - (previous.isNone ? 0 : areas[previous.index].end)
  }

  // MARK: Changes

  /// Adds a region in free space; `object` is the kernel memory for it.
  ///
  /// - Parameter next: the first region behind it, or none.
  package mutating func insert(
    _ area: VirtualMemoryArea, links record: VMALinks, object: SlabObject, before next: VMAIndex,
    into root: inout RegionTree.Root
  ) -> VMAIndex {
    let previous = next.isNone ? root.last : links[next.index].previous
    let floor = previous.isNone ? 0 : areas[previous.index].end
    let ceiling = next.isNone ? .max : areas[next.index].start
    precondition(
      area.start < area.end && area.start >= floor && area.end <= ceiling,
      "RegionTable: \(area.start) ..< \(area.end) is not free")
    let region = VMAIndex(areas.allocate(area))
    store(record, object, at: region)
    links[region.index].next = next
    links[region.index].previous = previous
    if previous.isNone { root.first = region } else { links[previous.index].next = region }
    if next.isNone { root.last = region } else { links[next.index].previous = region }
    let isDone = tree.insert(
      region, end: area.end, gap: area.start - floor, followingGap: ceiling - area.end, into: &root)
    if !isDone { refreshGap(before: next, in: root.top) }
    return region
  }

  private mutating func store(_ record: VMALinks, _ object: SlabObject, at region: VMAIndex) {
    if region.index >= links.count {
      links.extend(to: region.index + 1)
      objects.extend(to: region.index + 1)
      attachments.extend(to: region.index + 1)
      readahead.extend(to: region.index + 1)
    }
    links[region.index] = record
    objects[region.index] = object
    attachments[region.index] = .none
    readahead[region.index] = SwapReadahead()
  }

  /// Takes a region out and returns its kernel memory; its chains and the object it maps are the
  /// caller's.
  package mutating func remove(_ region: VMAIndex, from root: inout RegionTree.Root) -> SlabObject {
    let (next, previous) = (links[region.index].next, links[region.index].previous)
    let floor = previous.isNone ? 0 : areas[previous.index].end
    let ceiling = next.isNone ? .max : areas[next.index].start
    let isDone = tree.remove(
      end: areas[region.index].end, followingGap: ceiling - floor, from: &root)
    if previous.isNone { root.first = next } else { links[previous.index].next = next }
    if next.isNone { root.last = previous } else { links[next.index].previous = previous }
    if root.cached == region { root.cached = .none }
    areas.release(region.index)
    if !isDone { refreshGap(before: next, in: root.top) }
    return objects[region.index]
  }

  /// Moves the ends of a region within the free space around it.
  package mutating func setBounds(
    _ region: VMAIndex, _ start: VirtualAddress, _ end: VirtualAddress, in top: RegionTree.Top
  ) {
    let oldEnd = areas[region.index].end
    areas[region.index].start = start
    areas[region.index].end = end
    tree.update(end: oldEnd, to: end, gap: gap(before: region), in: top)
    if end != oldEnd { refreshGap(before: links[region.index].next, in: top) }
  }

  private mutating func refreshGap(before region: VMAIndex, in top: RegionTree.Top) {
    if region.isNone { return }
    let end = areas[region.index].end
    tree.update(end: end, to: end, gap: gap(before: region), in: top)
  }
}
