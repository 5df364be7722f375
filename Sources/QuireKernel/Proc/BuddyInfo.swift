// /proc/buddyinfo and /proc/pagetypeinfo: free blocks by order, and by mobility too.

import KernelStorage

extension Kernel {
  /// The text of /proc/buddyinfo (PROC-4).
  ///
  /// Linux: `frag_show_print`, mm/vmstat.c.
  public borrowing func buddyInfoText() -> String {
    var text = ""
    for kind in ZoneKind.allCases where memory.zones[kind.index].isPopulated {
      text += "Node 0, zone " + ProcColumn.right(kind.name, 8) + " "
      for order in 0...BuddyOrder.maximum {
        text += ProcColumn.right(memory.zones[kind.index].freeBlocks(order: order), 6) + " "
      }
      text += "\n"
    }
    return text
  }

  /// The text of /proc/pagetypeinfo.
  ///
  /// Linux: `pagetypeinfo_show`, mm/vmstat.c.
  public borrowing func pageTypeInfoText() -> String {
    var text = "Page block order: \(Pageblock.order)\nPages per block:  \(Pageblock.pages)\n\n"
    text += ProcColumn.left("Free pages count per migrate type at order", 43) + " "
    for order in 0...BuddyOrder.maximum { text += ProcColumn.right(order, 6) + " " }
    text += "\n"
    for kind in ZoneKind.allCases where memory.zones[kind.index].isPopulated {
      for type in MigrateType.listed { text += freeBlocksLine(kind, type) }
    }
    text += "\n" + ProcColumn.left("Number of blocks type", 23)
    for type in MigrateType.listed { text += ProcColumn.right(type.name, 12) + " " }
    text += "\n"
    for kind in ZoneKind.allCases where memory.zones[kind.index].isPopulated {
      text += "Node 0, zone " + ProcColumn.right(kind.name, 8) + " "
      for count in memory.pageblocks(of: kind) { text += ProcColumn.right(count, 12) + " " }
      text += "\n"
    }
    return text
  }

  private borrowing func freeBlocksLine(_ kind: ZoneKind, _ type: MigrateType) -> String {
    var text = "Node " + ProcColumn.right(0, 4) + ", zone " + ProcColumn.right(kind.name, 8)
    text += ", type " + ProcColumn.right(type.name, 12) + " "
    for order in 0...BuddyOrder.maximum {
      text += ProcColumn.right(memory.zones[kind.index].freeBlocks(order: order, type: type), 6)
      text += " "
    }
    return text + "\n"
  }
}

extension PhysicalMemory {
  /// Pageblocks of a zone by type, in the order of /proc/pagetypeinfo.
  ///
  /// The untouched ones are all movable, so only the others are looked at.
  /// Linux: `pagetypeinfo_showblockcount_print`, mm/vmstat.c.
  borrowing func pageblocks(of kind: ZoneKind) -> [Int] {
    var counts = [Int](repeating: 0, count: MigrateType.allCases.count)
    let zone = kind.index
    var block = zones[zone].start.index / Pageblock.pages * Pageblock.pages
    while block < zones[zone].end.index {
      let frame = FrameNumber(block)
      if frame == zones[zone].untouchedStart, !zones[zone].untouchedIsEmpty {
        let length = zones[zone].untouchedEnd.index - block
        counts[MigrateType.movable.index] += length / Pageblock.pages
        block += length
        continue
      }
      counts[frames.blockType(of: frame).index] += 1
      block += Pageblock.pages
    }
    return MigrateType.listed.map { counts[$0.index] }
  }
}

extension MigrateType {
  /// The order of /proc/pagetypeinfo.
  static let listed: [MigrateType] = [.unmovable, .movable, .reclaimable, .highAtomic, .isolate]
}
