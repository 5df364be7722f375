import SwarmSeeds
import Testing

@testable import QuireKernel

/// Random allocations and frees on two CPUs; every address equals the one of the naive cache.
struct SlabSwarmTests {
  @Test("SLAB-19 to 21: every object and every slab equals the naive cache's", arguments: swarmSeeds(16))
  func swarm(seed: Int) throws {
    var swarm = try Swarm(seed: UInt64(seed))
    for step in 0..<3000 {
      try swarm.step()
      if step % 32 == 0, let difference = swarm.difference() {
        Issue.record("seed \(seed), step \(step): \(difference)")
        return
      }
    }
    try swarm.freeAll()
    #expect(swarm.naive.returned.count > 0, "no slab was ever given back")
    #expect(swarm.difference() == nil)
    try swarm.kernel.destroyCache(swarm.cache)
    #expect(swarm.kernel.checkInvariants() == [])
  }

  struct Swarm: ~Copyable {
    var kernel: Kernel
    var naive: NaiveSlabCache
    var random: SeededRandom
    let cache: CacheIndex
    var held: [UInt64] = []
    var isFilling = true
    /// Addresses that the naive cache would not have given, and double frees not noticed.
    var wrong = 0
    let mostHeld: Int

    init(seed: UInt64) throws {
      random = SeededRandom(seed: seed)
      var kernel = try Kernel(AllocationTests.machine(256))
      let sizes = [8, 24, 64, 100, 192, 360, 700, 1500, 3000, 6000]
      let size = sizes[random.below(sizes.count)]
      cache = try kernel.createCache("naive", size: size, for: .none)
      naive = NaiveSlabCache(kernel.slab[cache], cpus: 2)
      self.kernel = kernel
      mostHeld = naive.objects * (10 + random.below(12))
    }

    mutating func step() throws {
      kernel.cpu = random.below(8) == 0 ? 1 - kernel.cpu : kernel.cpu
      let roll = random.below(1000)
      if roll == 0 {
        _ = try kernel.shrinkCache(cache)
        naive.shrink()
      } else if (roll % 5 > 0) == isFilling {
        // Several at once, so that slabs of small objects fill up too.
        for _ in 0..<random.below(max(2, min(naive.objects, 160) / 4)) { try allocate() }
      } else {
        for _ in 0..<random.below(max(2, min(naive.objects, 160) / 4)) { try free() }
      }
      if held.count > mostHeld { isFilling = false }
      if held.count < naive.objects { isFilling = true }
    }

    mutating func allocate() throws {
      let address = try kernel.allocateObject(from: cache, .kernel, for: .none)
      if let expected = naive.allocate(cpu: kernel.cpu) {
        if address != expected { wrong += 1 }
      } else {
        naive.adopt(address, cpu: kernel.cpu)
        if naive.allocate(cpu: kernel.cpu) != address { wrong += 1 }
      }
      held.append(address)
    }

    mutating func free() throws {
      guard !held.isEmpty else { return }
      // Often the newest, as programs do.
      let place = random.below(2) == 0 ? held.count - 1 : random.below(held.count)
      let address = held.remove(at: place)
      try kernel.freeObject(at: address, to: cache)
      naive.free(address, cpu: kernel.cpu)
      // Until somebody else has it, a second free is noticed.
      do throws(KernelMisuse) {
        try kernel.freeObject(at: address, to: cache)
        wrong += 1
      } catch {}
    }

    mutating func freeAll() throws {
      while !held.isEmpty { try free() }
    }

    func difference() -> String? {
      if wrong > 0 { return "\(wrong) wrong addresses or unnoticed double frees" }
      let record = kernel.slab[cache]
      if record.slabCount != naive.slabs.count || record.partialCount != naive.node.count {
        return "\(record.slabCount) slabs, \(record.partialCount) partial; "
          + "not \(naive.slabs.count), \(naive.node.count)"
      }
      return kernel.checkInvariants().first?.description
    }
  }
}
