// Page faults: which region, which right, and then what the entry asks for (FAULT-1 … FAULT-16).

/// One fault on its way through the handler.
///
/// Linux: `struct vm_fault`, include/linux/mm.h.
struct Fault: BitwiseCopyable {
  /// The page.
  var address: VirtualAddress
  var isWrite: Bool
  var region: VMAIndex
  var space: AddressSpaceIndex
  var task: TaskIndex
  /// Where it has to wait for a disk it is given up and a new one is taken, which then is a minor
  /// one.
  var startsOver = false
}

/// What the handler made of a fault.
///
/// Linux: `vm_fault_t`, include/linux/mm_types.h.
enum FaultOutcome: BitwiseCopyable, Equatable {
  case done
  /// Done, after waiting for a disk.
  case major
  /// The disk works for it; the fault is to be repeated then.
  case blocked(until: Nanoseconds)
  /// No frame could be had.
  case outOfMemory
  /// There is no such page in the object.
  case busError
  /// A guard stands there.
  case guarded
}

extension Kernel {
  /// A fault that a user access took; `done` means that the access is to be tried again.
  ///
  /// - Parameter isKernel: the kernel itself has touched the user's memory; nobody gets a signal
  ///   then, and the answer only says that there would be one.
  /// Linux: `do_user_addr_fault`, arch/x86/mm/fault.c.
  @inline(never)
  mutating func userFault(
    at address: VirtualAddress, _ kind: AccessKind, by task: TaskIndex, isKernel: Bool = false
  ) -> Progress {
    var progress = userFault(at: address, kind, task, isKernel: isKernel)
    if case .again = progress, architectureRules.contains(.faultWithoutMemoryKills) {
      progress = killForWantOfMemory(task, at: address, isKernel: isKernel)
    }
    if !isKernel, case .signal(let signal) = progress { report(signal, to: task) }
    return progress
  }

  @inline(__always)
  private mutating func userFault(
    at address: VirtualAddress, _ kind: AccessKind, _ task: TaskIndex, isKernel: Bool
  ) -> Progress {
    // Bits 63 to 47 must be alike; the processor gives no address when they are not. On x86_32 no
    // program can say such an address: it is refused like every one beyond the user's.
    if !geometry.isCanonical(address) && geometry == .fourLevels {
      return refuse(SignalInfo(.SIGSEGV, .kernel, at: 0))
    }
    let space = tasks[task].space
    if space.isNone || address >= layout.taskSize {
      return refuse(SignalInfo(.SIGSEGV, .mapError, at: address))
    }
    let region = virtual.regions.find(address, in: &spaces[space].regions)
    if region.isNone || !covers(region, address, by: task, isKernel: isKernel) {
      return refuse(SignalInfo(.SIGSEGV, .mapError, at: address))
    }
    if !allows(virtual.regions[region].flags, kind, at: address, in: space) {
      return refuse(SignalInfo(.SIGSEGV, .accessError, at: address))
    }
    let fault = Fault(
      address: Page.alignDown(address), isWrite: kind == .write, region: region, space: space,
      task: task)
    return answer(handle(fault), to: fault, at: address)
  }

  /// Whether a region holds an address, growing down to it if it may.
  @inline(__always)
  private mutating func covers(
    _ region: VMAIndex, _ address: VirtualAddress, by task: TaskIndex, isKernel: Bool
  ) -> Bool {
    let area = virtual.regions[region]
    if area.start <= address { return true }
    guard area.flags.contains(.growsDown) else { return false }
    if !isKernel && isBelowStack(address, of: task) { return false }
    return grow(region, downTo: Page.alignDown(address), by: task)
  }

  /// Whether a region's rights let the access go to the handler (FAULT-4).
  ///
  /// A fetch from a page that is not there is taken for a read, and refused when the page is there
  /// (REC-3).
  /// Linux: `access_error`, arch/x86/mm/fault.c.
  @inline(__always)
  private borrowing func allows(
    _ flags: VMAFlags, _ kind: AccessKind, at address: VirtualAddress,
    in space: AddressSpaceIndex
  ) -> Bool {
    if kind == .write { return flags.contains(.write) }
    let entry = memory.pageEntry(below: spaces[space].root, of: address)
    return !entry.isPresentToHardware && !flags.isDisjoint(with: readRights)
  }

  /// The end of a user's fault: counts, time and the answer.
  @inline(__always)
  private mutating func answer(
    _ outcome: FaultOutcome, to fault: Fault, at address: VirtualAddress
  ) -> Progress {
    switch outcome {
    case .done, .major: return .done
    case .blocked(let until): return .blocked(until: until)
    case .busError: return refuse(SignalInfo(.SIGBUS, .accessError, at: address))
    case .guarded: return refuse(SignalInfo(.SIGSEGV, .mapError, at: address))
    case .outOfMemory:
      // The OOM killer has run: the victim dies, everybody else tries again (FAULT-15).
      return tasks[fault.task].isDying ? .killed : .again
    }
  }

  private mutating func refuse(_ signal: SignalInfo) -> Progress {
    charge(costs.minorFault)
    return .signal(signal)
  }

