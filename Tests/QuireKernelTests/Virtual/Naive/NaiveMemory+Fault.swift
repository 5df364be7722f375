// Accesses, faults, fork and exit of the plain model.

@testable import QuireKernel

extension NaiveMemory {
  /// What an access to a page gives.
  enum Outcome: Equatable {
    case value(UInt8)
    case mapError
    case accessError
    case busError
  }

  /// One byte of a page, read or written.
  mutating func touch(_ address: UInt64, _ value: UInt8?, _ task: TaskIndex) -> Outcome {
    let page = address >> 12
    for _ in 0..<4 {
      if let index = self[task].place(of: address), let entry = self[task].entries[page],
        entry.isPresent, self[task].regions[index].flags.isAccessible,
        value == nil || entry.isWritable
      {
        return finish(entry, value)
      }
      if let refusal = fault(address, isWrite: value != nil, task) { return refusal }
    }
    return .busError
  }

  private mutating func finish(_ entry: NaiveEntry, _ value: UInt8?) -> Outcome {
    switch entry {
    case .page(let number, _):
      if let value { pages[number]?.value = value }
      return .value(pages[number]?.value ?? 0)
    case .shared(let object, let page, _):
      if let value { objects[object]?.pages[page] = value }
      return .value(objects[object]?.pages[page] ?? 0)
    case .zeros, .forbidden, .named: return .value(0)
    }
  }

  /// A fault by the user; nil when it was served.
  private mutating func fault(_ address: UInt64, isWrite: Bool, _ task: TaskIndex) -> Outcome? {
    if address >= layout.taskSize { return .mapError }
    guard var index = self[task].place(above: address) else { return .mapError }
    if self[task].regions[index].start > address {
      if rules.contains(.stackFollowsPointer), address &+ 32 < self[task].stackPointer {
        return .mapError
      }
      if !grow(index, downTo: Page.alignDown(address), task) { return .mapError }
      index = self[task].place(of: address) ?? index
    }
    let region = self[task].regions[index]
    if isWrite {
      if !region.flags.contains(.write) { return .accessError }
    } else if region.flags.isDisjoint(with: readRights) {
      return .accessError
    }
    return serve(address, index, isWrite: isWrite, task)
  }

  /// Any of these lets a read bring a page.
  private var readRights: VMAFlags {
    rules.contains(.readNeedsMoreThanWrite) ? [.read, .execute] : .access
  }

  private mutating func grow(_ index: Int, downTo address: UInt64, _ task: TaskIndex) -> Bool {
    let region = self[task].regions[index]
    if !region.flags.contains(.growsDown) || address < layout.minimumAddress { return false }
    if index > 0 {
      let below = self[task].regions[index - 1]
      if !below.flags.contains(.growsDown), below.flags.isAccessible,
        address - below.end < layout.stackGuardGap
      {
        return false
      }
    }
    prepare(index, of: task)
    let growth = (region.start - address) >> 12
    if growth > region.offset || !mayExpand(task, region.flags, growth)
      || region.end - address > self[task].limits.stack || !mayLock(task, region.flags, growth)
      || growth > managedPages
    {
      return false
    }
    if region.flags.contains(.locked) { self[task].lockedPages += growth }
    self[task].regions[index].start = address
    self[task].regions[index].offset -= growth
    return true
  }

  /// The fault handler; nil when the page is there.
  mutating func serve(
    _ address: UInt64, _ index: Int, isWrite: Bool, _ task: TaskIndex
  ) -> Outcome? {
    let page = address >> 12
    let region = self[task].regions[index]
    makeTables(task, address, downTo: 2)
    switch self[task].entries[page] {
    case .forbidden: return .mapError
    case .named(let number):
      guard let name = region.object, number < objects[name]?.pageCount ?? 0 else {
        return .busError
      }
      if objects[name]?.pages[number] == nil { objects[name]?.pages[number] = 0 }
      let isWritable = region.flags.contains(.write)
      set(page, .shared(object: name, page: number, isWritable: isWritable), of: task)
      self[task].majorFaults += 1
      return nil
    case nil:
      if region.object != nil {
        if let refusal = sharedPage(address, region, isWrite: isWrite, task) { return refusal }
      } else {
        makeTables(task, address)
        if isWrite {
          newPage(page, index, value: 0, task)
        } else {
          set(page, .zeros, of: task)
        }
      }
    case .zeros where isWrite: newPage(page, index, value: 0, task)
    case .page(let number, isWritable: false) where isWrite:
      if pages[number]?.isExclusive == true || pages[number]?.users == 1 {
        pages[number]?.isExclusive = true
        set(page, .page(number, isWritable: true), of: task)
      } else {
        let value = pages[number]?.value ?? 0
        release(number)
        newPage(page, index, value: value, task)
      }
    case .shared(let object, let number, isWritable: false) where isWrite:
      set(page, .shared(object: object, page: number, isWritable: true), of: task)
    default: break
    }
    self[task].faults += 1
    return nil
  }

  private mutating func newPage(_ page: UInt64, _ index: Int, value: UInt8, _ task: TaskIndex) {
    prepare(index, of: task)
    let name = number()
    pages[name] = NaivePage(value: value)
    let isWritable = self[task].regions[index].flags.contains(.write)
    set(page, .page(name, isWritable: isWritable), of: task)
  }

