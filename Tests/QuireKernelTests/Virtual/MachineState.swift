// The whole state of a machine in a form that can be compared: for tests that do the same in two
// ways and expect no difference at all.

import KernelStorage

@testable import QuireKernel

/// Everything that a machine's tables say, part by part.
struct MachineState: Equatable {
  private(set) var parts: [String: String] = [:]

  init(_ kernel: borrowing Kernel) {
    parts["clock"] = "\(kernel.now)"
    parts["counters"] = "\(kernel.counters)"
    parts["gauges"] = "\(kernel.gauges)"
    parts["commit"] = "\(kernel.virtual.committedPages)"
    parts["lru"] = "\(kernel.lru)"
    parts["frames"] = Self.frames(kernel)
    parts["zones"] = Self.zones(kernel)
    parts["swap"] = Self.swap(kernel)
    parts["tasks"] = Self.tasks(kernel)
    parts["regions"] = Self.regions(kernel)
  }

  /// The names of the parts in which two machines differ, with both of their values.
  func difference(from other: MachineState) -> String? {
    let names = parts.keys.sorted().filter { parts[$0] != other.parts[$0] }
    if names.isEmpty { return nil }
    return names.map { name in
      let (mine, its) = (parts[name] ?? "", other.parts[name] ?? "")
      let common = zip(mine, its).prefix { $0 == $1 }.count
      let from = max(0, common - 80)
      return "\(name): …\(mine.dropFirst(from).prefix(160)) … \(its.dropFirst(from).prefix(160))…"
    }.joined(separator: "\n")
  }

  /// Descriptors to the last bit, and what the frames hold; page tables are contents too.
  ///
  /// The order of a frame inside a free block is what it was when one last began there: nobody
  /// reads it before it is set anew.
  private static func frames(_ kernel: borrowing Kernel) -> String {
    var rows = kernel.memory.frames.rows.copy()
    for index in 0..<rows.count where rows[index].referenceCount == 0 {
      if !rows[index].flags.contains(.buddy) { rows[index].order = 0 }
    }
    var digest = Digest()
    rows.mix(rows: 0..<rows.count, into: &digest)
    kernel.mixContents(into: &digest)
    return "\(digest.value)"
  }

  private static func zones(_ kernel: borrowing Kernel) -> String {
    var words: [String] = []
    for index in 0..<ZoneKind.count {
      words.append("\(kernel.memory.zones[index].free) \(kernel.memory.zones[index].boost)")
      words.append("\(kernel.memory.zones[index].untouchedStart.rawValue)")
      for list in 0..<MigrateType.allCases.count * BuddyOrder.count {
        let ends = kernel.memory.zones[index].lists[list]
        words.append("\(ends.head.rawValue) \(ends.tail.rawValue) \(ends.count)")
      }
    }
    return words.joined(separator: ", ")
  }

  private static func swap(_ kernel: borrowing Kernel) -> String {
    var digest = Digest()
    for number in 0..<kernel.swap.areas.limit where kernel.swap.isActive(number) {
      for index in 0..<kernel.swap.areas[number].limit {
        let slot = kernel.swap.areas[number].slots[index]
        if slot.isFree { continue }
        digest.mix(UInt64(index) << 32 | UInt64(slot.users))
        digest.mix(UInt64(slot.cached.rawValue) << 1 | (slot.isZeroFilled ? 1 : 0))
      }
    }
    return "\(digest.value) \(kernel.swap.freePages) of \(kernel.swap.totalPages)"
  }

  private static func tasks(_ kernel: borrowing Kernel) -> String {
    var words: [String] = []
    var task = kernel.tasks.first
    while !task.isNone {
      let record = kernel.tasks[task]
      words.append("\(record)")
      if !record.space.isNone {
        var space = kernel.spaces[record.space]
        // Which region was looked up last is a short cut of ours and changes nothing.
        space.regions.cached = .none
        words.append("\(space)")
      }
      task = record.next
    }
    return words.joined(separator: ", ")
  }

  private static func regions(_ kernel: borrowing Kernel) -> String {
    var words: [String] = []
    for index in 1..<kernel.virtual.regions.areas.limit
    where kernel.virtual.regions.areas.isLive(index) {
      let region = VMAIndex(index)
      words.append("\(kernel.virtual.regions[region]) \(kernel.virtual.regions.links[index])")
    }
    return words.joined(separator: ", ")
  }
}
