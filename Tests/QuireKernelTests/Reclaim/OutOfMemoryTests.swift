import Testing

@testable import QuireKernel

/// When nothing more can be reclaimed, somebody dies, and the right one (OOM-1 to OOM-7).
struct OutOfMemoryTests {
  static let base: VirtualAddress = 0x10_0000_0000

  static func machine(swap: UInt64 = 0) -> MachineConfiguration {
    var machine = MachineConfiguration()
    machine.ram = 32 << 20
    if swap > 0 { machine.swap = [SwapConfiguration(size: swap)] }
    machine.tunables.overcommitMemory = 1
    return machine
  }

  static func process(
    _ name: String, mapping bytes: UInt64, in kernel: inout Kernel
  ) throws -> TaskIndex {
    let task = try kernel.spawn(named: name, by: kernel.initTask)
    _ = try kernel.mmap(
      MapRequest(
        at: base, length: bytes, [.read, .write], [.private, .anonymous, .fixed]), by: task)
    return task
  }

  /// Writes pages until done or stopped; says how it ended.
  static func fill(
    _ pages: UInt64, from first: UInt64 = 0, by task: TaskIndex, in kernel: inout Kernel
  )
    -> Progress
  {
    var access = RangeAccess(
      .write(1), from: base + first * Page.size, to: base + (first + pages) * Page.size)
    while true {
      let progress = kernel.perform(&access, by: task)
      switch progress {
      case .again: continue
      case .blocked(let end): kernel.now = max(kernel.now, end)
      default: return progress
      }
    }
  }

  @Test("OOM-2: the task with most memory dies, its memory is free at once, the caller goes on")
  func largestDies() throws {
    var kernel = try Kernel(Self.machine())
    let large = try Self.process("large", mapping: 64 << 20, in: &kernel)
    let small = try Self.process("small", mapping: 64 << 20, in: &kernel)
    #expect(Self.fill(4000, by: large, in: &kernel) == .done)
    #expect(Self.fill(3500, by: small, in: &kernel) == .done)
    #expect(kernel.counters.oom_kill == 1)
    #expect(kernel.tasks[large].space.isNone && kernel.tasks[large].isDying)
    #expect(kernel.takeWakeup() == nil)
    #expect(kernel.deliverSignals(to: large) == .died(.SIGKILL))
    #expect(kernel.checkInvariants() == [])
  }

  @Test("OOM-3: the caller dies when it is the worst; its memory goes when it has left the kernel")
  func callerDies() throws {
    var kernel = try Kernel(Self.machine())
    let free = kernel.memory.freeFrames
    let hog = try Self.process("hog", mapping: 64 << 20, in: &kernel)
    #expect(Self.fill(16_000, by: hog, in: &kernel) == .killed)
    #expect(kernel.deliverSignals(to: hog) == .died(.SIGKILL))
    #expect(kernel.counters.oom_kill == 1)
    #expect(kernel.panic == nil)
    // All but what the slab caches keep.
    #expect(kernel.memory.freeFrames >= free - 40)
    #expect(kernel.checkInvariants() == [])
  }

  @Test("OOM-2: oom_score_adj moves the choice; -1000 excludes; of equals the youngest dies")
  func adjustment() throws {
    var kernel = try Kernel(Self.machine())
    let first = try Self.process("first", mapping: 64 << 20, in: &kernel)
    let second = try Self.process("second", mapping: 64 << 20, in: &kernel)
    let third = try Self.process("third", mapping: 64 << 20, in: &kernel)
    for task in [first, second] { #expect(Self.fill(2000, by: task, in: &kernel) == .done) }
    #expect(kernel.oomPoints(of: first) == kernel.oomPoints(of: second))
    try kernel.setOOMScoreAdjustment(-1000, of: third, by: third)
    #expect(kernel.oomScore(of: third) == 0)
    #expect(Self.fill(6000, by: third, in: &kernel) == .done)
    // The second died first, then the first; the third may not.
    #expect(kernel.counters.oom_kill == 2)
    #expect(kernel.tasks[first].isDying && kernel.tasks[second].isDying)
    #expect(throws: Errno.EINVAL) { try kernel.setOOMScoreAdjustment(1001, of: third, by: third) }
  }

  @Test("OOM-5: nothing to kill is a panic, and so is any OOM with panic_on_oom")
  func panics() throws {
    var kernel = try Kernel(Self.machine())
    let hog = try Self.process("hog", mapping: 64 << 20, in: &kernel)
    try kernel.setOOMScoreAdjustment(-1000, of: hog, by: hog)
    var access = RangeAccess(.write(1), from: Self.base, to: Self.base + 64 << 20)
    while kernel.panic == nil { _ = kernel.perform(&access, by: hog) }
    #expect(kernel.panic == .noKillableProcess)
    var machine = Self.machine()
    machine.tunables.panicOnOOM = 1
    var other = try Kernel(machine)
    let task = try Self.process("hog", mapping: 64 << 20, in: &other)
    var all = RangeAccess(.write(1), from: Self.base, to: Self.base + 64 << 20)
    while other.panic == nil { _ = other.perform(&all, by: task) }
    #expect(other.panic == .panicOnOOM)
  }

  @Test("oom_kill_allocating_task: whoever asks dies")
  func allocatingTask() throws {
    var machine = Self.machine()
    machine.tunables.oomKillAllocatingTask = 1
    var kernel = try Kernel(machine)
    let large = try Self.process("large", mapping: 64 << 20, in: &kernel)
    let small = try Self.process("small", mapping: 64 << 20, in: &kernel)
    #expect(Self.fill(5000, by: large, in: &kernel) == .done)
    #expect(Self.fill(4000, by: small, in: &kernel) == .killed)
    #expect(!kernel.tasks[large].isDying)
  }

  @Test("swapoff that does not fit kills its caller, and the area stays (recorded on 6.12)")
  func swapoffDoesNotFit() throws {
    var kernel = try Kernel(Self.machine(swap: 32 << 20))
    let hog = try Self.process("hog", mapping: 64 << 20, in: &kernel)
    let caller = try kernel.spawn(named: "swapoff", by: kernel.initTask)
    #expect(Self.fill(10_000, by: hog, in: &kernel) == .done)
    var operation = try kernel.beginSwapOff(of: 0, by: caller)
    #expect(kernel.swapTotal == 0)
    var progress = Progress.again
    loop: while true {
      progress = kernel.perform(&operation, by: caller)
      switch progress {
      case .again: continue
      case .blocked(let end): kernel.now = max(kernel.now, end)
      default: break loop
      }
    }
    #expect(progress == .killed)
    #expect(kernel.deliverSignals(to: caller) == .died(.SIGKILL))
    #expect(!kernel.tasks[hog].isDying)
    #expect(kernel.swapTotal == 32 << 20 - 4096)
    #expect(kernel.checkInvariants() == [])
  }

  @Test("SWAP-13: with overcommit_memory=2 a swapoff that does not fit is ENOMEM")
  func strictSwapoff() throws {
    var machine = Self.machine(swap: 32 << 20)
    machine.tunables.overcommitMemory = 2
    machine.tunables.overcommitRatio = 50
    var kernel = try Kernel(machine)
    let hog = try Self.process("hog", mapping: 36 << 20, in: &kernel)
    #expect(throws: Errno.ENOMEM) { try kernel.beginSwapOff(of: 0, by: hog) }
    #expect(kernel.swapTotal > 0)
  }
}
