// The kernel's own accesses, by any address and without a fix-up: what is not there is a mistake of
// the kernel, and the task that made it dies of an oops (FAULT-1 to FAULT-3).

internal import KernelStorage

/// An access of the kernel that nothing can mend.
///
/// Linux: what `page_fault_oops` and `exc_general_protection` are told, arch/x86/mm/fault.c and
/// arch/x86/kernel/traps.c.
public struct Oops: Hashable, Sendable, BitwiseCopyable {
  /// What the processor has against the access.
  public enum Cause: Hashable, Sendable, BitwiseCopyable {
    /// No entry of the tables leads to a page.
    case notPresent
    /// A page is there, and not for this access.
    case notAllowed
    /// The address is in the hole between the two halves: the processor does not even walk.
    case notCanonical
  }

  public var address: VirtualAddress
  public var kind: AccessKind
  public var cause: Cause

  /// A pointer to nothing, with an offset that a field of a record would have.
  ///
  /// Linux: the first page, in `show_fault_oops`, arch/x86/mm/fault.c.
  public var isNullPointer: Bool { cause != .notCanonical && address < Page.size }

  /// What the processor reports: bit 0 for a page that is there, bit 1 for a write, bit 4 for a
  /// fetch.
  ///
  /// Linux: `enum x86_pf_error_code`, arch/x86/include/asm/trap_pf.h.
  public var errorCode: UInt64 {
    (cause == .notAllowed ? 1 : 0) | (kind == .write ? 2 : 0) | (kind == .execute ? 16 : 0)
  }

  /// What the task dies of.
  public var signal: Signal { cause == .notCanonical ? .SIGSEGV : .SIGKILL }
}

/// What an access of the kernel came to.
///
/// Linux: none (model only).
public enum KernelAccess: Hashable, Sendable {
  /// The frame behind the address.
  case page(FrameNumber)
  /// User memory that has to be waited for.
  case progress(Progress)
  case oops(Oops)
}

extension Kernel {
  /// An access that the kernel makes on its own account, with no fix-up.
  ///
  /// User memory of the task answers as to `get_user`, except that a refusal is an oops; nobody
  /// ever executes it in kernel mode.
  /// Linux: `do_kern_addr_fault` and `do_user_addr_fault`, arch/x86/mm/fault.c.
  public mutating func kernelAccess(
    _ address: VirtualAddress, _ kind: AccessKind, by task: TaskIndex
  ) -> KernelAccess {
    charge(costs.access)
    let walk = pageWalk(to: address, of: task)
    if walk.end == .nonCanonical {
      return .oops(Oops(address: address, kind: kind, cause: .notCanonical))
    }
    if address >= layout.taskSize {
      if let frame = kernelFrame(at: address, kind, by: task) { return .page(frame) }
    } else if kind != .execute {
      var frame = FrameNumber.none
      let progress = userFrame(at: address, kind, &frame, by: task, takesFaults: true)
      if progress == .done { return .page(frame) }
      guard case .signal = progress else { return .progress(progress) }
    }
    return .oops(Oops(address: address, kind: kind, cause: cause(at: address, of: task)))
  }

  private borrowing func cause(at address: VirtualAddress, of task: TaskIndex) -> Oops.Cause {
    if case .page = pageWalk(to: address, of: task).end { return .notAllowed }
    return .notPresent
  }

  /// The frame behind an address of the kernel's own half; nil when nothing is there for that
  /// access.
  borrowing func kernelFrame(
    at address: VirtualAddress, _ kind: AccessKind, by task: TaskIndex
  ) -> FrameNumber? {
    if address < layout.taskSize { return nil }
    let walk = pageWalk(to: address, of: task)
    guard case .page(let frame, _) = walk.end, let entry = walk.steps.last?.entry else {
      return nil
    }
    if kind == .write && !entry.isWritable || kind == .execute && entry.isNoExecute { return nil }
    return frame
  }

  // MARK: Data

  /// Loads the 64-bit word at an address, which may straddle two pages.
  public mutating func kernelLoad(
    _ address: VirtualAddress, into value: inout UInt64, by task: TaskIndex
  ) -> KernelAccess {
    var word: UInt64 = 0
    let access = forEachByte(of: address, .read, by: task) { kernel, step, frame, offset in
      word |= UInt64(kernel.byte(frame, offset)) << (8 * UInt64(step))
    }
    value = word
    return access
  }

  /// Stores a 64-bit word, which may straddle two pages: then both are there, or nothing is done.
  ///
  /// - Throws: what the model cannot let happen: see `checkStorable`.
  public mutating func kernelStore(
    _ address: VirtualAddress, _ value: UInt64, by task: TaskIndex
  ) throws(KernelMisuse) -> KernelAccess {
    try checkStorable(address, 8, by: task)
    return forEachByte(of: address, .write, by: task) { kernel, step, frame, offset in
      kernel.setByte(frame, offset, to: UInt8(truncatingIfNeeded: value >> (8 * UInt64(step))))
    }
  }

