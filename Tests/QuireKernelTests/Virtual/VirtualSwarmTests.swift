// Random calls against the plain model: rights, contents and errors agree page by page, the
// invariants hold, and data of one process is never seen by another.

import Testing

@testable import QuireKernel

@Suite("Virtual memory under random calls")
struct VirtualSwarmTests {
  @Test("every page agrees with the plain model", arguments: UInt64(1)...8)
  func swarm(seed: UInt64) throws {
    var swarm = try VirtualSwarm.make(seed: seed)
    for step in 0..<500 {
      try swarm.step()
      swarm.compareSome()
      if step % 10 == 9 { swarm.audit(step) }
    }
    swarm.compareAll()
    swarm.exitAll()
    swarm.audit(-1)
    #expect(VirtualSwarm.available(swarm.kernel) == swarm.availableAtStart)
    #expect(swarm.kernel.committedPages == 0)
  }
}

/// A kernel and its model, driven by one seed.
struct VirtualSwarm: ~Copyable {
  var kernel: Kernel
  var model = NaiveMemory()
  var random: SeededRandom
  var tasks: [TaskIndex] = []
  let availableAtStart: Int

  /// Two ranges of pages that cross table borders; the second begins a gigabyte.
  static let arenas: [UInt64] = [0x6000_001f_0000 >> 12, (0x6000_4000_0000 >> 12) - 24]
  static let arenaPages = 64

  /// A machine with one process.
  static func make(seed: UInt64) throws -> VirtualSwarm {
    var machine = MachineConfiguration()
    machine.ram = 32 << 20
    machine.cpus = 1
    var kernel = try Kernel(machine)
    let available = available(kernel)
    let task = try kernel.spawn(named: "swarm", by: kernel.initTask)
    return VirtualSwarm(kernel, task, availableAtStart: available, seed: seed)
  }

  /// Free frames, and those in slabs: caches keep some of theirs.
  static func available(_ kernel: borrowing Kernel) -> Int {
    kernel.memory.freeFrames + kernel.slab.reclaimableFrames + kernel.slab.unreclaimableFrames
  }

  private init(_ kernel: consuming Kernel, _ task: TaskIndex, availableAtStart: Int, seed: UInt64) {
    self.kernel = kernel
    self.availableAtStart = availableAtStart
    random = SeededRandom(seed: seed)
    tasks = [task]
    model.processes[task] = NaiveMemory.Process()
  }

  // MARK: Steps

  mutating func step() throws {
    let task = tasks[random.below(tasks.count)]
    switch random.below(130) {
    case 100..<107: try remap(task)
    case 107..<111: lock(task)
    case 111..<114: unlock(task)
    case 114..<120: discard(task)
    case 120..<124: advise(task)
    case 124..<128: populate(task)
    case 128..<130: checkResidency(task)
    case 0..<18: try map(task)
    case 18..<28: try unmap(task)
    case 28..<40: try protect(task)
    case 40..<46: moveBreak(task)
    case 46..<72: store(task)
    case 72..<84: load(task)
    case 84..<90: fill(task)
    case 90..<94: if tasks.count < 5 { try fork(task) }
    default: if tasks.count > 1 { exit(task) }
    }
  }

  mutating func place() -> UInt64 {
    Self.arenas[random.below(2)] + random.below(UInt64(Self.arenaPages))
  }

  private mutating func rights() -> Protection {
    let all: [Protection] = [
      [.read, .write], [.read, .write], .read, [], [.read, .execute], .write, .execute,
    ]
    return all[random.below(all.count)]
  }

