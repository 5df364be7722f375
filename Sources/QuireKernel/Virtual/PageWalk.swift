// A walk down the page tables for one address, as the processor makes it, kept step by step.

internal import KernelStorage

/// A level of the page tables of x86_64, from the top.
///
/// Linux: `pgd_t`, `p4d_t`, `pud_t`, `pmd_t`, `pte_t`, arch/x86/include/asm/pgtable_types.h.
public enum PageTableLevel: Int, CaseIterable, Sendable {
  case PTE, PMD, PUD, PGD

  public var name: String { String(describing: self) }
  /// The lowest and the highest bit of an address that choose an entry.
  public var bits: ClosedRange<Int> { (12 + 9 * rawValue)...(20 + 9 * rawValue) }
  /// Bytes that one entry maps.
  public var span: UInt64 { 1 << UInt64(12 + 9 * rawValue) }
}

/// One entry on the way down.
public struct PageWalkStep: Hashable, Sendable {
  public var level: PageTableLevel
  /// The frame of the table that was looked into.
  public var table: FrameNumber
  public var index: Int
  public var entry: PageTableEntry

  /// What the bits of the entry say, from the lowest to the highest.
  public var flags: [String] { entry.flagNames(isLeaf: level == .PTE) }
}

/// Where a walk ended.
public enum PageWalkEnd: Hashable, Sendable {
  /// The two halves of the address space leave a hole between them, and this lies in it.
  case nonCanonical
  /// An entry was empty.
  case nothing
  /// A page of `size` bytes; `frame` holds the address itself.
  case page(frame: FrameNumber, size: UInt64)
  /// A page that is there for the kernel and for nobody else (PROT_NONE).
  case hidden(frame: FrameNumber)
  case swapped(SwapEntry)
  /// A mark that nothing may be there (MADV_GUARD_INSTALL).
  case guarded
}

/// A walk: the address, the table in cr3, every entry on the way.
public struct PageWalk: Hashable, Sendable {
  public var address: VirtualAddress
  public var root: FrameNumber
  public var steps: [PageWalkStep]
  public var end: PageWalkEnd

  /// The physical address, when a page is there that the processor sees.
  public var physical: UInt64? {
    guard case .page(let frame, _) = end else { return nil }
    return UInt64(frame.rawValue) << Page.shift | address & Page.offsetMask
  }
}

extension Kernel {
  /// The frame of zeros.
  public var zeroFrame: FrameNumber { virtual.zeroFrame }

  /// Walks down to an address in the address space of a task; a task without one has that which
  /// the kernel booted with.
  ///
  /// Nothing is changed by it: unlike the processor it leaves the accessed bits alone.
  /// Linux: `show_pgtable`, arch/x86/mm/fault.c.
  public borrowing func pageWalk(to address: VirtualAddress, of task: TaskIndex) -> PageWalk {
    let space = tasks[task].space
    let root = space.isNone ? virtual.kernelTables.root : spaces[space].root
    var walk = PageWalk(address: address, root: root, steps: [], end: .nothing)
    let sign = address >> 47
    if sign != 0 && sign != 0x1_ffff {
      walk.end = .nonCanonical
      return walk
    }
    if root.isNone { return walk }
    var table = root
    for level in PageTableLevel.allCases.reversed() {
      let index = TableLevel.index(address, level.rawValue)
      let entry = tableEntry(table, index)
      walk.steps.append(PageWalkStep(level: level, table: table, index: index, entry: entry))
      if entry.isNone { return walk }
      if level == .PTE || entry.isLarge {
        walk.end = end(of: entry, at: level, address)
        return walk
      }
      table = entry.frame
    }
    return walk
  }

  private borrowing func tableEntry(_ table: FrameNumber, _ index: Int) -> PageTableEntry {
    if virtual.kernelTables.frames.contains(table) {
      return virtual.kernelTables.entry(table: table, index: index)
    }
    return memory.entry(table: table, index: index)
  }

  private func end(
    of entry: PageTableEntry, at level: PageTableLevel, _ address: VirtualAddress
  ) -> PageWalkEnd {
    if entry.isSwap { return .swapped(entry.swap) }
    if entry.isGuard { return .guarded }
    let within = (address & (level.span - 1)) >> Page.shift
    let frame = FrameNumber(entry.frame.index + Int(within))
    return entry.isPresentToHardware
      ? .page(frame: frame, size: level.span) : .hidden(frame: frame)
  }
}

extension PageTableEntry {
  /// An entry above the leaves that maps a page and not a table.
  public var isLarge: Bool {
    bits & (Self.presentBit | Self.largeBit) == Self.presentBit | Self.largeBit
  }

  /// What the bits say, from the lowest to the highest; nothing for an empty entry.
  func flagNames(isLeaf: Bool) -> [String] {
    if isNone { return [] }
    if isGuard { return ["guard"] }
    if isSwap { return ["swap"] + (isSwapExclusive ? ["exclusive"] : []) }
    var names: [String] = []
    func add(_ bit: UInt64, _ name: String) {
      if bits & bit != 0 { names.append(name) }
    }
    add(Self.presentBit, "present")
    add(Self.writeBit, "write")
    add(Self.userBit, "user")
    add(Self.accessedBit, "accessed")
    add(Self.dirtyBit, "dirty")
    if !isLeaf { add(Self.largeBit, "large") }
    // The same bit: the processor reads it only in entries that are present.
    add(Self.globalBit, isPresentToHardware ? "global" : "protnone")
    if isLeaf { add(Self.specialBit, "special") }
    add(Self.noExecuteBit, "noexec")
    return names
  }
}