  private mutating func forEachByte(
    of address: VirtualAddress, _ kind: AccessKind, by task: TaskIndex,
    _ body: (inout Kernel, Int, FrameNumber, Int) -> Void
  ) -> KernelAccess {
    let last = address &+ 7
    let begin = kernelAccess(address, kind, by: task)
    guard case .page(var first) = begin else { return begin }
    var second = first
    if Page.alignDown(last) != Page.alignDown(address) {
      let access = kernelAccess(last, kind, by: task)
      guard case .page(let frame) = access else { return access }
      second = frame
      // Making room for the second page may have taken the first one away.
      let again = kernelAccess(address, kind, by: task)
      guard case .page(let frame) = again else { return again }
      first = frame
    }
    for step in 0..<8 {
      let byte = address &+ UInt64(step)
      let isFirst = Page.alignDown(byte) == Page.alignDown(address)
      body(&self, step, isFirst ? first : second, Int(byte & Page.offsetMask))
    }
    return .page(first)
  }

  /// Goes on with a walk over memory in kernel mode; `page` means that it is complete.
  ///
  /// - Throws: what the model cannot let happen: see `checkStorable`.
  public mutating func kernelPerform(
    _ access: inout RangeAccess, by task: TaskIndex
  ) throws(KernelMisuse) -> KernelAccess {
    let kind: AccessKind
    switch access.action {
    case .read: kind = .read
    case .execute: kind = .execute
    case .touch, .write, .fill: kind = .write
    }
    while access.next < access.end {
      if now >= sliceEnd { return .progress(.again) }
      let stop = min(access.end &- 1, access.next | Page.offsetMask)
      if case .fill = access.action {
        try checkStorable(access.next, stop - access.next + 1, by: task)
      }
      let step = kernelAccess(access.next, kind, by: task)
      guard case .page(let frame) = step else { return step }
      if case .fill(let byte) = access.action {
        for address in access.next...stop {
          setByte(frame, Int(address & Page.offsetMask), to: byte)
        }
      }
      access.next = stop + 1
    }
    return .page(.none)
  }

  /// Refuses a write through the kernel's map to frames whose contents the model keeps elsewhere,
  /// or which are nobody's: there it would do harm without a trace.
  ///
  /// Linux: none (model only).
  public borrowing func checkStorable(
    _ address: VirtualAddress, _ length: UInt64, by task: TaskIndex
  ) throws(KernelMisuse) {
    if length == 0 || address < layout.taskSize { return }
    var page = Page.alignDown(address)
    let last = address.addingReportingOverflow(length - 1)
    let end = Page.alignDown(last.overflow ? .max : last.partialValue)
    while true {
      // Where nothing is mapped the write ends.
      guard let frame = kernelFrame(at: page, .write, by: task) else { return }
      try checkStorable(frame)
      if page >= end { return }
      page += Page.size
    }
  }

  private borrowing func checkStorable(_ frame: FrameNumber) throws(KernelMisuse) {
    if memory.isReserved(frame) || memory.zoneKind(of: frame) == nil { throw .noSuchFrame(frame) }
    if memory.isFree(frame) { throw .writeToFreeFrame(frame) }
    let owner = memory.frames[memory.allocatedBlock(covering: frame) ?? frame]
    if owner.flags.contains(.table) || owner.use == .kernelStack || owner.use == .topTable {
      throw .kernelRecords(frame)
    }
  }

  // MARK: The end

  /// Ends a task that has made an access which nothing can mend; the machine goes on, unless it is
  /// told to stop.
  ///
  /// The thread alone dies, whatever else its process has.
  /// Linux: `oops_end` and `make_task_dead`, arch/x86/kernel/dumpstack.c and kernel/exit.c.
  public mutating func die(of oops: Oops, by task: TaskIndex) {
    tasks.oopses += 1
    emit(.oops, tasks[task].pid, oops.address, oops.errorCode)
    if tunables.panicOnOops != 0 {
      tasks.panic = .fatalException
    } else if tunables.oopsLimit != 0 && tasks.oopses >= tunables.oopsLimit {
      tasks.panic = .oopsedTooOften(limit: tunables.oopsLimit)
    } else {
      exit(task, .killed(by: oops.signal))
    }
  }

  /// Oopses since boot.
  ///
  /// Linux: `/sys/kernel/oops_count`, kernel/exit.c.
  public var oopsCount: UInt64 { tasks.oopses }
}

extension Kernel {
  /// A byte of a frame of RAM, or of a device.
  func byte(_ frame: FrameNumber, _ offset: Int) -> UInt8 { memory.byte(frame, offset) }

  mutating func setByte(_ frame: FrameNumber, _ offset: Int, to byte: UInt8) {
    memory.setByte(frame, offset, to: byte)
  }
}