  private mutating func report(_ signal: SignalInfo, to task: TaskIndex) {
    emit(.segmentationFault, tasks[task].pid, signal.address, UInt64(signal.signal.rawValue))
  }

  /// Makes the page of a fault present with the rights that the access needs.
  ///
  /// Every call counts as `pgfault`; the task's own counts know only those that succeed (FAULT-14).
  /// Linux: `handle_mm_fault`, mm/memory.c.
  mutating func handle(_ fault: Fault) -> FaultOutcome {
    let outcome = dispatch(fault)
    if case .blocked = outcome { return outcome }
    charge(costs.minorFault)
    counters.pgfault += 1
    switch outcome {
    case .major where !fault.startsOver: tasks[fault.task].majorFaults += 1
    case .done, .major: tasks[fault.task].minorFaults += 1
    default: return outcome
    }
    if events.isOn {
      let isMajor = outcome == .major && !fault.startsOver
      emit(.pageFault, tasks[fault.task].pid, fault.address, isMajor ? 1 : 0)
    }
    return outcome
  }

  /// Linux: `handle_pte_fault`, mm/memory.c.
  @inline(__always)
  private mutating func dispatch(_ fault: Fault) -> FaultOutcome {
    do throws(Errno) {
      var table = virtual.walkCache.row(fault.space, fault.address).table
      if table.isNone {
        table = memory.leafTable(below: spaces[fault.space].root, of: fault.address)
      }
      if table.isNone {
        // The kernel makes the two middle levels before it knows what the fault will need.
        try makeTable(at: TableLevel.middle, for: fault.address, in: fault.space, by: fault.task)
        return try missingPage(fault, table)
      }
      let index = geometry.index(fault.address, TableLevel.leaf)
      let entry = memory.entry(table: table, index: index)
      if entry.isNone { return try missingPage(fault, table) }
      if !entry.isPresent {
        if entry.isGuard { return .guarded }
        if entry.isObjectPage { return try arrangedPage(fault, entry.objectPage) }
        return try swapIn(fault, entry, table: table, index: index)
      }
      if fault.isWrite && !entry.isWritable {
        try writeProtected(fault, entry, table: table, index: index)
        return .done
      }
      let marks = PageTableEntry.accessedBit | (fault.isWrite ? PageTableEntry.dirtyBit : 0)
      memory.setEntry(
        table: table, index: index, to: PageTableEntry(bits: entry.bits | marks))
      return .done
    } catch {
      return error == .ENOMEM ? .outOfMemory : .busError
    }
  }

  @inline(__always)
  private mutating func missingPage(_ fault: Fault, _ table: FrameNumber)
    throws(Errno) -> FaultOutcome
  {
    let area = virtual.regions[fault.region]
    if !area.object.isNone { return try objectPage(fault, area) }
    let table =
      table.isNone
      ? try makeLeafTable(for: fault.address, in: fault.space, by: fault.task) : table
    try anonymousPage(fault, area.flags, table)
    return .done
  }

  /// The first access to a page of private anonymous memory (FAULT-6).
  ///
  /// Linux: `do_anonymous_page`, mm/memory.c.
  @inline(__always)
  private mutating func anonymousPage(
    _ fault: Fault, _ flags: VMAFlags, _ table: FrameNumber
  ) throws(Errno) {
    let index = geometry.index(fault.address, TableLevel.leaf)
    if !fault.isWrite {
      let zero = PageTableEntry(
        frame: virtual.zeroFrame, protection: flags.entryProtection | PageTableEntry.specialBit)
      memory.setEntry(table: table, index: index, to: zero)
      return
    }
    let frame = try newAnonymousPage(fault)
    spaces[fault.space].anonPages += 1
    install(frame, flags, table: table, index: index)
  }

  /// A page of zeros that belongs to the region of a fault and to one PTE, which is the caller's
  /// to write.
  @inline(__always)
  mutating func newAnonymousPage(_ fault: Fault) throws(Errno) -> FrameNumber {
    if virtual.regions[fault.region].anonVMA.isNone {
      try prepareAnonVMA(of: fault.region, by: fault.task)
    }
    let frame = try allocatePages(.highUserMovable, order: 0, for: fault.task)
    memory.frames[frame].becomeAnonymous(
      virtual.regions[fault.region].anonVMA,
      index: virtual.regions.pageOffset(fault.address, in: fault.region), newAnonymousMarks)
    gauges.nr_anon_pages += 1
    let flags = virtual.regions[fault.region].flags
    // Its data is never worth a swap slot.
    if flags.contains(.droppable) { memory.frames[frame].flags.remove(.swapBacked) }
    lru.add(frame, in: &memory.frames)
    if flags.contains(.locked) { lockPage(frame) }
    return frame
  }

  /// Maps an exclusive anonymous page: dirty, and writable if its region is.
  @inline(__always)
  mutating func install(
    _ frame: FrameNumber, _ flags: VMAFlags, table: FrameNumber, index: Int
  ) {
    let rights =
      flags.contains(.write) ? PageTableEntry.writeBit | PageTableEntry.dirtyBit : 0
    memory.setEntry(
      table: table, index: index,
      to: PageTableEntry(frame: frame, protection: flags.entryProtection | rights))
  }
}
