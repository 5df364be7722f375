// A simulated machine with one process: where the kernel lines begin.

internal import KernelPeer
internal import QuireKernel

/// A booted kernel and the task that does the work.
struct KernelSession: ~Copyable {
  var kernel: Kernel
  let task: TaskIndex

  private init(kernel: consuming Kernel, task: TaskIndex) {
    self.kernel = kernel
    self.task = task
  }

  /// Boots a machine with a process on it.
  static func booted(
    ram: UInt64, swap: UInt64? = nil
  ) throws -> KernelSession {
    var machine = MachineConfiguration()
    machine.ram = ram
    machine.cpus = 1
    machine.swap = swap.map { [SwapConfiguration(size: $0)] } ?? []
    var kernel = try Kernel(machine)
    let task = try kernel.spawn(named: "bench", by: kernel.initTask)
    return KernelSession(kernel: kernel, task: task)
  }

  /// Maps private anonymous memory.
  mutating func map(pages: UInt64) throws -> VirtualAddress {
    try kernel.mmap(
      MapRequest(
        length: pages << Page.shift, [.read, .write], [.private, .anonymous, .noReserve]),
      by: task)
  }

  /// Maps pages side by side whose rights alternate, so that each is a region.
  mutating func mapRegions(_ count: UInt64) throws -> VirtualAddress {
    let start = try map(pages: count)
    for page in stride(from: UInt64(0), to: count, by: 2) {
      try kernel.mprotect(start + page << Page.shift, Page.size, .read, by: task)
    }
    return start
  }

  /// Writes to every page of a range, by default without changing what is there.
  mutating func touch(
    _ start: VirtualAddress, pages: UInt64, _ action: RangeAccess.Action = .touch
  ) throws {
    var access = RangeAccess(action, from: start, to: start + pages << Page.shift)
    try complete { kernel, task in kernel.perform(&access, by: task) }
  }

  /// Empties the first swap area.
  mutating func swapOff() throws {
    var operation = try kernel.beginSwapOff(of: 0, by: task)
    try complete { kernel, task in kernel.perform(&operation, by: task) }
  }

  /// Goes on with a long operation until it is done.
  private mutating func complete(
    _ operation: (inout Kernel, TaskIndex) -> Progress
  ) throws {
    while true {
      let progress = operation(&kernel, task)
      switch progress {
      case .done: return
      case .again: continue
      case .blocked(let until): kernel.now = max(kernel.now, until)
      default: throw BenchmarkError(description: "a long operation ended with \(progress)")
      }
    }
  }
}

/// Refuses any end of an access but its success.
@inline(__always)
func succeed(_ progress: Progress) throws {
  guard progress == .done else {
    throw BenchmarkError(description: "an access ended with \(progress)")
  }
}

/// The pseudo-random sequence of the random lines, the same as the peer's.
struct Shuffler {
  private var state: UInt64 = 88_172_645_463_325_252

  mutating func next(below bound: UInt64) -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state % bound
  }
}
