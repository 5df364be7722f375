// Allocation flags: who may wait, what may be used, and where the page may lie.

/// How an allocation may go about its work (GFP-1, GFP-2).
///
/// Linux: `gfp_t`, include/linux/gfp_types.h.
public struct GFPFlags: OptionSet, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let dma = GFPFlags(rawValue: 1 << 0)
  public static let highmem = GFPFlags(rawValue: 1 << 1)
  public static let dma32 = GFPFlags(rawValue: 1 << 2)
  public static let movable = GFPFlags(rawValue: 1 << 3)
  public static let reclaimable = GFPFlags(rawValue: 1 << 4)
  public static let high = GFPFlags(rawValue: 1 << 5)
  public static let io = GFPFlags(rawValue: 1 << 6)
  public static let fs = GFPFlags(rawValue: 1 << 7)
  public static let zero = GFPFlags(rawValue: 1 << 8)
  public static let directReclaim = GFPFlags(rawValue: 1 << 9)
  public static let kswapdReclaim = GFPFlags(rawValue: 1 << 10)
  public static let noWarn = GFPFlags(rawValue: 1 << 11)
  public static let retryMayFail = GFPFlags(rawValue: 1 << 12)
  public static let noFail = GFPFlags(rawValue: 1 << 13)
  public static let noRetry = GFPFlags(rawValue: 1 << 14)
  public static let compound = GFPFlags(rawValue: 1 << 15)
  public static let noMemAlloc = GFPFlags(rawValue: 1 << 16)
  public static let memAlloc = GFPFlags(rawValue: 1 << 17)

  public static let reclaim: GFPFlags = [.directReclaim, .kswapdReclaim]
  public static let atomic: GFPFlags = [.high, .kswapdReclaim]
  public static let kernel: GFPFlags = [.directReclaim, .kswapdReclaim, .io, .fs]
  public static let noWait: GFPFlags = [.kswapdReclaim, .noWarn]
  public static let noIO: GFPFlags = [.directReclaim, .kswapdReclaim]
  public static let noFS: GFPFlags = [.directReclaim, .kswapdReclaim, .io]
  public static let user: GFPFlags = .kernel
  public static let highUser: GFPFlags = [.directReclaim, .kswapdReclaim, .io, .fs, .highmem]
  public static let highUserMovable: GFPFlags = [
    .directReclaim, .kswapdReclaim, .io, .fs, .highmem, .movable,
  ]
}
