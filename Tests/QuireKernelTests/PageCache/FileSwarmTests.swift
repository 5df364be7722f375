// Random calls on mapped files against a plain model: what a process reads is what was written last
// through whatever way, the invariants hold, and nothing is left when all is over.

import Testing

@testable import QuireKernel

@Suite("Files under random calls")
struct FileSwarmTests {
  @Test("every page agrees with the plain model", arguments: FileKind.allCases, UInt64(1)...6)
  func swarm(kind: FileKind, seed: UInt64) throws {
    try run(try FileSwarm.make(kind, seed: seed))
  }

  @Test(
    "REMAP-1, RMAP-1: with nonlinear mappings too", arguments: FileKind.allCases,
    UInt64(101)...106)
  func nonlinear(kind: FileKind, seed: UInt64) throws {
    try run(try FileSwarm.make(kind, seed: seed, rules: .classic))
  }

  private func run(_ swarm: consuming FileSwarm) throws {
    for step in 0..<600 {
      try swarm.step()
      if step % 10 == 9 { swarm.audit(step) }
    }
    for task in swarm.tasks { for page in 0..<FileSwarm.pages { swarm.load(task, page) } }
    try swarm.end()
    swarm.audit(-1)
    #expect(FileSwarm.available(swarm.kernel) == swarm.availableAtStart)
    #expect(swarm.kernel.committedPages == 0)
  }
}

/// Two bytes of a page, one in each half: the whole of what the model knows of it.
private struct Halves: Equatable {
  var low: UInt8 = 0
  var high: UInt8 = 0

  subscript(half: Int) -> UInt8 {
    get { half == 0 ? low : high }
    set { if half == 0 { low = newValue } else { high = newValue } }
  }
}

/// A machine with little memory, a file, and processes that map it twice: shared and private.
private struct FileSwarm: ~Copyable {
  var kernel: Kernel
  var random: SeededRandom
  var tasks: [TaskIndex] = []
  let file: OpenFile
  let availableAtStart: Int
  /// What the file holds; pages beyond its size are zeros.
  var contents = [Halves](repeating: Halves(), count: pages)
  var size: UInt64 = 0
  /// The copies that each process has made, by page.
  var copies: [TaskIndex: [Int: Halves]] = [:]
  /// Which page each place of a process's shared map shows.
  var orders: [TaskIndex: [Int]] = [:]

  static let pages = 48
  static let shared: UInt64 = 0x6000_0000_0000
  static let own: UInt64 = 0x6000_4000_0000 - 8 * Page.size
  static let buffer: UInt64 = 0x6000_8000_0000
  /// More than the machine has room for, so that reclaim must run.
  static let hog: UInt64 = 0x6001_0000_0000
  static let hogPages: UInt64 = 6000

  /// Free frames, and those in slabs: caches keep some of theirs.
  static func available(_ kernel: borrowing Kernel) -> Int {
    kernel.memory.freeFrames + kernel.slab.reclaimableFrames + kernel.slab.unreclaimableFrames
  }

  static func make(
    _ kind: FileKind, seed: UInt64, rules: ArchitectureRules = []
  ) throws -> FileSwarm {
    var machine = MachineConfiguration()
    machine.ram = 32 << 20
    machine.cpus = 1
    machine.swap = [SwapConfiguration(size: 64 << 20)]
    var kernel = try Kernel(machine)
    // Nobody is to die here.
    kernel.architectureRules = rules.subtracting(.faultWithoutMemoryKills)
    let available = FileSwarm.available(kernel)
    let first = try kernel.spawn(named: "files", by: kernel.initTask)
    let file = try kernel.makeFile(kind, by: first)
    var swarm = FileSwarm(
      kernel: kernel, random: SeededRandom(seed: seed), file: file, availableAtStart: available)
    try swarm.adopt(first)
    let hog = MapRequest(
      at: hog, length: hogPages << 12, [.read, .write], [.private, .anonymous, .fixed])
    _ = try swarm.kernel.mmap(hog, by: first)
    try swarm.truncate(to: 20 * Page.size)
    return swarm
  }

  private init(
    kernel: consuming Kernel, random: SeededRandom, file: OpenFile, availableAtStart: Int
  ) {
    self.kernel = kernel
    self.random = random
    self.file = file
    self.availableAtStart = availableAtStart
  }

