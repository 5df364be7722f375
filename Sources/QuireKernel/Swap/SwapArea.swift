// A swap area: its slots, and which of them are free.
//
// Invariants (AUDIT-12, SWAP-15): a slot is free exactly when nobody uses it and no page is cached
// for it; `inUse` counts the others; a cluster's count is that of its slots that are not free, and
// the cluster is on the list that its count calls for. The area knows nothing of pages: who is
// cached where, and the contents, are moved by the flows.

internal import KernelStorage

/// One slot of a swap area. 16 bytes.
///
/// Linux: `swap_info_struct.swap_map`, `zeromap` and the swap cache, include/linux/swap.h.
package struct SwapSlot: BitwiseCopyable {
  /// Page-table entries and places of shared objects that name the slot.
  var users: UInt32 = 0
  /// The page that holds or will hold the data, or none.
  var cached = FrameNumber.none
  /// The data, while no page holds it.
  var data = PageData.zero
  /// Never used: the header, or behind the end of the area.
  var isBad = false
  /// The page was all zeros when it was swapped out, and nothing was written.
  var isZeroFilled = false

  var isFree: Bool { users == 0 && cached.isNone && !isBad }
}

/// 256 slots in a row, from which single slots are handed out together.
///
/// Linux: `struct swap_cluster_info`, include/linux/swap.h.
struct SwapCluster: BitwiseCopyable {
  /// Slots that are not free.
  var count: UInt16 = 0
  var list = SwapClusterList.free
  var next: UInt32 = 0
  var previous: UInt32 = 0
}

/// The lists of clusters; a cluster is on one of them.
///
/// Linux: `CLUSTER_FLAG_*`, include/linux/swap.h.
enum SwapClusterList: UInt8, BitwiseCopyable {
  /// No slot in use.
  case free
  /// Some in use, in one run from the start as far as allocation knows.
  case partial
  /// Some in use, with holes.
  case fragmented
  case full
}

