// Watermarks: how much free memory a request must leave behind (ZONE-6, ZONE-9).

import KernelStorage

extension Zone {
  /// Whether a request may take 2^order frames from this zone (ZONE-9), were `reclaimable` more
  /// of them free.
  ///
  /// Linux: `__zone_watermark_ok`, mm/page_alloc.c.
  func allows(
    order: Int, level: WatermarkLevel, highest: ZoneKind, flags: AllocationFlags,
    reclaimable: Int = 0
  ) -> Bool {
    if flags.contains(.noWatermarks) { return true }
    let usesReserves = !flags.isDisjoint(with: [
      .minReserve, .nonBlocking, .highAtomic, .outOfMemory,
    ])
    var available = free + reclaimable - (1 << order - 1)
    if !usesReserves { available -= reservedHighAtomic }
    let required = reduced(mark(level, order, flags), flags) + lowmemReserve[highest.index]
    guard available > required else { return false }
    return order == 0 || hasBlock(for: order, flags)
  }

  /// Frames above the low mark: as many single pages as `allows` would grant one after another to
  /// a request without reserves of its own; 0 or less when it would refuse the first.
  @inline(__always)
  func surplus(highest: ZoneKind) -> Int {
    free - reservedHighAtomic - boosted(watermarks.low) - lowmemReserve[highest.index]
  }

  /// The mark of a level; a boost does not hold single pages back that draw on the reserves.
  ///
  /// Linux: `zone_watermark_fast`, mm/page_alloc.c.
  private func mark(_ level: WatermarkLevel, _ order: Int, _ flags: AllocationFlags) -> Int {
    switch level {
    case .low: return boosted(watermarks.low)
    case .high: return boosted(watermarks.high)
    case .min:
      let ignoresBoost = order == 0 && flags.contains(.minReserve)
      return ignoresBoost ? watermarks.min : boosted(watermarks.min)
    }
  }

  private func reduced(_ mark: Int, _ flags: AllocationFlags) -> Int {
    var mark = mark
    if flags.contains(.minReserve) {
      mark -= mark / 2
      if flags.contains(.nonBlocking) { mark -= mark / 4 }
    }
    if flags.contains(.outOfMemory) { mark -= mark / 2 }
    return mark
  }

  private func hasBlock(for order: Int, _ flags: AllocationFlags) -> Bool {
    let all = UInt16.max << UInt16(order)
    var orders =
      occupied[MigrateType.movable.index] | occupied[MigrateType.unmovable.index]
      | occupied[MigrateType.reclaimable.index]
    if !flags.isDisjoint(with: [.highAtomic, .outOfMemory]) {
      orders |= occupied[MigrateType.highAtomic.index]
    }
    return orders & all != 0
  }

  /// Sets the marks from the machine's `min_free_kbytes` (ZONE-6).
  ///
  /// - Parameter lowmem: managed frames of all zones that are neither high nor movable.
  /// Linux: `__setup_per_zone_wmarks`, mm/page_alloc.c; `setup_per_zone_pages_min` there (2.6.11).
  mutating func setWatermarks(
    minFreePages: Int, lowmem: Int, scaleFactor: Int, _ architecture: Architecture
  ) {
    let share = lowmem == 0 ? 0 : minFreePages * managed / lowmem
    if kind == .highMem || kind == .movable {
      watermarks.min = Swift.min(Swift.max(managed / 1024, 32), 128)
    } else {
      watermarks.min = share
    }
    boost = 0
    if architecture == .x86_32 {
      watermarks.low = watermarks.min * 5 / 4
      watermarks.high = watermarks.min * 6 / 4
      return
    }
    let gap = Swift.max(share / 4, managed * scaleFactor / 10_000)
    watermarks.low = watermarks.min + gap
    watermarks.high = watermarks.low + gap
    watermarks.promo = watermarks.high + gap
  }
}

extension PhysicalMemory {
  private static let lowmemZones: [ZoneKind] = [.dma, .dma32, .normal]

  /// Frames that the kernel can address directly.
  private var lowmemFrames: Int {
    Self.lowmemZones.reduce(0) { $0 + zones[$1.index].managed }
  }

  /// Of these, the frames beyond the high marks: all of them before the marks are first set.
  ///
  /// Linux: `nr_free_buffer_pages`, mm/page_alloc.c.
  private var bufferFrames: Int {
    Self.lowmemZones.reduce(0) {
      $0 + max(0, zones[$1.index].managed - zones[$1.index].watermarks.high)
    }
  }

  /// Computes `min_free_kbytes`, marks, reserves and what follows from them.
  ///
  /// Linux: `init_per_zone_wmark_min`, mm/page_alloc.c.
  mutating func setReserves(_ tunables: borrowing Tunables) {
    let architecture = geometry.architecture
    let computed = Self.minFreeKilobytes(lowmem: bufferFrames, architecture)
    minFreeKilobytes = max(computed, tunables.minFreeKilobytes ?? 0)
    // A machine without high memory has not even an empty zone of it.
    let highMem = ZoneKind.highMem.index
    for index in 0..<ZoneKind.count where index != highMem || zones[highMem].isPopulated {
      zones[index].setWatermarks(
        minFreePages: minFreeKilobytes / 4, lowmem: lowmemFrames,
        scaleFactor: tunables.watermarkScaleFactor, architecture)
    }
    setLowmemReserves()
    setTotalReserve()
  }

  /// ZONE-5.
  ///
  /// Linux: `calculate_min_free_kbytes`, mm/page_alloc.c.
  static func minFreeKilobytes(
    lowmem frames: Int, _ architecture: Architecture = .x86_64
  ) -> Int {
    min(max(squareRoot(frames * 4 * 16), 128), architecture == .x86_64 ? 262_144 : 65_536)
  }

  /// ZONE-8: what each zone keeps from requests that could have been served higher up.
  ///
  /// Linux: `setup_per_zone_lowmem_reserve`, mm/page_alloc.c.
  private mutating func setLowmemReserves() {
    for lower in ZoneKind.allCases {
      var above = 0
      for upper in ZoneKind.allCases where upper.rawValue > lower.rawValue {
        above += zones[upper.index].managed
        let ratio = lower.lowmemReserveRatio
        let isOff = ratio == 0 || zones[lower.index].managed == 0
        zones[lower.index].lowmemReserve[upper.index] = isOff ? 0 : above / ratio
      }
    }
  }

  /// ZONE-11.
  ///
  /// Linux: `calculate_totalreserve_pages`, mm/page_alloc.c.
  private mutating func setTotalReserve() {
    totalReserve = 0
    for index in 0..<ZoneKind.count {
      var largest = 0
      for upper in index..<ZoneKind.count {
        largest = max(largest, zones[index].lowmemReserve[upper])
      }
      totalReserve += min(largest + zones[index].watermarks.high, zones[index].managed)
    }
  }

  /// Largest integer whose square is at most `value`.
  ///
  /// Linux: `int_sqrt`, lib/math/int_sqrt.c.
  private static func squareRoot(_ value: Int) -> Int {
    var root = 0
    var bit = 1 << 30
    while bit > 0 {
      if (root + bit) * (root + bit) <= value { root += bit }
      bit >>= 1
    }
    return root
  }
}

extension ZoneKind {
  /// `vm.lowmem_reserve_ratio`.
  var lowmemReserveRatio: Int {
    switch self {
    case .dma, .dma32: 256
    case .normal: 32
    case .highMem, .movable: 0
    }
  }
}
