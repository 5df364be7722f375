// Running the fiber that has the CPU: steps, time, room, and why it stops.

internal import QuireKernel
internal import QuireProgram

/// Steps that the loop may still make before it has to look up.
struct StepMeter: BitwiseCopyable, Sendable {
  /// What is left; the loop keeps it in a local variable while it runs.
  var left = 0
  /// What `left` was when the clock was last brought up to date.
  var granted = 0
  /// What is left of the caller's budget, as of then.
  var budget = 0
}

/// Why the loop came back.
enum LoopExit: BitwiseCopyable, Sendable {
  /// The steps granted are used up.
  case steps
  /// So many words of the heap are wanted; the instruction is to be tried again.
  case room(Int)
  case stop(Stop)
}

extension World {
  /// Runs the current fiber on its heap (`current`, `heap`) until it has to stop.
  ///
  /// Every step costs simulated time. The clock is brought up to date before anybody looks at it,
  /// and the fiber stops when its time slice, the caller's `steps` or a limit of the run is
  /// reached; it may then have made a few steps more than `steps`, those of its last instruction.
  mutating func interpret(_ image: borrowing CodeImage, steps: inout Int) -> Stop {
    meter.budget = steps
    defer { steps = meter.budget }
    chargeStack()
    if !prepareHeap() { return .limit(.heap) }
    // A limit may have stopped the fiber at the very end of its slice.
    if kernel.now >= kernel.sliceEnd { return .quantum }
    grantSteps()
    while true {
      let exit = runLoop(image)
      settleSteps()
      switch exit {
      case .stop(let stop): return stop
      case .steps:
        if let stop = reasonToStop { return stop }
        grantSteps()
      case .room(let words):
        guard makeRoom(words) else { return .limit(.heap) }
        grantSteps()
      }
    }
  }

  /// Brings the clock and the counts of steps up to date.
  @inline(__always)
  mutating func settleSteps() {
    let made = meter.granted &- meter.left
    meter.granted = meter.left
    meter.budget &-= made
    steps &+= UInt64(truncatingIfNeeded: made)
    kernel.charge(UInt64(truncatingIfNeeded: made) &* kernel.costs.step)
  }

  /// Grants as many steps as there may be before the nearest of budget, time slice and limits.
  mutating func grantSteps() {
    var count = meter.budget
    if let limit = limits.steps {
      count = min(count, Int(clamping: limit < steps ? 0 : limit - steps))
    }
    let end = min(kernel.sliceEnd, limits.latestTime)
    let cost = kernel.costs.step
    if kernel.now >= end {
      count = 0
    } else if cost > 0 {
      count = min(count, Self.steps(of: cost, in: end - kernel.now))
    }
    meter.left = count
    meter.granted = count
    creditResumedCall()
  }

  /// The call at `pc` was charged when it was made first. If it is to be made again it will charge
  /// again, which is added here without being counted as granted.
  mutating func creditResumedCall() {
    guard current.execution.isResuming else { return }
    current.execution.isResuming = false
    meter.left += image.code[current.execution.pc].steps
  }

  /// Steps that begin within a time.
  ///
  /// Asked after every call that takes time, so the usual cost, a power of two, is not divided by.
  @inline(__always)
  private static func steps(of cost: Nanoseconds, in time: Nanoseconds) -> Int {
    let isPowerOfTwo = cost & (cost - 1) == 0
    let whole = isPowerOfTwo ? (time - 1) >> cost.trailingZeroBitCount : (time - 1) / cost
    return Int(clamping: whole + 1)
  }

  /// The limit, quantum or budget that is used up, if any.
  private var reasonToStop: Stop? {
    if let limit = limits.steps, steps >= limit { return .limit(.steps) }
    if kernel.now >= limits.latestTime { return .limit(.virtualTime) }
    if kernel.now >= kernel.sliceEnd { return .quantum }
    return meter.budget <= 0 ? .budget : nil
  }
}
