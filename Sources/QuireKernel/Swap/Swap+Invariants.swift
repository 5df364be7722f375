// What must hold of swap between two calls (AUDIT-12, SWAP-15).

internal import KernelStorage

extension Kernel {
  borrowing func checkSwap(_ violations: inout [InvariantViolation]) {
    var users: [[UInt32]] = []
    for number in 0..<swap.areas.limit {
      let slots = swap.isActive(number) ? swap.areas[number].limit : 0
      users.append([UInt32](repeating: 0, count: slots))
    }
    countEntries(&users, &violations)
    countObjectSlots(&users, &violations)
    for number in 0..<swap.areas.limit where swap.isActive(number) {
      checkArea(number, users[number], &violations)
    }
    checkCache(&violations)
    checkTotals(&violations)
  }

  // MARK: Who names a slot

  private borrowing func countEntries(
    _ users: inout [[UInt32]], _ violations: inout [InvariantViolation]
  ) {
    for index in 1..<max(spaces.records.limit, 1) where spaces.records.isLive(index) {
      let space = AddressSpaceIndex(index)
      var found: UInt64 = 0
      var address: VirtualAddress = 0
      while true {
        let table = memory.nextLeafTable(
          below: spaces[space].root, from: &address, to: Layout.taskSize)
        if table.isNone { break }
        for place in 0..<TableLevel.fanOut {
          let entry = memory.entry(table: table, index: place)
          guard entry.isSwap else { continue }
          found += 1
          count(entry.swap, "an entry of space \(index)", &users, &violations)
        }
        address = (address | (TableLevel.span(TableLevel.leaf) - 1)) + 1
      }
      if found != spaces[space].swapEntries {
        violations.append(
          InvariantViolation(
            "swap.space-entries",
            "space \(index) has \(found), and counts \(spaces[space].swapEntries)"))
      }
    }
  }

  private borrowing func countObjectSlots(
    _ users: inout [[UInt32]], _ violations: inout [InvariantViolation]
  ) {
    for index in 1..<max(virtual.objects.records.limit, 1)
    where virtual.objects.records.isLive(index) {
      var page: UInt64 = 0
      let object = MemoryObjectIndex(index)
      while let found = virtual.objects.nextOccupied(from: page, of: object) {
        let slot = virtual.objects.slot(found, of: object)
        if slot.isSwap { count(slot.swap, "page \(found) of object \(index)", &users, &violations) }
        page = found + 1
      }
    }
  }

  private borrowing func count(
    _ entry: SwapEntry, _ who: String, _ users: inout [[UInt32]],
    _ violations: inout [InvariantViolation]
  ) {
    let area = Int(entry.area)
    guard area < users.count, entry.slot > 0, Int(entry.slot) < users[area].count else {
      violations.append(
        InvariantViolation("swap.no-such-slot", "\(who) names area \(area), slot \(entry.slot)"))
      return
    }
    users[area][Int(entry.slot)] += 1
  }

  // MARK: Slots

  private borrowing func checkArea(
    _ number: Int, _ users: [UInt32], _ violations: inout [InvariantViolation]
  ) {
    var inUse = 0
    for index in 0..<swap.areas[number].limit {
      let slot = swap.areas[number].slots[index]
      let place = "area \(number), slot \(index)"
      if slot.users != users[index] {
        violations.append(
          InvariantViolation("swap.users", "\(place): \(slot.users), not \(users[index])"))
      }
      if slot.isBad, slot.users > 0 || !slot.cached.isNone {
        violations.append(InvariantViolation("swap.bad-slot", "\(place) is in use"))
      }
      if slot.data != .zero, slot.users == 0 || !slot.cached.isNone {
        violations.append(InvariantViolation("swap.data", "\(place) holds data twice or for none"))
      }
      if !slot.isBad, !slot.isFree { inUse += 1 }
      checkCached(slot, SwapEntry(area: UInt8(number), slot: UInt32(index)), &violations)
    }
    if inUse != swap.areas[number].inUse {
      violations.append(
        InvariantViolation(
          "swap.in-use", "area \(number): \(inUse), not \(swap.areas[number].inUse)"))
    }
    if let detail = swap.areas[number].clusterViolation {
      violations.append(InvariantViolation("swap.cluster", "area \(number), \(detail)"))
    }
  }

  private borrowing func checkCached(
    _ slot: SwapSlot, _ entry: SwapEntry, _ violations: inout [InvariantViolation]
  ) {
    if slot.cached.isNone { return }
    let isCached = memory.frames[slot.cached].flags.contains(.swapCache)
    if !isCached || swap.cache[slot.cached.index].entry != entry {
      violations.append(
        InvariantViolation(
          "swap.cache-slot", "slot \(entry.slot) names frame \(slot.cached.rawValue)"))
    }
  }

  private borrowing func checkCache(_ violations: inout [InvariantViolation]) {
    var cached = 0
    for index in 0..<swap.cache.count {
      let frame = FrameNumber(index)
      guard memory.frames[frame].flags.contains(.swapCache) else { continue }
      cached += 1
      let entry = swap.cache[index].entry
      if !swap.isActive(Int(entry.area)) || swap[entry].cached != frame {
        violations.append(InvariantViolation("swap.cache-frame", "frame \(index)"))
      }
    }
    if cached != swap.cachedPages || cached != gauges.nr_swapcached {
      violations.append(
        InvariantViolation("swap.cached-pages", "\(cached), not \(swap.cachedPages)"))
    }
  }

  private borrowing func checkTotals(_ violations: inout [InvariantViolation]) {
    var total = 0
    var free = 0
    var last = Int16.max
    for place in 0..<swap.count {
      let number = swap.number(at: place)
      total += swap.areas[number].pages
      free += swap.areas[number].free
      if swap.areas[number].priority > last {
        violations.append(InvariantViolation("swap.priority-order", "area \(number)"))
      }
      last = swap.areas[number].priority
    }
    if total != swap.totalPages || free != swap.freePages {
      violations.append(
        InvariantViolation(
          "swap.totals", "\(free) of \(total), not \(swap.freePages) of \(swap.totalPages)"))
    }
  }
}

extension SwapArea {
  /// The first cluster whose count, list or links are wrong.
  fileprivate var clusterViolation: String? {
    for cluster in 1..<clusterLimit {
      var taken = 0
      let first = (cluster - 1) * Self.clusterSlots
      for slot in first..<first + Self.clusterSlots where !slots[slot].isFree { taken += 1 }
      if let wrong = misfit(of: cluster, taken: taken) { return "cluster \(cluster): \(wrong)" }
    }
    return nil
  }
}
