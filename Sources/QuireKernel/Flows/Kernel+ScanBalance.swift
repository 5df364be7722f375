// How much of each list a pass looks at: the balance between anonymous and file pages.

internal import KernelStorage

extension Kernel {
  /// Pages to scan from each list in this pass (SCAN-2, SCAN-3).
  ///
  /// Linux: `get_scan_count`, mm/vmscan.c.
  func scanCounts(_ scan: ReclaimScan) -> ScanCounts {
    var counts = ScanCounts()
    let balance = scanBalance(scan)
    for list in 0..<ScanCounts.lists {
      let isAnon = ScanCounts.isAnon(list)
      let whole = lru.count(at: list, below: scan.frameLimit, in: memory.frames) >> scan.priority
      switch balance {
      case .equal: counts[list] = whole
      case .anonOnly: counts[list] = isAnon ? whole : 0
      case .fileOnly: counts[list] = isAnon ? 0 : whole
      case .fractions(let anon, let file):
        counts[list] = Int(UInt64(whole) * (isAnon ? anon : file) / (anon + file))
      }
    }
    return counts
  }

  /// Linux: `enum scan_balance`, mm/vmscan.c.
  private enum ScanBalance {
    case equal, anonOnly, fileOnly
    case fractions(anon: UInt64, file: UInt64)
  }

  private func scanBalance(_ scan: ReclaimScan) -> ScanBalance {
    if swap.freePages <= 0 { return .fileOnly }
    if scan.priority == 0, tunables.swappiness > 0 { return .equal }
    if isFileTiny, !scan.deactivatesAnon, lru.count(.inactiveAnon) >> scan.priority > 0 {
      return .anonOnly
    }
    if !scan.deactivatesFile, lru.count(.inactiveFile) >> scan.priority > 0 { return .fileOnly }
    let total = lru.anonCost + lru.fileCost
    let anon = UInt64(tunables.swappiness) * (3 * total + 1) / (total + lru.anonCost + 1)
    let file = UInt64(200 - tunables.swappiness) * (3 * total + 1) / (total + lru.fileCost + 1)
    return .fractions(anon: anon, file: file)
  }

  /// So little is cached that scanning it would be thrashing.
  private var isFileTiny: Bool {
    var high = 0
    for index in 0..<memory.zones.count { high += memory.zones[index].watermarks.high }
    let file = lru.count(.inactiveFile) + lru.count(.activeFile)
    return file + memory.freeFrames <= high
  }
}
