// The kernel: one value that owns every table of a simulated machine.
//
// Subsystems are structs that do not know each other; the flows that join them (fault, fork,
// map, reclaim, …) are extensions of `Kernel` in Flows/, one file each, in the order the real
// kernel does the work.

import KernelStorage

/// A simulated Linux memory subsystem and process table.
///
/// A kernel is a plain value without locks, clocks or globals: whoever holds it runs it.
/// Time passes only by the costs of what is asked of it.
public struct Kernel: ~Copyable {
  private let inPlace: InPlace
  public let machine: MachineConfiguration
  /// The clock of the CPU that the kernel runs on; whoever schedules sets it before a call.
  public var now: Nanoseconds
  /// The CPU that the kernel runs on; whoever schedules sets it before a call.
  public var cpu: Int
  /// When the current time slice ends; long operations stop there and answer `again`.
  public var sliceEnd: Nanoseconds
  public var counters: Counters
  var trackedGauges: Gauges
  public var events: EventLog
  /// Whether pages side by side are handled together where nothing can come between them. The
  /// outcome is the same as page by page; tests turn it off to compare the two.
  package var handlesRuns: Bool
  public package(set) var memory: PhysicalMemory
  public internal(set) var slab: SlabAllocator
  /// Where things lie in an address space.
  public let layout: Layout
  /// What the release of the machine's kernel does.
  package let rules: KernelRules
  /// What address spaces of the machine's processor do; tests turn single rules on and off.
  package var architectureRules: ArchitectureRules {
    didSet { followArchitectureRules() }
  }
  /// What a new anonymous page is marked with beyond what all are (FAULT-16).
  private(set) var newAnonymousMarks: PageFlags
  /// A region with one of these rights may be read (FAULT-4).
  private(set) var readRights: VMAFlags
  package var costs: Costs
  package var tunables: Tunables
  package var tasks: TaskTable
  public internal(set) var spaces: SpaceTable
  package var virtual: VirtualMemory
  /// What each CPU translates addresses by.
  var tlb: TLB
  package internal(set) var lru: LRUVector
  package internal(set) var swap: SwapAreas
  package internal(set) var descriptors: Descriptors

  /// Boots a machine.
  ///
  /// - Throws: `MachineError` naming the key of the configuration that cannot be had.
  public init(_ machine: MachineConfiguration) throws(MachineError) {
    let kernel = try Self.booted(machine)
    self = kernel
  }

  private static func booted(_ machine: MachineConfiguration) throws(MachineError) -> Kernel {
    try machine.validate()
    var kernel = Kernel(validated: machine, memory: try PhysicalMemory(machine))
    do {
      try kernel.bootSlab()
      try kernel.bootTasks()
      try kernel.bootSwap()
    } catch {
      let isKeptFree = machine.tunables.minFreeKilobytes != nil
      throw MachineError(
        key: isKeptFree ? "sysctl" : "ram",
        message: "no memory is left for the first tasks"
          + (isKeptFree ? "; vm.min_free_kbytes keeps too much free" : ""))
    }
    return kernel
  }

  /// Everything in its state before the first task.
  ///
  /// No field has a default value where it is declared: an initialiser that throws must not have
  /// begun to fill a value that cannot be copied.
  private init(validated machine: MachineConfiguration, memory: consuming PhysicalMemory) {
    let layout = machine.architecture.layout
    let zeroFrame = memory.zeroFrame
    let directMap = memory.directMap
    let kernelTables = KernelTables(
      memory.geometry, ram: memory.frames.count, image: memory.kernelImage)
    let freePages = UInt64(memory.freeFrames)
    inPlace = InPlace()
    self.memory = memory
    spaces = SpaceTable(layout)
    virtual = VirtualMemory(
      layout, zeroFrame: zeroFrame, kernelTables: kernelTables, freePages: freePages)
    tlb = TLB(cpus: machine.cpus, capacity: machine.tlb)
    slab = SlabAllocator(cpus: machine.cpus, directMap: directMap)
    self.layout = layout
    trackedGauges = Gauges()
    self.machine = machine
    now = 0
    cpu = 0
    sliceEnd = .max
    counters = Counters()
    events = EventLog()
    rules = machine.kernel.rules
    architectureRules = machine.architecture.rules
    newAnonymousMarks = []
    readRights = .access
    handlesRuns = true
    costs = machine.costs
    tunables = machine.tunables
    tasks = TaskTable(pidMaximum: machine.tunables.pidMaximum)
    lru = LRUVector()
    swap = SwapAreas()
    descriptors = Descriptors()
    followArchitectureRules()
  }

  private mutating func followArchitectureRules() {
    newAnonymousMarks =
      architectureRules.contains(.anonymousStartsActive) ? [.active, .referenced] : []
    readRights =
      architectureRules.contains(.readNeedsMoreThanWrite) ? [.read, .execute] : .access
  }

  /// The shape of the page tables.
  @inlinable public var geometry: PageGeometry { memory.geometry }
  /// Where the kernel has RAM in its own half of addresses.
  @inlinable public var directMap: DirectMap { memory.directMap }

  /// Why the machine has stopped for good, if it has; nothing may run on it then.
  public var panic: Panic? { tasks.panic }

  /// Lets simulated time pass on this CPU.
  @inlinable
  package mutating func charge(_ cost: Nanoseconds) { now &+= cost }

  /// Reports what happened to whoever listens.
  package mutating func emit(
    _ kind: EventKind, _ pid: ProcessID, _ first: UInt64 = 0, _ second: UInt64 = 0
  ) {
    if events.isOn {
      events.record(
        KernelEvent(time: now, kind: kind, pid: pid, first: first, second: second))
    }
  }
}
