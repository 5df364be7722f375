// The part of the kernel's own addresses where RAM lies one frame after the other.

/// The direct map: all RAM, or as much of it as x86_32 has addresses for, from a fixed place on.
///
/// Linux: `PAGE_OFFSET`, `__va`, `__pa`, arch/x86/include/asm/page.h.
public struct DirectMap: Hashable, Sendable, BitwiseCopyable {
  public let base: VirtualAddress
  /// Frames of RAM in it, from the first on; what lies above is high memory.
  public let frames: Int

  /// RAM below this is low memory on x86_32: what is left of the kernel's gigabyte is for
  /// mappings that come and go.
  ///
  /// Linux: `MAXMEM`, arch/x86/include/asm/pgtable_32_types.h.
  static let lowFrames = (896 << 20) >> Int(Page.shift)

  init(_ architecture: Architecture, ram: Int) {
    switch architecture {
    case .x86_64:
      base = 0xffff_8880_0000_0000
      frames = ram
    case .x86_32:
      base = 0xc000_0000
      frames = min(ram, Self.lowFrames)
    }
  }

  /// The address of a frame in the map (PAGE-7).
  @inlinable public func address(of frame: FrameNumber) -> VirtualAddress {
    base + UInt64(frame.rawValue) << Page.shift
  }

  /// The kernel's address of a frame; 0 for one of high memory, which has none of its own.
  ///
  /// Linux: `page_address`, include/linux/mm.h.
  public func pageAddress(of frame: FrameNumber) -> VirtualAddress {
    frame.index < frames ? address(of: frame) : 0
  }

  /// The frame that an address falls into, or nil outside the map.
  public func frame(at address: VirtualAddress) -> FrameNumber? {
    guard address >= base, (address - base) >> Page.shift < UInt64(frames) else { return nil }
    return FrameNumber(Int((address - base) >> Page.shift))
  }
}
