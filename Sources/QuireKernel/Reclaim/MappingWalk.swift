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
  /// The next nonlinear region, to be looked through entry by entry, and where in it.
  fileprivate var scanned = VMAIndex.none
  fileprivate var position: VirtualAddress = 0

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
      walk.region = virtual.objects[page.object].linear.first
      walk.scanned = virtual.objects[page.object].nonlinear.first
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
      if region.isNone { return walk.scanned.isNone ? nil : nextScanned(&walk) }
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

  /// The next entry of a nonlinear region that maps the page: any may (RMAP-1).
  ///
  /// Linux: `try_to_unmap_file` of 2.6.11, mm/rmap.c.
  private func nextScanned(_ walk: inout MappingWalk) -> Mapping? {
    while !walk.scanned.isNone {
      let region = walk.scanned
      let area = virtual.regions[region]
      let root = spaces[area.space].root
      var address = max(walk.position, area.start)
      while true {
        let table = memory.nextLeafTable(below: root, from: &address, to: area.end)
        if table.isNone { break }
        let place = geometry.index(address, TableLevel.leaf)
        let entry = memory.entry(table: table, index: place)
        if entry.isPresent, entry.frame == walk.frame {
          walk.position = address + Page.size
          return Mapping(
            region: region, address: address, page: memory.words(of: table, at: address),
            index: EntryPage.index(address), entry: entry)
        }
        address += Page.size
      }
      walk.scanned = virtual.regions.links[region.index].nextInObject
      walk.position = 0
    }
    return nil
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
