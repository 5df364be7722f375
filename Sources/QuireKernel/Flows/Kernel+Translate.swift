// Which tables a CPU uses, and when it must forget what it has translated (PT-6 to PT-9).

internal import KernelStorage

extension Kernel {
  /// What has happened to translations since boot.
  public var tlbCounters: TLBCounters { tlb.counters }

  /// What a CPU's cr3 is set to, for those who look.
  public struct CPUTranslation: Hashable, Sendable {
    /// The top-level table; none when the kernel half is empty.
    public var root: FrameNumber
    /// None for the tables that the kernel booted with.
    public var space: AddressSpaceIndex
    public var isLazy: Bool
    /// What a kernel thread keeps alive by running on its tables.
    public var borrowed: AddressSpaceIndex
    /// Translations that the CPU remembers.
    public var remembered: Int
  }

  /// Every CPU's cr3 and how much it remembers.
  public var cpuTranslations: [CPUTranslation] {
    (0..<tlb.cpus.count).map { cpu in
      let state = tlb.cpus[cpu]
      var remembered = 0
      tlb.visit(cpu) { _, _ in remembered += 1 }
      return CPUTranslation(
        root: state.space.isNone ? virtual.kernelTables.root : spaces[state.space].root,
        space: state.space, isLazy: state.isLazy, borrowed: state.borrowed,
        remembered: remembered)
    }
  }

  /// The address space whose tables the running CPU has in cr3; none for those of the boot.
  var loadedSpace: AddressSpaceIndex { tlb.cpus[cpu].space }

  // MARK: Switches

  /// The CPU that the kernel runs on goes on with a task: it loads the tables of its address space,
  /// unless they are loaded, or the task has none and borrows them.
  ///
  /// Linux: `context_switch` and `switch_mm_irqs_off`, kernel/sched/core.c and arch/x86/mm/tlb.c.
  package mutating func switchTo(_ task: TaskIndex) {
    let space = tasks[task].space
    let state = tlb.cpus[cpu]
    if space.isNone {
      borrowLoadedSpace()
      return idle()
    }
    if space == state.space && !state.isLazy { return }
    // Nothing was lost while the CPU idled: then what it remembers still holds.
    if space == state.space && !state.isStale {
      tlb.cpus[cpu].isLazy = false
    } else {
      load(space)
    }
    returnBorrowedSpace()
  }

  /// Nobody, or a kernel thread, runs on the CPU: it keeps the tables and becomes lazy.
  ///
  /// Linux: `enter_lazy_tlb`, arch/x86/mm/tlb.c.
  package mutating func idle() {
    if !tlb.cpus[cpu].space.isNone { tlb.cpus[cpu].isLazy = true }
  }

  /// Writes cr3 of the running CPU.
  private mutating func load(_ space: AddressSpaceIndex) {
    tlb.forget(cpu, .everything)
    tlb.cpus[cpu].load(space)
    tlb.counters.cr3_loads += 1
  }

  /// A task has got another address space while it runs (execve).
  ///
  /// Linux: `activate_mm`, arch/x86/include/asm/mmu_context.h.
  mutating func replaceLoaded(_ old: AddressSpaceIndex, by space: AddressSpaceIndex) {
    if tlb.cpus[cpu].space == old && !tlb.cpus[cpu].isLazy { load(space) }
  }

  // MARK: Accesses

  /// The running task has translated an address: the CPU remembers how.
  ///
  /// A write needs an entry that is marked dirty, as the processor writes the mark but once.
  @inline(never)
  mutating func remember(_ address: VirtualAddress, _ kind: AccessKind, by task: TaskIndex) {
    switchTo(task)
    let known = tlb.entry(cpu, address)
    let dirty = kind == .write ? PageTableEntry.dirtyBit : 0
    let required = PageTableEntry.required(for: kind) | dirty
    if known.bits & required == required && !(kind == .execute && known.isNoExecute) {
      tlb.counters.hits += 1
      return
    }
    tlb.counters.misses += 1
    let entry = memory.pageEntry(below: spaces[tasks[task].space].root, of: address)
    tlb.insert(cpu, address, entry)
  }

  // MARK: Flushes

