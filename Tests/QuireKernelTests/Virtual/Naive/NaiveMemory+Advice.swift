// Locks, advice, sealing and questions of the plain model.

@testable import QuireKernel

extension NaiveMemory {
  // MARK: Locks

  private func mayLockAtAll(_ task: TaskIndex) -> Bool {
    self[task].isPrivileged || self[task].limits.lockedMemory != 0
  }

  mutating func mlock(_ address: UInt64, _ length: UInt64, _ flags: UInt64, _ task: TaskIndex)
    throws(Errno)
  {
    if flags & ~1 != 0 { throw .EINVAL }
    if !mayLockAtAll(task) { throw .EPERM }
    let start = Page.alignDown(address)
    let size = layout.wholePages(length &+ address & 4095)
    let limit = self[task].limits.lockedMemory >> 12
    var locked = size >> 12 + self[task].lockedPages
    if !self[task].isPrivileged && locked > limit {
      let end = layout.end(start, size) < start ? UInt64.max : start + size
      for region in self[task].regions where region.flags.contains(.locked) {
        let (low, high) = (max(region.start, start), min(region.end, end))
        if low < high { locked -= (high - low) >> 12 }
      }
      if locked > limit { throw .ENOMEM }
    }
    try setLock(start, size, flags == 0 ? .locked : [.locked, .lockOnFault], task)
    if populate(start, start + size, of: task, skipping: false) != nil { throw .ENOMEM }
  }

  mutating func munlock(_ address: UInt64, _ length: UInt64, _ task: TaskIndex) throws(Errno) {
    try setLock(Page.alignDown(address), layout.wholePages(length &+ address & 4095), [], task)
  }

  private mutating func setLock(
    _ start: UInt64, _ size: UInt64, _ lock: VMAFlags, _ task: TaskIndex
  ) throws(Errno) {
    let end = layout.end(start, size)
    if end < start { throw .EINVAL }
    var cursor = start
    while cursor < end {
      guard let index = self[task].place(of: cursor) else { throw .ENOMEM }
      let stop = min(end, self[task].regions[index].end)
      lockRegion(index, cursor, stop, lock, task)
      cursor = stop
    }
  }

  private mutating func lockRegion(
    _ index: Int, _ start: UInt64, _ end: UInt64, _ lock: VMAFlags, _ task: TaskIndex
  ) {
    let old = self[task].regions[index].flags
    let flags = old.subtracting([.locked, .lockOnFault]).union(lock)
    if flags == old || old.contains(.droppable) { return }
    change(index, start, end, to: flags, of: task)
    if !flags.contains(.locked) {
      self[task].lockedPages -= (end - start) >> 12
    } else if !old.contains(.locked) {
      self[task].lockedPages += (end - start) >> 12
    }
  }

  mutating func mlockall(_ flags: UInt64, _ task: TaskIndex) throws(Errno) {
    if flags == 0 || flags == 4 || flags & ~7 != 0 { throw .EINVAL }
    if !mayLockAtAll(task) { throw .EPERM }
    let limit = self[task].limits.lockedMemory >> 12
    if flags & 1 != 0, !self[task].isPrivileged, self[task].totalPages > limit { throw .ENOMEM }
    lockEverything(flags, task)
    if flags & 1 != 0 { _ = populate(0, layout.taskSize, of: task, skipping: true) }
  }

  mutating func lockEverything(_ flags: UInt64, _ task: TaskIndex) {
    let lock: VMAFlags = flags & 4 != 0 ? [.locked, .lockOnFault] : .locked
    self[task].futureFlags = flags & 2 != 0 ? lock : []
    if flags & 3 == 2 { return }
    var cursor: UInt64 = 0
    while let index = self[task].place(above: cursor) {
      let region = self[task].regions[index]
      cursor = region.end
      lockRegion(index, region.start, region.end, flags & 1 != 0 ? lock : [], task)
    }
  }

  // MARK: Advice

