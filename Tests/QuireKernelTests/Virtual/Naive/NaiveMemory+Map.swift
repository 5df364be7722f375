// Places, merging, mmap, munmap and brk of the plain model.

@testable import QuireKernel

extension NaiveMemory {
  // MARK: Places

  private func guardedStart(_ region: NaiveRegion) -> UInt64 {
    region.flags.contains(.growsDown)
      ? region.start - min(region.start, layout.stackGuardGap) : region.start
  }

  /// The highest hole for `length` below `ceiling`; one that ends in a guard gap sends the search
  /// below that gap, past all that lies in it.
  private func highest(_ task: TaskIndex, _ length: UInt64, _ floor: UInt64, _ ceiling: UInt64)
    -> UInt64?
  {
    var limit = ceiling
    search: while true {
      var above: NaiveRegion?
      for region in self[task].regions.reversed() + [NaiveRegion.bottom] {
        let top = min(above?.start ?? limit, limit)
        let bottom = max(region.end, floor)
        if top >= bottom, top - bottom >= length {
          guard let above, guardedStart(above) < top else { return top - length }
          limit = guardedStart(above)
          continue search
        }
        above = region
      }
      return nil
    }
  }

  private func lowest(_ task: TaskIndex, _ length: UInt64, _ floor: UInt64, _ ceiling: UInt64)
    -> UInt64?
  {
    var bottom = floor
    for region in self[task].regions where region.end > bottom {
      let limit = min(guardedStart(region), ceiling)
      if limit >= bottom, limit - bottom >= length { return bottom }
      bottom = max(bottom, region.end)
    }
    return ceiling >= bottom && ceiling - bottom >= length ? bottom : nil
  }

  private func isHintFree(_ task: TaskIndex, _ hint: UInt64, _ length: UInt64) -> Bool {
    guard let next = self[task].place(above: hint) else { return true }
    return hint + length <= guardedStart(self[task].regions[next])
  }

  private func search(
    _ task: TaskIndex, _ hint: UInt64, _ length: UInt64, _ flags: MapFlags, _ base: UInt64
  ) -> UInt64? {
    if length > layout.taskSize { return nil }
    if flags.contains(.low32Bit), let window = layout.low32Window {
      let end = window.upperBound
      if length > end { return nil }
      if hint != 0, hint <= end - length, isHintFree(task, hint, length) { return hint }
      return lowest(task, length, window.lowerBound, end)
    }
    if hint != 0, hint <= layout.taskSize - length, isHintFree(task, hint, length) { return hint }
    return highest(task, length, layout.minimumAddress, base)
      ?? lowest(task, length, layout.legacyMapBase, layout.taskSize)
  }

  func freePlace(
    _ task: TaskIndex, _ hint: UInt64, _ length: UInt64, shared: Bool, _ flags: MapFlags = []
  ) throws(Errno) -> UInt64 {
    let base = layout.taskSize - 128 << 20
    let huge = layout.largeAlignment
    if length > layout.taskSize { throw .ENOMEM }
    if !shared, hint == 0, huge != 0, length % huge == 0,
      let found = search(task, 0, length + huge, flags, base)
    {
      return (found / huge + 1) * huge
    }
    guard let found = search(task, hint, length, flags, base) else { throw .ENOMEM }
    return found
  }

  // MARK: Merging

  /// A range that would like to be part of a neighbour; `part` is the region it is a part of.
  struct Range {
    var start: UInt64
    var end: UInt64
    var flags: VMAFlags
    var offset: UInt64
    var object: Int?
    var anon: Int?
    var source: NaiveRegion?
  }

  private func fits(_ range: Range, _ other: NaiveRegion) -> Bool {
    guard other.flags == range.flags, other.object == range.object,
      range.flags.isDisjoint(with: .special)
    else { return false }
    if other.anon == range.anon { return true }
    if range.anon == nil { return other.chain.count == 1 }
    return other.anon == nil && isNew && (range.source.map { $0.chain.count == 1 } ?? true)
  }

  func joinsLeft(_ range: Range, _ other: NaiveRegion?) -> Bool {
    guard let other else { return false }
    return other.end == range.start && other.offset + other.pages == range.offset
      && fits(range, other)
  }

  func joinsRight(_ range: Range, _ other: NaiveRegion?, also left: NaiveRegion?) -> Bool {
    guard let other, other.start == range.end,
      other.offset == range.offset + (range.end - range.start) >> 12, fits(range, other)
    else { return false }
    guard let left else { return true }
    return left.anon == nil || other.anon == nil || left.anon == other.anon
  }

