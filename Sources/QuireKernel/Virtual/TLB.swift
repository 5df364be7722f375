// What each CPU translates addresses by: the tables in its cr3, and its translation lookaside
// buffer.
//
// The buffer makes nothing faster here: it is bookkeeping that shows which translations a processor
// would remember, what it costs to forget them, and whom a flush interrupts. Who flushes when is
// decided in Flows/Kernel+Translate.swift.

internal import KernelStorage

/// What one CPU's cr3 is set to.
///
/// Linux: `struct tlb_state` and `struct tlb_state_shared`, arch/x86/include/asm/tlbflush.h.
struct TranslationState: BitwiseCopyable {
  /// The address space in cr3; none for the tables that the kernel booted with.
  var space = AddressSpaceIndex.none
  /// What a kernel thread on the CPU has borrowed, also when the tables are not loaded any more;
  /// it keeps the record alive until a task with memory of its own runs.
  ///
  /// Linux: `task_struct.active_mm`, include/linux/sched.h.
  var borrowed = AddressSpaceIndex.none
  /// A kernel thread or nobody runs: the space stays loaded, and nobody uses it (PT-6).
  var isLazy = false
  /// The CPU was lazy when translations were flushed, and has to catch up before it goes on.
  var isStale = false

  /// Other tables are in cr3 now.
  mutating func load(_ space: AddressSpaceIndex) {
    self.space = space
    isLazy = false
    isStale = false
  }
}

/// What has happened to translations since boot.
///
/// Linux: `NR_TLB_REMOTE_FLUSH` and friends, include/linux/vm_event_item.h; the first three are the
/// processor's own to know.
public struct TLBCounters: Hashable, Sendable, BitwiseCopyable {
  /// Accesses whose translation was remembered, and those that needed a walk; 0 while the machine
  /// has no buffers (`tlb: 0`).
  public var hits: UInt64 = 0
  public var misses: UInt64 = 0
  /// Writes of cr3, each of which forgets all translations of user addresses.
  public var cr3_loads: UInt64 = 0
  /// Flushes that had to ask other CPUs.
  public var nr_tlb_remote_flush: UInt64 = 0
  /// Interrupts that CPUs got for the flush of another.
  public var nr_tlb_remote_flush_received: UInt64 = 0
  /// Flushes of everything, and of single pages, on the CPU that asked.
  public var nr_tlb_local_flush_all: UInt64 = 0
  public var nr_tlb_local_flush_one: UInt64 = 0

  public init() {}

  /// Every counter with its name.
  public var lines: [ProcLine] {
    [
      ProcLine("hits", hits), ProcLine("misses", misses), ProcLine("cr3_loads", cr3_loads),
      ProcLine("nr_tlb_remote_flush", nr_tlb_remote_flush),
      ProcLine("nr_tlb_remote_flush_received", nr_tlb_remote_flush_received),
      ProcLine("nr_tlb_local_flush_all", nr_tlb_local_flush_all),
      ProcLine("nr_tlb_local_flush_one", nr_tlb_local_flush_one),
    ]
  }
}

extension TLBCounters {
  /// A counter by name, nil when there is none of that name.
  public subscript(name: String) -> UInt64? { lines.first { $0.name == name }?.value }
}

/// Pages whose translations are to be forgotten.
///
/// Linux: `struct flush_tlb_info`, arch/x86/include/asm/tlbflush.h.
struct FlushRange: BitwiseCopyable {
  var start: VirtualAddress = .max
  var end: VirtualAddress = 0
  /// Tables went too: then CPUs that are lazy must let go as well, before somebody else gets them.
  var freedTables = false

  static let everything = FlushRange(start: 0, end: .max)
  static func page(_ address: VirtualAddress) -> FlushRange {
    FlushRange(start: Page.alignDown(address), end: Page.alignDown(address) + Page.size)
  }

  var isEmpty: Bool { start >= end && !freedTables }
  /// Above this many pages it is cheaper to forget everything (PT-8).
  ///
  /// Linux: `tlb_single_page_flush_ceiling`, arch/x86/mm/tlb.c.
  static let ceiling: UInt64 = 33
  var isFull: Bool { end == .max || start >= end || (end - start) >> Page.shift > Self.ceiling }

  /// Linux: `__tlb_adjust_range`, include/asm-generic/tlb.h.
  mutating func add(_ from: VirtualAddress, _ to: VirtualAddress) {
    start = min(start, from)
    end = max(end, to)
  }

  /// Adds entries of the leaf table that maps an address.
  @inline(__always)
  mutating func add(entries: Range<Int>, near address: VirtualAddress) {
    let base = address & ~(EntryPage.span - 1)
    add(
      base + UInt64(entries.lowerBound) << Page.shift,
      base + UInt64(entries.upperBound) << Page.shift)
  }
}

/// The CPUs' translations.
///
/// Buffers are mapped directly: a page has one place, and whoever comes last has it (PT-7). There
/// is one tag for all address spaces (no PCID): a write of cr3 forgets them all. User addresses
/// alone are remembered, because the model makes no accesses of the kernel's own.
/// Linux: none (the processor).
struct TLB: ~Copyable {
  struct Row: BitwiseCopyable {
    /// The address of the page, with bit 0 set so that an empty row is no page.
    var key: UInt64 = 0
    /// The entry as the walk found it.
    var entry = PageTableEntry.none
  }

  var cpus = Table<TranslationState>()
  private var rows = Table<Row>()
  /// Translations that one CPU remembers; 0 when the machine has no buffers.
  let capacity: Int
  var counters = TLBCounters()
  /// What the operation that runs has taken away and not flushed yet.
  ///
  /// Linux: `struct mmu_gather`, include/asm-generic/tlb.h.
  var gather = FlushRange()

  init(cpus count: Int, capacity: Int) {
    self.capacity = capacity
    cpus.extend(to: count)
    if capacity > 0 { rows.extend(to: count * capacity) }
  }

  @inline(__always) var isOn: Bool { capacity > 0 }

  private func place(_ cpu: Int, _ address: VirtualAddress) -> Int {
    cpu * capacity + Int(address >> Page.shift) & (capacity - 1)
  }

  /// The entry that a CPU remembers for an address.
  func entry(_ cpu: Int, _ address: VirtualAddress) -> PageTableEntry {
    let row = rows[place(cpu, address)]
    return row.key == Page.alignDown(address) | 1 ? row.entry : .none
  }

  mutating func insert(_ cpu: Int, _ address: VirtualAddress, _ entry: PageTableEntry) {
    rows[place(cpu, address)] = Row(key: Page.alignDown(address) | 1, entry: entry)
  }

  /// A CPU forgets a range of pages.
  mutating func forget(_ cpu: Int, _ range: FlushRange) {
    if !isOn { return }
    if range.isFull {
      for place in 0..<capacity { rows[cpu * capacity + place] = Row() }
      return
    }
    var address = range.start
    while address < range.end {
      if !entry(cpu, address).isNone { rows[place(cpu, address)] = Row() }
      address += Page.size
    }
  }

  /// Every translation that a CPU remembers.
  borrowing func visit(_ cpu: Int, _ body: (VirtualAddress, PageTableEntry) -> Void) {
    for place in 0..<capacity {
      let row = rows[cpu * capacity + place]
      if row.key != 0 { body(row.key & ~1, row.entry) }
    }
  }
}
