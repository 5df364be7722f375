// The world: the whole state of one run, in one value.
//
// Whoever holds it runs it, on any thread, with or without a queue; nothing outside it takes part in
// a run. The fiber that has a CPU and its heap are moved into `current` and `heap` for as long as
// they run, so that the interpreter reaches them without looking them up.

package import KernelStorage
package import QuireKernel

package struct World: ~Copyable {
  package var kernel: Kernel
  package var configuration: RunConfiguration
  package var limits: Limits

  /// Every fiber that waits; the one in `current` left an empty one in its place.
  package var fibers = Slots<Fiber>()
  package var heaps = Slots<ScriptHeap>()
  /// The fiber that has the CPU, when `runningFiber` is not 0.
  package var current = Fiber()
  /// The heap of `current`.
  package var heap = ScriptHeap()
  /// Index of `current` in `fibers`, 0 when no fiber has a CPU.
  package var runningFiber = 0
  /// CPU on which `current` runs.
  package var runningCPU = 0

  /// The clock of each simulated CPU.
  package var clocks: [Nanoseconds]
  /// The fiber that each CPU ran last.
  package var lastFiber: [Int]
  package var ready = ReadyQueue()
  /// The random scheduler draws from these: ready, and taken off the queue for the draw.
  package var candidates: [ReadyEntry] = []
  /// Decisions of the scheduler draw from here and from nowhere else.
  package var schedulerStream: RandomStream

  /// What was printed since the host took it last.
  package var output: [UInt8] = []
  /// Bytes printed since the start.
  package var outputTotal = 0
  /// Statements, calls and backward branches so far.
  package var steps: UInt64 = 0
  /// Times a fiber was given a CPU that another had before.
  package var switches: UInt64 = 0
  package var exitStatus: UInt8 = 0

  package init(
    machine: MachineConfiguration, configuration: RunConfiguration, limits: Limits = Limits()
  ) throws(MachineError) {
    kernel = try Kernel(machine)
    self.configuration = configuration
    self.limits = limits
    clocks = Array(repeating: 0, count: machine.cpus)
    lastFiber = Array(repeating: 0, count: machine.cpus)
    // Index 0 is no fiber and no heap.
    fibers.append(Fiber())
    heaps.append(ScriptHeap())
    schedulerStream = RandomStream(seed: configuration.seed, .scheduler)
  }
}