  private mutating func adopt(_ source: NaiveRegion?, by target: inout NaiveRegion) {
    guard let source, let anon = source.anon, target.anon == nil else { return }
    target.anon = anon
    clone(source, into: &target)
  }

  /// Puts a range where nothing is mapped, in a neighbour if it joins one.
  mutating func insert(_ range: Range, of task: TaskIndex, mayJoinRight: Bool = true) {
    var regions = self[task].regions
    let index = regions.firstIndex { $0.start >= range.end } ?? regions.count
    let left = index > 0 ? regions[index - 1] : nil
    let right = index < regions.count ? regions[index] : nil
    let toLeft = joinsLeft(range, left)
    let toRight = mayJoinRight && joinsRight(range, right, also: toLeft ? left : nil)
    if toLeft, var target = left {
      target.end = range.end
      if toRight, var other = right {
        target.end = other.end
        adopt(other, by: &target)
        adopt(range.source, by: &target)
        leave(&other)
        drop(&other)
        regions.remove(at: index)
      } else {
        adopt(range.source, by: &target)
      }
      regions[index - 1] = target
    } else if toRight, var target = right {
      target.start = range.start
      target.offset = range.offset
      adopt(range.source, by: &target)
      regions[index] = target
    } else {
      var region = NaiveRegion(
        start: range.start, end: range.end, flags: range.flags, offset: range.offset,
        object: range.object, anon: range.anon)
      if let source = range.source { clone(source, into: &region) }
      if let object = range.object { objects[object]?.users += 1 }
      regions.insert(region, at: index)
    }
    self[task].regions = regions
  }

  /// A region leaves its object.
  mutating func drop(_ region: inout NaiveRegion) {
    guard let object = region.object else { return }
    objects[object]?.users -= 1
    if objects[object]?.users == 0 { objects[object] = nil }
  }

  /// Gives a part of a region other flags: in a neighbour, or as a region of its own.
  mutating func change(
    _ index: Int, _ start: UInt64, _ end: UInt64, to flags: VMAFlags, of task: TaskIndex
  ) {
    var regions = self[task].regions
    var region = regions[index]
    let range = Range(
      start: start, end: end, flags: flags, offset: region.offset(of: start),
      object: region.object, anon: region.anon, source: region)
    let left = start == region.start && index > 0 ? regions[index - 1] : nil
    let right = end == region.end && index + 1 < regions.count ? regions[index + 1] : nil
    let toLeft = joinsLeft(range, left)
    let toRight = joinsRight(range, right, also: toLeft ? left : nil)
    if !toLeft && !toRight {
      self[task].regions = regions
      split(at: start, of: task)
      split(at: end, of: task)
      let place = self[task].place(of: start) ?? 0
      self[task].regions[place].flags = flags
      return
    }
    let isWhole = start == region.start && end == region.end
    if toLeft, var target = left {
      adopt(toRight && right?.anon != nil ? right : region, by: &target)
      target.end = toRight ? regions[index + 1].end : end
      regions[index - 1] = target
      if toRight {
        var other = regions.remove(at: index + 1)
        leave(&other)
        drop(&other)
      }
    } else if toRight, var target = right {
      adopt(region, by: &target)
      target.start = start
      target.offset = range.offset
      regions[index + 1] = target
    }
    if isWhole {
      leave(&region)
      drop(&region)
      regions.remove(at: index)
    } else if toLeft {
      regions[index].offset = region.offset(of: end)
      regions[index].start = end
    } else {
      regions[index].end = start
    }
    self[task].regions = regions
  }

  /// Cuts the region that has a page on both sides of an address.
  mutating func split(at address: UInt64, of task: TaskIndex) {
    guard let index = self[task].place(of: address) else { return }
    let region = self[task].regions[index]
    if region.start == address { return }
    var upper = region
    upper.start = address
    upper.offset = region.offset(of: address)
    upper.chain = []
    clone(region, into: &upper)
    if let object = region.object { objects[object]?.users += 1 }
    self[task].regions[index].end = address
    self[task].regions.insert(upper, at: index + 1)
  }

  // MARK: Calls

  /// Whether a word can be the number of a page.
  func isNumber(_ page: UInt64) -> Bool { !rules.contains(.wordsOf32Bits) || page < 1 << 32 }

