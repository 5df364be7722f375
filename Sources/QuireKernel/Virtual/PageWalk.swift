// A walk down the page tables for one address, as the processor makes it, kept step by step.

internal import KernelStorage

/// One entry on the way down.
public struct PageWalkStep: Hashable, Sendable {
  public var level: PageTableLevel
  /// The bits of an address that choose an entry of the level.
  public var bits: ClosedRange<Int>
  /// The frame of the table that was looked into.
  public var table: FrameNumber
  public var index: Int
  public var entry: PageTableEntry
  /// The entry as the machine has it in memory, of so many bytes.
  public var word: UInt64
  public var wordBytes: Int

  /// Bytes that one entry maps.
  public var span: UInt64 { 1 << UInt64(bits.lowerBound) }
  /// What the bits of the entry say, from the lowest to the highest.
  public var flags: [String] { entry.flagNames(isLeaf: level == .PTE) }
}

/// Where a walk ended.
public enum PageWalkEnd: Hashable, Sendable {
  /// The two halves of the address space leave a hole between them, and this lies in it; or it has
  /// more bits than the machine.
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
  /// A page of the object that an access brings: the mapping has an order of its own.
  case arranged(page: UInt64)
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
    if !geometry.isCanonical(address) {
      walk.end = .nonCanonical
      return walk
    }
    if root.isNone { return walk }
    var table = root
    for level in geometry.levels {
      let index = geometry.index(address, level)
      let entry = tableEntry(table, index)
      let step = PageWalkStep(
        level: geometry.name(level), bits: geometry.bits(level), table: table, index: index,
        entry: geometry.shown(entry), word: geometry.encoded(entry),
        wordBytes: geometry.entryBytes)
      walk.steps.append(step)
      if entry.isNone { return walk }
      if level == TableLevel.leaf || entry.isLarge {
        walk.end = end(of: entry, span: step.span, address)
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
    of entry: PageTableEntry, span: UInt64, _ address: VirtualAddress
  ) -> PageWalkEnd {
    if entry.isSwap { return .swapped(entry.swap) }
    if entry.isGuard { return .guarded }
    if entry.isObjectPage { return .arranged(page: entry.objectPage) }
    let within = (address & (span - 1)) >> Page.shift
    let frame = FrameNumber(entry.frame.index + Int(within))
    return entry.isPresentToHardware
      ? .page(frame: frame, size: span) : .hidden(frame: frame)
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
    if isObjectPage { return ["file"] }
    if isSwap { return ["swap"] + (isSwapExclusive ? ["exclusive"] : []) }
    var names: [String] = []
    func add(_ bit: UInt64, _ name: String) {
      if bits & bit != 0 { names.append(name) }
    }
    add(Self.presentBit, "present")
    add(Self.writeBit, "write")
    add(Self.userBit, "user")
    add(Self.noCacheBit, "nocache")
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
