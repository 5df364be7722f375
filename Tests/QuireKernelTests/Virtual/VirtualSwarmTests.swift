// Random calls against the plain model: after every call, answers, regions, sizes, faults and tables
// are the same.

import KernelStorage
import SwarmSeeds
import Testing

@testable import QuireKernel

@Suite("Virtual memory under random calls")
struct VirtualSwarmTests {
  /// The seeds, a few to a test case: 500, and 10,000 in `make soak`.
  static let shards = swarmSeeds(500 as UInt64, from: 1).shards(of: 25)

  @Test("every call agrees with the plain model", arguments: shards)
  func swarm(seeds: Range<UInt64>) throws {
    for seed in seeds {
      var swarm = try VirtualSwarm.make(seed: seed)
      for step in 0..<70 where swarm.agrees { try swarm.step(step) }
      swarm.finish()
      if !swarm.agrees { return }
    }
  }

  @Test(
    "REMAP-1, RMAP-3, FORK-2, STACK-1, MMAP-9 …: and by the rules of x86_32",
    arguments: swarmSeeds(200 as UInt64, from: 20_001).shards(of: 25))
  func classic(seeds: Range<UInt64>) throws {
    for seed in seeds {
      var swarm = try VirtualSwarm.make(seed: seed, rules: .classic.subtracting(.wordsOf32Bits))
      for step in 0..<70 where swarm.agrees { try swarm.step(step) }
      swarm.finish()
      if !swarm.agrees { return }
    }
  }

  @Test("PT-9: with buffers, and on two CPUs in turn, it is the same", arguments: UInt64(1)...20)
  func buffered(seed: UInt64) throws {
    var swarm = try VirtualSwarm.make(seed: seed, tlb: 32)
    for step in 0..<70 where swarm.agrees { try swarm.step(step) }
    swarm.finish()
  }

  @Test(
    "PT-1, LAYOUT-1 … LAYOUT-5: on x86_32 it is the same, with two levels and with PAE",
    arguments: swarmSeeds(100 as UInt64, from: 1).shards(of: 25))
  func narrow(seeds: Range<UInt64>) throws {
    for seed in seeds {
      var machine = MachineConfiguration()
      machine.architecture = .x86_32
      machine.pae = seed % 2 == 0
      // Every fourth has high memory, and little else.
      machine.ram = seed % 4 < 2 ? 256 << 20 : 1 << 30
      machine.tlb = seed % 3 == 0 ? 32 : 0
      var swarm = try VirtualSwarm.make(seed: seed, machine)
      for step in 0..<70 where swarm.agrees { try swarm.step(step) }
      swarm.finish()
      if !swarm.agrees { return }
    }
  }
}

/// A kernel and its model, driven by one seed.
struct VirtualSwarm: ~Copyable {
  private var kernel: Kernel
  private var model: NaiveMemory
  private var calls: RandomCalls
  private var tasks: [TaskIndex] = []
  private let seed: UInt64
  private let availableAtStart: Int
  /// What was asked for so far, to be shown with the first difference.
  private var log: [String] = []
  private(set) var agrees = true

  /// A machine with one process; every other seed has the other kernel.
  ///
  /// - Parameter tlb: with buffers, two CPUs take the steps in turn, audited after each.
  static func make(
    seed: UInt64, tlb: Int = 0, rules: ArchitectureRules? = nil
  ) throws -> VirtualSwarm {
    var machine = MachineConfiguration()
    machine.ram = 256 << 20
    machine.tlb = tlb
    machine.kernel = seed % 2 == 0 || rules != nil ? .linux6_12 : .linux6_18
    return try make(seed: seed, machine, rules: rules)
  }

  /// What the plain model does not know: how much memory is free.
  static let unknownRules: ArchitectureRules = [.guessCountsWhatIsFree, .promiseKeepsShares]

  /// A machine with one process, by the rules of its architecture or by others.
  static func make(
    seed: UInt64, _ machine: MachineConfiguration, rules: ArchitectureRules? = nil
  ) throws -> VirtualSwarm {
    var machine = machine
    machine.cpus = machine.tlb == 0 ? 1 : 2
    var kernel = try Kernel(machine)
    if let rules { kernel.architectureRules = rules }
    kernel.architectureRules.subtract(Self.unknownRules)
    let available = available(kernel)
    let task = try kernel.spawn(named: "swarm", by: kernel.initTask)
    return VirtualSwarm(kernel, task, availableAtStart: available, seed: seed)
  }

  /// Free frames, and those in slabs: caches keep some of theirs.
  private static func available(_ kernel: borrowing Kernel) -> Int {
    kernel.memory.freeFrames + kernel.slab.reclaimableFrames + kernel.slab.unreclaimableFrames
  }

  private init(_ kernel: consuming Kernel, _ task: TaskIndex, availableAtStart: Int, seed: UInt64) {
    model = NaiveMemory(
      kernel.machine, rules: kernel.architectureRules,
      managedPages: UInt64(kernel.memory.managedFrames))
    model.adopt(task, of: kernel)
    calls = RandomCalls(random: SeededRandom(seed: seed), layout: kernel.layout)
    self.kernel = kernel
    self.availableAtStart = availableAtStart
    self.seed = seed
    tasks = [task]
  }

