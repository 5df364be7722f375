import KernelStorage
import SwarmSeeds
import Testing

@testable import QuireKernel

/// Slots come from the right area, never twice, and are free again when nobody holds them.
struct SwapSlotSwarmTests {
  /// What is known about an area without any structure: its size, priority and taken slots.
  struct NaiveArea {
    var number: Int
    var pages: Int
    var priority: Int16
    var taken: Set<UInt32> = []
  }

  struct Swarm: ~Copyable {
    var swap = SwapAreas()
    var random: SeededRandom
    /// In the order in which areas of one priority take their turns.
    var areas: [NaiveArea] = []

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    mutating func activate(slots: Int, priority: Int16) {
      let number = swap.lowestUnusedNumber
      guard let area = SwapArea(name: "a", slots: slots, priority: priority) else { return }
      swap.activate(area)
      areas.append(NaiveArea(number: number, pages: slots - 1, priority: priority))
    }

    mutating func step() -> String? {
      switch Int.random(in: 0..<20, using: &random) {
      case 0..<11: return allocate()
      case 11..<19: return release()
      default: return changeAreas()
      }
    }

    mutating func allocate() -> String? {
      let open = areas.filter { $0.taken.count < $0.pages }
      let best = open.max { $0.priority < $1.priority }?.priority
      // `max` may answer any of the equals; the one that waits longest comes first here.
      let expected = areas.firstIndex { $0.priority == best && $0.taken.count < $0.pages }
      guard let entry = swap.allocate() else {
        return expected == nil ? nil : "nothing was allocated"
      }
      swap.addUser(entry)
      guard let at = expected, areas[at].number == Int(entry.area) else {
        return "area \(entry.area) was not its turn"
      }
      if entry.slot == 0 || Int(entry.slot) > areas[at].pages { return "slot \(entry.slot)" }
      if !areas[at].taken.insert(entry.slot).inserted { return "slot \(entry.slot) twice" }
      areas.append(areas.remove(at: at))
      return nil
    }

    mutating func release() -> String? {
      guard let at = areas.indices.randomElement(using: &random),
        // In order, so that the run does not depend on how a set is laid out.
        let slot = areas[at].taken.sorted().randomElement(using: &random)
      else { return nil }
      let entry = SwapEntry(area: UInt8(areas[at].number), slot: slot)
      if Int.random(in: 0..<4, using: &random) == 0 {
        swap.addUser(entry)
        swap.dropUser(entry)
        return nil
      }
      swap.dropUser(entry)
      swap.releaseIfUnused(entry)
      areas[at].taken.remove(slot)
      return nil
    }

    mutating func changeAreas() -> String? {
      if let at = areas.firstIndex(where: { $0.taken.isEmpty }), areas.count > 2 {
        let gone = areas.remove(at: at)
        swap.disable(gone.number)
        swap.deactivate(gone.number)
        return nil
      }
      if areas.count >= 6 { return nil }
      activate(
        slots: Int.random(in: 2..<700, using: &random),
        priority: Int16.random(in: 0..<3, using: &random))
      return nil
    }

    func difference() -> String? {
      let free = areas.reduce(0) { $0 + $1.pages - $1.taken.count }
      let total = areas.reduce(0) { $0 + $1.pages }
      if swap.freePages != free || swap.totalPages != total {
        return "\(swap.freePages) of \(swap.totalPages) free, not \(free) of \(total)"
      }
      for area in areas where swap.areas[area.number].inUse != area.taken.count {
        return "area \(area.number) has \(swap.areas[area.number].inUse) in use"
      }
      return nil
    }
  }

  @Test(
    "SWAP-5, SWAP-7, SWAP-8: slots of areas with equal and different priorities agree with sets",
    arguments: swarmSeeds(8))
  func swarm(seed: Int) {
    var swarm = Swarm(seed: UInt64(seed))
    swarm.activate(slots: 300, priority: 1)
    swarm.activate(slots: 600, priority: 1)
    for step in 0..<6000 {
      if let wrong = swarm.step() ?? swarm.difference() {
        Issue.record("step \(step): \(wrong)")
        return
      }
    }
  }

  @Test("SWAP-7: allocation fills a cluster in order, and begins with a wholly free one")
  func clusters() {
    guard var area = SwapArea(name: "a", slots: 600, priority: 0) else {
      Issue.record("no area")
      return
    }
    // Cluster 0 holds the header, so cluster 1 is the first that is wholly free.
    #expect((0..<256).map { _ in area.allocate() } == (256..<512).map { $0 })
    #expect(area.allocate() == 1)
    #expect(area.allocate() == 2)
  }

