// Where things lie in an address space: what a processor's width and its kernel have settled.

/// The fixed places of an address space of one architecture (LAYOUT-1 … LAYOUT-3, LAYOUT-9).
///
/// Linux: `TASK_SIZE` and its kin, arch/x86/include/asm/page_64_types.h and page_32_types.h.
public struct Layout: Hashable, Sendable {
  /// Exclusive end of user addresses.
  public let taskSize: UInt64
  /// Exclusive end of the initial stack.
  public let stackTop: UInt64
  /// What must stay free below a region that grows down.
  ///
  /// Linux: `stack_guard_gap`, mm/mmap.c.
  public let stackGuardGap: UInt64
  /// Pages of a fresh stack (LAYOUT-9).
  public let initialStackPages: UInt64
  /// Where the image of a program begins unless it says otherwise.
  public let imageBase: UInt64
  /// Where the heap of a process without a program begins.
  public let defaultBreak: UInt64
  /// Bottom of the bottom-up search (LAYOUT-1).
  public let legacyMapBase: UInt64
  /// Where MAP_32BIT looks; nil where all addresses have 32 bits.
  ///
  /// Linux: `find_start_end`, arch/x86/kernel/sys_x86_64.c.
  public let low32Window: Range<UInt64>?
  /// What large maps are aligned to, for large pages to come; 0 where nobody thinks of them.
  public let largeAlignment: UInt64
  /// The largest number that a register of the processor holds.
  let largestWord: UInt64
  /// What `vm.mmap_min_addr` begins with (LAYOUT-5), and what nothing that the kernel chooses lies
  /// below even when that is lowered.
  ///
  /// Linux: `mmap_min_addr`, security/min_addr.c, with `CONFIG_LSM_MMAP_MIN_ADDR`.
  let minimumAddress: UInt64
  /// A stack without a limit leaves no place to map below it: the layout is the classical one.
  ///
  /// Linux: `mmap_is_legacy`, arch/i386/mm/mmap.c (2.6.11).
  let isClassicalWithoutStackLimit: Bool

  /// User addresses have 47 bits, less a guard page. A stack begins with 128 KiB below the page of
  /// its arguments, a heap behind the place of a position-independent image.
  public static let x86_64 = Layout(
    taskSize: 0x7fff_ffff_f000, stackTop: 0x7fff_ffff_f000, stackGuardGap: 256 * Page.size,
    initialStackPages: 33, imageBase: 0x40_0000, defaultBreak: 0x5555_5555_9000,
    legacyMapBase: 0x2aaa_aaaa_b000, low32Window: 0x4000_0000..<0x8000_0000,
    largeAlignment: 2 << 20, largestWord: .max, minimumAddress: 65_536,
    isClassicalWithoutStackLimit: false)

  /// Three gigabytes are the user's and one the kernel's. A stack begins with its arguments alone,
  /// a heap behind the place of a program of one page of code and one of data.
  public static let x86_32 = Layout(
    taskSize: 0xc000_0000, stackTop: 0xc000_0000, stackGuardGap: 0, initialStackPages: 1,
    imageBase: 0x0804_8000, defaultBreak: 0x0804_a000, legacyMapBase: 0x4000_0000,
    low32Window: nil, largeAlignment: 0, largestWord: 0xffff_ffff, minimumAddress: 0,
    isClassicalWithoutStackLimit: true)

  /// The end of a range; on x86_32 0 where it has more bits than a register.
  @inline(__always)
  func end(_ start: VirtualAddress, _ length: UInt64) -> VirtualAddress {
    let end = start &+ length
    return end > largestWord ? 0 : end
  }

  /// A length rounded up to whole pages; 0 where that takes more bits than a register has.
  ///
  /// Linux: `PAGE_ALIGN`, include/linux/mm.h.
  @inline(__always)
  func wholePages(_ length: UInt64) -> UInt64 {
    let rounded = Page.alignUp(length)
    return rounded > largestWord && length <= largestWord ? 0 : rounded
  }

  /// The top of an area that is searched from the bottom up only.
  static let noTopDown: VirtualAddress = 0

  /// Top of the area for mmap below a stack that may grow as far as its limit (LAYOUT-2); none
  /// in the classical layout.
  ///
  /// Linux: `mmap_base` and `arch_pick_mmap_layout`, arch/x86/mm/mmap.c.
  func mapBase(_ kind: MapLayout, stackLimit: UInt64) -> VirtualAddress {
    let isUnlimited = stackLimit == ResourceLimits.unlimited
    if kind == .classical || isUnlimited && isClassicalWithoutStackLimit { return Self.noTopDown }
    let (padded, isOverflow) = stackLimit.addingReportingOverflow(stackGuardGap)
    let wanted = isOverflow ? stackLimit : padded
    let gap = min(max(wanted, 128 << 20), taskSize / 6 * 5)
    return Page.alignUp(taskSize - gap)
  }
}

extension Kernel {
  /// `vm.mmap_min_addr`: only the privileged may ask for less.
  @inline(__always)
  var minimumAddress: UInt64 { tunables.mmapMinimumAddress ?? layout.minimumAddress }
  /// Nothing that the kernel chooses lies below.
  @inline(__always)
  var lowestChosenAddress: UInt64 { max(minimumAddress, layout.minimumAddress) }
}

extension Architecture {
  /// Where things lie in its address spaces.
  public var layout: Layout { self == .x86_64 ? .x86_64 : .x86_32 }
}
