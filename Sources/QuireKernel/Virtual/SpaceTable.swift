// All address spaces, and what the memory subsystem knows beside them.

package import KernelStorage

/// The address spaces of the machine.
///
/// Linux: the `mm_struct` cache, kernel/fork.c.
public struct SpaceTable: ~Copyable {
  private let inPlace = InPlace()
  package var records: Pool<AddressSpace>

  init(_ layout: Layout) {
    records = Pool(unused: AddressSpace(root: .none, object: .none, layout))
  }

  public subscript(space: AddressSpaceIndex) -> AddressSpace {
    get { records[space.index] }
    _modify { yield &records[space.index] }
  }

  public func isLive(_ space: AddressSpaceIndex) -> Bool { records.isLive(space.index) }

  mutating func allocate(_ record: AddressSpace) -> AddressSpaceIndex {
    AddressSpaceIndex(records.allocate(record))
  }

  mutating func release(_ space: AddressSpaceIndex) { records.release(space.index) }
}

extension PhysicalMemory {
  /// The frame of zeros: the last one of the kernel image; frame 0 when there is no image.
  ///
  /// Linux: `empty_zero_page`, arch/x86/kernel/head_64.S.
  var zeroFrame: FrameNumber { FrameNumber(kernelImage.upperBound.index - 1) }

  /// The frames of the kernel image; frame 0 alone when there is no image.
  var kernelImage: Range<FrameNumber> {
    reserved.last { $0.name == "Kernel image" }?.frames ?? FrameNumber(0)..<FrameNumber(1)
  }
}

/// Regions, reverse maps and memory objects of all address spaces.
///
/// Linux: none (model only).
package struct VirtualMemory: ~Copyable {
  package var regions: RegionTable
  package var reverseMap = AnonReverseMap()
  package var objects = MemoryObjects()
  package var segments = SharedSegments()
  var walkCache = WalkCache()
  /// Pages promised to processes (COMMIT-4). Linux: `vm_committed_as`, mm/util.c.
  package var committedPages: UInt64 = 0
  /// The frame of zeros that every page which was only read maps.
  ///
  /// Linux: `empty_zero_page`, arch/x86/include/asm/pgtable.h.
  package let zeroFrame: FrameNumber
  /// The half of every page table that is the kernel's own.
  package let kernelTables: KernelTables
  /// Pages that mode 2 keeps from everybody but root, and from one process (COMMIT-3).
  ///
  /// Linux: `sysctl_admin_reserve_kbytes` and `sysctl_user_reserve_kbytes`, mm/mmap.c.
  let adminReserve: UInt64
  let userReserve: UInt64

  /// - Parameters:
  ///   - zeroFrame: a frame of zeros that nobody else has.
  ///   - kernelTables: the kernel half of page tables.
  ///   - freePages: pages that are free after boot.
  init(
    _ layout: Layout, zeroFrame: FrameNumber, kernelTables: KernelTables, freePages: UInt64
  ) {
    regions = RegionTable(stackGuardGap: layout.stackGuardGap)
    self.zeroFrame = zeroFrame
    self.kernelTables = kernelTables
    adminReserve = min(freePages / 32, (8 << 20) >> Page.shift)
    userReserve = min(freePages / 32, (128 << 20) >> Page.shift)
  }
}
