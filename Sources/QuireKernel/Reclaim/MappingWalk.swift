// From a page to the entries that map it.

internal import KernelStorage

/// One page-table entry that maps a page.
///
/// Linux: `struct page_vma_mapped_walk`, include/linux/rmap.h.
struct Mapping: BitwiseCopyable {
  var region: VMAIndex
  var address: VirtualAddress
  /// The page of words behind the table, and the entry's place in it.
  var page: Int
  var index: Int
  var entry: PageTableEntry
}

/// A walk over the mappings of one page, oldest region first.
///
/// Entries may be changed between the steps, regions may not.
/// Linux: `rmap_walk`, mm/rmap.c.
struct MappingWalk: BitwiseCopyable {
  fileprivate let frame: FrameNumber
  fileprivate let page: UInt64
  /// The next place to look at: of the chains of an `AnonVMA`, or of the regions of an object.
  fileprivate var chain = AnonChainIndex.none
  fileprivate var region = VMAIndex.none

  fileprivate init(frame: FrameNumber, page: UInt64) {
    self.frame = frame
    self.page = page
  }
}

extension Kernel {
  /// A walk over the mappings of a page that some entry maps.
  @inline(__always)
  func mappings(of frame: FrameNumber) -> MappingWalk {
    let page = memory.frames[frame]
    var walk = MappingWalk(frame: frame, page: page.index)
    if page.flags.contains(.anonymous) {
      walk.chain = virtual.reverseMap.anonVMAs[page.anonVMA.index].firstChain
    } else {
      walk.region = virtual.objects[page.object].firstRegion
    }
    return walk
  }

  /// The one mapping of a page that has one.
  func firstMapping(of frame: FrameNumber) -> Mapping? {
    var walk = mappings(of: frame)
    return next(&walk)
  }

  /// The next mapping, or nil when there is none left.
  func next(_ walk: inout MappingWalk) -> Mapping? {
    while true {
      let region = nextRegion(&walk)
      if region.isNone { return nil }
      let area = virtual.regions[region]
      let first = virtual.regions.links[region.index].pageOffset
      if walk.page < first || walk.page - first >= area.pageCount { continue }
      let address = area.start + (walk.page - first) << Page.shift
      let page = tablePage(of: address, in: area.space)
      if page == 0 { continue }
      let index = EntryPage.index(address)
      let entry = PageTableEntry(bits: memory.store.dense[page, index])
      if entry.isPresent, entry.frame == walk.frame {
        return Mapping(
          region: region, address: address, page: page, index: index, entry: entry)
      }
    }
  }

  /// The page of words of the leaf table for an address; 0 when there is no table.
  @inline(__always)
  private func tablePage(of address: VirtualAddress, in space: AddressSpaceIndex) -> Int {
    let cached = virtual.walkCache.page(space, address)
    if cached != 0 { return cached }
    return memory.leafWords(below: spaces[space].root, of: address)
  }

  /// Changes the entry of a mapping.
  @inline(__always)
  mutating func setEntry(of mapping: inout Mapping, to entry: PageTableEntry) {
    mapping.entry = entry
    memory.store.dense[mapping.page, mapping.index] = entry.bits
  }

  @inline(__always)
  private func nextRegion(_ walk: inout MappingWalk) -> VMAIndex {
    if !walk.chain.isNone {
      let chain = virtual.reverseMap.chains[walk.chain.index]
      walk.chain = chain.nextInAnon
      return chain.region
    }
    let region = walk.region
    if !region.isNone { walk.region = virtual.regions.links[region.index].nextInObject }
    return region
  }
}