  @Test("SWAP-7: a cluster that was given back waits behind those that nobody has used yet")
  func freedClusters() {
    guard var area = SwapArea(name: "a", slots: 1024, priority: 0) else {
      Issue.record("no area")
      return
    }
    #expect((0..<256).map { _ in area.allocate() } == (256..<512).map { $0 })
    for slot in 256..<512 { area.release(slot) }
    #expect((0..<512).map { _ in area.allocate() } == (512..<1024).map { $0 })
    #expect(area.allocate() == 256)
  }

  @Test("AUDIT-12: an area far larger than the host's memory is audited by what is used of it")
  func hugeArea() throws {
    var machine = MachineConfiguration()
    machine.ram = 16 << 20
    machine.tunables.overcommitMemory = 1
    var kernel = try Kernel(machine)
    try kernel.swapOn(size: 1 << 40, by: kernel.initTask)
    let task = try kernel.spawn(named: "x", by: kernel.initTask)
    let length: UInt64 = 24 << 20
    let start = try kernel.mmap(
      MapRequest(length: length, [.read, .write], [.private, .anonymous]), by: task)
    var access = RangeAccess(.fill(1), from: start, to: start + length)
    var progress = Progress.again
    while progress == .again { progress = kernel.perform(&access, by: task) }
    #expect(progress == .done)
    #expect(kernel.counters.pswpout > 1000)
    #expect(kernel.checkInvariants().isEmpty)
    // A name for a slot that was never handed out is found all the same.
    let space = kernel.tasks[task].space
    let table = kernel.memory.leafTable(below: kernel.spaces[space].root, of: start)
    kernel.memory.setEntry(
      table: table, index: PageGeometry.fourLevels.index(start, TableLevel.leaf),
      to: PageTableEntry(swap: SwapEntry(area: 0, slot: 200_000_000), exclusive: true))
    #expect(kernel.checkInvariants().contains { $0.rule == "swap.users" })
  }

  @Test("SWAP-5: automatic priorities go down from -2 and move up when an area leaves")
  func automaticPriorities() throws {
    var machine = MachineConfiguration()
    machine.ram = 32 << 20
    machine.swap = [1 << 20, 1 << 20, 1 << 20].map { SwapConfiguration(size: $0) }
    var kernel = try Kernel(machine)
    #expect(kernel.swapAreas.map(\.priority) == [-2, -3, -4])
    let task = try kernel.spawn(named: "x", by: kernel.initTask)
    var operation = try kernel.beginSwapOff(of: 1, by: task)
    #expect(kernel.perform(&operation, by: task) == .done)
    #expect(kernel.swapAreas.map(\.priority) == [-2, -3])
    #expect(kernel.swapAreas.map(\.filename) == ["/dev/swap0", "/dev/swap2"])
    #expect(try kernel.swapOn(size: 1 << 20, by: task) == 1)
    #expect(kernel.swapAreas.map(\.priority) == [-2, -4, -3])
  }

  @Test("SWAP-1, SWAP-13: what swapon and swapoff refuse")
  func refusals() throws {
    var machine = MachineConfiguration()
    machine.ram = 32 << 20
    var kernel = try Kernel(machine)
    let task = try kernel.spawn(named: "x", by: kernel.initTask)
    #expect(throws: Errno.EINVAL) { try kernel.swapOn(size: 4096, by: task) }
    #expect(throws: Errno.EINVAL) { try kernel.swapOn(size: 10_000, by: task) }
    #expect(throws: Errno.EINVAL) { try kernel.swapOn(size: 1 << 20, priority: -1, by: task) }
    #expect(throws: Errno.EINVAL) { try kernel.beginSwapOff(of: 0, by: task) }
    for number in 0..<32 { #expect(try kernel.swapOn(size: 1 << 20, by: task) == number) }
    #expect(throws: Errno.EPERM) { try kernel.swapOn(size: 1 << 20, by: task) }
    kernel.dropPrivileges(of: task)
    #expect(throws: Errno.EPERM) { try kernel.swapOn(size: 1 << 20, by: task) }
    #expect(throws: Errno.EPERM) { try kernel.beginSwapOff(of: 0, by: task) }
  }
}