  mutating func mmap(_ request: MapRequest, _ task: TaskIndex) throws(Errno) -> UInt64 {
    if request.offset % 4096 != 0 { throw .EINVAL }
    if !request.flags.contains(.anonymous) { throw .EBADF }
    let isHuge = request.flags.contains(.hugeTLB)
    let unit: UInt64 = isHuge ? 4096 << tableBits : 4096
    let length =
      isHuge
      ? (request.length &+ (unit - 1)) / unit * unit : layout.wholePages(request.length)
    if request.length == 0 || isHuge && length == 0 { throw .EINVAL }
    if length == 0 { throw .ENOMEM }
    if !isNumber(request.offset >> 12 + length >> 12) { throw .EOVERFLOW }
    var flags = VMAFlags(request.protection).union(.mayAccess).union(self[task].futureFlags)
    if request.flags.contains(.growsDown) { flags.insert(.growsDown) }
    if request.flags.contains(.locked) { flags.insert(.locked) }
    if request.flags.contains(.stack) { flags.insert(.noHugePage) }
    if request.flags.contains(.sync) { flags.insert(.sync) }
    let kind = request.flags.rawValue & MapFlags.typeMask
    var start = Page.alignDown(request.address)
    if length > layout.taskSize { throw .ENOMEM }
    if request.flags.isDisjoint(with: [.fixed, .fixedNoReplace]) {
      if start != 0 && start < layout.minimumAddress { start = layout.minimumAddress }
      start = try freePlace(task, start, length, shared: kind == 1, request.flags)
    } else {
      start = request.address
      if start % unit != 0 && isHuge { throw .EINVAL }
      if start > layout.taskSize - length { throw .ENOMEM }
      if start % 4096 != 0 { throw .EINVAL }
      if start < layout.minimumAddress && !self[task].isPrivileged { throw .EPERM }
      if request.flags.contains(.fixedNoReplace) && !self[task].isFree(start, start + length) {
        throw .EEXIST
      }
    }
    let isUnlockable = !self[task].isPrivileged && self[task].limits.lockedMemory == 0
    if request.flags.contains(.locked) && isUnlockable { throw .EPERM }
    if !mayLock(task, flags, length >> 12) { throw .EAGAIN }
    switch kind {
    case 1:
      if flags.contains(.growsDown) { throw .EINVAL }
      flags.formUnion([.shared, .mayShare])
    case 2: break
    case 8:
      if isHuge { throw .EINVAL }
      if request.flags.contains(.locked) || flags.contains(.growsDown) { throw .EINVAL }
      flags.formUnion([.droppable, .noReserve, .wipeOnFork, .dontDump])
    default: throw .EINVAL
    }
    if isHuge {
      if flags.contains(.growsDown) { throw .EINVAL }
      try checkSealed(start, start + length, of: task)
      unmap(start, start + length, of: task)
      throw .ENOMEM
    }
    if request.flags.contains(.noReserve) { flags.insert(.noReserve) }
    try map(start, start + length, flags, of: task)
    if request.flags.intersection([.populate, .nonBlock]) == .populate || flags.contains(.locked) {
      _ = populate(start, start + length, of: task, skipping: true)
    }
    return start
  }

  /// Makes a region; shared memory that `shows` nothing else is new.
  mutating func map(
    _ start: UInt64, _ end: UInt64, _ wanted: VMAFlags, of task: TaskIndex,
    shows: (object: Int, page: UInt64)? = nil
  ) throws(Errno) {
    var flags = wanted
    let pages = (end - start) >> 12
    // Limits are judged by what will be left of the old regions; nothing has been taken yet.
    var old = self[task].regions.filter { $0.start < end && $0.end > start }
    func overlap(_ region: NaiveRegion) -> UInt64 {
      (min(region.end, end) - max(region.start, start)) >> 12
    }
    if !old.isEmpty { try checkSealed(start, end, of: task) }
    if !old.isEmpty {
      split(at: start, of: task)
      split(at: end, of: task)
    }
    if rules.contains(.fixedMapUnmapsFirst) {
      unmap(start, end, of: task)
      old = []
    }
    if !mayExpand(task, flags, pages - old.reduce(0) { $0 + overlap($1) }) { throw .ENOMEM }
    if flags.isAccountable {
      let freed = old.filter { $0.flags.contains(.account) }.reduce(0) { $0 + overlap($1) }
      try check(pages - freed)
      flags.insert(.account)
    }
    var object = shows?.object
    if flags.contains(.shared) && object == nil {
      let isReserved = !flags.contains(.noReserve)
      if isReserved { try check(pages) }
      object = number()
      objects[object ?? 0] = NaiveObject(pageCount: pages, isReserved: isReserved)
    }
    if !old.isEmpty { unmap(start, end, of: task) }
    insert(
      Range(
        start: start, end: end, flags: flags,
        offset: shows?.page ?? (object == nil ? start >> 12 : 0), object: object), of: task)
    if flags.contains(.droppable) {
      if let index = self[task].place(of: start) {
        self[task].regions[index].flags.subtract([.locked, .lockOnFault])
      }
    } else if flags.contains(.locked) {
      self[task].lockedPages += pages
    }
  }

