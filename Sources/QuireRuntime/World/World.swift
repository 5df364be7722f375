// The world: the whole state of one run, in one value.
//
// Whoever holds it runs it, on any thread, with or without a queue; nothing outside it takes part
// in a run. The fiber that has a CPU and its heap are moved into `current` and `heap` for as long
// as they run, so that the interpreter reaches them without looking them up.

package import KernelStorage
package import QuireKernel
package import QuireSyntax

package struct World: ~Copyable {
  /// The program; a session replaces it by one that has more at its end.
  package var image: CodeImage
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

  /// When the current task's times were last brought up to date, and the steps made by then.
  var accountedTime: Nanoseconds = 0
  var accountedSteps: UInt64 = 0

  /// The clock of each simulated CPU.
  package var clocks: [Nanoseconds]
  /// The fiber that each CPU ran last.
  package var lastFiber: [Int]
  package var ready = ReadyQueue()
  /// The random scheduler draws from these: ready, and taken off the queue for the draw.
  package var candidates: [ReadyEntry] = []
  /// Decisions of the scheduler draw from here and from nowhere else.
  package var schedulerStream: RandomStream

  /// Every process that was ever started.
  package var ledger = ProcessLedger()
  /// Kernel things that scripts hold handles of.
  package var handles = HandleTable()
  package var synchronizers: [Synchronizer] = []
  /// By the number of a swap area: the handle of the area that is on.
  var swapHandles: [UInt64?] = []
  var mountPoints: [MountPoint] = []
  /// Functions of the embedding application, in the order of their numbers.
  package var hostFunctions: [HostFunction] = []
  /// What a host function answered, until the heap has room for it.
  var hostAnswer: ScriptValue?
  /// The line of the top level.
  package var mainProcess: ProcessNumber = 0
  /// Processes that scripts have started; the stream of each is keyed by its turn.
  var createdProcesses: UInt64 = 0
  /// Processes started and not ended.
  package var livingProcesses = 0
  /// Processes that have died of an error or a signal and that nobody has waited for.
  var unseenFailures = 0
  /// Tasks that were there before any script.
  var kernelTaskCount = 0

  /// What was printed since the host took it last.
  package var output: [UInt8] = []
  /// Bytes printed since the start.
  package var outputTotal = 0
  /// Of all output that the host has taken.
  private var outputHash = ByteHash()
  /// What the audits found, and after which quantum they stopped; see `isAudited`.
  package var violations: [InvariantViolation] = []
  /// Whether the kernel's invariants are checked after every quantum.
  package var isAudited = false
  /// What went wrong, in the order in which it did; see `report`.
  private var diagnostics: [Diagnostic] = []
  /// Why the run has stopped, if something is to be said about that: it comes last, and always.
  package var conclusion: Diagnostic?
  /// Diagnostics beyond `maximumDiagnostics`.
  private var omittedDiagnostics = 0
  package var expectationsHeld: UInt64 = 0
  package var expectationsFailed: UInt64 = 0
  /// Statements, calls and backward branches so far.
  package var steps: UInt64 = 0
  /// The limit of time, when a run has stopped there because everybody slept.
  var timeSlept: Nanoseconds = 0
  /// Times a fiber was given a CPU that another had before.
  package var switches: UInt64 = 0
  /// How the top level ended, once it has.
  package var mainStatus: ExitStatus?
  /// What the variables of the top level were when it ended, and the value of its last expression.
  var mainVariables: [ScriptVariable] = []
  /// A hash of what memory held when the top level ended, if the run is watched; see `digest`.
  var memoryAtEnd: UInt64 = 0
  package internal(set) var mainValue = ScriptValue.none
  /// The top level rests between entries instead of ending; see World+Session.swift.
  package internal(set) var isSession = false
  /// What the last entry of a session gave, as text; nil when it was nothing.
  package internal(set) var entryValue: [UInt8]?
  /// Processes are left, and none of them can ever go on.
  package var isDeadlocked = false
  /// Words charged to all heaps and stacks.
  var chargedWords = 0
  /// Collects before every allocation: slow, and finds values that nothing holds.
  package var isCollectingAlways = false
  /// Steps of the current visit.
  var meter = StepMeter()
  /// Steps to be charged for what the current instruction did in proportion to its data.
  var pendingSteps = 0
  /// The limit that the run has reached and nobody has raised since.
  package var reachedLimit: LimitKind?

  /// A booted machine on which nothing runs yet; see `start`.
  package init(
    _ image: CodeImage, on settings: MachineSettings, limits: Limits = Limits()
  ) throws(MachineError) {
    // An initialiser that throws must not have begun to fill a value that cannot be copied.
    let kernel = try Kernel(settings.machine)
    self.init(image, kernel, settings.run, limits)
  }

  private init(
    _ image: CodeImage, _ kernel: consuming Kernel, _ run: RunConfiguration, _ limits: Limits
  ) {
    self.image = image
    configuration = run
    self.limits = limits
    clocks = Array(repeating: 0, count: kernel.machine.cpus)
    lastFiber = Array(repeating: 0, count: kernel.machine.cpus)
    schedulerStream = RandomStream(seed: run.seed, .scheduler)
    self.kernel = kernel
    // Index 0 is no fiber and no heap.
    fibers.append(Fiber())
    heaps.append(ScriptHeap())
  }

  /// More than anybody reads; a script in a loop must not fill the host's memory with them.
  private static var maximumDiagnostics: Int { 1_000 }

  /// Keeps a diagnostic for whoever reads the outcome.
  package mutating func report(_ diagnostic: Diagnostic) {
    if diagnostics.count < Self.maximumDiagnostics {
      diagnostics.append(diagnostic)
    } else {
      omittedDiagnostics += 1
    }
  }

  /// Everything that was reported, a count of what was left out, and why the run has stopped.
  package var allDiagnostics: [Diagnostic] {
    var all = diagnostics
    if omittedDiagnostics > 0, let last = diagnostics.last {
      all.append(
        Diagnostic(
          .error, "too-many-diagnostics", "and \(omittedDiagnostics) more", at: last.span))
    }
    if let conclusion { all.append(conclusion) }
    return all
  }

  package mutating func forgetDiagnostics() {
    diagnostics = []
    conclusion = nil
    omittedDiagnostics = 0
  }

  /// Hands over what was printed since the last time.
  package mutating func takeOutput() -> [UInt8] {
    outputHash.add(output)
    defer { output.removeAll(keepingCapacity: true) }
    return output
  }

  /// A hash of everything printed so far, however it was handed over.
  var totalOutputHash: UInt64 {
    var hash = outputHash
    hash.add(output)
    return hash.value
  }
}

/// A running hash over bytes (FNV-1a, 64 bits).
struct ByteHash: Hashable, Sendable, BitwiseCopyable {
  private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  mutating func add(_ bytes: [UInt8]) {
    for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
  }
}