  /// Entries of an address space have lost something: every CPU forgets them (PT-8).
  ///
  /// CPUs that have the space loaded get an interrupt; lazy ones do only when tables are freed, and
  /// then let go of the space, otherwise they catch up when they go on.
  /// Linux: `flush_tlb_mm_range` and `flush_tlb_func`, arch/x86/mm/tlb.c.
  mutating func flush(_ range: FlushRange, of space: AddressSpaceIndex) {
    if range.isEmpty { return }
    var isRemote = false
    for other in 0..<tlb.cpus.count where other != cpu && tlb.cpus[other].space == space {
      isRemote = true
      flush(range, on: other)
    }
    if isRemote { tlb.counters.nr_tlb_remote_flush += 1 }
    guard tlb.cpus[cpu].space == space else { return }
    if tlb.cpus[cpu].isLazy { return flush(range, on: cpu) }
    tlb.forget(cpu, range)
    if range.isFull {
      tlb.counters.nr_tlb_local_flush_all += 1
    } else {
      tlb.counters.nr_tlb_local_flush_one += (range.end - range.start) >> Page.shift
    }
  }

  /// A CPU other than the one that flushes, or one that is lazy.
  private mutating func flush(_ range: FlushRange, on other: Int) {
    if tlb.cpus[other].isLazy && !range.freedTables {
      tlb.cpus[other].isStale = true
      return
    }
    if other != cpu { tlb.counters.nr_tlb_remote_flush_received += 1 }
    if tlb.cpus[other].isLazy {
      tlb.forget(other, .everything)
      tlb.cpus[other].load(.none)
      tlb.counters.cr3_loads += 1
    } else {
      tlb.forget(other, range)
    }
  }

  /// The operation is over that took entries away: they are flushed together.
  ///
  /// Linux: `tlb_finish_mmu`, mm/mmu_gather.c.
  mutating func finishGather(of space: AddressSpaceIndex) {
    let range = tlb.gather
    tlb.gather = FlushRange()
    flush(range, of: space)
  }

  /// One entry has lost something.
  ///
  /// Linux: `ptep_clear_flush`, mm/pgtable-generic.c.
  mutating func flushPage(_ address: VirtualAddress, of space: AddressSpaceIndex) {
    flush(.page(address), of: space)
  }

  /// An address space is about to go: no CPU may keep its tables.
  ///
  /// Linux: `exit_mm` and `exit_mmap`, kernel/exit.c and mm/mmap.c.
  mutating func unload(_ space: AddressSpaceIndex) {
    for other in 0..<tlb.cpus.count where tlb.cpus[other].space == space {
      tlb.cpus[other].isLazy = true
    }
    var all = FlushRange.everything
    all.freedTables = true
    flush(all, of: space)
  }

  // MARK: Audit

  /// What a CPU remembers is what the tables say, and never more (PT-9, AUDIT-16).
  borrowing func checkTranslations(_ violations: inout [InvariantViolation]) {
    for cpu in 0..<tlb.cpus.count {
      let state = tlb.cpus[cpu]
      if !state.borrowed.isNone && !spaces.isLive(state.borrowed) {
        violations.append(
          InvariantViolation("tlb.borrowed", "cpu \(cpu) borrows \(state.borrowed.rawValue)"))
      }
      if !state.space.isNone && !spaces.isLive(state.space) {
        violations.append(
          InvariantViolation("tlb.space", "cpu \(cpu) has space \(state.space.rawValue) loaded"))
        continue
      }
      // A CPU that has to catch up does so before its next access.
      if state.isLazy && state.isStale { continue }
      tlb.visit(cpu) { address, known in
        let entry =
          state.space.isNone
          ? .none : memory.pageEntry(below: spaces[state.space].root, of: address)
        if !known.grantsNoMore(than: entry) {
          violations.append(
            InvariantViolation("tlb.entry", "\(String(address, radix: 16)) on cpu \(cpu)"))
        }
      }
    }
  }
}

extension PageTableEntry {
  /// Whether a remembered entry leads to the same page with no more rights, and says nothing of
  /// writing that the table does not say. The accessed bit may be out of date (PT-8).
  fileprivate func grantsNoMore(than entry: PageTableEntry) -> Bool {
    let rights = Self.presentBit | Self.writeBit | Self.userBit | Self.dirtyBit
    return entry.isPresentToHardware && frame == entry.frame
      && bits & rights & ~entry.bits == 0 && (isNoExecute || !entry.isNoExecute)
  }
}
