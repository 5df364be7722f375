// The index of the regions of an address space: a B+ tree that knows its largest gaps.
//
// An entry is one region: its exclusive end is the key, and it carries the gap of free addresses
// right before the region. An entry of an inner node holds the largest key and the largest gap
// of its child. So look-up, insertion, removal and the search for a hole that fits are all
// O(log n). Nodes of all address spaces share one set of columns; keys, gaps and children lie
// apart because a look-up reads no gaps. Every node but a root keeps at least `minimumFill`
// entries.

internal import KernelStorage

/// B+ trees of 16-way nodes from region ends to regions.
///
/// Linux: `struct maple_tree` of `mm_struct.mm_mt`, include/linux/maple_tree.h.
package struct RegionTree: ~Copyable {
  private let inPlace = InPlace()
  /// Where a tree begins; `node` is 0 while it is empty.
  package struct Top: Hashable, Sendable, BitwiseCopyable {
    package var node: UInt32 = 0
    /// Levels above the leaves.
    package var height: UInt32 = 0
  }

  /// One tree.
  package struct Root: Hashable, Sendable, BitwiseCopyable {
    package var top = Top()
    package var count: UInt32 = 0
    package var first = VMAIndex.none
    package var last = VMAIndex.none
    /// The region of the last look-up, tried first by the next.
    package var cached = VMAIndex.none

    package init() {}
  }

  struct Header: BitwiseCopyable {
    /// Node above, 0 for a root; for a free node, the next free one.
    var parent: UInt32
    var count: UInt16
    /// 0 for a leaf.
    var level: UInt16
  }

  static let fanOut = 16
  /// A node with fewer entries takes some from a neighbour or joins it.
  static let minimumFill = 5
  /// Two neighbours join only when room remains, so that the next insertion does not split again.
  static let joinedFill = 12

  /// Keys that are not in use are above every address.
  var keys = Table<UInt64>()
  var gaps = Table<UInt64>()
  /// Regions in a leaf, nodes above.
  var children = Table<UInt32>()
  var headers = Table<Header>()
  var firstFree: UInt32 = 0

  package init() { appendNode() }

  // MARK: Queries

  /// The first region whose end is above `address`.
  @inline(__always)
  package borrowing func first(above address: VirtualAddress, in top: Top) -> VMAIndex {
    var node = Int(top.node)
    if node == 0 { return .none }
    var height = top.height
    while true {
      let slot = slotAbove(address, in: node)
      if slot >= Self.fanOut { return .none }
      let child = children[node &* Self.fanOut &+ slot]
      // A slot that is not in use names no child: every key of the tree was at most `address`.
      if height == 0 || child == 0 { return VMAIndex(child) }
      height &-= 1
      node = Int(child)
    }
  }

  /// The last region whose end is at most `limit` and whose gap is at least `length`.
  package borrowing func last(endingBy limit: VirtualAddress, gap length: UInt64, in top: Top)
    -> VMAIndex
  {
    top.node == 0 ? .none : last(below: Int(top.node), limit, length)
  }

  /// The first region whose end is above `limit` and whose gap is at least `length`.
  package borrowing func first(endingAbove limit: VirtualAddress, gap length: UInt64, in top: Top)
    -> VMAIndex
  {
    top.node == 0 ? .none : first(below: Int(top.node), limit, length)
  }

  borrowing func last(below node: Int, _ limit: UInt64, _ length: UInt64) -> VMAIndex {
    let header = headers[node]
    let base = node * Self.fanOut
    var slot = min(slotAbove(limit, in: node), Int(header.count))
    // In an inner node the child that straddles `limit` may hold entries below it.
    if header.level == 0 || slot == Int(header.count) { slot -= 1 }
    while slot >= 0 {
      if gaps[base + slot] >= length {
        let child = children[base + slot]
        if header.level == 0 { return VMAIndex(child) }
        let found = last(below: Int(child), limit, length)
        if !found.isNone { return found }
      }
      slot -= 1
    }
    return .none
  }

  borrowing func first(below node: Int, _ limit: UInt64, _ length: UInt64) -> VMAIndex {
    let header = headers[node]
    let base = node * Self.fanOut
    var slot = slotAbove(limit, in: node)
    while slot < Int(header.count) {
      if gaps[base + slot] >= length {
        let child = children[base + slot]
        if header.level == 0 { return VMAIndex(child) }
        let found = first(below: Int(child), limit, length)
        if !found.isNone { return found }
      }
      slot += 1
    }
    return .none
  }

  /// How many keys of a node are at most `address`: the slot of the first one above it.
  ///
  /// A binary search of five steps without branches: a branch that is guessed wrong costs more.
  @inline(__always)
  borrowing func slotAbove(_ address: UInt64, in node: Int) -> Int {
    let base = node &* Self.fanOut
    var place = base &+ (keys[base &+ 7] <= address ? 8 : 0)
    place &+= keys[place &+ 3] <= address ? 4 : 0
    place &+= keys[place &+ 1] <= address ? 2 : 0
    place &+= keys[place] <= address ? 1 : 0
    return place &- base &+ (keys[place] <= address ? 1 : 0)
  }

  // MARK: Changes

  /// Adds a region that overlaps none; the region behind it has `followingGap` then.
  ///
  /// - Returns: false when the one behind lies in another leaf, so that its gap is still to be set.
  package mutating func insert(
    _ region: VMAIndex, end: VirtualAddress, gap: UInt64, followingGap: UInt64,
    into root: inout Root
  ) -> Bool {
    root.count += 1
    if root.top.node == 0 { root.top = Top(node: allocate(level: 0), height: 0) }
    let leaf = leaf(for: end, root.top)
    let slot = slotAbove(end, in: leaf)
    let isInLeaf = slot < Int(headers[leaf].count)
    if isInLeaf { gaps[leaf * Self.fanOut + slot] = followingGap }
    insert(Entry(key: end, gap: gap, child: region.rawValue), at: slot, of: leaf, &root)
    return isInLeaf
  }

  /// Takes the region that ends at `end` out; the region behind it has `followingGap` then.
  ///
  /// - Returns: false when the one behind lies in another leaf, so that its gap is still to be set.
  package mutating func remove(
    end: VirtualAddress, followingGap: UInt64, from root: inout Root
  ) -> Bool {
    let (leaf, slot) = place(of: end, root.top)
    let isInLeaf = slot + 1 < Int(headers[leaf].count)
    if isInLeaf { gaps[leaf * Self.fanOut + slot + 1] = followingGap }
    root.count -= 1
    remove(slot, of: leaf, &root)
    return isInLeaf
  }

  /// Gives the region that ends at `end` another end, between its neighbours, and another gap.
  package mutating func update(
    end: VirtualAddress, to newEnd: VirtualAddress, gap: UInt64, in top: Top
  ) {
    let (leaf, slot) = place(of: end, top)
    let place = leaf * Self.fanOut + slot
    let oldGap = gaps[place]
    keys[leaf * Self.fanOut + slot] = newEnd
    gaps[place] = gap
    // The parent knows the leaf's last key and its largest gap.
    let isLast = slot + 1 == Int(headers[leaf].count)
    if gap != oldGap || isLast && newEnd != end { refreshAbove(leaf) }
  }

  /// The leaf where `end` is or belongs.
  @inline(__always)
  borrowing func leaf(for end: UInt64, _ top: Top) -> Int {
    var node = Int(top.node)
    var height = top.height
    while height > 0 {
      let slot = min(slotAbove(end &- 1, in: node), Int(headers[node].count) - 1)
      node = Int(children[node * Self.fanOut + slot])
      height -= 1
    }
    return node
  }

  borrowing func place(of end: UInt64, _ top: Top) -> (leaf: Int, slot: Int) {
    precondition(top.node != 0, "RegionTree: no region ends at \(end)")
    let leaf = leaf(for: end, top)
    let slot = slotAbove(end &- 1, in: leaf)
    precondition(
      slot < Self.fanOut && keys[leaf * Self.fanOut + slot] == end,
      "RegionTree: no region ends at \(end)")
    return (leaf, slot)
  }

  // MARK: Nodes

  struct Entry: BitwiseCopyable {
    var key: UInt64
    var gap: UInt64
    var child: UInt32
  }

  mutating func appendNode() {
    headers.append(Header(parent: 0, count: 0, level: 0))
    for _ in 0..<Self.fanOut { keys.append(.max) }
    gaps.extend(to: headers.count * Self.fanOut)
    children.extend(to: headers.count * Self.fanOut)
  }

  mutating func allocate(level: UInt16) -> UInt32 {
    var node = firstFree
    if node == 0 {
      node = UInt32(headers.count)
      appendNode()
    } else {
      firstFree = headers[Int(node)].parent
    }
    headers[Int(node)] = Header(parent: 0, count: 0, level: level)
    return node
  }

  mutating func release(_ node: UInt32) {
    setCount(0, of: Int(node))
    headers[Int(node)] = Header(parent: firstFree, count: 0, level: 0)
    firstFree = node
  }

  /// Sets how many entries a node has; the slots behind them are marked as not in use.
  mutating func setCount(_ count: Int, of node: Int) {
    var slot = Int(headers[node].count)
    while slot > count {
      slot -= 1
      keys[node * Self.fanOut + slot] = .max
      children[node * Self.fanOut + slot] = 0
    }
    headers[node].count = UInt16(count)
  }

  /// Moves `count` entries between two nodes and tells moved nodes who is above them now.
  mutating func moveEntries(
    _ count: Int, from source: (node: Int, slot: Int), to target: (node: Int, slot: Int)
  ) {
    let from = source.node * Self.fanOut + source.slot
    let to = target.node * Self.fanOut + target.slot
    keys.moveRows(from: from, to: to, count: count)
    gaps.moveRows(from: from, to: to, count: count)
    children.moveRows(from: from, to: to, count: count)
    if source.node == target.node || headers[target.node].level == 0 { return }
    for place in to..<to + count {
      headers[Int(children[place])].parent = UInt32(target.node)
    }
  }

  borrowing func slotInParent(_ node: Int) -> Int {
    let parent = Int(headers[node].parent)
    var slot = 0
    while children[parent * Self.fanOut + slot] != UInt32(node) { slot += 1 }
    return slot
  }

  /// Writes the largest key and gap of `node` into its parent; says whether that changed anything.
  mutating func refreshEntry(of node: Int) -> Bool {
    let entry = Int(headers[node].parent) * Self.fanOut + slotInParent(node)
    let base = node * Self.fanOut
    let end = base + Int(headers[node].count)
    var gap: UInt64 = 0
    for place in base..<end { gap = max(gap, gaps[place]) }
    let key = keys[end - 1]
    if keys[entry] == key && gaps[entry] == gap { return false }
    keys[entry] = key
    gaps[entry] = gap
    return true
  }

  /// Carries a change of `node` up until it makes no difference.
  mutating func refreshAbove(_ start: Int) {
    var node = start
    while headers[node].parent != 0, refreshEntry(of: node) {
      node = Int(headers[node].parent)
    }
  }
}