  /// Gives a process its two maps and a page to write from.
  private mutating func adopt(_ task: TaskIndex) throws {
    let length = UInt64(Self.pages) << 12
    let rights: Protection = [.read, .write]
    for (start, flags) in [(Self.shared, MapFlags.shared), (Self.own, MapFlags.private)] {
      _ = try kernel.mmap(
        MapRequest(at: start, length: length, rights, [flags, .fixed], file: file), by: task)
    }
    _ = try kernel.mmap(
      MapRequest(at: Self.buffer, length: 4096, rights, [.private, .anonymous, .fixed]), by: task)
    tasks.append(task)
    copies[task] = [:]
    orders[task] = Array(0..<Self.pages)
  }

  // MARK: Steps

  mutating func step() throws {
    let task = tasks[random.below(tasks.count)]
    let page = random.below(Self.pages)
    switch random.below(100) {
    case 0..<25: store(task, page)
    case 25..<50: load(task, page)
    case 50..<58: try write(task, page)
    case 58..<64: try truncate(to: random.below(UInt64(Self.pages) << 12))
    case 64..<70: try punch(page)
    case 70..<74: _ = try kernel.fsync(file, by: task)
    case 74..<77: kernel.dropCaches()
    case 77: try reorder(task, page)
    case 78..<80: try kernel.fadvise(file, at: 0, length: 0, .dontNeed, by: task)
    case 80..<82: try kernel.fadvise(file, at: 0, length: 0, .willNeed, by: task)
    case 82..<86: try forget(task, page)
    case 86..<90: try advise(task, page)
    case 90..<93: pressTask()
    case 93..<96: if tasks.count < 4 { try fork(task) }
    default: if tasks.count > 1 && task != tasks[0] { exit(task) }
    }
  }

  private var pagesInside: Int { Int((size + 4095) >> 12) }

  /// Runs until it is done, whatever it waits for.
  private mutating func finish(_ body: (inout Kernel) -> Progress) -> Progress {
    while true {
      switch body(&kernel) {
      case .again: continue
      case .blocked(let until): kernel.now = max(kernel.now, until)
      case let progress: return progress
      }
    }
  }

  private func isBusError(_ progress: Progress) -> Bool {
    if case .signal(let signal) = progress { return signal.signal == .SIGBUS }
    return false
  }

  mutating func load(_ task: TaskIndex, _ page: Int) {
    let half = random.below(2)
    let offset = UInt64(page) << 12 + UInt64(half) * 2048
    for start in [Self.shared, Self.own] {
      var byte: UInt8 = 0
      let progress = finish { $0.loadByte(start + offset, into: &byte, by: task) }
      let copy = start == Self.own ? copies[task]?[page] : nil
      let shown = start == Self.own ? page : orders[task]?[page] ?? page
      if copy == nil && shown >= pagesInside {
        #expect(isBusError(progress))
      } else {
        #expect(progress == .done)
        #expect(byte == (copy ?? contents[shown])[half], "page \(page) shows \(shown)")
      }
    }
  }

  /// Shows pages of the file elsewhere in the shared map.
  private mutating func reorder(_ task: TaskIndex, _ page: Int) throws {
    let count = min(1 + random.below(4), Self.pages - page)
    if pagesInside < count { return }
    let first = random.below(pagesInside - count + 1)
    let request = PageRemapRequest(
      Self.shared + UInt64(page) << 12, UInt64(count) << 12, page: UInt64(first), [],
      random.below(2) == 0 ? .nonBlock : [])
    do throws(Errno) {
      try kernel.remapFilePages(request, by: task)
    } catch {
      // Advice has cut the map in pieces that differ, and the range is in several.
      #expect(error == .EINVAL)
      return
    }
    for place in 0..<count { orders[task]?[page + place] = first + place }
  }

  private mutating func store(_ task: TaskIndex, _ page: Int) {
    let half = random.below(2)
    let offset = UInt64(page) << 12 + UInt64(half) * 2048
    let byte = UInt8(truncatingIfNeeded: random.next())
    let shown = orders[task]?[page] ?? page
    let place = UInt64(shown) << 12 + UInt64(half) * 2048
    // What lies behind the end in the last page is zeroed whenever the page is written.
    let isOwn = random.below(2) == 0 || place >= size && shown < pagesInside
    let progress = finish {
      $0.storeByte((isOwn ? Self.own : Self.shared) + offset, byte, by: task)
    }
    let copy = isOwn ? copies[task]?[page] : nil
    if copy == nil && (isOwn ? page : shown) >= pagesInside {
      #expect(isBusError(progress))
      return
    }
    #expect(progress == .done)
    if isOwn {
      var changed = copy ?? contents[page]
      changed[half] = byte
      copies[task]?[page] = changed
    } else {
      contents[shown][half] = byte
    }
  }

