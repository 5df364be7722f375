// Pages handled together against pages handled one by one: two machines do the same at random and
// must not differ in a single bit, shortage, swap and failing allocations included.

import SwarmSeeds
import Testing

@testable import QuireKernel

@Suite("Runs of pages come out as page by page")
struct RunSwarmTests {
  @Test(
    "plenty of memory: walks over fresh, resident and protected pages",
    arguments: swarmSeeds(8, from: 1) as Range<UInt64>)
  func plenty(seed: UInt64) throws {
    var twins = try TwinMachines(seed: seed, ram: 64 << 20, swap: [])
    twins.run(steps: 150)
  }

  @Test(
    "shortage: reclaim, swap and the OOM killer come at the same page",
    arguments: swarmSeeds(8, from: 11) as Range<UInt64>)
  func shortage(seed: UInt64) throws {
    var twins = try TwinMachines(seed: seed, ram: 12 << 20, swap: [4 << 20, 2 << 20])
    twins.run(steps: 120)
  }

  @Test(
    "no swap: memory ends at the same page", arguments: swarmSeeds(4, from: 21) as Range<UInt64>)
  func exhaustion(seed: UInt64) throws {
    var twins = try TwinMachines(seed: seed, ram: 12 << 20, swap: [])
    twins.run(steps: 100)
  }

  @Test(
    "allocations that fail, and steps that cost nothing or much",
    arguments: swarmSeeds(6, from: 31) as Range<UInt64>)
  func failures(seed: UInt64) throws {
    var twins = try TwinMachines(seed: seed, ram: 16 << 20, swap: [2 << 20])
    twins.failsAllocations = true
    twins.change { kernel in
      kernel.costs.access = seed % 3 == 0 ? 0 : 7
      kernel.costs.minorFault = seed % 2 == 0 ? 0 : 100_000
    }
    twins.run(steps: 120)
  }

  @Test(
    "FAULT-15, FAULT-16: where new pages are active and want of memory kills",
    arguments: swarmSeeds(4, from: 51) as Range<UInt64>)
  func classic(seed: UInt64) throws {
    var twins = try TwinMachines(seed: seed, ram: 12 << 20, swap: [4 << 20])
    twins.change { kernel in kernel.architectureRules = .classic }
    twins.run(steps: 120)
  }

  @Test("listeners hear of every fault")
  func events() throws {
    var twins = try TwinMachines(seed: 41, ram: 16 << 20, swap: [2 << 20])
    twins.change { kernel in kernel.events.isOn = true }
    twins.run(steps: 80)
    #expect(twins.fast.events.count > 100)
    #expect(twins.fast.events.digest == twins.plain.events.digest)
  }
}

/// Two machines with one history; `plain` takes every page alone.
struct TwinMachines: ~Copyable {
  var fast: Kernel
  var plain: Kernel
  var random: SeededRandom
  var tasks: [TaskIndex] = []
  var failsAllocations = false
  private var action = ""

  /// Crosses tables, and is larger than the memory of the small machines.
  static let arena: VirtualAddress = 0x6000_0010_0000
  static let arenaPages: UInt64 = 4096

  init(seed: UInt64, ram: UInt64, swap: [UInt64]) throws {
    var machine = MachineConfiguration()
    machine.ram = ram
    machine.cpus = 1
    machine.swap = swap.map { SwapConfiguration(size: $0) }
    machine.tunables.overcommitMemory = 1
    self.init(try Kernel(machine), try Kernel(machine), SeededRandom(seed: seed))
    plain.handlesRuns = false
  }

  private init(_ fast: consuming Kernel, _ plain: consuming Kernel, _ random: SeededRandom) {
    self.fast = fast
    self.plain = plain
    self.random = random
  }

  mutating func run(steps: Int) {
    for step in 0..<steps {
      if tasks.isEmpty { spawn() }
      if failsAllocations {
        let count = 1 + random.below(2000)
        change { kernel in kernel.failAllocation(after: count) }
      }
      act()
      change { kernel in kernel.failAllocation(after: 0) }
      buryTheDead()
      if let difference = MachineState(fast).difference(from: MachineState(plain)) {
        Issue.record("step \(step), \(action): \(difference)")
        return
      }
      if step % 10 == 9 {
        let violations = fast.checkInvariants()
        #expect(violations.isEmpty, "step \(step), \(action): \(violations)")
      }
    }
  }

  // MARK: The same to both

  mutating func change(_ change: (inout Kernel) -> Void) {
    change(&fast)
    change(&plain)
  }

  /// Does the same on both machines, and compares what they say to it.
  @discardableResult
  mutating func both<Answer: Equatable>(_ call: (inout Kernel) -> Answer) -> Answer {
    let answer = call(&fast)
    let plainAnswer = call(&plain)
    #expect(answer == plainAnswer, "\(action)")
    return answer
  }

  private mutating func spawn() {
    action = "spawn"
    let task = both { kernel in try? kernel.spawn(named: "twin", by: kernel.initTask) }
    if let task { tasks.append(task) }
  }

  private mutating func buryTheDead() {
    for place in tasks.indices.reversed() where fast.tasks[tasks[place]].isDying {
      let task = tasks.remove(at: place)
      both { kernel in kernel.deliverSignals(to: task) == .died(.SIGKILL) }
    }
  }

