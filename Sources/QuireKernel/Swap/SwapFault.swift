// A fault on a swap entry: what the fault path hands over, and what it gets back.

/// Where and how an access met a swap entry.
///
/// Linux: `struct vm_fault`, include/linux/mm.h.
package struct SwapFault: BitwiseCopyable {
  package var region: VMAIndex
  /// The page that was touched.
  package var address: VirtualAddress
  /// The page table that holds the entry, and the entry's place in it.
  package var table: FrameNumber
  package var index: Int
  package var isWrite: Bool

  package init(
    region: VMAIndex, address: VirtualAddress, table: FrameNumber, index: Int, isWrite: Bool
  ) {
    self.region = region
    self.address = address
    self.table = table
    self.index = index
    self.isWrite = isWrite
  }
}

/// What became of a fault on a swap entry.
package enum SwapInResult: Sendable, Hashable {
  /// The page is mapped. A write to a page that others still share goes on as any write to a
  /// present, read-only entry, within the same fault.
  case mapped(isMajor: Bool)
  /// The page is on its way from the disk: the fault is taken again then, and is a major one.
  case blocked(until: Nanoseconds)
  /// No frame was to be had.
  case failed(Errno)
}
