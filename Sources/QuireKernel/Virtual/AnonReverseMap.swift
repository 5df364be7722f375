// The reverse map of anonymous memory: from a page to the regions that may map it.
//
// A page names one `AnonVMA`; the regions that may map the page hang on it by chains. A process
// has its own for the pages it makes after fork, and its regions also hang on those of its
// ancestors, whose pages they may still share (RMAP-2, RMAP-3).

package import KernelStorage

/// The set of regions that may map the anonymous pages which name it. 28 bytes.
///
/// Linux: `struct anon_vma`, include/linux/rmap.h.
package struct AnonVMA: Hashable, BitwiseCopyable {
  /// The first of the family; itself for a process that inherited nothing.
  package var root: AnonVMAIndex
  package var parent: AnonVMAIndex
  /// Children in the family tree; a root counts itself.
  package var childCount: UInt32
  /// Regions whose new pages go here.
  package var activeRegions: UInt32
  /// Its chains, oldest first.
  package var firstChain: AnonChainIndex
  package var lastChain: AnonChainIndex
  /// The kernel memory it takes.
  package var object: SlabObject
}

/// That one region may map pages of one `AnonVMA`. 28 bytes.
///
/// Linux: `struct anon_vma_chain`, include/linux/rmap.h.
package struct AnonChain: Hashable, BitwiseCopyable {
  package var region: VMAIndex
  package var anonVMA: AnonVMAIndex
  /// Neighbours among the chains of the region, newest first.
  package var nextInRegion: AnonChainIndex
  package var previousInRegion: AnonChainIndex
  /// Neighbours among the chains of the `AnonVMA`, oldest first.
  package var nextInAnon: AnonChainIndex
  package var previousInAnon: AnonChainIndex
  /// The kernel memory it takes.
  package var object: SlabObject
}

