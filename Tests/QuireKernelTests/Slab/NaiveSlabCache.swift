@testable import QuireKernel

/// One SLUB cache as arrays: which object comes next, where each slab is, what is given back
/// (SLAB-19, -20, -21).
struct NaiveSlabCache {
  struct Slab {
    /// Address of the block.
    var base: UInt64
    /// Free objects in the order in which they are handed out; not those on a CPU's list.
    var free: [Int] = []
    var live: Set<Int> = []
  }

  struct CPU {
    /// The slab to allocate from, by address.
    var slab: UInt64?
    var free: [Int] = []
    var partial: [UInt64] = []
  }

  let size: Int
  let objects: Int
  let slabBytes: UInt64
  let cpuPartialLimit: Int
  let minimumPartial: Int
  var slabs: [UInt64: Slab] = [:]
  var node: [UInt64] = []
  var cpus: [CPU]
  /// Blocks given back since this was last emptied.
  var returned: [UInt64] = []

  init(_ cache: SlabCache, cpus: Int) {
    size = cache.geometry.size
    objects = cache.geometry.objectsPerSlab
    slabBytes = UInt64(4096 << cache.geometry.order)
    // SLAB-21: objects a CPU may hold in partial slabs, at half of each slab.
    let kept = size >= 4096 ? 6 : size >= 1024 ? 24 : size >= 256 ? 52 : 120
    cpuPartialLimit = (2 * kept + objects - 1) / objects
    var log = 0
    while 2 << log <= size { log += 1 }
    minimumPartial = min(max(log / 2, 5), 10)
    self.cpus = Array(repeating: CPU(), count: cpus)
  }

  func address(_ slab: UInt64, _ object: Int) -> UInt64 { slab + UInt64(object * size) }

  /// The address the next allocation gives, or nil when it needs a new slab.
  mutating func allocate(cpu: Int) -> UInt64? {
    if cpus[cpu].free.isEmpty, let slab = cpus[cpu].slab {
      // The rest of the slab: what other CPUs freed.
      cpus[cpu].free = slabs[slab]?.free ?? []
      slabs[slab]?.free = []
      if cpus[cpu].free.isEmpty { cpus[cpu].slab = nil }
    }
    if cpus[cpu].slab == nil { takePartial(cpu) }
    guard let slab = cpus[cpu].slab, !cpus[cpu].free.isEmpty else { return nil }
    let object = cpus[cpu].free.removeFirst()
    slabs[slab]?.live.insert(object)
    return address(slab, object)
  }

  private mutating func takePartial(_ cpu: Int) {
    if cpus[cpu].partial.isEmpty {
      guard !node.isEmpty else { return }
      let first = node.removeFirst()
      var moved = 0
      while !node.isEmpty, moved < cpuPartialLimit / 2 + 1 {
        cpus[cpu].partial.insert(node.removeFirst(), at: 0)
        moved += 1
      }
      cpus[cpu].slab = first
    } else {
      cpus[cpu].slab = cpus[cpu].partial.removeFirst()
    }
    if let slab = cpus[cpu].slab {
      cpus[cpu].free = slabs[slab]?.free ?? []
      slabs[slab]?.free = []
    }
  }

  /// A new slab came for a CPU.
  mutating func adopt(_ base: UInt64, cpu: Int) {
    slabs[base] = Slab(base: base)
    cpus[cpu].slab = base
    cpus[cpu].free = Array(0..<objects)
  }

  mutating func free(_ address: UInt64, cpu: Int) {
    // A block is aligned to its size, in the direct map as in memory.
    let base = address / slabBytes * slabBytes
    let object = Int(address - base) / size
    slabs[base]?.live.remove(object)
    if cpus[cpu].slab == base {
      cpus[cpu].free.insert(object, at: 0)
      return
    }
    let wasFull = slabs[base]?.free.isEmpty ?? false
    slabs[base]?.free.insert(object, at: 0)
    if cpus.contains(where: { $0.slab == base }) { return }
    if wasFull, !cpus.contains(where: { $0.partial.contains(base) }) {
      if cpus[cpu].partial.count >= cpuPartialLimit { drain(cpu) }
      cpus[cpu].partial.insert(base, at: 0)
    } else if let place = node.firstIndex(of: base), isEmpty(base), node.count >= minimumPartial {
      node.remove(at: place)
      giveBack(base)
    }
  }

  private mutating func drain(_ cpu: Int) {
    for slab in cpus[cpu].partial {
      if isEmpty(slab), node.count >= minimumPartial { giveBack(slab) } else { node.append(slab) }
    }
    cpus[cpu].partial = []
  }

  private func isEmpty(_ slab: UInt64) -> Bool { slabs[slab]?.live.isEmpty ?? false }

  private mutating func giveBack(_ slab: UInt64) {
    slabs[slab] = nil
    returned.append(slab)
  }

  /// Takes everything from the CPUs, gives empty slabs back, sorts the rest (SLAB-5).
  mutating func shrink() {
    for cpu in cpus.indices {
      if let slab = cpus[cpu].slab {
        slabs[slab]?.free.insert(contentsOf: cpus[cpu].free, at: 0)
        cpus[cpu].free = []
        cpus[cpu].slab = nil
        if isEmpty(slab), node.count >= minimumPartial {
          giveBack(slab)
        } else if !(slabs[slab]?.free ?? []).isEmpty {
          node.append(slab)
        }
      }
      drain(cpu)
    }
    for slab in node where isEmpty(slab) { giveBack(slab) }
    node.removeAll { slabs[$0] == nil }
    node = (1...33).flatMap { rank in node.filter { promotionRank($0) == rank } }
  }

  private func promotionRank(_ slab: UInt64) -> Int { min(slabs[slab]?.free.count ?? 0, 33) }
}
