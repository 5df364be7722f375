import SwarmSeeds
import Testing

@testable import QuireKernel

/// What processes wrote is what they read, whatever reclaim, fork and swapoff did in between.
struct SwapSurvivalTests {
  /// Every fourth seed is for x86_32, of two levels and of three in turn.
  private static func machine(_ seed: Int) -> MachineConfiguration {
    var machine = MachineConfiguration()
    machine.architecture = seed % 4 == 3 ? .x86_32 : .x86_64
    machine.pae = seed % 8 == 7
    return machine
  }

  @Test(
    "SWAP-9, FAULT-12, FORK-3, SWAP-14: data survives swap, fork, copies and swapoff",
    arguments: swarmSeeds(10))
  func swarm(seed: Int) throws {
    var machine = Self.machine(seed)
    machine.ram = 16 << 20
    // What CPUs remember changes nothing, and is audited with the rest.
    machine.tlb = seed % 2 == 0 ? 0 : 16
    machine.swap = [
      SwapConfiguration(size: 4 << 20), SwapConfiguration(size: 2 << 20, priority: 5),
      SwapConfiguration(size: 2 << 20, priority: 5),
    ]
    var swarm = try MemorySwarm(Kernel(machine), seed: UInt64(seed), pages: 200)
    swarm.run(400)
    #expect(swarm.kernel.counters.pswpout > 0)
    #expect(swarm.kernel.counters.pswpin > 0)
    #expect(swarm.kernel.counters.swpout_zero > 0)
    #expect(swarm.deaths == 0)
    swarm.kernel.expectProcFilesAgree()
  }

  @Test(
    "RMAP-3, FAULT-10, RMAP-4: and where families share a reverse map and owners are counted",
    arguments: swarmSeeds(6))
  func classic(seed: Int) throws {
    var machine = MachineConfiguration()
    machine.ram = 16 << 20
    machine.swap = [SwapConfiguration(size: 4 << 20), SwapConfiguration(size: 4 << 20)]
    var kernel = try Kernel(machine)
    kernel.architectureRules = .classic.subtracting(.faultWithoutMemoryKills)
    var swarm = try MemorySwarm(kernel, seed: UInt64(300 + seed), pages: 200)
    swarm.run(400)
    #expect(swarm.kernel.counters.pswpin > 0)
    #expect(swarm.deaths == 0)
    swarm.kernel.expectProcFilesAgree()
  }

  @Test(
    "ALLOC-5, DR-1, OOM-4: data survives real shortage, and the OOM killer leaves nothing broken",
    arguments: swarmSeeds(10))
  func shortage(seed: Int) throws {
    var machine = Self.machine(seed)
    machine.ram = 12 << 20
    machine.swap = [SwapConfiguration(size: 2 << 20), SwapConfiguration(size: 4 << 20)]
    machine.tunables.overcommitMemory = 1
    var swarm = try MemorySwarm(Kernel(machine), seed: UInt64(100 + seed), pages: 1500)
    swarm.storesPerStep = 300
    swarm.run(150)
    #expect(swarm.kernel.counters.pgsteal_direct > 0)
    #expect(swarm.kernel.counters.oom_kill == UInt64(swarm.deaths))
  }

  @Test(
    "FORK-4: allocations that fail one after another leave nothing behind", arguments: swarmSeeds(4)
  )
  func failures(seed: Int) throws {
    var machine = Self.machine(seed)
    machine.ram = 16 << 20
    machine.swap = [SwapConfiguration(size: 4 << 20)]
    var swarm = try MemorySwarm(Kernel(machine), seed: UInt64(200 + seed), pages: 100)
    swarm.failsAllocations = true
    swarm.run(300)
  }
}

/// A few processes over a few regions, private and shared, with a naive copy of what they hold.
struct MemorySwarm: ~Copyable {
  /// What one process should see.
  struct Process {
    var task: TaskIndex
    /// Word 5 of each page of the private region.
    var own: [UInt64]
    /// Which shared region, by its place in `shared`.
    var sharedRegion: Int
  }

  static let base: VirtualAddress = 0x1000_0000
  static let sharedBase: VirtualAddress = 0x2000_0000

  var kernel: Kernel
  var random: SeededRandom
  var processes: [Process] = []
  /// Contents of the shared regions: children see those of their parents.
  var shared: [[UInt64]] = []
  var lastAction = ""
  /// Pages of each region.
  let pages: Int
  var storesPerStep = 20
  /// Makes an allocation somewhere ahead fail before each step.
  var failsAllocations = false
  /// Processes that the OOM killer took.
  var deaths = 0

  init(_ kernel: consuming Kernel, seed: UInt64, pages: Int) throws {
    self.kernel = kernel
    self.pages = pages
    random = SeededRandom(seed: seed)
    try start()
  }

  mutating func run(_ steps: Int) {
    for number in 0..<steps {
      if failsAllocations { kernel.failAllocation(after: Int.random(in: 1..<30, using: &random)) }
      step()
      kernel.failAllocation(after: 0)
      buryTheDead()
      if let difference = difference() {
        Issue.record("step \(number), \(lastAction): \(difference)")
        return
      }
    }
  }

  /// Whoever is to die does so at the next return to user mode.
  mutating func buryTheDead() {
    for who in processes.indices.reversed() where kernel.tasks[processes[who].task].isDying {
      #expect(kernel.deliverSignals(to: processes[who].task) == .died(.SIGKILL))
      processes.remove(at: who)
      deaths += 1
    }
  }

