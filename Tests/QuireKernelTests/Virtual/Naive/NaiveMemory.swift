// The plain model of virtual memory: lists of regions, a dictionary of pages for each process, and
// nothing that a kernel does to be fast.
//
// It is written from the rules, not from the kernel beside it: regions are looked for one by one,
// pages are visited one by one, tables are a set of names, and sharing is a number of a page.

@testable import QuireKernel

/// A region: addresses that are mapped alike.
struct NaiveRegion: Equatable {
  var start: UInt64
  var end: UInt64
  var flags: VMAFlags
  /// Page number of the start, in the object or in anonymous memory.
  var offset: UInt64
  var object: Int?
  /// Where its new anonymous pages belong, and all it may have pages of, oldest first.
  var anon: Int?
  var chain: [Int] = []

  /// Nothing, where addresses begin.
  static let bottom = NaiveRegion(start: 0, end: 0, flags: [], offset: 0)

  var pages: UInt64 { (end - start) >> 12 }
  func offset(of address: UInt64) -> UInt64 { offset + (address - start) >> 12 }
}

/// What a page number of a process leads to.
enum NaiveEntry: Equatable {
  case zeros
  /// A page of its own, which other processes may have too.
  case page(Int, isWritable: Bool)
  case shared(object: Int, page: UInt64, isWritable: Bool)
  case forbidden
  /// A page of the object that is to be shown here, and is not mapped.
  case named(UInt64)

  var isPresent: Bool {
    switch self {
    case .forbidden, .named: false
    default: true
    }
  }
  var isWritable: Bool {
    switch self {
    case .page(_, let isWritable), .shared(_, _, let isWritable): isWritable
    case .zeros, .forbidden, .named: false
    }
  }
}

/// A page of anonymous memory.
struct NaivePage {
  var value: UInt8 = 0
  var users = 1
  var isExclusive = true
}

/// Shared memory; a page that nobody touched is not there.
struct NaiveObject {
  var pages: [UInt64: UInt8] = [:]
  var pageCount: UInt64
  var isReserved: Bool
  var users = 0
}

/// What regions share after fork (RMAP-2, RMAP-3).
struct NaiveAnon {
  var parent: Int
  var children = 0
  var active = 0
  var members = 0
}

/// A page table below the top level: its level, from 1, and the addresses it is for.
struct NaiveTable: Hashable {
  var level: Int
  var low: UInt64
  var high: UInt64

  /// - Parameter bits: how many of an address choose an entry.
  init(_ level: Int, of address: UInt64, bits: UInt64) {
    self.level = level
    let span: UInt64 = 1 << (12 + bits * UInt64(level))
    low = address / span * span
    high = low + span
  }
}

struct NaiveProcess {
  var regions: [NaiveRegion] = []
  var entries: [UInt64: NaiveEntry] = [:]
  var tables: Set<NaiveTable> = []
  var breakStart = Layout.x86_64.defaultBreak
  var breakEnd = Layout.x86_64.defaultBreak
  var futureFlags: VMAFlags = []
  var lockedPages: UInt64 = 0
  var limits = ResourceLimits()
  var isPrivileged = true
  var faults: UInt64 = 0
  var majorFaults: UInt64 = 0
  /// Where the stack began, until somebody moves it.
  var stackPointer: UInt64 = 0

  var totalPages: UInt64 { regions.reduce(0) { $0 + $1.pages } }
  var dataPages: UInt64 { regions.filter(\.flags.isData).reduce(0) { $0 + $1.pages } }
  var anonPages: Int {
    entries.values.count { entry in
      if case .page = entry { return true }
      return false
    }
  }
  var sharedPages: Int {
    entries.values.count { entry in
      if case .shared = entry { return true }
      return false
    }
  }

  /// The first region that ends above an address.
  func place(above address: UInt64) -> Int? { regions.firstIndex { $0.end > address } }
  func place(of address: UInt64) -> Int? {
    place(above: address).flatMap { regions[$0].start <= address ? $0 : nil }
  }
  func isFree(_ start: UInt64, _ end: UInt64) -> Bool {
    !regions.contains { $0.start < end && $0.end > start }
  }
}

/// All processes and what they share.
struct NaiveMemory {
  var processes: [TaskIndex: NaiveProcess] = [:]
  var pages: [Int: NaivePage] = [:]
  var objects: [Int: NaiveObject] = [:]
  var anons: [Int: NaiveAnon] = [:]
  var nextNumber = 1
  /// Of the machine.
  let version: KernelVersion
  let rules: ArchitectureRules
  let managedPages: UInt64
  let layout: Layout
  /// Levels of tables below the top, and the bits of an address that each takes.
  let levels: Int
  let tableBits: UInt64

