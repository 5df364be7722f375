// What must hold of the index of regions: order, fill, largest keys and gaps.

internal import KernelStorage

extension RegionTree {
  /// Checks one tree against the records of its regions.
  borrowing func check(
    _ root: Root, gaps records: borrowing RegionTable, _ violations: inout [InvariantViolation]
  ) {
    if root.top.node == 0 {
      if root.count != 0 { violations.append(InvariantViolation("tree.count", "empty tree")) }
      return
    }
    var entries = 0
    check(Int(root.top.node), parent: 0, records, &entries, &violations)
    if entries != Int(root.count) {
      violations.append(InvariantViolation("tree.count", "\(entries) of \(root.count) entries"))
    }
  }

  private borrowing func check(
    _ node: Int, parent: UInt32, _ records: borrowing RegionTable, _ entries: inout Int,
    _ violations: inout [InvariantViolation]
  ) {
    let header = headers[node]
    let count = Int(header.count)
    if header.parent != parent || parent != 0 && count < Self.minimumFill {
      violations.append(InvariantViolation("tree.node", "node \(node) with \(count) entries"))
    }
    var before: UInt64 = 0
    for slot in 0..<count {
      let entry = node * Self.fanOut + slot
      if keys[node * Self.fanOut + slot] <= before {
        violations.append(InvariantViolation("tree.order", "node \(node)"))
      }
      before = keys[node * Self.fanOut + slot]
      if header.level == 0 {
        entries += 1
        checkLeafEntry(node, slot, records, &violations)
      } else {
        checkInnerEntry(node, slot, &violations)
        check(Int(children[entry]), parent: UInt32(node), records, &entries, &violations)
      }
    }
  }

  private borrowing func checkLeafEntry(
    _ node: Int, _ slot: Int, _ records: borrowing RegionTable,
    _ violations: inout [InvariantViolation]
  ) {
    let entry = node * Self.fanOut + slot
    let region = VMAIndex(children[entry])
    let previous = records.previous(region)
    let gap = records[region].start - (previous.isNone ? 0 : records[previous].end)
    if keys[node * Self.fanOut + slot] != records[region].end || gaps[entry] != gap {
      violations.append(InvariantViolation("tree.entry", "region \(region.rawValue)"))
    }
  }

  private borrowing func checkInnerEntry(
    _ node: Int, _ slot: Int, _ violations: inout [InvariantViolation]
  ) {
    let entry = node * Self.fanOut + slot
    let child = Int(children[entry])
    let count = Int(headers[child].count)
    var gap: UInt64 = 0
    for slot in 0..<count { gap = max(gap, gaps[child * Self.fanOut + slot]) }
    if keys[node * Self.fanOut + slot] != keys[child * Self.fanOut + count - 1]
      || gaps[entry] != gap
    {
      violations.append(InvariantViolation("tree.entry", "node \(child)"))
    }
  }
}