  // MARK: Steps

  private mutating func act() {
    guard let task = tasks.randomElement(using: &random) else { return }
    let start = Self.arena + random.below(Self.arenaPages) << 12
    let length = (1 + random.below(random.below(3) == 0 ? 1500 : 60)) << 12 as UInt64
    switch random.below(20) {
    case 0..<4: map(start, length, task)
    case 4: call("munmap") { kernel in try kernel.munmap(start, length, by: task) }
    case 5: protect(start, length, task)
    case 6: fork(task)
    case 7: if tasks.count > 1 { exit(task) }
    case 8: advise(start, length, task)
    case 9: lock(start, length, task)
    default: walk(start, length, task)
    }
  }

  /// A call that succeeds or is refused.
  private mutating func call(_ name: String, _ body: (inout Kernel) throws -> Void) {
    action = name
    both { kernel in
      do {
        try body(&kernel)
        return Errno?.none
      } catch {
        return error as? Errno
      }
    }
  }

  private mutating func map(_ start: VirtualAddress, _ length: UInt64, _ task: TaskIndex) {
    let rights: [Protection] = [
      [.read, .write], [.read, .write], .read, .write, [.read, .execute],
    ]
    let kinds: [MapFlags] = [.private, .private, .private, .shared, [.private, .growsDown]]
    var flags: MapFlags = kinds[random.below(kinds.count)].union([.anonymous, .fixed])
    if random.below(8) == 0 { flags.insert(.locked) }
    if random.below(8) == 0 { flags.insert(.populate) }
    // Every other time a long one: runs need room.
    let size = random.below(2) == 0 ? length : Self.arenaPages << 11
    let request = MapRequest(at: start, length: size, rights[random.below(rights.count)], flags)
    call("mmap") { kernel in _ = try kernel.mmap(request, by: task) }
  }

  private mutating func protect(_ start: VirtualAddress, _ length: UInt64, _ task: TaskIndex) {
    let rights: [Protection] = [[.read, .write], .read, []]
    let protection = rights[random.below(rights.count)]
    call("mprotect") { kernel in try kernel.mprotect(start, length, protection, by: task) }
  }

  private mutating func advise(_ start: VirtualAddress, _ length: UInt64, _ task: TaskIndex) {
    let advice: [Advice] = [.dontNeed, .free, .cold, .pageOut]
    let number = advice[random.below(advice.count)].rawValue
    call("madvise \(number)") { kernel in try kernel.madvise(start, length, number, by: task) }
  }

  private mutating func lock(_ start: VirtualAddress, _ length: UInt64, _ task: TaskIndex) {
    if random.below(2) == 0 {
      call("mlock") { kernel in try kernel.mlock(start, length, by: task) }
    } else {
      call("munlock") { kernel in try kernel.munlock(start, length, by: task) }
    }
  }

  private mutating func fork(_ task: TaskIndex) {
    if tasks.count > 3 { return exit(task) }
    action = "fork"
    if let child = both({ kernel in try? kernel.fork(task) }) { tasks.append(child) }
  }

  private mutating func exit(_ task: TaskIndex) {
    action = "exit"
    tasks.removeAll { $0 == task }
    both { kernel in
      kernel.exit(task, .exited(0))
      return (try? kernel.wait(for: .any, options: .noHang, by: kernel.initTask)) != nil
    }
  }

  /// A walk in slices of any length, from anywhere in a page.
  private mutating func walk(_ start: VirtualAddress, _ length: UInt64, _ task: TaskIndex) {
    let actions: [RangeAccess.Action] = [
      .touch, .touch, .touch, .read, .execute, .write(7), .fill(0), .fill(9),
    ]
    let offset = random.below(3) == 0 ? random.below(4096 as UInt64) : 0
    let size = random.below(3) == 0 ? length - random.below(4096 as UInt64) : length
    let stride = random.below(8) == 0 ? 1 + random.below(9000 as UInt64) : Page.size
    let access = RangeAccess(
      actions[random.below(actions.count)], from: start + offset, to: start + offset + size,
      every: stride)
    let slice = random.below(4) == 0 ? 1 + random.below(100_000 as UInt64) : .max
    action = "walk \(access) in slices of \(slice)"
    both { kernel in Self.complete(access, slice: slice, task, &kernel) }
  }

  /// Where a walk ended, and why.
  private static func complete(
    _ begun: RangeAccess, slice: Nanoseconds, _ task: TaskIndex, _ kernel: inout Kernel
  ) -> [String] {
    var access = begun
    var stops: [String] = []
    // A walk that reclaim undoes as it goes may never end.
    while stops.count < 3000 {
      kernel.sliceEnd = slice == .max ? .max : kernel.now + slice
      let progress = kernel.perform(&access, by: task)
      stops.append("\(progress) at \(access.next), \(kernel.now)")
      switch progress {
      case .again where !kernel.tasks[task].isDying: continue
      case .blocked(let end): kernel.now = max(kernel.now, end)
      default:
        kernel.sliceEnd = .max
        return stops
      }
    }
    kernel.sliceEnd = .max
    return stops
  }
}
