// /proc/slabinfo: every cache with its objects and slabs.

import KernelStorage

/// What /proc/slabinfo says of one cache (PROC-6).
///
/// Linux: `struct slabinfo`, mm/slab.h.
public struct SlabUsage: Hashable, Sendable {
  public var name: String
  /// Objects that are not on the free list of a partial slab of the node: those that CPUs keep
  /// count as used, as in the kernel.
  public var activeObjects: Int
  public var objects: Int
  public var objectSize: Int
  public var objectsPerSlab: Int
  public var pagesPerSlab: Int
  public var slabs: Int
  /// Objects that somebody really has; the kernel does not show them.
  public var liveObjects: Int
}

extension Kernel {
  /// The caches, the one made last first.
  public borrowing func slabUsage() -> [SlabUsage] {
    let live = slab.liveObjects()
    return slab.order.reversed().map { usage(of: $0, live: live[$0.index]) }
  }

  private borrowing func usage(of cache: CacheIndex, live: Int) -> SlabUsage {
    let record = slab[cache]
    return SlabUsage(
      name: slab.name(of: cache), activeObjects: record.objectCount - slab.freeOnNode(cache),
      objects: record.objectCount, objectSize: record.geometry.size,
      objectsPerSlab: record.geometry.objectsPerSlab, pagesPerSlab: 1 << record.geometry.order,
      slabs: record.slabCount, liveObjects: live)
  }

  /// The text of /proc/slabinfo.
  ///
  /// Linux: `slab_show`, mm/slab_common.c.
  public borrowing func slabInfoText() -> String {
    var text = "slabinfo - version: 2.1\n"
    text += "# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab>"
    text += " : tunables <limit> <batchcount> <sharedfactor>"
    text += " : slabdata <active_slabs> <num_slabs> <sharedavail>\n"
    for usage in slabUsage() {
      text += ProcColumn.left(usage.name, 17)
      for (number, width) in [
        (usage.activeObjects, 6), (usage.objects, 6), (usage.objectSize, 6),
        (usage.objectsPerSlab, 4), (usage.pagesPerSlab, 4),
      ] {
        text += " " + ProcColumn.right(number, width)
      }
      text += " : tunables    0    0    0 : slabdata"
      for number in [usage.slabs, usage.slabs, 0] { text += " " + ProcColumn.right(number, 6) }
      text += "\n"
    }
    return text
  }
}

extension SlabAllocator {
  /// Free objects of the partial slabs of the node.
  ///
  /// Linux: `count_partial`, mm/slub.c.
  func freeOnNode(_ cache: CacheIndex) -> Int {
    var free = 0
    var slab = Int(caches[cache.index].partialHead)
    while slab != 0 {
      free += freeObjects(of: slab)
      slab = Int(slabs[slab].next)
    }
    return free
  }

  /// Objects handed out, by cache.
  func liveObjects() -> [Int] {
    var live = [Int](repeating: 0, count: caches.limit)
    for slab in 1..<max(slabs.count, 1) where slabs[slab].place != .spare {
      live[slabs[slab].cache.index] += Int(slabs[slab].live)
    }
    return live
  }
}