  mutating func start() throws {
    let task = try kernel.spawn(named: "p", by: kernel.initTask)
    let length = UInt64(pages) * Page.size
    let flags: MapFlags = [.private, .anonymous, .fixed]
    _ = try kernel.mmap(
      MapRequest(at: Self.base, length: length, [.read, .write], flags), by: task)
    _ = try kernel.mmap(
      MapRequest(
        at: Self.sharedBase, length: length, [.read, .write], [.shared, .anonymous, .fixed]),
      by: task)
    let zeros = [UInt64](repeating: 0, count: pages)
    shared.append(zeros)
    processes.append(Process(task: task, own: zeros, sharedRegion: shared.count - 1))
  }

  mutating func step() {
    if processes.isEmpty { return restart() }
    let who = Int.random(in: 0..<processes.count, using: &random)
    switch Int.random(in: 0..<16, using: &random) {
    case 0..<5: store(who)
    case 5..<9: load(who)
    case 9: fork(who)
    case 10: exit(who)
    case 11..<13: reclaim()
    case 13: pageOut(who)
    case 14: swapOff(who)
    default: kernel.now += UInt64.random(in: 0..<1_000_000, using: &random)
    }
  }

  mutating func restart() {
    lastAction = "start"
    do { try start() } catch {
      if !failsAllocations { Issue.record("start: \(error)") }
    }
  }

  mutating func store(_ who: Int) {
    lastAction = "store"
    for _ in 0..<storesPerStep {
      if kernel.tasks[processes[who].task].isDying { return }
      let page = Int.random(in: 0..<pages, using: &random)
      // Now and then zeros, so that a page may be all zeros again.
      let value = Bool.random(using: &random) ? 0 : random.next()
      if Bool.random(using: &random) {
        if put(Self.base, page, value, who) { processes[who].own[page] = value }
      } else if put(Self.sharedBase, page, value, who) {
        shared[processes[who].sharedRegion][page] = value
      }
    }
  }

  mutating func put(
    _ base: VirtualAddress, _ page: Int, _ value: UInt64, _ who: Int
  ) -> Bool {
    let address = base + UInt64(page) * Page.size + 40
    let task = processes[who].task
    return finish { kernel in kernel.storeWord(address, value, by: task) }
  }

  mutating func load(_ who: Int) {
    lastAction = "load"
    for _ in 0..<20 {
      if kernel.tasks[processes[who].task].isDying { return }
      let page = Int.random(in: 0..<pages, using: &random)
      expect(Self.base, page, processes[who].own[page], who)
      expect(Self.sharedBase, page, shared[processes[who].sharedRegion][page], who)
    }
  }

  mutating func expect(_ base: VirtualAddress, _ page: Int, _ value: UInt64, _ who: Int) {
    let address = base + UInt64(page) * Page.size + 40
    let task = processes[who].task
    var word: UInt64 = .max
    let isDone = finish { kernel in kernel.loadWord(address, into: &word, by: task) }
    if isDone, word != value {
      Issue.record("page \(page) of \(who) at \(base) holds \(word), not \(value)")
    }
  }

  /// Repeats a call until it is done, letting time pass while a disk works.
  mutating func finish(_ call: (inout Kernel) -> Progress) -> Bool {
    while true {
      switch call(&kernel) {
      case .done: return true
      case .again: continue
      case .blocked(let end): kernel.now = max(kernel.now, end)
      case .failed, .killed: return false
      case .signal(let signal):
        Issue.record("\(lastAction): \(signal)")
        return false
      }
    }
  }

  mutating func fork(_ who: Int) {
    lastAction = "fork"
    if processes.count > 5 { return exit(who) }
    guard let child = try? kernel.fork(processes[who].task) else { return }
    processes.append(
      Process(task: child, own: processes[who].own, sharedRegion: processes[who].sharedRegion))
  }

  mutating func exit(_ who: Int) {
    lastAction = "exit"
    let gone = processes.remove(at: who)
    kernel.exit(gone.task, .exited(0))
    // Nobody waits for a child here: its zombie is reaped when its parent goes, by init.
  }

  mutating func reclaim() {
    lastAction = "reclaim"
    _ = kernel.directReclaim(gfp: .highUserMovable, order: 0, for: .none)
  }

  mutating func pageOut(_ who: Int) {
    lastAction = "page out"
    let root = kernel.spaces[kernel.tasks[processes[who].task].space].root
    for page in 0..<pages {
      let address = Self.base + UInt64(page) * Page.size
      let entry = kernel.memory.pageEntry(below: root, of: address)
      if entry.isPresent, !entry.isSpecial { kernel.pageOut(entry.frame) }
    }
  }

  mutating func swapOff(_ who: Int) {
    lastAction = "swapoff"
    guard let area = kernel.swapAreas.randomElement(using: &random) else { return }
    let task = processes[who].task
    guard var operation = try? kernel.beginSwapOff(of: area.number, by: task) else { return }
    if finish({ kernel in kernel.perform(&operation, by: task) }) {
      let priority = area.priority < 0 ? nil : Int16(area.priority)
      _ = try? kernel.swapOn(size: area.size + Page.size, priority: priority, by: task)
    }
  }

  func difference() -> String? {
    if let panic = kernel.panic { return "\(panic)" }
    return kernel.checkInvariants().first?.description
  }
}
