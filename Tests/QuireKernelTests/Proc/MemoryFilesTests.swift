import Testing

@testable import QuireKernel

/// The files in /proc about memory as a whole, in the kernel's own words and columns.
struct MemoryFilesTests {
  static func kernel() throws -> Kernel {
    try Kernel(AllocationTests.machine(64))
  }

  static func line(_ text: String, _ start: String) -> String? {
    text.split(separator: "\n", omittingEmptySubsequences: false)
      .first { $0.hasPrefix(start) }.map(String.init)
  }

  @Test("PROC-4: buddyinfo as Linux 6.12 lays it out")
  func buddyInfo() throws {
    var kernel = try Self.kernel()
    kernel.memory = try BuddyTests.memory(end: 4096, free: 1)
    #expect(
      kernel.buddyInfoText()
        == "Node 0, zone      DMA      1      1      1      1      1      1      1      1      1"
        + "      1      3 \n")
    _ = kernel.memory.takeBlock(order: 0, from: 0, type: .unmovable, flags: [])
    let types = kernel.pageTypeInfoText()
    #expect(
      types.hasPrefix(
        "Page block order: 9\nPages per block:  512\n\n"
          + "Free pages count per migrate type at order       0      1      2      3"))
    #expect(
      types.contains(
        "Node    0, zone      DMA, type    Unmovable      1      1      1      1      1      1"
          + "      1      1      1      1      0 \n"))
    #expect(
      types.hasSuffix(
        "\nNumber of blocks type     Unmovable      Movable  Reclaimable   HighAtomic      Isolate"
          + " \nNode 0, zone      DMA            2            6            0            0"
          + "            0 \n"))
  }

  @Test("PROC-6: slabinfo, the newest cache first, as Linux 6.12 lays it out")
  func slabInfo() throws {
    var kernel = try Self.kernel()
    let cache = try kernel.createCache("my_objects", size: 192, for: .none)
    _ = try kernel.allocateObject(from: cache, .kernel, for: .none)
    let lines = kernel.slabInfoText().split(separator: "\n")
    #expect(lines[0] == "slabinfo - version: 2.1")
    #expect(
      lines[1]
        == "# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : "
        + "tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> "
        + "<sharedavail>")
    #expect(
      lines[2]
        == "my_objects            21     21    192   21    1 : tunables    0    0    0"
        + " : slabdata      1      1      0")
    #expect(lines[3].hasPrefix("buffer_head            0      0    104   39    1 : tunables"))
    #expect(lines.last?.hasPrefix("kmem_cache  ") == true)
    // Objects that CPUs keep count as active; only those of the node's partial slabs do not.
    #expect(kernel.slabUsage()[0].liveObjects == 1)
    _ = try kernel.shrinkCache(cache)
    #expect(kernel.slabUsage()[0].activeObjects == 1)
  }

  @Test("PROC-7: meminfo, names, columns and units")
  func memInfo() throws {
    let kernel = try Self.kernel()
    let text = kernel.memInfoText()
    #expect(Self.line(text, "MemTotal") == "MemTotal:          60416 kB")
    #expect(Self.line(text, "Active(anon)") == "Active(anon):          0 kB")
    #expect(Self.line(text, "VmallocTotal") == "VmallocTotal:   34359738367 kB")
    #expect(Self.line(text, "HugePages_Total") == "HugePages_Total:       0")
    #expect(Self.line(text, "Hugepagesize") == "Hugepagesize:       2048 kB")
    #expect(Self.line(text, "DirectMap2M") == "DirectMap2M:       63488 kB")
    let names = kernel.memInfo().map(\.name)
    #expect(names.count == 52)
    #expect(names.prefix(3) == ["MemTotal", "MemFree", "MemAvailable"])
    #expect(names.suffix(2) == ["DirectMap4k", "DirectMap2M"])
  }

  @Test("PROC-7: what is taken is missing from MemFree and shows where it went")
  func memInfoMoves() throws {
    var kernel = try Self.kernel()
    let before = Dictionary(uniqueKeysWithValues: kernel.memInfo().map { ($0.name, $0.value) })
    _ = try kernel.allocateBlock(.kernel, order: 4, for: .none)
    _ = try kernel.kmalloc(100_000, .kernel, for: .none)
    let after = Dictionary(uniqueKeysWithValues: kernel.memInfo().map { ($0.name, $0.value) })
    #expect(after["MemFree"] == before["MemFree"].map { $0 - 64 - 128 })
    #expect(after["Slab"] == before["Slab"].map { $0 + 128 })
    #expect(after["SUnreclaim"] == before["SUnreclaim"].map { $0 + 128 })
    #expect(after["MemTotal"] == before["MemTotal"])
  }

  @Test("PROC-8: MemAvailable leaves the reserve, and half of the cache or the low marks")
  func available() throws {
    var kernel = try Self.kernel()
    kernel.memory = try WatermarkTests.memory([(.dma, 4096), (.dma32, 61440)])
    // Reserve: DMA 48 + 240, DMA32 720. Low marks: 40 + 600, and 32 of the empty movable zone.
    #expect(kernel.memory.totalReserve == 1008)
    kernel.slab.reclaimableFrames = 2000
    #expect(kernel.availablePages == kernel.memory.freeFrames - 1008 + 2000 - 672)
    kernel.slab.reclaimableFrames = 100
    #expect(kernel.availablePages == kernel.memory.freeFrames - 1008 + 50)
  }

  @Test("PROC-9: vmstat has every counter and gauge, each name once")
  func vmStat() throws {
    var kernel = try Self.kernel()
    kernel.counters.pgfault = 12345
    let lines = kernel.vmStat()
    let names = lines.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(names.first == "nr_free_pages" && names.last == "nr_unstable")
    for field in Counters.fields { #expect(names.contains(field.name)) }
    for field in Gauges.fields { #expect(names.contains(field.name)) }
    #expect(lines.first { $0.name == "pgfault" }?.value == 12345)
    #expect(lines[0].value == UInt64(kernel.memory.freeFrames))
    #expect(kernel.vmStatText().contains("\nnr_memmap_boot_pages 256\n"))
  }

  @Test("PROC-5: zoneinfo lists every zone, those without memory too")
  func zoneInfo() throws {
    let kernel = try Self.kernel()
    let text = kernel.zoneInfoText()
    #expect(
      text.hasPrefix(
        "Node 0, zone      DMA\n  per-node stats\n      nr_inactive_anon 0\n"))
    #expect(text.contains("\n  pages free     4095\n        boost    0\n        min      "))
    #expect(
      text.contains("\n        spanned  4096\n        present  4096\n        managed  4095\n"))
    #expect(text.contains("\n        protection: (0, 43, 43, 43, 43)\n      nr_free_pages 4095\n"))
    #expect(
      text.hasSuffix(
        "\nNode 0, zone   Device\n  pages free     0\n        boost    0\n        min      0\n"
          + "        low      0\n        high     0\n        promo    0\n        spanned  0\n"
          + "        present  0\n        managed  0\n        cma      0\n"
          + "        protection: (0, 0, 0, 0, 0)\n"))
  }
}
