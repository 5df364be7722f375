// The address space of a process: its marks, limits and counters.

/// Index of an address space; 0 is none (a kernel thread).
///
/// Linux: none (model only).
public struct AddressSpaceIndex: Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt32
  @inlinable public init(_ rawValue: UInt32) { self.rawValue = rawValue }
  @inlinable public init(_ index: Int) { self.rawValue = UInt32(index) }
  @inlinable public static var none: AddressSpaceIndex { AddressSpaceIndex(UInt32(0)) }
  @inlinable public var index: Int { Int(rawValue) }
  @inlinable public var isNone: Bool { rawValue == 0 }
}

/// An address space: page tables, regions, marks and counters (MM-1).
///
/// Linux: `struct mm_struct`, include/linux/mm_types.h.
public struct AddressSpace: Sendable, BitwiseCopyable {
  /// The frame of the top-level page table.
  public internal(set) var root: FrameNumber
  /// The kernel memory of the record.
  var object: SlabObject
  /// Tasks that live here.
  public internal(set) var users: UInt32 = 1
  /// What keeps the record alive: its users, who count as one, and CPUs whose kernel thread runs on
  /// its tables.
  ///
  /// Linux: `mm_struct.mm_count`, include/linux/mm_types.h.
  public internal(set) var references: UInt32 = 1
  /// The process that it was made for.
  ///
  /// Linux: `mm_struct.owner`, include/linux/mm_types.h.
  public internal(set) var owner: ProcessID = 0
  /// Others of the same user may look into it, and it may be dumped; not so after a change of user.
  ///
  /// Linux: `get_dumpable`, include/linux/sched/coredump.h.
  public internal(set) var isDumpable = true
  /// The index of regions; see `RegionTree`.
  package var regions = RegionTree.Root()

  /// Top of the area for mmap, exclusive; the search goes down from here, or up from
  /// `Layout.legacyMapBase` if it is 0 (LAYOUT-1).
  public var mapBase: VirtualAddress
  public var startBreak: VirtualAddress
  public internal(set) var currentBreak: VirtualAddress
  /// The file that it was executed from, and where its parts are.
  public internal(set) var program = RunningProgram()
  public var startStack: VirtualAddress
  /// Flags every new region gets (`mlockall` future).
  public internal(set) var defaultFlags: VMAFlags = []

  /// Pages mapped, and those of them that are data, stack and code (MM-3).
  public internal(set) var totalPages: UInt64 = 0
  public internal(set) var dataPages: UInt64 = 0
  public internal(set) var stackPages: UInt64 = 0
  public internal(set) var execPages: UInt64 = 0
  public internal(set) var lockedPages: UInt64 = 0
  /// Pages among `lockedPages` that no region locks any more: mremap leaves them (REC-14).
  package internal(set) var staleLockedPages: UInt64 = 0

  /// Resident pages by kind, and pages in swap (MM-2).
  public internal(set) var anonPages: UInt64 = 0
  public internal(set) var filePages: UInt64 = 0
  public internal(set) var sharedPages: UInt64 = 0
  public internal(set) var swapEntries: UInt64 = 0
  /// Bytes of page tables, the top level not counted (PT-5).
  public internal(set) var tableBytes: UInt64 = 0
  /// High-water marks as of the last decrease; `peakResidentPages` adds the present.
  package var recordedPeakResident: UInt64 = 0
  package var recordedPeakTotal: UInt64 = 0

  public var residentPages: UInt64 { anonPages + filePages + sharedPages }
  public var peakResidentPages: UInt64 { max(recordedPeakResident, residentPages) }
  public var peakTotalPages: UInt64 { max(recordedPeakTotal, totalPages) }
  public var regionCount: Int { Int(regions.count) }

  /// Nothing is mapped yet; the marks are those of a process with the usual limits.
  init(root: FrameNumber, object: SlabObject, _ layout: Layout) {
    self.root = root
    self.object = object
    mapBase = layout.mapBase(.flexible, stackLimit: ResourceLimits().stack)
    startBreak = layout.defaultBreak
    currentBreak = layout.defaultBreak
    startStack = layout.stackTop - Page.size
  }

  /// Adds or takes away the pages of a region in the totals by kind (MM-3).
  ///
  /// Linux: `vm_stat_account`, mm/mmap.c.
  mutating func account(_ flags: VMAFlags, adding pages: UInt64) {
    totalPages += pages
    if flags.isExec {
      execPages += pages
    } else if flags.contains(.growsDown) {
      stackPages += pages
    } else if flags.isData {
      dataPages += pages
    }
  }

  mutating func account(_ flags: VMAFlags, removing pages: UInt64) {
    totalPages -= pages
    if flags.isExec {
      execPages -= pages
    } else if flags.contains(.growsDown) {
      stackPages -= pages
    } else if flags.isData {
      dataPages -= pages
    }
  }

  /// One more entry maps a page of an object: memory or a file on disk.
  ///
  /// Linux: `mm_counter_file`, include/linux/mm.h.
  @inline(__always)
  mutating func addCachedPage(_ flags: PageFlags) {
    if flags.contains(.swapBacked) { sharedPages += 1 } else { filePages += 1 }
  }

  @inline(__always)
  mutating func removeCachedPage(_ flags: PageFlags) {
    if flags.contains(.swapBacked) { sharedPages -= 1 } else { filePages -= 1 }
  }

  /// Remembers the high-water marks before a decrease.
  ///
  /// Linux: `update_hiwater_rss` and `update_hiwater_vm`, include/linux/mm.h.
  mutating func recordPeaks() {
    recordedPeakResident = max(recordedPeakResident, residentPages)
    recordedPeakTotal = max(recordedPeakTotal, totalPages)
  }
}
