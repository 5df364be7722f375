// User accesses: one at a time, over a range, and with data.
//
// A walk goes page by page, or run by run where pages lie side by side and nothing can come between
// them (Kernel+AccessRun.swift); what cannot be taken so goes through the one fault handler.

internal import KernelStorage

extension Kernel {
  /// One access of the running task; faults as often as the processor would.
  ///
  /// Linux: none (what the processor and `exc_page_fault` do together).
  public mutating func access(_ address: VirtualAddress, _ kind: AccessKind, by task: TaskIndex)
    -> Progress
  {
    var entry = PageTableEntry.none
    return resolve(address, kind == .execute ? fetch : kind, &entry, by: task)
  }

  /// Goes on with a walk until it is complete, the slice is over, or an access is refused.
  ///
  /// `access.next` is the address of the access that did not happen yet.
  /// Linux: none (model only).
  public mutating func perform(_ access: inout RangeAccess, by task: TaskIndex) -> Progress {
    switch access.action {
    case .read: return walk(&access, .read, by: task)
    case .touch: return walk(&access, .write, by: task)
    case .execute: return walk(&access, fetch, by: task)
    case .write(let byte): return write(byte, &access, by: task)
    case .fill(let byte): return fill(byte, &access, by: task)
    }
  }

  /// What a fetch is to the processor: without a bit that forbids it, a read like any other.
  private var fetch: AccessKind { geometry.forbidsExecution ? .execute : .read }

  // MARK: Translation

  /// The entry that serves an access, with its marks set; none when the access faults.
  ///
  /// Linux: none (what the processor does).
  @inline(__always)
  private mutating func translate(
    _ address: VirtualAddress, _ kind: AccessKind, in space: AddressSpaceIndex
  ) -> PageTableEntry {
    let page = virtual.walkCache.page(space, address)
    if page == 0 { return .none }
    let index = EntryPage.index(address)
    let bits = memory.store.dense[page, index]
    let required = PageTableEntry.required(for: kind)
    if bits & required != required { return .none }
    if kind == .execute && bits & PageTableEntry.noExecuteBit != 0 { return .none }
    let marks = PageTableEntry.marks(for: kind)
    if bits & marks != marks { memory.store.dense[page, index] = bits | marks }
    return PageTableEntry(bits: bits)
  }

  /// Puts the leaf table of an address into the walk cache; false when there is none, or when it
  /// was there before.
  private mutating func cacheTable(of address: VirtualAddress, in space: AddressSpaceIndex) -> Bool
  {
    if address >= layout.taskSize || space.isNone { return false }
    if virtual.walkCache.page(space, address) != 0 { return false }
    let table = memory.leafTable(below: spaces[space].root, of: address)
    if table.isNone { return false }
    let page = memory.words(of: table, at: address)
    if page == 0 { return false }
    virtual.walkCache.insert(space, address, table: table, page: page)
    return true
  }

  /// Translates an access, through as many faults as it takes.
  ///
  /// - Parameter isOdd: it is known that the handler of faults has something to decide.
  @inline(__always)
  mutating func resolve(
    _ address: VirtualAddress, _ kind: AccessKind, _ entry: inout PageTableEntry,
    by task: TaskIndex, isOdd: Bool = false
  ) -> Progress {
    charge(costs.access)
    entry = translate(address, kind, in: tasks[task].space)
    return entry.isNone ? resolveSlowly(address, kind, &entry, by: task, isOdd) : .done
  }

  private mutating func resolveSlowly(
    _ address: VirtualAddress, _ kind: AccessKind, _ entry: inout PageTableEntry,
    by task: TaskIndex, _ isOdd: Bool
  ) -> Progress {
    let space = tasks[task].space
    while true {
      let page = virtual.walkCache.page(space, address)
      if !isOdd && faultRun(at: address, kind, limit: 1, in: space, page, by: task) > 0 {
        let index = EntryPage.index(address)
        entry = PageTableEntry(bits: memory.store.dense[page, index])
        return .done
      }
      if !cacheTable(of: address, in: space) {
        let progress = userFault(at: address, kind, by: task)
        guard case .done = progress else { return progress }
      }
      entry = translate(address, kind, in: space)
      if !entry.isNone { break }
    }
    if tlb.isOn {
      remember(address, kind, by: task)
      // Without a row every access comes this way, and those that go straight pay nothing.
      virtual.walkCache.drop(space, address)
    }
    return .done
  }

  // MARK: Walks

  /// One access per step; the data stays as it is.
  private mutating func walk(_ access: inout RangeAccess, _ kind: AccessKind, by task: TaskIndex)
    -> Progress
  {
    var entry = PageTableEntry.none
    while access.next < access.end {
      if now >= sliceEnd { return .again }
      let run = accessRun(at: access.next, kind, limit: access.pagesLeft, by: task)
      if run.count == 0 {
        let isOdd = access.pagesLeft > 0
        let progress = resolve(access.next, kind, &entry, by: task, isOdd: isOdd)
        guard case .done = progress else { return progress }
      }
      access.advance(by: max(run.count, 1))
    }
    return .done
  }

  private mutating func write(_ byte: UInt8, _ access: inout RangeAccess, by task: TaskIndex)
    -> Progress
  {
    let offset = Int(access.next & Page.offsetMask)
    while access.next < access.end {
      if now >= sliceEnd { return .again }
      let run = accessRun(at: access.next, .write, limit: access.pagesLeft, by: task)
      for place in 0..<run.count { memory.setByte(frame(of: run, place), offset, to: byte) }
      if run.count == 0 {
        let progress = storeByte(access.next, byte, by: task)
        guard case .done = progress else { return progress }
      }
      access.advance(by: max(run.count, 1))
    }
    return .done
  }

  private mutating func fill(_ byte: UInt8, _ access: inout RangeAccess, by task: TaskIndex)
    -> Progress
  {
    var entry = PageTableEntry.none
    while access.next < access.end {
      if now >= sliceEnd { return .again }
      // The first and the last page may be filled in part: those are taken alone.
      let whole = Page.isAligned(access.next) ? (access.end - access.next) >> Page.shift : 0
      let run = accessRun(at: access.next, .write, limit: whole, by: task)
      for place in 0..<run.count { memory.fill(frame(of: run, place), with: byte) }
      access.next += UInt64(run.count) << Page.shift
      if run.count > 0 { continue }
      let progress = resolve(access.next, .write, &entry, by: task, isOdd: whole > 0)
      guard case .done = progress else { return progress }
      let stop = min(access.end, Page.alignDown(access.next) + Page.size)
      fill(entry.frame, Int(access.next & Page.offsetMask), Int(stop - access.next), with: byte)
      access.next = stop
    }
    return .done
  }

  private mutating func fill(_ frame: FrameNumber, _ offset: Int, _ count: Int, with byte: UInt8) {
    if count == Int(Page.size) { return memory.fill(frame, with: byte) }
    for place in offset..<(offset + count) { memory.setByte(frame, place, to: byte) }
  }
}

extension RangeAccess {
  /// Accesses that are left, when there is one to each page; else 0.
  @inline(__always)
  var pagesLeft: UInt64 { stride == Page.size ? (end - next - 1) >> Page.shift + 1 : 0 }

  /// Moves on by as many accesses, or to the end where the address space would wrap.
  @inline(__always)
  mutating func advance(by count: Int) {
    let (sum, overflow) = next.addingReportingOverflow(stride &* UInt64(count))
    next = overflow ? end : sum
  }
}
