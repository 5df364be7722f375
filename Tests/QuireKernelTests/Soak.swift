// How much the swarms do: a little in every run of the tests, the whole of it in `make soak`.

import Foundation

/// The scale of this run, from `QUIRE_SOAK`.
enum Soak {
  static var isOn: Bool { ProcessInfo.processInfo.environment["QUIRE_SOAK"] != nil }

  /// Seeds 1 … `count`, or 1 … `soak`, in runs that can go on side by side.
  static func shards(of count: UInt64, soak: UInt64) -> [ClosedRange<UInt64>] {
    let total = isOn ? soak : count
    let size = max(1, total / 40)
    return stride(from: 1, through: total, by: UInt64.Stride(size)).map {
      $0...min($0 + size - 1, total)
    }
  }
}
