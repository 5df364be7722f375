// The index of the regions of an address space: a B+ tree that knows its largest gaps.
//
// An entry is one region: its exclusive end is the key, and it carries the gap of free addresses
// right before the region. An entry of an inner node holds the largest key and the largest gap
// of its child. So look-up, insertion, removal and the search for a hole that fits are all
// O(log n). Nodes of all address spaces share one set of columns; keys, gaps and children lie
// apart because a look-up reads keys alone. Every node but a root keeps at least `minimumFill`
// entries.

internal import KernelStorage

/// B+ trees of 16-way nodes from region ends to regions.
///
/// Linux: `struct maple_tree` of `mm_struct.mm_mt`, include/linux/maple_tree.h.
package struct RegionTree: ~Copyable {
  /// One tree; `node` is 0 while it is empty.
  package struct Root: Hashable, Sendable, BitwiseCopyable {
    package var node: UInt32 = 0
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

  var keys = Table<UInt64>()
  var gaps = Table<UInt64>()
  /// Regions in a leaf, nodes above.
  var children = Table<UInt32>()
  var headers = Table<Header>()
  private var firstFree: UInt32 = 0

  package init() { appendNode() }

  // MARK: Queries

  /// The first region whose end is above `address`.
  @inline(__always)
  package borrowing func first(above address: VirtualAddress, in root: Root) -> VMAIndex {
    var node = Int(root.node)
    if node == 0 { return .none }
    while true {
      let header = headers[node]
      let slot = slotAbove(address, base: node &* Self.fanOut, count: Int(header.count))
      if slot == Int(header.count) { return .none }
      let child = children[node &* Self.fanOut &+ slot]
      if header.level == 0 { return VMAIndex(child) }
      node = Int(child)
    }
  }

  /// The last region whose end is at most `limit` and whose gap is at least `length`.
  package borrowing func last(endingBy limit: VirtualAddress, gap length: UInt64, in root: Root)
    -> VMAIndex
  {
    root.node == 0 ? .none : last(below: Int(root.node), limit, length)
  }

  /// The first region whose end is above `limit` and whose gap is at least `length`.
  package borrowing func first(endingAbove limit: VirtualAddress, gap length: UInt64, in root: Root)
    -> VMAIndex
  {
    root.node == 0 ? .none : first(below: Int(root.node), limit, length)
  }

  private borrowing func last(below node: Int, _ limit: UInt64, _ length: UInt64) -> VMAIndex {
    let header = headers[node]
    let base = node * Self.fanOut
    var slot = slotAbove(limit, base: base, count: Int(header.count))
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

  private borrowing func first(below node: Int, _ limit: UInt64, _ length: UInt64) -> VMAIndex {
    let header = headers[node]
    let base = node * Self.fanOut
    for slot in slotAbove(limit, base: base, count: Int(header.count))..<Int(header.count)
    where gaps[base + slot] >= length {
      let child = children[base + slot]
      if header.level == 0 { return VMAIndex(child) }
      let found = first(below: Int(child), limit, length)
      if !found.isNone { return found }
    }
    return .none
  }

  /// The first slot of a node whose key is above `address`, or `count`.
  @inline(__always)
  borrowing func slotAbove(_ address: UInt64, base: Int, count: Int) -> Int {
    var slot = 0
    while slot < count && keys[base &+ slot] <= address { slot &+= 1 }
    return slot
  }

  // MARK: Changes

  /// Adds a region that overlaps none.
  package mutating func insert(
    _ region: VMAIndex, end: VirtualAddress, gap: UInt64, into root: inout Root
  ) {
    root.count += 1
    if root.node == 0 { root.node = allocate(level: 0) }
    let leaf = leaf(for: end, root)
    let slot = slotAbove(end, base: leaf * Self.fanOut, count: Int(headers[leaf].count))
    insert(key: end, gap: gap, child: region.rawValue, at: slot, of: leaf, &root)
  }

  /// Takes the region that ends at `end` out.
  package mutating func remove(end: VirtualAddress, from root: inout Root) {
    let (leaf, slot) = place(of: end, root)
    root.count -= 1
    remove(slot, of: leaf, &root)
  }

  /// Gives the region that ends at `end` another end, between its neighbours, and another gap.
  package mutating func update(
    end: VirtualAddress, to newEnd: VirtualAddress, gap: UInt64, in root: Root
  ) {
    let (leaf, slot) = place(of: end, root)
    keys[leaf * Self.fanOut + slot] = newEnd
    gaps[leaf * Self.fanOut + slot] = gap
    refreshAbove(leaf)
  }

  /// Gives every node of a tree back; the regions are the caller's.
  package mutating func removeAll(from root: inout Root) {
    if root.node != 0 { release(subtree: root.node) }
    root = Root()
  }

  private mutating func release(subtree node: UInt32) {
    let header = headers[Int(node)]
    if header.level > 0 {
      for slot in 0..<Int(header.count) {
        release(subtree: children[Int(node) * Self.fanOut + slot])
      }
    }
    release(node)
  }

  /// The leaf where `end` is or belongs.
  private borrowing func leaf(for end: UInt64, _ root: Root) -> Int {
    var node = Int(root.node)
    while headers[node].level > 0 {
      let count = Int(headers[node].count)
      let slot = min(slotAbove(end &- 1, base: node * Self.fanOut, count: count), count - 1)
      node = Int(children[node * Self.fanOut + slot])
    }
    return node
  }

  private borrowing func place(of end: UInt64, _ root: Root) -> (leaf: Int, slot: Int) {
    precondition(root.node != 0, "RegionTree: no region ends at \(end)")
    let leaf = leaf(for: end, root)
    let count = Int(headers[leaf].count)
    let slot = slotAbove(end &- 1, base: leaf * Self.fanOut, count: count)
    precondition(
      slot < count && keys[leaf * Self.fanOut + slot] == end,
      "RegionTree: no region ends at \(end)")
    return (leaf, slot)
  }

  // MARK: Nodes

  private mutating func appendNode() {
    headers.append(Header(parent: 0, count: 0, level: 0))
    keys.extend(to: headers.count * Self.fanOut)
    gaps.extend(to: headers.count * Self.fanOut)
    children.extend(to: headers.count * Self.fanOut)
  }

  private mutating func allocate(level: UInt16) -> UInt32 {
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

  private mutating func release(_ node: UInt32) {
    headers[Int(node)] = Header(parent: firstFree, count: 0, level: 0)
    firstFree = node
  }

  private mutating func copyEntry(from source: Int, to target: Int) {
    keys[target] = keys[source]
    gaps[target] = gaps[source]
    children[target] = children[source]
  }

  /// Moves `count` entries between two nodes and tells moved nodes who is above them now.
  private mutating func moveEntries(
    _ count: Int, from source: (node: Int, slot: Int), to target: (node: Int, slot: Int)
  ) {
    let from = source.node * Self.fanOut + source.slot
    let to = target.node * Self.fanOut + target.slot
    for step in 0..<count {
      let offset = to > from ? count - 1 - step : step
      copyEntry(from: from + offset, to: to + offset)
      if source.node != target.node && headers[target.node].level > 0 {
        headers[Int(children[to + offset])].parent = UInt32(target.node)
      }
    }
  }

  private borrowing func slotInParent(_ node: Int) -> Int {
    let parent = Int(headers[node].parent)
    var slot = 0
    while children[parent * Self.fanOut + slot] != UInt32(node) { slot += 1 }
    return slot
  }

  /// Writes the largest key and gap of `node` into its parent.
  private mutating func refreshEntry(of node: Int) -> Bool {
    let parent = Int(headers[node].parent)
    let entry = parent * Self.fanOut + slotInParent(node)
    let base = node * Self.fanOut
    let count = Int(headers[node].count)
    var gap: UInt64 = 0
    for slot in 0..<count { gap = max(gap, gaps[base + slot]) }
    let key = keys[base + count - 1]
    if keys[entry] == key && gaps[entry] == gap { return false }
    keys[entry] = key
    gaps[entry] = gap
    return true
  }

  /// Carries a change of `node` up until it makes no difference.
  private mutating func refreshAbove(_ start: Int) {
    var node = start
    while headers[node].parent != 0, refreshEntry(of: node) {
      node = Int(headers[node].parent)
    }
  }

  private mutating func insert(
    key: UInt64, gap: UInt64, child: UInt32, at slot: Int, of start: Int, _ root: inout Root
  ) {
    var node = start
    var slot = slot
    if Int(headers[node].count) == Self.fanOut {
      let right = split(node, &root)
      let half = Int(headers[node].count)
      if slot > half {
        slot -= half
        node = right
      }
    }
    let count = Int(headers[node].count)
    moveEntries(count - slot, from: (node, slot), to: (node, slot + 1))
    headers[node].count += 1
    let entry = node * Self.fanOut + slot
    keys[entry] = key
    gaps[entry] = gap
    children[entry] = child
    if headers[node].level > 0 { headers[Int(child)].parent = UInt32(node) }
    refreshAbove(node)
  }

  /// Moves the upper half of a full node into a new right neighbour, which is returned.
  private mutating func split(_ node: Int, _ root: inout Root) -> Int {
    if headers[node].parent == 0 { raise(&root) }
    let right = Int(allocate(level: headers[node].level))
    let half = Self.fanOut / 2
    moveEntries(Self.fanOut - half, from: (node, half), to: (right, 0))
    headers[node].count = UInt16(half)
    headers[right].count = UInt16(Self.fanOut - half)
    _ = refreshEntry(of: node)
    let last = right * Self.fanOut + Self.fanOut - half - 1
    // The parent may itself split; the entry's gap is put right by the refresh that follows.
    insert(
      key: keys[last], gap: 0, child: UInt32(right), at: slotInParent(node) + 1,
      of: Int(headers[node].parent), &root)
    refreshAbove(node)
    refreshAbove(right)
    return right
  }

  /// Puts a new root above the old one.
  private mutating func raise(_ root: inout Root) {
    let old = root.node
    root.node = allocate(level: headers[Int(old)].level + 1)
    headers[Int(root.node)].count = 1
    headers[Int(old)].parent = root.node
    children[Int(root.node) * Self.fanOut] = old
    _ = refreshEntry(of: Int(old))
  }

  private mutating func remove(_ slot: Int, of node: Int, _ root: inout Root) {
    let count = Int(headers[node].count)
    moveEntries(count - slot - 1, from: (node, slot + 1), to: (node, slot))
    headers[node].count -= 1
    if headers[node].parent == 0 {
      lower(&root)
    } else if count - 1 < Self.minimumFill {
      fill(node, &root)
    } else {
      refreshAbove(node)
    }
  }

  /// Drops a root that has one child, or none.
  private mutating func lower(_ root: inout Root) {
    let header = headers[Int(root.node)]
    if header.count == 0 {
      release(root.node)
      root.node = 0
    } else if header.level > 0 && header.count == 1 {
      let child = children[Int(root.node) * Self.fanOut]
      release(root.node)
      headers[Int(child)].parent = 0
      root.node = child
    }
  }

  /// Brings a node that has become too small back to size, from or with a neighbour.
  private mutating func fill(_ node: Int, _ root: inout Root) {
    let parent = Int(headers[node].parent)
    let slot = slotInParent(node)
    let leftSlot = slot > 0 ? slot - 1 : 0
    let left = Int(children[parent * Self.fanOut + leftSlot])
    let right = Int(children[parent * Self.fanOut + leftSlot + 1])
    let leftCount = Int(headers[left].count)
    let rightCount = Int(headers[right].count)
    if leftCount + rightCount <= Self.joinedFill {
      moveEntries(rightCount, from: (right, 0), to: (left, leftCount))
      headers[left].count = UInt16(leftCount + rightCount)
      refreshAbove(left)
      release(UInt32(right))
      remove(leftSlot + 1, of: parent, &root)
    } else {
      even(left, leftCount, right, rightCount)
    }
  }

  private mutating func even(_ left: Int, _ leftCount: Int, _ right: Int, _ rightCount: Int) {
    let newLeft = (leftCount + rightCount) / 2
    if newLeft > leftCount {
      let moved = newLeft - leftCount
      moveEntries(moved, from: (right, 0), to: (left, leftCount))
      moveEntries(rightCount - moved, from: (right, moved), to: (right, 0))
    } else {
      let moved = leftCount - newLeft
      moveEntries(rightCount, from: (right, 0), to: (right, moved))
      moveEntries(moved, from: (left, newLeft), to: (right, 0))
    }
    headers[left].count = UInt16(newLeft)
    headers[right].count = UInt16(leftCount + rightCount - newLeft)
    refreshAbove(left)
    refreshAbove(right)
  }
}