  mutating func madvise(
    _ address: UInt64, _ length: UInt64, _ number: UInt64, _ task: TaskIndex
  ) throws(Errno) {
    guard let advice = Advice(rawValue: number), address % 4096 == 0 else { throw .EINVAL }
    if (advice == .guardInstall || advice == .guardRemove) && !isNew { throw .EINVAL }
    let size = layout.wholePages(length)
    if length != 0 && size == 0 || layout.end(address, size) < address { throw .EINVAL }
    let end = address + size
    if advice == .populateRead || advice == .populateWrite {
      return try populate(address, end, isWrite: advice == .populateWrite, task)
    }
    var hasHole = false
    var cursor = address
    while cursor < end {
      guard let index = self[task].place(above: cursor) else { throw .ENOMEM }
      let region = self[task].regions[index]
      if region.start > cursor { hasHole = true }
      if region.start >= end { break }
      let stop = min(end, region.end)
      try advise(index, max(cursor, region.start), stop, advice, task)
      cursor = stop
    }
    if hasHole { throw .ENOMEM }
  }

  private mutating func populate(
    _ start: UInt64, _ end: UInt64, isWrite: Bool, _ task: TaskIndex
  ) throws(Errno) {
    for page in start >> 12..<end >> 12 {
      guard let index = self[task].place(of: page << 12) else { throw .ENOMEM }
      if !self[task].regions[index].flags.contains(isWrite ? .write : .read) { throw .EINVAL }
      if !faultIn(page << 12, isWrite: isWrite, task) { throw .EFAULT }
    }
  }

  private mutating func advise(
    _ index: Int, _ start: UInt64, _ end: UInt64, _ advice: Advice, _ task: TaskIndex
  ) throws(Errno) {
    let region = self[task].regions[index]
    let discards: [Advice] = [
      .free, .dontNeed, .dontNeedLocked, .remove, .dontFork, .wipeOnFork, .guardInstall,
    ]
    if region.flags.contains(.sealed), region.object == nil, !region.flags.contains(.write),
      discards.contains(advice)
    {
      throw .EPERM
    }
    let isLocked = region.flags.contains(.locked)
    switch advice {
    case .dontNeed, .dontNeedLocked:
      if isLocked && advice == .dontNeed { throw .EINVAL }
      if region.flags.contains(.nonlinear) {
        for page in start >> 12..<end >> 12 { takeAway(page, region, task) }
      } else {
        discard(start, end, task)
      }
    case .free:
      if isLocked || region.object != nil { throw .EINVAL }
    case .remove: try remove(region, start, end)
    case .cold, .pageOut:
      if isLocked { throw .EINVAL }
    case .willNeed: break
    case .guardInstall:
      if isLocked { throw .EINVAL }
      prepare(index, of: task)
      for page in start >> 12..<end >> 12 {
        drop(page, of: task)
        makeTables(task, page << 12)
        set(page, .forbidden, of: task)
      }
    case .guardRemove:
      for page in start >> 12..<end >> 12 where self[task].entries[page] == .forbidden {
        set(page, nil, of: task)
      }
    default:
      let flags = try advised(region, advice)
      if flags != region.flags { change(index, start, end, to: flags, of: task) }
    }
  }

  private mutating func discard(_ start: UInt64, _ end: UInt64, _ task: TaskIndex) {
    for page in start >> 12..<end >> 12 { drop(page, of: task) }
    if !isNew { return }
    for table in self[task].tables where table.level == 1 {
      guard table.low >= start, table.high <= end else { continue }
      let guards = table.low >> 12..<table.high >> 12
      if !guards.contains(where: { self[task].entries[$0] == .forbidden }) {
        self[task].tables.remove(table)
      }
    }
  }

  /// Pages of an object go, for everybody.
  private mutating func remove(
    _ region: NaiveRegion, _ start: UInt64, _ end: UInt64
  ) throws(Errno) {
    guard region.flags.isDisjoint(with: [.locked, .nonlinear]), let name = region.object
    else { throw .EINVAL }
    if !region.flags.isSuperset(of: [.shared, .mayWrite]) { throw .EACCES }
    let gone = region.offset(of: start)..<region.offset(of: end)
    for (task, process) in processes {
      for (page, entry) in process.entries {
        if case .shared(name, let number, _) = entry, gone.contains(number),
          let place = process.place(of: page << 12)
        {
          takeAway(page, process.regions[place], task)
        }
      }
    }
    for number in gone { objects[name]?.pages[number] = nil }
  }

