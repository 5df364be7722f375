// The search for free addresses: from the top down, and from the bottom up.

internal import KernelStorage

extension RegionTable {
  /// The highest address below `high` and not under `low` where `length` bytes are free, or nil.
  ///
  /// Linux: `unmapped_area_topdown`, mm/vma.c.
  package borrowing func highestGap(
    of length: UInt64, from low: VirtualAddress, below high: VirtualAddress,
    in root: RegionTree.Root
  ) -> VirtualAddress? {
    var limit = high
    while let hole = highestHole(length, low, limit, root) {
      // The hole may end in the guard gap of the region above it: then search under that gap.
      if hole.above.isNone || guardedStart(hole.above) >= hole.end { return hole.end - length }
      limit = guardedStart(hole.above)
    }
    return nil
  }

  /// The exclusive end of the highest hole and the region above it, guard gaps not considered.
  private borrowing func highestHole(
    _ length: UInt64, _ low: UInt64, _ high: UInt64, _ root: RegionTree.Root
  ) -> (end: VirtualAddress, above: VMAIndex)? {
    if high < low || high - low < length { return nil }
    // The hole that `high` cuts off.
    let above = tree.first(above: high - 1, in: root.top)
    let below = previous(before: above, in: root)
    let cutStart = max(low, below.isNone ? 0 : areas[below.index].end)
    let cutEnd = min(high, above.isNone ? high : areas[above.index].start)
    if cutEnd >= cutStart && cutEnd - cutStart >= length { return (cutEnd, above) }
    if below.isNone { return nil }
    // Then the holes before the regions under it; only the lowest can be cut off by `low`.
    let found = tree.last(endingBy: areas[below.index].end, gap: length, in: root.top)
    if found.isNone { return nil }
    let end = areas[found.index].start
    return end >= low && end - low >= length ? (end, found) : nil
  }

  /// The lowest address from `low` on where `length` bytes are free under `high`, or nil.
  ///
  /// Linux: `unmapped_area`, mm/vma.c.
  package borrowing func lowestGap(
    of length: UInt64, from low: VirtualAddress, below high: VirtualAddress,
    in root: RegionTree.Root
  ) -> VirtualAddress? {
    var start = low
    while let found = lowestGapStart(length, start, high, root) {
      let above = tree.first(above: found, in: root.top)
      if above.isNone || found + length <= guardedStart(above) { return found }
      // Too little is left under the guard gap: go on behind that region.
      start = areas[above.index].end
    }
    return nil
  }

  private borrowing func lowestGapStart(
    _ length: UInt64, _ low: UInt64, _ high: UInt64, _ root: RegionTree.Root
  ) -> VirtualAddress? {
    if high < low || high - low < length { return nil }
    let above = tree.first(above: low, in: root.top)
    if above.isNone || areas[above.index].start >= low && areas[above.index].start - low >= length {
      return low
    }
    let limit = areas[above.index].end
    let found = tree.first(endingAbove: limit, gap: length, in: root.top)
    let last = found.isNone ? root.last : previous(found)
    let start = max(areas[last.index].end, low)
    return high >= start && high - start >= length ? start : nil
  }
}