/// Every `AnonVMA` and chain of the machine.
///
/// Linux: mm/rmap.c.
package struct AnonReverseMap: ~Copyable {
  private let inPlace = InPlace()
  package var anonVMAs = Pool(
    unused: AnonVMA(
      root: .none, parent: .none, childCount: 0, activeRegions: 0, firstChain: .none,
      lastChain: .none, object: .none))
  package var chains = Pool(
    unused: AnonChain(
      region: .none, anonVMA: .none, nextInRegion: .none, previousInRegion: .none,
      nextInAnon: .none, previousInAnon: .none, object: .none))
  /// Kernel memory for what is about to be made: a flow fills these before it begins.
  var spareAnonVMAs = ObjectStack()
  var spareChains = ObjectStack()
  /// Kernel memory of what has been freed: a flow empties these at once.
  var freedAnonVMAs = ObjectStack()
  var freedChains = ObjectStack()

  package init() {}

  /// Whether exactly one chain leaves `region`: it shares no page with a relative (REC-1).
  ///
  /// Linux: `list_is_singular` on `anon_vma_chain`, include/linux/list.h.
  package borrowing func hasOneChain(_ links: VMALinks) -> Bool {
    !links.firstChain.isNone && links.firstChain == links.lastChain
  }

  /// Gives a region that never had an anonymous page its `AnonVMA`: a neighbour's if there is a
  /// `reusable` one, else a new one (RMAP-2).
  ///
  /// Linux: `__anon_vma_prepare`, mm/rmap.c.
  package mutating func prepare(
    _ region: VMAIndex, reusing reusable: AnonVMAIndex, in regions: inout RegionTable
  ) {
    var anon = reusable
    if anon.isNone {
      anon = makeAnonVMA()
      // A root is its own parent.
      anonVMAs[anon.index].childCount = 1
    }
    regions[region].anonVMA = anon
    link(region, to: anon, in: &regions)
    anonVMAs[anon.index].activeRegions += 1
  }

  /// The `AnonVMA` of the next or the previous region, if their pages could have been one
  /// region's (REC-2).
  ///
  /// Linux: `find_mergeable_anon_vma`, mm/vma.c.
  package borrowing func reusable(for region: VMAIndex, in regions: borrowing RegionTable)
    -> AnonVMAIndex
  {
    let next = regions.next(region)
    if !next.isNone, isCompatible(region, next, in: regions), mayShare(next, in: regions) {
      return regions[next].anonVMA
    }
    let previous = regions.previous(region)
    if !previous.isNone, isCompatible(previous, region, in: regions),
      mayShare(previous, in: regions)
    {
      return regions[previous].anonVMA
    }
    return .none
  }

  private borrowing func mayShare(_ region: VMAIndex, in regions: borrowing RegionTable) -> Bool {
    !regions[region].anonVMA.isNone && hasOneChain(regions.links[region.index])
  }

  /// Linux: `anon_vma_compatible`, mm/vma.c.
  private borrowing func isCompatible(
    _ left: VMAIndex, _ right: VMAIndex, in regions: borrowing RegionTable
  ) -> Bool {
    let (a, b) = (regions[left], regions[right])
    return a.end == b.start && a.object == b.object
      && a.flags.symmetricDifference(b.flags).isSubset(of: .access)
      && regions.links[right.index].pageOffset
        == regions.links[left.index].pageOffset + a.pageCount
  }

  /// Number of chains that leave a region.
  package borrowing func chainCount(of links: VMALinks) -> Int {
    var count = 0
    var chain = links.firstChain
    while !chain.isNone {
      count += 1
      chain = chains[chain.index].nextInRegion
    }
    return count
  }

  /// Hangs `target` on everything `source` hangs on, oldest first.
  ///
  /// With `adopting`, a relative that nobody uses any more and has at most one child becomes the
  /// target's own, so that a chain of forks does not grow without end.
  /// Linux: `anon_vma_clone`, mm/rmap.c.
  package mutating func clone(
    from source: VMAIndex, to target: VMAIndex, in regions: inout RegionTable
  ) {
    let mayAdopt = regions[target].anonVMA.isNone && !regions[source].anonVMA.isNone
    var chain = regions.links[source.index].lastChain
    while !chain.isNone {
      let anon = chains[chain.index].anonVMA
      link(target, to: anon, in: &regions)
      let record = anonVMAs[anon.index]
      if mayAdopt && regions[target].anonVMA.isNone && record.childCount < 2
        && record.activeRegions == 0
      {
        regions[target].anonVMA = anon
      }
      chain = chains[chain.index].previousInRegion
    }
    let own = regions[target].anonVMA
    if !own.isNone { anonVMAs[own.index].activeRegions += 1 }
  }

  /// The child's side of fork for one region (RMAP-3).
  ///
  /// - Parameter joining: the child's region joins its parent's, as if it were another of the same
  ///   process; else it gets one of its own for the pages that it will make.
  /// Linux: `anon_vma_fork`, mm/rmap.c; `anon_vma_link` of 2.6.11 to join.
  package mutating func fork(
    from source: VMAIndex, to target: VMAIndex, joining: Bool, in regions: inout RegionTable
  ) {
    let parent = regions[source].anonVMA
    regions[target].anonVMA = .none
    if parent.isNone { return }
    if joining {
      regions[target].anonVMA = parent
      clone(from: source, to: target, in: &regions)
      return
    }
    clone(from: source, to: target, in: &regions)
    if !regions[target].anonVMA.isNone { return }
    let anon = makeAnonVMA()
    anonVMAs[anon.index].activeRegions = 1
    anonVMAs[anon.index].root = anonVMAs[parent.index].root
    anonVMAs[anon.index].parent = parent
    anonVMAs[parent.index].childCount += 1
    regions[target].anonVMA = anon
    link(target, to: anon, in: &regions)
  }

  /// Takes a region off everything it hangs on; what nobody hangs on any more is freed.
  ///
  /// Linux: `unlink_anon_vmas`, mm/rmap.c.
  package mutating func unlink(_ region: VMAIndex, in regions: inout RegionTable) {
    let own = regions[region].anonVMA
    if !own.isNone { anonVMAs[own.index].activeRegions -= 1 }
    regions[region].anonVMA = .none
    // Newest first: a child goes before its parent, which the child's record still names.
    while !regions.links[region.index].firstChain.isNone {
      let chain = regions.links[region.index].firstChain
      let anon = chains[chain.index].anonVMA
      unlink(chain: chain, in: &regions)
      if anonVMAs[anon.index].firstChain.isNone { free(anon) }
    }
  }

  private mutating func makeAnonVMA() -> AnonVMAIndex {
    let anon = AnonVMAIndex(
      anonVMAs.allocate(
        AnonVMA(
          root: .none, parent: .none, childCount: 0, activeRegions: 0, firstChain: .none,
          lastChain: .none, object: spareAnonVMAs.pop())))
    anonVMAs[anon.index].root = anon
    anonVMAs[anon.index].parent = anon
    return anon
  }

  private mutating func free(_ anon: AnonVMAIndex) {
    let parent = anonVMAs[anon.index].parent
    anonVMAs[parent.index].childCount -= 1
    freedAnonVMAs.push(anonVMAs[anon.index].object)
    anonVMAs.release(anon.index)
  }

  private mutating func link(
    _ region: VMAIndex, to anon: AnonVMAIndex, in regions: inout RegionTable
  ) {
    let newest = regions.links[region.index].firstChain
    let youngest = anonVMAs[anon.index].lastChain
    let chain = AnonChainIndex(
      chains.allocate(
        AnonChain(
          region: region, anonVMA: anon, nextInRegion: newest, previousInRegion: .none,
          nextInAnon: .none, previousInAnon: youngest, object: spareChains.pop())))
    regions.links[region.index].firstChain = chain
    if newest.isNone {
      regions.links[region.index].lastChain = chain
    } else {
      chains[newest.index].previousInRegion = chain
    }
    anonVMAs[anon.index].lastChain = chain
    if youngest.isNone {
      anonVMAs[anon.index].firstChain = chain
    } else {
      chains[youngest.index].nextInAnon = chain
    }
  }

  private mutating func unlink(chain: AnonChainIndex, in regions: inout RegionTable) {
    let record = chains[chain.index]
    let region = record.region.index
    let anon = record.anonVMA.index
    if record.previousInRegion.isNone {
      regions.links[region].firstChain = record.nextInRegion
    } else {
      chains[record.previousInRegion.index].nextInRegion = record.nextInRegion
    }
    if record.nextInRegion.isNone {
      regions.links[region].lastChain = record.previousInRegion
    } else {
      chains[record.nextInRegion.index].previousInRegion = record.previousInRegion
    }
    if record.previousInAnon.isNone {
      anonVMAs[anon].firstChain = record.nextInAnon
    } else {
      chains[record.previousInAnon.index].nextInAnon = record.nextInAnon
    }
    if record.nextInAnon.isNone {
      anonVMAs[anon].lastChain = record.previousInAnon
    } else {
      chains[record.nextInAnon.index].previousInAnon = record.previousInAnon
    }
    freedChains.push(record.object)
    chains.release(chain.index)
  }
}