  init(_ machine: MachineConfiguration, rules: ArchitectureRules, managedPages: UInt64) {
    version = machine.kernel
    self.rules = rules
    self.managedPages = managedPages
    layout = machine.architecture.layout
    levels = machine.architecture == .x86_64 ? 3 : machine.pae ? 2 : 1
    tableBits = levels == 1 ? 10 : 9
  }

  var isNew: Bool { version == .linux6_18 }

  mutating func number() -> Int {
    nextNumber += 1
    return nextNumber
  }

  /// A process by its task; there is one for every task that is asked about.
  subscript(task: TaskIndex) -> NaiveProcess {
    get { processes[task] ?? NaiveProcess() }
    _modify { yield &processes[task, default: NaiveProcess()] }
  }

  /// What all processes have charged: accounted regions and objects.
  var committedPages: UInt64 {
    let regions = processes.values.flatMap(\.regions).filter { $0.flags.contains(.account) }
    return regions.reduce(0) { $0 + $1.pages }
      + objects.values.reduce(0) { $0 + ($1.isReserved ? $1.pageCount : UInt64($1.pages.count)) }
  }

  func check(_ pages: UInt64) throws(Errno) {
    if pages > managedPages { throw .ENOMEM }
  }

  func mayExpand(_ task: TaskIndex, _ flags: VMAFlags, _ pages: UInt64) -> Bool {
    let process = self[task]
    if process.totalPages + pages > process.limits.addressSpace >> 12 { return false }
    if rules.contains(.dataLimitIsOfBreak) { return true }
    return !flags.isData || process.dataPages + pages <= process.limits.data >> 12
  }

  func mayLock(_ task: TaskIndex, _ flags: VMAFlags, _ pages: UInt64) -> Bool {
    let process = self[task]
    return !flags.contains(.locked) || process.isPrivileged
      || process.lockedPages + pages <= process.limits.lockedMemory >> 12
  }

  // MARK: Entries

  mutating func set(_ page: UInt64, _ entry: NaiveEntry?, of task: TaskIndex) {
    self[task].entries[page] = entry
  }

  /// An entry goes; guards stay unless the region goes.
  mutating func drop(_ page: UInt64, of task: TaskIndex, withGuards: Bool = false) {
    guard let entry = self[task].entries[page] else { return }
    if entry == .forbidden && !withGuards { return }
    if case .page(let number, _) = entry { release(number) }
    self[task].entries[page] = nil
  }

  mutating func release(_ number: Int) {
    pages[number]?.users -= 1
    if pages[number]?.users == 0 { pages[number] = nil }
  }

  mutating func makeTables(_ task: TaskIndex, _ address: UInt64, downTo level: Int = 1) {
    for level in level..<max(level, levels + 1) {
      self[task].tables.insert(NaiveTable(level, of: address, bits: tableBits))
    }
  }

  func hasTable(_ task: TaskIndex, _ address: UInt64, _ level: Int = 1) -> Bool {
    self[task].tables.contains(NaiveTable(level, of: address, bits: tableBits))
  }

  // MARK: Anonymous memory

  mutating func join(_ region: inout NaiveRegion, _ anon: Int) {
    region.chain.append(anon)
    anons[anon]?.members += 1
  }

  mutating func clone(_ source: NaiveRegion, into target: inout NaiveRegion) {
    let mayAdopt = target.anon == nil && source.anon != nil
    for anon in source.chain {
      join(&target, anon)
      if mayAdopt, target.anon == nil, let record = anons[anon], record.children < 2,
        record.active == 0
      {
        target.anon = anon
      }
    }
    if let own = target.anon { anons[own]?.active += 1 }
  }

  mutating func leave(_ region: inout NaiveRegion) {
    if let own = region.anon { anons[own]?.active -= 1 }
    region.anon = nil
    for anon in region.chain.reversed() {
      anons[anon]?.members -= 1
      guard let record = anons[anon], record.members == 0 else { continue }
      anons[record.parent]?.children -= 1
      anons[anon] = nil
    }
    region.chain = []
  }

  /// A region is about to have its first page of its own (REC-2).
  mutating func prepare(_ index: Int, of task: TaskIndex) {
    var region = self[task].regions[index]
    if region.anon != nil { return }
    var found: Int?
    let all = self[task].regions
    for (left, right, other) in [(index, index + 1, index + 1), (index - 1, index, index - 1)]
    where found == nil && left >= 0 && right < all.count {
      let (a, b) = (all[left], all[right])
      guard a.end == b.start, a.object == b.object, b.offset == a.offset + a.pages,
        a.flags.symmetricDifference(b.flags).isSubset(of: .access), all[other].chain.count == 1
      else { continue }
      found = all[other].anon
    }
    let anon = found ?? number()
    if found == nil { anons[anon] = NaiveAnon(parent: anon, children: 1) }
    region.anon = anon
    join(&region, anon)
    anons[anon]?.active += 1
    self[task].regions[index] = region
  }
}