  /// A page of shared memory, and with a read those around it that are there (REC-5).
  private mutating func sharedPage(
    _ address: UInt64, _ region: NaiveRegion, isWrite: Bool, _ task: TaskIndex
  ) -> Outcome? {
    guard let name = region.object, let object = objects[name] else { return .busError }
    let page = address >> 12
    let wanted = region.offset(of: address)
    let isWritable = region.flags.contains(.write)
    if !isWrite && !rules.contains(.faultsMapOnePage) {
      // Sixteen pages of the same table, from a multiple of sixteen or the region's start.
      let low = max(page / 16 * 16, page / 512 * 512, region.start >> 12)
      let high = min(low + 16, (page / 512 + 1) * 512, region.end >> 12)
      for near in low..<high {
        let number = region.offset + near - region.start >> 12
        if number >= object.pageCount || object.pages[number] == nil { continue }
        makeTables(task, address)
        if self[task].entries[near] != nil { continue }
        set(near, .shared(object: name, page: number, isWritable: isWritable), of: task)
      }
      if self[task].entries[page] != nil { return nil }
    }
    if wanted >= object.pageCount { return .busError }
    makeTables(task, address)
    if object.pages[wanted] == nil { objects[name]?.pages[wanted] = 0 }
    set(page, .shared(object: name, page: wanted, isWritable: isWritable), of: task)
    return nil
  }

  // MARK: In advance

  /// Has every page of a range present, as its regions allow (MLOCK-1, REC-11).
  mutating func populate(
    _ start: UInt64, _ end: UInt64, of task: TaskIndex, skipping: Bool
  ) -> Errno? {
    // An empty range lies in no region, not even in one that its place is inside of.
    if start >= end { return nil }
    for region in self[task].regions where region.start < end && region.end > start {
      let failure = populate(region, max(start, region.start), min(end, region.end), task)
      if failure != nil && !skipping { return failure }
    }
    return nil
  }

  mutating func populate(
    _ region: NaiveRegion, _ start: UInt64, _ end: UInt64, _ task: TaskIndex
  ) -> Errno? {
    if region.flags.contains(.lockOnFault) { return nil }
    if !region.flags.isAccessible { return .EFAULT }
    let isWrite = region.flags.intersection([.write, .shared]) == .write
    for page in start >> 12..<end >> 12 {
      if !faultIn(page << 12, isWrite: isWrite, task) { return .EFAULT }
    }
    return nil
  }

  mutating func faultIn(_ address: UInt64, isWrite: Bool, _ task: TaskIndex) -> Bool {
    let (minor, major) = (self[task].faults, self[task].majorFaults)
    defer {
      if rules.contains(.accountsOfAccessesAlone) {
        (self[task].faults, self[task].majorFaults) = (minor, major)
      }
    }
    for _ in 0..<4 {
      if let entry = self[task].entries[address >> 12], entry.isPresent,
        !isWrite || entry.isWritable
      {
        return true
      }
      guard let index = self[task].place(of: address),
        serve(address, index, isWrite: isWrite, task) == nil
      else { return false }
    }
    return false
  }

  // MARK: Processes

  mutating func fork(_ parent: TaskIndex, to child: TaskIndex) {
    var copy = self[parent]
    copy.entries = [:]
    copy.tables = []
    copy.regions = []
    copy.futureFlags = []
    copy.lockedPages = 0
    copy.faults = 0
    copy.majorFaults = 0
    processes[child] = copy
    for region in self[parent].regions where !region.flags.contains(.dontCopy) {
      duplicate(region, from: parent, to: child)
    }
  }

  private mutating func duplicate(
    _ region: NaiveRegion, from parent: TaskIndex, to child: TaskIndex
  ) {
    var copy = region
    copy.flags.subtract([.locked, .lockOnFault])
    copy.anon = nil
    copy.chain = []
    if let object = region.object { objects[object]?.users += 1 }
    if let anon = region.anon, !region.flags.contains(.wipeOnFork) {
      if rules.contains(.sharedAnonymousFamilies) { copy.anon = anon }
      clone(region, into: &copy)
      if copy.anon == nil {
        let own = number()
        anons[own] = NaiveAnon(parent: anon, active: 1)
        anons[anon]?.children += 1
        copy.anon = own
        join(&copy, own)
      }
    }
    self[child].regions.append(copy)
    if region.flags.contains(.wipeOnFork) { return }
    if region.anon == nil && !rules.contains(.forkCopiesEveryTable) { return }
    for table in self[parent].tables {
      guard table.low < region.end, table.high > region.start else { continue }
      self[child].tables.insert(table)
    }
    for page in region.start >> 12..<region.end >> 12 {
      guard let entry = self[parent].entries[page] else { continue }
      self[child].entries[page] = entry
      guard case .page(let number, _) = entry else { continue }
      pages[number]?.users += 1
      pages[number]?.isExclusive = false
      set(page, .page(number, isWritable: false), of: parent)
      set(page, .page(number, isWritable: false), of: child)
    }
  }

  mutating func exit(_ task: TaskIndex) {
    unmap(0, layout.taskSize, of: task)
    processes[task] = nil
  }
}
