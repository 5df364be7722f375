// The parts of the simulated machine that no peer of this machine shows: boot, pages, objects.

internal import KernelPeer
internal import QuireKernel

/// Lines without a peer: their budgets are absolute.
enum MachineBenchmarks {
  private static let pairs: UInt64 = 200_000
  private static let lookups: UInt64 = 500_000

  static let all = [
    boot("64mib", ram: 64 << 20),
    boot("64gib", ram: 64 << 30),
    boot("1tib", ram: 1 << 40),
    Benchmark(name: "page_pair", summary: "a page allocated and freed")
      .ours { try blockPair(order: 0) },
    Benchmark(name: "block_pair_order_4", summary: "sixteen pages allocated and freed together")
      .ours { try blockPair(order: 4) },
    Benchmark(name: "kmalloc_pair", summary: "192 bytes allocated and freed").ours(objectPair),
    lookup("10", regions: 10),
    lookup("1k", regions: 1000),
    lookup("65k", regions: 65_000),
  ]

  private static func boot(_ name: String, ram: UInt64) -> Benchmark {
    Benchmark(name: "boot_" + name, summary: "a machine booted, and the host's memory it takes")
      .ours {
        var machine = MachineConfiguration()
        machine.ram = ram
        return try Stopwatch.time(per: 1) { _ = try Kernel(machine) }
      }
      .hostBytes {
        var machine = MachineConfiguration()
        machine.ram = ram
        let before = peer_resident_bytes()
        let kernel = try Kernel(machine)
        let after = peer_resident_bytes()
        _ = kernel.now
        return after - min(before, after)
      }
  }

  private static func blockPair(order: Int) throws -> Double {
    var session = try KernelSession.booted(ram: 256 << 20)
    return try Stopwatch.time(per: pairs) {
      for _ in 0..<pairs {
        let block = try session.kernel.allocatePages(.kernel, order: order, for: session.task)
        session.kernel.freePages(block, order: order)
      }
    }
  }

  private static func objectPair() throws -> Double {
    var session = try KernelSession.booted(ram: 256 << 20)
    return try Stopwatch.time(per: pairs) {
      for _ in 0..<pairs {
        let object = try session.kernel.kmalloc(192, .kernel, for: session.task)
        try session.kernel.kfree(object)
      }
    }
  }

  private static func lookup(_ name: String, regions: UInt64) -> Benchmark {
    Benchmark(name: "vma_lookup_" + name, summary: "the region of a random address found").ours {
      var session = try KernelSession.booted(ram: 256 << 20)
      let start = try session.mapRegions(regions)
      var root = session.kernel.spaces[session.kernel.tasks[session.task].space].regions
      var shuffler = Shuffler()
      var missed = false
      let time = Stopwatch.time(per: lookups) {
        for _ in 0..<lookups {
          let address = start + shuffler.next(below: regions) << Page.shift
          if session.kernel.virtual.regions.find(address, in: &root).isNone { missed = true }
        }
      }
      if missed { throw BenchmarkError(description: "an address has no region") }
      return time
    }
  }
}
