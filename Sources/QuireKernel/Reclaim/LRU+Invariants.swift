// What must hold of the LRU lists between two calls (AUDIT-10).

internal import KernelStorage

extension Kernel {
  borrowing func checkLRU(_ violations: inout [InvariantViolation]) {
    var listed = 0
    for list in LRUList.allCases {
      checkLinks(of: list, &violations)
      listed += lru.count(list)
    }
    var flagged = 0
    for index in memory.touchedFrames.joined() {
      let frame = FrameNumber(index)
      let page = memory.frames[frame]
      if page.flags.contains(.lru) { flagged += 1 }
      if page.flags.contains(.lru), !hasPageOwner(page) {
        violations.append(
          InvariantViolation("lru.owner", "frame \(index) is listed and nobody has it"))
      }
    }
    if flagged != listed {
      violations.append(
        InvariantViolation("lru.flag", "\(flagged) frames say so, \(listed) are on the lists"))
    }
  }

  private borrowing func checkLinks(
    of list: LRUList, _ violations: inout [InvariantViolation]
  ) {
    var length = 0
    var before = FrameNumber.none
    var frame = lru.head(list)
    while !frame.isNone, length <= lru.count(list) {
      let page = memory.frames[frame]
      if !page.flags.contains(.lru) || LRUList(for: page.flags) != list {
        violations.append(
          InvariantViolation("lru.list", "frame \(frame.rawValue) is on \(list.name)"))
      }
      if page.previous != before {
        violations.append(InvariantViolation("lru.links", "frame \(frame.rawValue)"))
      }
      length += 1
      before = frame
      frame = page.next
    }
    if length != lru.count(list) || lru.tail(list) != before {
      violations.append(
        InvariantViolation("lru.count", "\(list.name): \(length), not \(lru.count(list))"))
    }
  }

  /// Mapped, of an object, or in the swap cache.
  private borrowing func hasPageOwner(_ page: PageFrame) -> Bool {
    page.mapCount > 0 || page.flags.contains(.swapCache)
      || !page.flags.contains(.anonymous) && page.mapping != 0
  }
}
