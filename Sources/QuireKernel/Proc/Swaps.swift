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

  /// The text of /proc/swaps.
  ///
  /// Linux: `swap_show`, mm/swapfile.c.
  public borrowing func swapsText() -> String {
    var text = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
    for area in swapAreas {
      let padding = String(repeating: " ", count: max(1, 40 - area.filename.utf8.count))
      let size = area.size >> 10
      let used = area.used >> 10
      // The kernel adds a tab where a short number would leave the next column too far left.
      let wide: (UInt64) -> String = { $0 < 10_000_000 ? "\t" : "" }
      text += "\(area.filename)\(padding)\(area.type)\t\(size)\t\(wide(size))"
      text += "\(used)\t\(wide(used))\(area.priority)\n"
    }
    return text
  }
}
