// /proc/zoneinfo: the zones with their marks, sizes and reserves.

import KernelStorage

extension Kernel {
  /// The text of /proc/zoneinfo (PROC-5).
  ///
  /// Linux: `zoneinfo_show_print`, mm/vmstat.c.
  public borrowing func zoneInfoText() -> String {
    var text = ""
    var showsNode = true
    for kind in machine.architecture.listedZones {
      text += "Node 0, zone " + ProcColumn.right(kind?.name ?? "Device", 8)
      guard let kind else {
        text += Self.sizes([0, 0, 0, 0, 0, 0, 0, 0, 0]) + Self.protection([0, 0, 0, 0, 0]) + "\n"
        continue
      }
      let isPopulated = memory.zones[kind.index].isPopulated
      if showsNode, isPopulated {
        text += "\n  per-node stats" + Self.statistics(nodeStats())
        showsNode = false
      }
      text += sizes(of: kind)
      if isPopulated { text += details(of: kind) }
      text += "\n"
    }
    return text
  }

  private borrowing func sizes(of kind: ZoneKind) -> String {
    let zone = kind.index
    let marks = memory.zones[zone].watermarks
    let numbers = [
      memory.zones[zone].free, memory.zones[zone].boost, marks.min, marks.low, marks.high,
      marks.promo, memory.zones[zone].spanned, memory.zones[zone].present,
      memory.zones[zone].managed,
    ]
    let reserves = machine.architecture.listedZones.map { listed in
      // Nothing lies between the movable zone and that of devices.
      memory.zones[zone].lowmemReserve[(listed ?? .movable).index]
    }
    return Self.sizes(numbers) + Self.protection(reserves)
  }

  private static func sizes(_ numbers: [Int]) -> String {
    let names = ["boost", "min", "low", "high", "promo", "spanned", "present", "managed"]
    var text = "\n  pages free     \(numbers[0])"
    for (name, number) in zip(names, numbers.dropFirst()) {
      text += "\n        " + ProcColumn.left(name, 8) + " \(number)"
    }
    return text + "\n        cma      0"
  }

  private static func protection(_ reserves: [Int]) -> String {
    "\n        protection: (" + reserves.map(String.init).joined(separator: ", ") + ")"
  }

  /// There are no per-CPU page lists, which shows as lists that hold nothing and are refilled one
  /// page at a time.
  private borrowing func details(of kind: ZoneKind) -> String {
    var text = Self.statistics(zoneStats(of: [kind])) + "\n  pagesets"
    for cpu in 0..<machine.cpus {
      text += "\n    cpu: \(cpu)\n              count: 0\n              high:  0"
      text += "\n              batch: 1"
      text += "\n  vm stats threshold: \(statisticsThreshold(of: kind))"
    }
    text += "\n  node_unreclaimable:  0"
    return text + "\n  start_pfn:           \(memory.zones[kind.index].start.index)"
  }

  private static func statistics(_ lines: [ProcLine]) -> String {
    lines.reduce(into: "") { $0 += "\n      " + ProcColumn.left($1.name, 12) + " \($1.value)" }
  }

  /// How far a real kernel's counters may be off per CPU; those of the model are exact.
  ///
  /// Linux: `calculate_normal_threshold`, mm/vmstat.c.
  private borrowing func statisticsThreshold(of kind: ZoneKind) -> Int {
    func bits(_ value: Int) -> Int { Int.bitWidth - value.leadingZeroBitCount }
    let chunks = memory.zones[kind.index].managed >> (27 - Int(Page.shift))
    return min(125, 2 * bits(machine.cpus) * (1 + bits(chunks)))
  }
}
