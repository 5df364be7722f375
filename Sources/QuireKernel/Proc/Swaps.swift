// /proc/swaps: the active areas and how full they are (PROC-10).

internal import KernelStorage

/// One line of /proc/swaps.
///
/// Linux: `swap_show`, mm/swapfile.c.
public struct SwapAreaStatus: Hashable, Sendable {
  /// The number of the area, as `swapoff` takes it.
  public var number: Int
  public var filename: String
  /// "partition" or "file".
  public var type: String
  /// Bytes that can hold data, and those that do.
  public var size: UInt64
  public var used: UInt64
  public var priority: Int
}

extension Kernel {
  /// The active swap areas in the order of their numbers; one that swapoff is emptying is still
  /// there.
  public var swapAreas: [SwapAreaStatus] {
    var lines: [SwapAreaStatus] = []
    for number in 0..<swap.areas.limit where swap.isActive(number) {
      lines.append(
        SwapAreaStatus(
          number: number, filename: swap.areas[number].name, type: "partition",
          size: UInt64(swap.areas[number].pages) << Page.shift,
          used: UInt64(swap.areas[number].inUse) << Page.shift,
          priority: Int(swap.areas[number].priority)))
    }
    return lines
  }

  /// Bytes of all areas that take pages, and those that are free: `SwapTotal` and `SwapFree`.
  public var swapTotal: UInt64 { UInt64(swap.totalPages) << Page.shift }
  public var swapFree: UInt64 { UInt64(swap.freePages) << Page.shift }
}