  private mutating func map(_ task: TaskIndex) throws {
    let first = place()
    let count = 1 + random.below(20)
    let protection = rights()
    let isShared = random.below(4) == 0
    var flags: MapFlags = isShared ? [.shared, .anonymous] : [.private, .anonymous]
    let isFixed = random.below(3) > 0
    let mustBeFree = random.below(3) == 0
    if isFixed { flags.insert(mustBeFree ? .fixedNoReplace : .fixed) }
    if random.below(6) == 0 { flags.insert(.populate) }
    let isTaken = (first..<(first + UInt64(count))).contains {
      model.processes[task]?.pages[$0] != nil
    }
    do {
      let request = MapRequest(
        at: first << 12, length: UInt64(count) << 12, protection, flags)
      let start = try kernel.mmap(request, by: task)
      #expect(!(isFixed && mustBeFree && isTaken))
      if isFixed || !isTaken { #expect(start == first << 12) }
      model.map(start >> 12, count, protection, shared: isShared, in: task)
    } catch {
      #expect(error == .EEXIST && isFixed && mustBeFree && isTaken)
    }
  }

  private mutating func unmap(_ task: TaskIndex) throws {
    let first = place()
    let count = 1 + random.below(24)
    try kernel.munmap(first << 12, UInt64(count) << 12, by: task)
    model.unmap(first, count, in: task)
  }

  private mutating func protect(_ task: TaskIndex) throws {
    let first = place()
    let count = 1 + random.below(24)
    let protection = rights()
    let isWhole = model.protect(first, count, protection, in: task)
    do {
      try kernel.mprotect(first << 12, UInt64(count) << 12, protection, by: task)
      #expect(isWhole)
    } catch {
      #expect(error == .ENOMEM && !isWhole)
    }
  }

  private mutating func moveBreak(_ task: TaskIndex) {
    let old = model.processes[task]?.breakEnd ?? 0
    let new = Layout.defaultBreak + random.below(12 << 12 as UInt64)
    #expect(kernel.brk(new, by: task) == new)
    let (from, to) = (Page.alignUp(old) >> 12, Page.alignUp(new) >> 12)
    if to > from {
      model.map(from, Int(to - from), [.read, .write], shared: false, in: task)
    } else {
      model.unmap(to, Int(from - to), in: task)
    }
    model.processes[task]?.breakEnd = new
  }

  private mutating func store(_ task: TaskIndex) {
    let page = place()
    let value = UInt8(1 + random.below(250))
    let expected = model.store(page, value, in: task)
    let progress = kernel.storeByte(page << 12 + UInt64(value), value, by: task)
    #expect(outcome(of: progress, value) == expected)
    // The byte at the start stands for the page; the model knows only that one.
    if progress == .done { _ = kernel.storeByte(page << 12, value, by: task) }
  }

  private mutating func load(_ task: TaskIndex) { compare(place(), task) }

  /// A walk that is cut into slices and ends where the model says that access ends.
  private mutating func fill(_ task: TaskIndex) {
    let first = place()
    let count = 1 + random.below(12)
    let value = UInt8(1 + random.below(250))
    var access = RangeAccess(.fill(value), from: first << 12, to: (first + UInt64(count)) << 12)
    var progress = Progress.again
    while progress == .again {
      kernel.sliceEnd = kernel.now + 1500
      progress = kernel.perform(&access, by: task)
    }
    kernel.sliceEnd = .max
    for page in first..<(first + UInt64(count)) {
      let expected = model.store(page, value, in: task)
      if expected == .value(value) { continue }
      #expect(access.next >> 12 == page)
      #expect(outcome(of: progress, value) == expected)
      return
    }
    #expect(progress == .done)
  }

  private mutating func fork(_ task: TaskIndex) throws {
    let child = try kernel.fork(task)
    model.fork(task, to: child)
    tasks.append(child)
  }

  private mutating func exit(_ task: TaskIndex) {
    kernel.exit(task, .exited(0))
    _ = try? kernel.wait(for: .any, options: .noHang, by: kernel.initTask)
    tasks.removeAll { $0 == task }
    model.processes[task] = nil
  }

  mutating func exitAll() {
    while let task = tasks.last {
      if kernel.tasks.isLive(task) && !kernel.tasks[task].isDead {
        kernel.exit(task, .exited(0))
      }
      tasks.removeLast()
    }
  }

  // MARK: Comparison

  private func outcome(of progress: Progress, _ value: UInt8) -> NaiveMemory.Outcome? {
    switch progress {
    case .done: .value(value)
    case .signal(let info) where info.signal == .SIGBUS: .busError
    case .signal(let info) where info.code == .mapError: .mapError
    case .signal(let info) where info.code == .accessError: .accessError
    default: nil
    }
  }

  private mutating func compare(_ page: UInt64, _ task: TaskIndex) {
    var value: UInt8 = 0
    let progress = kernel.loadByte(page << 12, into: &value, by: task)
    #expect(outcome(of: progress, value) == model.load(page, in: task))
  }

  /// A few pages, so that most stay untouched; and the regions of one process, page by page.
  mutating func compareSome() {
    let task = tasks[random.below(tasks.count)]
    compare(place(), task)
    var mapped = 0
    for area in kernel.regions(of: kernel.tasks[task].space)
    where area.start < Layout.stackTop >> 1
      || !area.flags.contains(.growsDown)
    {
      for page in (area.start >> 12)..<(area.end >> 12) {
        mapped += 1
        let expected = model.processes[task]?.pages[page]
        #expect(expected.map { VMAFlags($0.protection) } == area.flags.intersection(.access))
        #expect(expected.map { isShared($0) } == area.flags.contains(.mayShare))
        #expect(expected?.isLocked == area.flags.contains(.locked))
      }
    }
    #expect(mapped == model.processes[task]?.pages.count)
  }

  private func isShared(_ page: NaivePage) -> Bool {
    if case .shared = page.contents { return true }
    return false
  }

  mutating func compareAll() {
    for task in tasks {
      for page in (model.processes[task]?.pages ?? [:]).keys.sorted() { compare(page, task) }
    }
  }

  func audit(_ step: Int) {
    let violations = kernel.checkInvariants()
    #expect(violations.isEmpty, "step \(step): \(violations.prefix(4))")
    if step % 50 == 49 { kernel.expectProcFilesAgree() }
  }
}
