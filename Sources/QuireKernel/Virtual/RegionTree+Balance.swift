// Keeping the tree of regions balanced: splitting full nodes, filling poor ones, moving the root.

internal import KernelStorage

extension RegionTree {
  mutating func insert(
    _ entry: Entry, at wanted: Int, of start: Int, _ root: inout Root
  ) {
    var node = start
    var slot = wanted
    if Int(headers[node].count) == Self.fanOut {
      let right = split(node, at: slot, &root)
      let kept = Int(headers[node].count)
      if slot > kept {
        slot -= kept
        node = right
      }
    }
    let count = Int(headers[node].count)
    moveEntries(count - slot, from: (node, slot), to: (node, slot + 1))
    headers[node].count += 1
    let place = node * Self.fanOut + slot
    keys[node * Self.fanOut + slot] = entry.key
    gaps[place] = entry.gap
    children[place] = entry.child
    if headers[node].level > 0 { headers[Int(entry.child)].parent = UInt32(node) }
    refreshAbove(node)
  }

  /// Moves the upper part of a full node into a new right neighbour, which is returned.
  ///
  /// Regions often come in order, up or down: then the side that grows gets the room.
  mutating func split(_ node: Int, at slot: Int, _ root: inout Root) -> Int {
    if headers[node].parent == 0 { raise(&root) }
    let right = Int(allocate(level: headers[node].level))
    var kept = Self.fanOut / 2
    if slot == Self.fanOut { kept = Self.fanOut - Self.minimumFill }
    if slot == 0 { kept = Self.minimumFill }
    let moved = Self.fanOut - kept
    moveEntries(moved, from: (node, kept), to: (right, 0))
    headers[right].count = UInt16(moved)
    setCount(kept, of: node)
    _ = refreshEntry(of: node)
    // The parent may itself split; the entry's gap is put right by the refresh that follows.
    insert(
      Entry(key: keys[right * Self.fanOut + moved - 1], gap: 0, child: UInt32(right)),
      at: slotInParent(node) + 1, of: Int(headers[node].parent), &root)
    refreshAbove(node)
    refreshAbove(right)
    return right
  }

  /// Puts a new root above the old one.
  mutating func raise(_ root: inout Root) {
    let old = root.top.node
    root.top.node = allocate(level: headers[Int(old)].level + 1)
    root.top.height += 1
    headers[Int(root.top.node)].count = 1
    headers[Int(old)].parent = root.top.node
    children[Int(root.top.node) * Self.fanOut] = old
    _ = refreshEntry(of: Int(old))
  }

  mutating func remove(_ slot: Int, of node: Int, _ root: inout Root) {
    let count = Int(headers[node].count)
    moveEntries(count - slot - 1, from: (node, slot + 1), to: (node, slot))
    setCount(count - 1, of: node)
    if headers[node].parent == 0 {
      lower(&root)
    } else if count - 1 < Self.minimumFill {
      fill(node, &root)
    } else {
      refreshAbove(node)
    }
  }

  /// Drops a root that has one child, or none.
  mutating func lower(_ root: inout Root) {
    let header = headers[Int(root.top.node)]
    if header.count == 0 {
      release(root.top.node)
      root.top.node = 0
    } else if header.level > 0 && header.count == 1 {
      let child = children[Int(root.top.node) * Self.fanOut]
      release(root.top.node)
      headers[Int(child)].parent = 0
      root.top.node = child
      root.top.height -= 1
    }
  }

  /// Brings a node that has become too small back to size, from or with a neighbour.
  mutating func fill(_ node: Int, _ root: inout Root) {
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

  mutating func even(_ left: Int, _ leftCount: Int, _ right: Int, _ rightCount: Int) {
    let newLeft = (leftCount + rightCount) / 2
    let newRight = leftCount + rightCount - newLeft
    if newLeft > leftCount {
      let moved = newLeft - leftCount
      moveEntries(moved, from: (right, 0), to: (left, leftCount))
      moveEntries(newRight, from: (right, moved), to: (right, 0))
    } else {
      moveEntries(rightCount, from: (right, 0), to: (right, leftCount - newLeft))
      moveEntries(leftCount - newLeft, from: (left, newLeft), to: (right, 0))
    }
    setCount(newLeft, of: left)
    setCount(newRight, of: right)
    refreshAbove(left)
    refreshAbove(right)
  }
}
