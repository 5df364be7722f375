// Names for memory: frames, physical and virtual addresses, and sizes of pages.

/// The size of a page and the shifts and masks that follow from it.
///
/// Linux: `PAGE_SHIFT`, arch/x86/include/asm/page_types.h.
public enum Page {
  public static let shift: UInt64 = 12
  /// Bytes in a page.
  public static let size: UInt64 = 1 << shift
  public static let offsetMask: UInt64 = size - 1

  /// Number of pages that `bytes` need; nil when rounding up overflows.
  public static func count(covering bytes: UInt64) -> UInt64? {
    let (sum, overflow) = bytes.addingReportingOverflow(offsetMask)
    return overflow ? nil : sum >> shift
  }

  @inlinable public static func alignDown(_ address: UInt64) -> UInt64 { address & ~offsetMask }
  /// `address` rounded up to a page; wraps to 0 as the kernel's `PAGE_ALIGN` does.
  @inlinable public static func alignUp(_ address: UInt64) -> UInt64 {
    (address &+ offsetMask) & ~offsetMask
  }
  @inlinable public static func isAligned(_ address: UInt64) -> Bool { address & offsetMask == 0 }
}

/// The number of a page frame: its physical address divided by the page size.
///
/// Frame 0 exists but is always reserved, so that 0 may mean *none* in tables.
/// Linux: `unsigned long pfn`.
public struct FrameNumber: Hashable, Comparable, Sendable, BitwiseCopyable {
  public var rawValue: UInt32

  @inlinable public init(_ rawValue: UInt32) { self.rawValue = rawValue }
  @inlinable public init(_ index: Int) { self.rawValue = UInt32(index) }

  /// No frame.
  @inlinable public static var none: FrameNumber { FrameNumber(UInt32(0)) }
  @inlinable public var index: Int { Int(rawValue) }
  @inlinable public var isNone: Bool { rawValue == 0 }

  @inlinable public static func < (left: FrameNumber, right: FrameNumber) -> Bool {
    left.rawValue < right.rawValue
  }
  @inlinable public static func + (frame: FrameNumber, count: Int) -> FrameNumber {
    FrameNumber(frame.index + count)
  }
}

/// Frames side by side.
///
/// Linux: none (model only).
struct FrameRange: BitwiseCopyable {
  var first = FrameNumber.none
  var count = 0
}

/// A virtual address of the simulated machine.
public typealias VirtualAddress = UInt64
/// A point in simulated time, or a span of it.
public typealias Nanoseconds = UInt64
