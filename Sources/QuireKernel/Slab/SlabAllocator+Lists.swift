// The lists of slabs: which slab a CPU allocates from next, and where the others wait.

import KernelStorage

extension SlabAllocator {
  /// Makes a slab the one that a CPU allocates from.
  ///
  /// Linux: `freeze_slab`, mm/slub.c.
  private mutating func activate(_ slab: Int, _ row: Int) {
    slabs[slab].place = .active
    slabs[slab].next = 0
    slabs[slab].previous = 0
    cpuSlabs[row].slab = UInt32(slab)
    takeOverChain(of: slab, row)
  }

  /// Moves the slab's own free objects to the CPU's list.
  ///
  /// Linux: `get_freelist`, mm/slub.c.
  mutating func takeOverChain(of slab: Int, _ row: Int) {
    cpuSlabs[row].head = slabs[slab].head
    slabs[slab].head = SlabLink.end
  }

  /// Finds a partial slab for a CPU, first among its own, then on the node; false when there is
  /// none.
  mutating func activatePartial(_ cache: CacheIndex, _ row: Int) -> Bool {
    let own = Int(cpuSlabs[row].partialHead)
    if own != 0 {
      cpuSlabs[row].partialHead = slabs[own].next
      cpuSlabs[row].partialCount -= 1
      activate(own, row)
      return true
    }
    let first = Int(caches[cache.index].partialHead)
    if first == 0 { return false }
    removeNodePartial(first)
    takeMorePartial(cache, row)
    activate(first, row)
    return true
  }

  /// Moves up to half of the limit, and one more, from the node to the CPU.
  ///
  /// Linux: `get_partial_node`, mm/slub.c.
  private mutating func takeMorePartial(_ cache: CacheIndex, _ row: Int) {
    let limit = caches[cache.index].cpuPartialLimit
    guard limit > 0 else { return }
    var moved = 0
    while moved <= limit / 2 {
      let next = Int(caches[cache.index].partialHead)
      if next == 0 { return }
      removeNodePartial(next)
      pushCPUPartial(next, row, draining: false)
      moved += 1
    }
  }

  /// Puts a slab on the CPU's partial list; a list that is full goes to the node first.
  ///
  /// Linux: `put_cpu_partial`, mm/slub.c.
  mutating func pushCPUPartial(_ slab: Int, _ row: Int, draining: Bool) {
    let limit = caches[slabs[slab].cache.index].cpuPartialLimit
    if draining, Int(cpuSlabs[row].partialCount) >= limit { drainCPUPartial(row) }
    slabs[slab].place = .cpuPartial
    slabs[slab].previous = 0
    slabs[slab].next = cpuSlabs[row].partialHead
    cpuSlabs[row].partialHead = UInt32(slab)
    cpuSlabs[row].partialCount += 1
  }

  /// Moves the CPU's partial slabs to the node; empty ones that the node does not need are
  /// discarded.
  ///
  /// Linux: `__put_partials`, mm/slub.c.
  mutating func drainCPUPartial(_ row: Int) {
    var slab = Int(cpuSlabs[row].partialHead)
    cpuSlabs[row].partialHead = 0
    cpuSlabs[row].partialCount = 0
    while slab != 0 {
      let next = Int(slabs[slab].next)
      if slabs[slab].live == 0, keepsEnoughPartial(slabs[slab].cache) {
        discard(slab)
      } else {
        appendNodePartial(slab)
      }
      slab = next
    }
  }

  /// Takes the slab away from a CPU that allocates from it.
  ///
  /// Linux: `deactivate_slab`, mm/slub.c.
  mutating func deactivate(_ row: Int) {
    let slab = Int(cpuSlabs[row].slab)
    if slab == 0 { return }
    mergeChains(slab, row)
    cpuSlabs[row].slab = 0
    cpuSlabs[row].head = SlabLink.end
    if slabs[slab].live == 0, keepsEnoughPartial(slabs[slab].cache) {
      discard(slab)
    } else if slabs[slab].hasFree {
      appendNodePartial(slab)
    } else {
      slabs[slab].place = .full
    }
  }

  /// Joins the CPU's list and the slab's own chain, in this order.
  private mutating func mergeChains(_ slab: Int, _ row: Int) {
    let head = cpuSlabs[row].head
    if slabs[slab].head == SlabLink.end {
      slabs[slab].head = head
      return
    }
    chainFresh(of: slab)
    guard head != SlabLink.end else { return }
    let chain = Int(slabs[slab].chain)
    var last = head
    while links[chain + Int(last)] != SlabLink.end { last = links[chain + Int(last)] }
    links[chain + Int(last)] = slabs[slab].head
    slabs[slab].head = head
  }

  /// Puts the fresh objects in front of the slab's own chain, so that nothing is fresh any more.
  private mutating func chainFresh(of slab: Int) {
    let chain = Int(slabs[slab].chain)
    var place = slabs[slab].objects
    while place > slabs[slab].fresh {
      place -= 1
      links[chain + Int(place)] = slabs[slab].head
      slabs[slab].head = place
    }
    slabs[slab].fresh = slabs[slab].objects
  }

  // MARK: Partial slabs of the node

  /// Linux: `add_partial`, mm/slub.c.
  mutating func appendNodePartial(_ slab: Int) {
    let cache = slabs[slab].cache.index
    let tail = caches[cache].partialTail
    slabs[slab].place = .nodePartial
    slabs[slab].next = 0
    slabs[slab].previous = tail
    if tail == 0 {
      caches[cache].partialHead = UInt32(slab)
    } else {
      slabs[Int(tail)].next = UInt32(slab)
    }
    caches[cache].partialTail = UInt32(slab)
    caches[cache].partialCount += 1
  }

  /// Linux: `remove_partial`, mm/slub.c.
  mutating func removeNodePartial(_ slab: Int) {
    let cache = slabs[slab].cache.index
    let next = slabs[slab].next
    let previous = slabs[slab].previous
    if previous == 0 {
      caches[cache].partialHead = next
    } else {
      slabs[Int(previous)].next = next
    }
    if next == 0 {
      caches[cache].partialTail = previous
    } else {
      slabs[Int(next)].previous = previous
    }
    caches[cache].partialCount -= 1
    slabs[slab].place = .full
  }
}