  mutating func step(_ step: Int) throws {
    let task = tasks[calls.random.below(tasks.count)]
    if kernel.machine.tlb > 0 { kernel.cpu = step % 2 }
    switch calls.random.below(30) {
    case 0 where tasks.count < 4: try fork(task)
    case 1 where tasks.count > 1: exit(task)
    default: make(calls.next(model[task]), task)
    }
    for task in tasks { compare(task) }
    if kernel.committedPages != model.committedPages {
      report("committed pages: \(kernel.committedPages), not \(model.committedPages)")
    }
    if step % 10 == 9 || kernel.machine.tlb > 0 { audit() }
    if step % 35 == 34 { kernel.expectProcFilesAgree() }
  }

  private mutating func make(_ call: MemoryCall, _ task: TaskIndex) {
    log.append("\(task.rawValue): \(call)")
    let expected = call.made(on: &model, by: task)
    let answer = call.made(on: &kernel, by: task)
    if answer != expected { report("answers \(answer), not \(expected)") }
  }

  private mutating func fork(_ task: TaskIndex) throws {
    log.append("\(task.rawValue): fork")
    let child = try kernel.fork(task)
    model.fork(task, to: child)
    tasks.append(child)
  }

  private mutating func exit(_ task: TaskIndex) {
    log.append("\(task.rawValue): exit")
    kernel.exit(task, .exited(0))
    _ = try? kernel.wait(for: .any, options: .noHang, by: kernel.initTask)
    tasks.removeAll { $0 == task }
    model.exit(task)
  }

  /// Ends all processes: nothing is left of any.
  mutating func finish() {
    while let task = tasks.last { exit(task) }
    audit()
    if Self.available(kernel) != availableAtStart {
      report("\(availableAtStart) frames at the start, \(Self.available(kernel)) at the end")
    }
  }

  // MARK: Comparison

  private mutating func compare(_ task: TaskIndex) {
    let shown = kernel.naiveRegions(of: task)
    let expected = model[task].regions.map(\.shown)
    if shown != expected { report("has \(shown)\nnot \(expected)") }
    let (space, process) = (kernel.spaces[kernel.tasks[task].space], model[task])
    let pairs: [(String, UInt64, UInt64)] = [
      ("total", space.totalPages, process.totalPages),
      ("data", space.dataPages, process.dataPages),
      ("locked", space.lockedPages, process.lockedPages),
      ("anonymous", space.anonPages, UInt64(process.anonPages)),
      ("shared", space.sharedPages, UInt64(process.sharedPages)),
      ("tables", space.tableBytes >> 12, UInt64(process.tables.count)),
      ("faults", kernel.tasks[task].minorFaults, process.faults),
      ("major faults", kernel.tasks[task].majorFaults, process.majorFaults),
    ]
    for (name, found, wanted) in pairs where found != wanted {
      report("\(name): \(found), not \(wanted)")
    }
  }

  private mutating func audit() {
    let violations = kernel.checkInvariants()
    if !violations.isEmpty { report("\(violations.prefix(4))") }
  }

  private mutating func report(_ what: String) {
    if !agrees { return }
    agrees = false
    Issue.record("seed \(seed), after\n\(log.suffix(40).joined(separator: "\n"))\n\(what)")
  }
}

extension NaiveRegion {
  var shown: String {
    "\(String(start, radix: 16))-\(String(end, radix: 16)) \(String(flags.rawValue, radix: 16))"
      + " @\(offset)\(object == nil ? "" : " object")\(anon == nil ? "" : " anon")"
      + " \(chain.count)"
  }
}

extension Kernel {
  fileprivate borrowing func naiveRegions(of task: TaskIndex) -> [String] {
    var shown: [String] = []
    var region = spaces[tasks[task].space].regions.first
    while !region.isNone {
      let area = virtual.regions[region]
      let links = virtual.regions.links[region.index]
      var naive = NaiveRegion(
        start: area.start, end: area.end, flags: area.flags, offset: links.pageOffset,
        object: area.object.isNone ? nil : 0, anon: area.anonVMA.isNone ? nil : 0)
      naive.chain = Array(repeating: 0, count: virtual.reverseMap.chainCount(of: links))
      shown.append(naive.shown)
      region = virtual.regions.next(region)
    }
    return shown
  }
}

extension NaiveMemory {
  /// Takes over a fresh process as the kernel has made it.
  fileprivate mutating func adopt(_ task: TaskIndex, of kernel: borrowing Kernel) {
    let space = kernel.spaces[kernel.tasks[task].space]
    var process = NaiveProcess()
    process.breakStart = space.startBreak
    process.breakEnd = space.currentBreak
    process.stackPointer = kernel.stackPointer(of: task)
    process.faults = kernel.tasks[task].minorFaults
    process.limits = kernel.tasks[task].limits
    processes[task] = process
    for area in kernel.regions(of: kernel.tasks[task].space) {
      var region = NaiveRegion(
        start: area.start, end: area.end, flags: area.flags, offset: area.start >> 12)
      if !area.anonVMA.isNone {
        let anon = number()
        anons[anon] = NaiveAnon(parent: anon, children: 1, active: 1)
        region.anon = anon
        join(&region, anon)
      }
      self[task].regions.append(region)
      for page in area.start >> 12..<area.end >> 12 {
        let entry = kernel.memory.pageEntry(below: space.root, of: page << 12)
        if !entry.isPresent { continue }
        let name = number()
        pages[name] = NaivePage(value: kernel.memory.byte(entry.frame, 0))
        makeTables(task, page << 12)
        set(page, .page(name, isWritable: entry.isWritable), of: task)
      }
    }
  }
}

extension Range<UInt64> {
  fileprivate func shards(of size: UInt64) -> [Range<UInt64>] {
    stride(from: lowerBound, to: upperBound, by: Int(size)).map {
      $0..<Swift.min($0 + size, upperBound)
    }
  }
}
