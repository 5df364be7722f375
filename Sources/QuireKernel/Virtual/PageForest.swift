// Radix trees by page number: what an object has at each of its pages.
//
// Invariant: no node is without slots in use, and the path to the only page of a tree is as long as
// the page number needs.

internal import KernelStorage

/// Trees of words by page number; 0 is nothing. Each tree belongs to whoever has its root.
///
/// Linux: `struct xarray`, include/linux/xarray.h.
struct PageForest: ~Copyable {
  /// A tree.
  struct Root: Hashable, BitwiseCopyable {
    fileprivate var node: UInt32 = 0
    /// Levels; 0 while it is empty.
    fileprivate var height: UInt8 = 0

    var isEmpty: Bool { height == 0 }
  }

  /// Slots in use, by node.
  private var nodes = Pool<UInt32>(unused: 0)
  private var slots = Table<UInt64>()
  /// The kernel memory of each node.
  private var nodeObjects = Table<SlabObject>()
  /// Kernel memory for nodes about to be made: a flow fills it before it begins.
  var spareNodes = ObjectStack()
  /// Kernel memory of nodes that have been freed: a flow empties it at once.
  var freedNodes = ObjectStack()
  /// Whether nodes take memory of the simulated machine.
  private let isKernelMemory: Bool

  private static let shift: UInt64 = 6
  private static let fanOut = 64

  init(isKernelMemory: Bool) { self.isKernelMemory = isKernelMemory }

  // MARK: Looking

  borrowing func value(_ page: UInt64, in root: Root) -> UInt64 {
    var level = UInt64(root.height)
    if level == 0 || page >> (level * Self.shift) != 0 { return 0 }
    var node = Int(root.node)
    while level > 1 {
      level -= 1
      node = Int(slots[place(page, level, node)])
      if node == 0 { return 0 }
    }
    return slots[place(page, 0, node)]
  }

  /// The first page with a value from `page` on, or nil.
  borrowing func next(from page: UInt64, in root: Root) -> UInt64? {
    if root.height == 0 { return nil }
    return occupied(from: page, Int(root.node), level: UInt64(root.height) - 1, base: 0)
  }

  private borrowing func occupied(
    from page: UInt64, _ node: Int, level: UInt64, base: UInt64
  ) -> UInt64? {
    let span: UInt64 = 1 << (level * Self.shift)
    for index in 0..<Self.fanOut {
      let first = base + UInt64(index) * span
      let entry = slots[node * Self.fanOut + index]
      if entry == 0 || first + (span - 1) < page { continue }
      if level == 0 { return first }
      if let found = occupied(from: page, Int(entry), level: level - 1, base: first) {
        return found
      }
    }
    return nil
  }

  private borrowing func place(_ page: UInt64, _ level: UInt64, _ node: Int) -> Int {
    node * Self.fanOut + Int((page >> (level * Self.shift)) & UInt64(Self.fanOut - 1))
  }

  /// Levels of a tree that reaches `page`.
  private static func levels(for page: UInt64) -> Int {
    var levels = 1
    while page >> (UInt64(levels) * shift) != 0 { levels += 1 }
    return levels
  }

  /// Nodes that a value at `page` would have to make.
  borrowing func missingNodes(for page: UInt64, in root: Root) -> Int {
    var height = UInt64(root.height)
    if height == 0 { return Self.levels(for: page) }
    var missing = 0
    while page >> (height * Self.shift) != 0 {
      height += 1
      missing += 1
    }
    // A new root leads to the old tree by its first slot only.
    if missing > 0 { return missing + Int(height) - 1 }
    var node = Int(root.node)
    var level = height - 1
    while level > 0 {
      node = Int(slots[place(page, level, node)])
      if node == 0 { return Int(level) }
      level -= 1
    }
    return 0
  }

  // MARK: Changing

  /// Stores a value; `spareNodes` holds the kernel memory that it needs.
  mutating func set(_ page: UInt64, to value: UInt64, in root: inout Root) {
    if value != 0 {
      store(page, value, in: &root)
    } else if self.value(page, in: root) != 0,
      remove(page, Int(root.node), level: UInt64(root.height) - 1)
    {
      root = Root()
    }
  }

  private mutating func makeNode() -> Int {
    let node = nodes.allocate(0)
    slots.extend(to: (node + 1) * Self.fanOut)
    if isKernelMemory {
      nodeObjects.extend(to: node + 1)
      nodeObjects[node] = spareNodes.pop()
    }
    return node
  }

  private mutating func store(_ page: UInt64, _ value: UInt64, in root: inout Root) {
    grow(&root, toHold: page)
    var node = Int(root.node)
    var level = UInt64(root.height) - 1
    while level > 0 {
      let at = place(page, level, node)
      if slots[at] == 0 {
        slots[at] = UInt64(makeNode())
        nodes[node] += 1
      }
      node = Int(slots[at])
      level -= 1
    }
    let at = place(page, 0, node)
    if slots[at] == 0 { nodes[node] += 1 }
    slots[at] = value
  }

  /// Adds levels above the root until the tree reaches `page`.
  private mutating func grow(_ root: inout Root, toHold page: UInt64) {
    if root.height == 0 {
      root = Root(node: UInt32(makeNode()), height: UInt8(Self.levels(for: page)))
      return
    }
    while page >> (UInt64(root.height) * Self.shift) != 0 {
      let above = makeNode()
      slots[above * Self.fanOut] = UInt64(root.node)
      nodes[above] = 1
      root.node = UInt32(above)
      root.height += 1
    }
  }

  /// Empties a slot below `node`; says whether the node went with it.
  private mutating func remove(_ page: UInt64, _ node: Int, level: UInt64) -> Bool {
    let at = place(page, level, node)
    if level > 0 && !remove(page, Int(slots[at]), level: level - 1) { return false }
    slots[at] = 0
    nodes[node] -= 1
    if nodes[node] > 0 { return false }
    if isKernelMemory { freedNodes.push(nodeObjects[node]) }
    nodes.release(node)
    return true
  }
}