  /// Refuses a range with a sealed region; by then the range's start may have been cut.
  mutating func checkSealed(_ start: UInt64, _ end: UInt64, of task: TaskIndex) throws(Errno) {
    let touched = self[task].regions.filter { $0.start < end && $0.end > start }
    guard touched.contains(where: { $0.flags.contains(.sealed) }) else { return }
    if let first = touched.first, !first.flags.contains(.sealed) { split(at: start, of: task) }
    throw .EPERM
  }

  mutating func munmap(_ start: UInt64, _ length: UInt64, _ task: TaskIndex) throws(Errno) {
    if start % 4096 != 0 || start > layout.taskSize || length > layout.taskSize - start {
      throw .EINVAL
    }
    let end = start + Page.alignUp(length)
    if end == start { throw .EINVAL }
    try checkSealed(start, end, of: task)
    unmap(start, end, of: task)
  }

  /// Takes regions, pages and tables away.
  mutating func unmap(_ start: UInt64, _ end: UInt64, of task: TaskIndex) {
    split(at: start, of: task)
    split(at: end, of: task)
    let gone = self[task].regions.filter { $0.start >= start && $0.end <= end }
    guard let first = gone.first, let last = gone.last else { return }
    self[task].regions.removeAll { $0.start >= start && $0.end <= end }
    for var region in gone {
      for page in region.start >> 12..<region.end >> 12 { drop(page, of: task, withGuards: true) }
      if region.flags.contains(.locked) { self[task].lockedPages -= region.pages }
      leave(&region)
      drop(&region)
    }
    let floor = self[task].regions.last { $0.end <= first.start }?.end ?? 0
    let ceiling = self[task].regions.first { $0.start >= last.end }?.start ?? .max
    self[task].tables = self[task].tables.filter { table in
      let isTouched = table.low < last.end && table.high > first.start
      return !(isTouched && table.low >= floor && table.high <= ceiling)
    }
  }

  mutating func brk(_ wanted: UInt64, _ task: TaskIndex) -> UInt64 {
    let process = self[task]
    let old = process.breakEnd
    if wanted < process.breakStart { return old }
    let isJudged = !rules.contains(.breakJudgesGrowth) || Page.alignUp(wanted) > Page.alignUp(old)
    if isJudged, process.limits.data != .max, wanted - process.breakStart > process.limits.data {
      return old
    }
    let (from, to) = (Page.alignUp(old), Page.alignUp(wanted))
    if from == to {
      self[task].breakEnd = wanted
      return wanted
    }
    if wanted <= old {
      if process.isFree(to, from) { return old }
      if (try? checkSealed(to, from, of: task)) == nil { return old }
      unmap(to, from, of: task)
      self[task].breakEnd = wanted
      return wanted
    }
    let flags = VMAFlags.dataDefault.union(.account).union(process.futureFlags)
    if to < from || to > layout.taskSize || !mayLock(task, flags, (to - from) >> 12) { return old }
    if let next = process.regions.first(where: { $0.end > from }),
      next.start < to + 4096 + layout.stackGuardGap, to + 4096 > guardedStart(next)
    {
      return old
    }
    if !mayExpand(task, flags, (to - from) >> 12) { return old }
    if (to - from) >> 12 > managedPages { return old }
    growHeap(from, to, flags, of: task)
    self[task].breakEnd = wanted
    if flags.contains(.locked) {
      self[task].lockedPages += (to - from) >> 12
    }
    if process.futureFlags.contains(.locked) {
      _ = populate(from, to, of: task, skipping: true)
    }
    return wanted
  }

  /// Extends the heap's own region, never one that lies before the heap.
  private mutating func growHeap(
    _ from: UInt64, _ to: UInt64, _ flags: VMAFlags, of task: TaskIndex
  ) {
    let range = Range(start: from, end: to, flags: flags, offset: from >> 12)
    if from == self[task].breakStart {
      let index = self[task].regions.firstIndex { $0.start >= to } ?? self[task].regions.count
      let region = NaiveRegion(start: from, end: to, flags: flags, offset: from >> 12)
      self[task].regions.insert(region, at: index)
    } else {
      insert(range, of: task, mayJoinRight: false)
    }
  }
}