  private func advised(_ region: NaiveRegion, _ advice: Advice) throws(Errno) -> VMAFlags {
    let flags = region.flags
    switch advice {
    case .normal: return flags.subtracting([.sequentialRead, .randomRead])
    case .sequential: return flags.subtracting(.randomRead).union(.sequentialRead)
    case .random: return flags.subtracting(.sequentialRead).union(.randomRead)
    case .dontFork: return flags.union(.dontCopy)
    case .doFork: return flags.subtracting(.dontCopy)
    case .wipeOnFork:
      if region.object != nil { throw .EINVAL }
      return flags.union(.wipeOnFork)
    case .keepOnFork:
      if flags.contains(.droppable) { throw .EINVAL }
      return flags.subtracting(.wipeOnFork)
    case .dontDump: return flags.union(.dontDump)
    case .doDump:
      if flags.contains(.droppable) { throw .EINVAL }
      return flags.subtracting(.dontDump)
    case .hugePage: return flags.subtracting(.noHugePage).union(.hugePage)
    case .noHugePage: return flags.subtracting(.hugePage).union(.noHugePage)
    case .mergeable:
      return region.object != nil || flags.contains(.droppable) ? flags : flags.union(.mergeable)
    case .unmergeable: return flags.subtracting(.mergeable)
    default: throw .EINVAL
    }
  }

  // MARK: Questions and seals

  func mincore(_ address: UInt64, _ length: UInt64, _ task: TaskIndex) throws(Errno) -> [Bool] {
    if address % 4096 != 0 { throw .EINVAL }
    if address > layout.taskSize || length > layout.taskSize - address { throw .ENOMEM }
    var answer: [Bool] = []
    for page in address >> 12..<(address + Page.alignUp(length)) >> 12 {
      guard let index = self[task].place(of: page << 12) else { throw .ENOMEM }
      let region = self[task].regions[index]
      let isThere = self[task].entries[page].map(\.isPresent) ?? false
      var shown = region.offset(of: page << 12)
      if case .named(let number) = self[task].entries[page] { shown = number }
      let cached = region.object.flatMap { objects[$0]?.pages[shown] }
      answer.append(isThere || cached != nil)
    }
    return answer
  }

  func msync(_ address: UInt64, _ length: UInt64, _ flags: UInt64, _ task: TaskIndex)
    throws(Errno)
  {
    if flags & ~7 != 0 || flags & 5 == 5 || address % 4096 != 0 { throw .EINVAL }
    let end = layout.end(address, layout.wholePages(length))
    if end < address { throw .ENOMEM }
    var cursor = address
    var hasHole = false
    while cursor < end {
      guard let index = self[task].place(above: cursor) else { throw .ENOMEM }
      let region = self[task].regions[index]
      if region.start > cursor {
        if flags == 1 || region.start >= end { throw .ENOMEM }
        hasHole = true
      }
      if flags & 2 != 0 && region.flags.contains(.locked) { throw .EBUSY }
      cursor = region.end
    }
    if hasHole { throw .ENOMEM }
  }

  mutating func mseal(_ address: UInt64, _ length: UInt64, _ flags: UInt64, _ task: TaskIndex)
    throws(Errno)
  {
    let size = layout.wholePages(length)
    let end = layout.end(address, size)
    if flags != 0 || address % 4096 != 0 || length != 0 && size == 0 || end < address {
      throw .EINVAL
    }
    var cursor = address
    while cursor < end {
      guard let index = self[task].place(of: cursor) else { throw .ENOMEM }
      cursor = self[task].regions[index].end
    }
    cursor = address
    while cursor < end, let index = self[task].place(of: cursor) {
      let region = self[task].regions[index]
      let stop = min(end, region.end)
      if !region.flags.contains(.sealed) {
        change(index, cursor, stop, to: region.flags.union(.sealed), of: task)
      }
      cursor = stop
    }
  }
}