/// A swap area.
///
/// Linux: `struct swap_info_struct`, include/linux/swap.h.
package struct SwapArea: ~Copyable {
  private let inPlace: InPlace
  /// As /proc/swaps names it.
  package let name: String
  package internal(set) var priority: Int16
  /// Slots that can hold data.
  package let pages: Int
  package internal(set) var inUse = 0
  /// Takes new pages; false while swapoff empties it.
  package internal(set) var isWritable = true
  /// The task whose swapoff empties the area, if any.
  var emptiedBy = TaskIndex.none
  var slots: Table<SwapSlot>
  private var clusters: Table<SwapCluster>
  /// Clusters that nothing was ever put in: they come before the list of free ones, in ascending
  /// order, and their rows and slots are all zero.
  private(set) var untouched: Range<Int>
  private var ends: [4 of SwapClusterEnds] = .init(repeating: SwapClusterEnds())
  /// Where allocation goes on in its cluster; 0 when a new cluster is needed.
  private var cursor = 0
  var device = SwapDevice()

  /// Linux: `SWAPFILE_CLUSTER`, mm/swap.h.
  static let clusterSlots = 256

  /// An area of `size` slots, header included; nil when the host has no room to describe it.
  init?(name: String, slots size: Int, priority: Int16) {
    let clusterCount = (size + Self.clusterSlots - 1) / Self.clusterSlots
    guard let slots = Table<SwapSlot>(count: clusterCount * Self.clusterSlots),
      // Cluster numbers start at 1, so that 0 can end a list.
      let clusters = Table<SwapCluster>(count: clusterCount + 1)
    else { return nil }
    inPlace = InPlace()
    self.name = name
    self.priority = priority
    pages = size - 1
    self.slots = slots
    self.clusters = clusters
    // The header is in the first cluster, and the last may end behind the area.
    let isLastWhole = size % Self.clusterSlots == 0
    untouched = 2..<max(isLastWhole ? clusterCount + 1 : clusterCount, 2)
    append(1, to: .free)
    if !isLastWhole && clusterCount > 1 { append(clusterCount, to: .free) }
    markBad(0)
    for slot in size..<clusterCount * Self.clusterSlots { markBad(slot) }
  }

  var free: Int { pages - inUse }
  /// One more than the largest slot number.
  package var limit: Int { slots.count }

  private mutating func markBad(_ slot: Int) {
    slots[slot].isBad = true
    occupy(slot)
  }

  // MARK: Allocation

  /// Hands out a free slot, or nil when there is none (SWAP-7).
  ///
  /// Allocation goes on in its cluster as long as that has room ahead, then takes a wholly free
  /// cluster, then the partly used ones in turn. There is one place where allocation goes on, not
  /// one per CPU, and free clusters come in ascending order.
  /// Linux: `cluster_alloc_swap_entry`, mm/swapfile.c.
  mutating func allocate() -> Int? {
    if cursor != 0, let slot = firstFree(from: cursor) { return take(slot) }
    let cluster = nextCluster
    if cluster == 0 { return nil }
    if clusters[cluster].list == .partial { move(cluster, to: .fragmented) }
    guard let slot = firstFree(from: (cluster - 1) * Self.clusterSlots) else {
      preconditionFailure("SwapArea: cluster \(cluster) is said to have a free slot")
    }
    return take(slot)
  }

  /// The cluster to turn to when the one in use has no room ahead, or 0.
  private var nextCluster: Int {
    if !untouched.isEmpty { return untouched.lowerBound }
    for list in 0..<Int(SwapClusterList.full.rawValue) where ends[list].head != 0 {
      return Int(ends[list].head)
    }
    return 0
  }

  /// The first free slot at or behind `start` in its cluster.
  private func firstFree(from start: Int) -> Int? {
    let end = (start / Self.clusterSlots + 1) * Self.clusterSlots
    var slot = start
    while slot < end {
      if slots[slot].isFree { return slot }
      slot += 1
    }
    return nil
  }

  private mutating func take(_ slot: Int) -> Int {
    inUse += 1
    occupy(slot)
    cursor = (slot + 1) % Self.clusterSlots == 0 ? 0 : slot + 1
    return slot
  }

  private mutating func occupy(_ slot: Int) {
    let cluster = slot / Self.clusterSlots + 1
    clusters[cluster].count += 1
    if clusters[cluster].count == Self.clusterSlots {
      move(cluster, to: .full)
    } else if clusters[cluster].list == .free {
      move(cluster, to: .partial)
    }
  }

  /// A slot has lost its last user and its page: it may be handed out again.
  ///
  /// Linux: `swap_entry_range_free`, mm/swapfile.c.
  mutating func release(_ slot: Int) {
    precondition(slots[slot].isFree, "SwapArea: slot \(slot) is released while in use")
    slots[slot] = SwapSlot()
    inUse -= 1
    let cluster = slot / Self.clusterSlots + 1
    clusters[cluster].count -= 1
    if clusters[cluster].count == 0 {
      move(cluster, to: .free)
    } else if clusters[cluster].list == .full {
      move(cluster, to: .partial)
    }
  }

  /// The first slot at or behind `start` that may be in use: wholly free clusters are passed over.
  func slotToVisit(from start: Int) -> Int {
    var slot = start
    while slot < limit, clusters[slot / Self.clusterSlots + 1].count == 0 {
      let cluster = slot / Self.clusterSlots + 1
      let next = untouched.contains(cluster) ? untouched.upperBound : cluster + 1
      slot = (next - 1) * Self.clusterSlots
    }
    return slot
  }

  /// Calls `body` for the slots in use, in order.
  func forEachUsedSlot(_ body: (Int, borrowing SwapSlot) -> Void) {
    var slot = slotToVisit(from: 0)
    while slot < limit {
      if slots[slot].users > 0 { body(slot, slots[slot]) }
      slot = slotToVisit(from: slot + 1)
    }
  }

  /// The first cluster at or behind `start` that an audit looks at, or one more than the largest.
  ///
  /// Of those never used, where only a stray write could be found, it looks at as many as an
  /// ordinary area has; an area may be larger than the memory of the host.
  func clusterToAudit(from start: Int) -> Int {
    let isFar = untouched.contains(start) && start - untouched.lowerBound >= Self.auditedClusters
    return isFar ? untouched.upperBound : start
  }

  /// 256 MiB of swap.
  private static let auditedClusters = 256

  /// The slots of a cluster.
  func slots(of cluster: Int) -> Range<Int> {
    (cluster - 1) * Self.clusterSlots..<cluster * Self.clusterSlots
  }

  /// One more than the largest cluster number.
  var clusterLimit: Int { clusters.count }

  /// What is wrong with a cluster that has `taken` slots in use, if anything.
  func misfit(of cluster: Int, taken: Int) -> String? {
    let row = clusters[cluster]
    if Int(row.count) != taken { return "\(taken) slots in use, \(row.count) counted" }
    let isRight =
      switch row.list {
      case .free: taken == 0
      case .partial, .fragmented: taken > 0 && taken < Self.clusterSlots
      case .full: taken == Self.clusterSlots
      }
    return isRight ? nil : "\(taken) slots in use, and it is on the list of \(row.list)"
  }

  // MARK: Lists of clusters

  private mutating func move(_ cluster: Int, to list: SwapClusterList) {
    if cluster == untouched.lowerBound, !untouched.isEmpty {
      untouched = cluster + 1..<untouched.upperBound
      return append(cluster, to: list)
    }
    let row = clusters[cluster]
    let old = Int(row.list.rawValue)
    if row.previous == 0 {
      ends[old].head = row.next
    } else {
      clusters[Int(row.previous)].next = row.next
    }
    if row.next == 0 {
      ends[old].tail = row.previous
    } else {
      clusters[Int(row.next)].previous = row.previous
    }
    append(cluster, to: list)
  }

  private mutating func append(_ cluster: Int, to list: SwapClusterList) {
    let tail = ends[Int(list.rawValue)].tail
    clusters[cluster].list = list
    clusters[cluster].next = 0
    clusters[cluster].previous = tail
    if tail == 0 {
      ends[Int(list.rawValue)].head = UInt32(cluster)
    } else {
      clusters[Int(tail)].next = UInt32(cluster)
    }
    ends[Int(list.rawValue)].tail = UInt32(cluster)
  }
}

/// First and last cluster of a list, 0 for none.
private struct SwapClusterEnds: BitwiseCopyable {
  var head: UInt32 = 0
  var tail: UInt32 = 0
}
