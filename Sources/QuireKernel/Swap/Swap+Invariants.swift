// What must hold of swap between two calls (AUDIT-12, SWAP-15).

internal import KernelStorage

extension Kernel {
  /// Checks what was ever used: an area may be far larger than the memory of the host.
  borrowing func checkSwap(_ violations: inout [InvariantViolation]) {
    var users = SlotUsers()
    countEntries(&users, &violations)
    countObjectSlots(&users, &violations)
    users.sort()
    for number in 0..<swap.areas.limit where swap.isActive(number) {
      checkArea(number, &users, &violations)
    }
    checkCache(&violations)
    checkTotals(&violations)
  }

  // MARK: Who names a slot

  private borrowing func countEntries(
    _ users: inout SlotUsers, _ violations: inout [InvariantViolation]
  ) {
    for index in 1..<max(spaces.records.limit, 1) where spaces.records.isLive(index) {
      let space = AddressSpaceIndex(index)
      var found: UInt64 = 0
      var address: VirtualAddress = 0
      while true {
        let table = memory.nextLeafTable(
          below: spaces[space].root, from: &address, to: layout.taskSize)
        if table.isNone { break }
        for place in 0..<geometry.leafEntries {
          let entry = memory.entry(table: table, index: place)
          guard entry.isSwap else { continue }
          found += 1
          count(entry.swap, "an entry of space \(index)", &users, &violations)
        }
        address = (address | (geometry.span(TableLevel.leaf) - 1)) + 1
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
    _ users: inout SlotUsers, _ violations: inout [InvariantViolation]
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
    _ entry: SwapEntry, _ who: String, _ users: inout SlotUsers,
    _ violations: inout [InvariantViolation]
  ) {
    let area = Int(entry.area)
    guard swap.isActive(area), entry.slot > 0, Int(entry.slot) < swap.areas[area].limit else {
      violations.append(
        InvariantViolation("swap.no-such-slot", "\(who) names area \(area), slot \(entry.slot)"))
      return
    }
    users.add(entry)
  }

  // MARK: Slots

  private borrowing func checkArea(
    _ number: Int, _ users: inout SlotUsers, _ violations: inout [InvariantViolation]
  ) {
    var inUse = 0
    var cluster = swap.areas[number].clusterToAudit(from: 1)
    while cluster < swap.areas[number].clusterLimit {
      var taken = 0
      for index in swap.areas[number].slots(of: cluster) {
        let entry = SwapEntry(area: UInt8(number), slot: UInt32(index))
        let slot = swap.areas[number].slots[index]
        if !slot.isFree { taken += 1 }
        if !slot.isBad, !slot.isFree { inUse += 1 }
        checkSlot(slot, entry, users: users.take(entry), &violations)
      }
      if let wrong = swap.areas[number].misfit(of: cluster, taken: taken) {
        violations.append(
          InvariantViolation("swap.cluster", "area \(number), cluster \(cluster): \(wrong)"))
      }
      cluster = swap.areas[number].clusterToAudit(from: cluster + 1)
    }
    let strayUsers = users.takeStrays(of: number)
    if strayUsers > 0 {
      violations.append(
        InvariantViolation(
          "swap.users", "area \(number): \(strayUsers) entries name slots never handed out"))
    }
    if inUse != swap.areas[number].inUse {
      violations.append(
        InvariantViolation(
          "swap.in-use", "area \(number): \(inUse), not \(swap.areas[number].inUse)"))
    }
  }

  private borrowing func checkSlot(
    _ slot: SwapSlot, _ entry: SwapEntry, users: Int, _ violations: inout [InvariantViolation]
  ) {
    let place = "area \(entry.area), slot \(entry.slot)"
    if slot.users != users {
      violations.append(InvariantViolation("swap.users", "\(place): \(slot.users), not \(users)"))
    }
    if slot.isBad, slot.users > 0 || !slot.cached.isNone {
      violations.append(InvariantViolation("swap.bad-slot", "\(place) is in use"))
    }
    if slot.data != .zero, slot.users == 0 || !slot.cached.isNone {
      violations.append(InvariantViolation("swap.data", "\(place) holds data twice or for none"))
    }
    checkCached(slot, entry, &violations)
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
    for index in memory.touchedFrames.joined() where index < swap.cache.count {
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

/// How often each slot is named, for slots asked for in ascending order.
private struct SlotUsers {
  /// Area and slot of each name; sorted before it is read.
  private var names: [UInt64] = []
  private var next = 0
  private var strays = 0

  private static func key(_ entry: SwapEntry) -> UInt64 {
    UInt64(entry.area) << 32 | UInt64(entry.slot)
  }

  mutating func add(_ entry: SwapEntry) { names.append(Self.key(entry)) }

  mutating func sort() { names.sort() }

  /// How many name a slot.
  mutating func take(_ entry: SwapEntry) -> Int {
    let key = Self.key(entry)
    while next < names.count, names[next] < key { skip() }
    let first = next
    while next < names.count, names[next] == key { next += 1 }
    return next - first
  }

  /// How many name slots of an area that nobody asked for.
  mutating func takeStrays(of area: Int) -> Int {
    while next < names.count, names[next] >> 32 == UInt64(area) { skip() }
    defer { strays = 0 }
    return strays
  }

  private mutating func skip() {
    strays += 1
    next += 1
  }
}
