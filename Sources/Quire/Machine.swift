// A machine that runs by itself: a world on a serial queue, advanced in bounded slices.
//
// The queue is the confinement: the world is touched on it and nowhere else. A slice that is done
// enqueues the next one, so whatever the host asks for (pause, look, stop) waits for one slice at
// most, and the size of a slice is no input of the simulation. There is never more than one slice
// outstanding, however often the host pauses and resumes.

internal import Dispatch
public import QuireKernel
public import QuireRuntime
internal import Synchronization

/// One simulated machine with a script on it, on a queue of its own.
///
///     let machine = try Machine(program)
///     machine.start { outcome in print(outcome.text) }
///
/// Every method may be called from any thread but the machine's own queue (a host function, an
/// output handler). For runs without a queue see `Program.run`.
public final class Machine: @unchecked Sendable {
  private let queue: DispatchQueue
  /// Touched on `queue` alone, as are all variables below.
  private var run: Run
  private var isStarted = false
  private var isPaused = false
  /// A slice is on the queue or on its way.
  private var isScheduled = false
  private var output: (@Sendable ([UInt8]) -> Void)?
  private var completion: (@Sendable (Outcome) -> Void)?
  private var collected: [UInt8] = []
  private var outcome: Outcome?
  /// Set from any thread; a slice looks at it when it ends.
  private let isCancelled = Atomic<Bool>(false)

  /// Builds a machine; nothing runs before `start`.
  ///
  /// - Parameter settings: by default the machine that the script asks for.
  /// - Throws: `MachineError` when there can be no such machine.
  public init(
    _ program: Program, on settings: MachineSettings? = nil, limits: Limits = Limits(),
    options: RunOptions = RunOptions()
  ) throws(MachineError) {
    let run = try Run(program, settings, limits, options)
    self.run = run
    queue = DispatchQueue(label: "quire.machine")
  }

  /// Lets the machine run.
  ///
  /// - Parameters:
  ///   - output: takes what is printed as it comes, on the machine's queue; by default it is
  ///     collected in the outcome.
  ///   - completion: is called on the machine's queue when the run has come to an end, or to a
  ///     limit.
  public func start(
    output: (@Sendable ([UInt8]) -> Void)? = nil,
    completion: @escaping @Sendable (Outcome) -> Void
  ) {
    queue.async { [self] in
      precondition(!isStarted, "Machine.start: the machine has been started before")
      isStarted = true
      self.output = output
      self.completion = completion
      schedule()
    }
  }

  /// Starts the machine and waits for its outcome.
  public func runToEnd(output: (@Sendable ([UInt8]) -> Void)? = nil) -> Outcome {
    let done = DispatchSemaphore(value: 0)
    start(output: output) { _ in done.signal() }
    done.wait()
    return queue.sync { outcome ?? run.outcome() }
  }

  /// Stops the machine at the end of the slice that runs; `resume` lets it go on.
  public func pause() { queue.sync { isPaused = true } }

  /// Ends a pause.
  public func resume() {
    queue.sync {
      isPaused = false
      if isStarted && outcome == nil { schedule() }
    }
  }

  /// Ends the run for good, within a slice.
  public func cancel() {
    isCancelled.store(true, ordering: .relaxed)
    // A paused machine has no slice that would notice.
    queue.async { [self] in
      if isStarted && outcome == nil { schedule() }
    }
  }

  /// Raises the limits of a run that has stopped at one, and lets it go on.
  ///
  /// - Parameter completion: as in `start`.
  public func resume(
    with limits: Limits, completion: @escaping @Sendable (Outcome) -> Void
  ) {
    queue.async { [self] in
      run.world.limits = limits
      self.completion = completion
      outcome = nil
      schedule()
    }
  }

  /// Looks at the kernel between two slices.
  public func inspect<Result>(_ body: (borrowing Kernel) throws -> Result) rethrows -> Result {
    try queue.sync { try body(run.world.kernel) }
  }

  // MARK: Slices, on the queue

  private func schedule() {
    dispatchPrecondition(condition: .onQueue(queue))
    if isScheduled { return }
    isScheduled = true
    queue.async { [self] in runSlice() }
  }

  private func runSlice() {
    dispatchPrecondition(condition: .onQueue(queue))
    isScheduled = false
    if outcome != nil { return }
    if isCancelled.load(ordering: .relaxed) {
      run.world.conclusion = run.world.interruptionDiagnostic
      return finish()
    }
    if isPaused { return }
    let goesOn = run.advance()
    handOver(run.world.takeOutput())
    if goesOn { schedule() } else { finish() }
  }

  private func handOver(_ printed: [UInt8]) {
    if printed.isEmpty { return }
    if let output { output(printed) } else { collected += printed }
  }

  private func finish() {
    var outcome = run.outcome()
    outcome.output = collected
    self.outcome = outcome
    completion?(outcome)
    completion = nil
  }
}