  /// A page of one byte, written by the call and read back by it.
  private mutating func write(_ task: TaskIndex, _ page: Int) throws {
    let byte = UInt8(truncatingIfNeeded: random.next())
    var access = RangeAccess(.fill(byte), from: Self.buffer, to: Self.buffer + 4096)
    #expect(finish { $0.perform(&access, by: task) } == .done)
    let half = UInt64(random.below(2)) * 2048
    let offset = UInt64(page) << 12 + half
    var out = FileTransfer(file, at: offset, Self.buffer, 2048, isWrite: true)
    #expect(finish { $0.perform(&out, by: task) } == .done)
    #expect(out.moved == 2048)
    contents[page][half == 0 ? 0 : 1] = byte
    size = max(size, offset + 2048)
    var back = FileTransfer(file, at: offset, Self.buffer + 2048, 4096, isWrite: false)
    #expect(finish { $0.perform(&back, by: task) } == .done)
    #expect(back.moved == 2048)
    var read: UInt8 = 0
    #expect(kernel.loadByte(Self.buffer + 2048, into: &read, by: task) == .done)
    #expect(read == byte)
  }

  private mutating func truncate(to size: UInt64) throws {
    try kernel.truncate(file, to: size, by: tasks[0])
    if size < self.size {
      for page in 0..<Self.pages {
        for half in 0..<2 where UInt64(page) << 12 + UInt64(half) * 2048 >= size {
          contents[page][half] = 0
        }
      }
      let kept = Int((size + 4095) >> 12)
      for task in tasks { copies[task] = copies[task]?.filter { $0.key < kept } }
    }
    self.size = size
  }

  private mutating func punch(_ page: Int) throws {
    let count = 1 + random.below(6)
    let offset = UInt64(page) << 12 + UInt64(random.below(2)) * 2048
    try kernel.punchHole(file, at: offset, length: UInt64(count) * 2048, by: tasks[0])
    for page in 0..<Self.pages {
      for half in 0..<2 {
        let place = UInt64(page) << 12 + UInt64(half) * 2048
        if place >= offset && place < offset + UInt64(count) * 2048 { contents[page][half] = 0 }
      }
    }
  }

  private mutating func forget(_ task: TaskIndex, _ page: Int) throws {
    let count = min(4, Self.pages - page)
    try kernel.madvise(
      Self.own + UInt64(page) << 12, UInt64(count) << 12, Advice.dontNeed.rawValue, by: task)
    for gone in page..<(page + count) { copies[task]?[gone] = nil }
  }

  private mutating func advise(_ task: TaskIndex, _ page: Int) throws {
    let advice: [Advice] = [.pageOut, .cold, .willNeed, .random, .sequential, .normal]
    let start = (random.below(2) == 0 ? Self.own : Self.shared) + UInt64(page) << 12
    let length = UInt64(min(8, Self.pages - page)) << 12
    try kernel.madvise(start, length, advice[random.below(advice.count)].rawValue, by: task)
    if random.below(2) == 0 { try kernel.msync(start, length, .synchronous, by: task) }
  }

  /// The first process writes to more memory than there is.
  private mutating func pressTask() {
    let first = tasks[0]
    let start = Self.hog + random.below(Self.hogPages / 2) << 12
    var access = RangeAccess(.write(1), from: start, to: start + Self.hogPages << 11)
    #expect(finish { $0.perform(&access, by: first) } == .done)
  }

  private mutating func fork(_ task: TaskIndex) throws {
    let child = try kernel.fork(task)
    tasks.append(child)
    copies[child] = copies[task]
    orders[child] = orders[task]
  }

  private mutating func exit(_ task: TaskIndex) {
    kernel.exit(task, .exited(0))
    tasks.removeAll { $0 == task }
    copies[task] = nil
    orders[task] = nil
  }

  mutating func audit(_ step: Int) {
    let violations = kernel.checkInvariants()
    #expect(violations.isEmpty, "step \(step): \(violations)")
  }

  mutating func end() throws {
    try kernel.unlink(file, by: tasks[0])
    for task in tasks.reversed() { exit(task) }
    while (try? kernel.wait(for: .any, options: .noHang, by: kernel.initTask)) != nil {}
  }
}
