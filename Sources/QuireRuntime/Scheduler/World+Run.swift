// The run loop: choose a fiber and a CPU, let the interpreter run it, see what became of it.
//
// The fiber whose time comes first is taken, and it gets the CPU that can start it first (its last
// one among equals, then the lowest number). So the times at which fibers start never decrease,
// and whoever is woken is woken at a time that has not been passed.
//
// A visit may end because the caller's steps are used up; the fiber then keeps its CPU and the next
// visit goes on with it, so that the size of a visit decides nothing.

internal import KernelStorage
package import QuireKernel

extension World {
  /// Runs for at most `steps` steps of all fibers together.
  package mutating func run(steps: Int) -> Status {
    let image = image
    var left = steps
    timeSlept = 0
    while left > 0 {
      if isResting { return .finished }
      if runningFiber == 0 {
        if sleepsBeyondTheLimit() { return .stopped(.virtualTime) }
        if !dispatchNext() {
          reportDeadlock()
          return .finished
        }
      }
      if let panic = kernel.panic {
        conclusion = panicDiagnostic(panic)
        return .finished
      }
      if hasDeliverableSignals && !deliverSignals() { continue }
      let start = kernel.now
      switch interpret(image, steps: &left) {
      case .budget: return .more
      case .limit(let limit): return .stopped(limit)
      case .quantum: leaveOrGoOn()
      case .waiting: parkCurrent()
      case .ended: endCurrent()
      }
      if isAudited && !audit() { return .finished }
      // What the kernel does makes no steps, but the caller wants to be back soon.
      left -= 1 + Int(clamping: (kernel.now - start) / Self.kernelTimePerStep)
    }
    return .more
  }

  /// Simulated time of the kernel's own work that uses up a caller's step. The kernel simulates a
  /// nanosecond in much less than one; a guess that keeps a visit of 10,000 steps below 10 ms.
  private static var kernelTimePerStep: Nanoseconds { 100 }

  /// No sleep ends later, some 146 years after boot: clocks must not run over.
  static var endOfTime: Nanoseconds { 1 << 62 }

  /// Checks the kernel's invariants; false when one does not hold.
  private mutating func audit() -> Bool {
    violations = kernel.checkInvariants()
    for violation in violations { report(violationDiagnostic(violation)) }
    return violations.isEmpty
  }

  /// Whether whoever is ready first is so only after the limit of time. The clocks of the CPUs stay
  /// where they are: a run that goes on must be the one that never stopped.
  private mutating func sleepsBeyondTheLimit() -> Bool {
    guard let latest = limits.virtualTime, let next = firstToRun, next.time > latest else {
      return false
    }
    timeSlept = latest
    return true
  }

  /// The entry whose time comes first, left where it is.
  private var firstToRun: ReadyEntry? {
    mutating get {
      dropStaleCandidates()
      let drawn = candidates.min(by: ReadyEntry.precedes)
      guard let queued = firstReady() else { return drawn }
      ready.restore(queued)
      guard let drawn else { return queued }
      return ReadyEntry.precedes(drawn, queued) ? drawn : queued
    }
  }

  // MARK: Dispatch

  /// Gives the next fiber a CPU; false when none will ever be ready.
  private mutating func dispatchNext() -> Bool {
    guard let entry = nextReady() else { return false }
    let fiber = entry.fiber
    let cpu = chooseCPU(at: entry.time, preferring: fibers[fiber].lastCPU)
    swap(&fibers[fiber], &current)
    swap(&heaps[current.heap], &heap)
    runningFiber = fiber
    runningCPU = cpu
    kernel.cpu = cpu
    current.lastCPU = cpu
    current.wait = .none
    kernel.now = max(clocks[cpu], entry.time)
    kernel.wake(current.task)
    kernel.switchTo(current.task)
    if lastFiber[cpu] != fiber {
      lastFiber[cpu] = fiber
      switches += 1
      kernel.charge(kernel.costs.taskSwitch)
    }
    kernel.sliceEnd = kernel.now &+ quantum()
    accountedTime = kernel.now
    accountedSteps = steps
    return true
  }

  private mutating func nextReady() -> ReadyEntry? {
    switch configuration.scheduler {
    case .roundRobin: firstReady()
    case .random: drawReady()
    }
  }

  /// The first entry that is not stale.
  private mutating func firstReady() -> ReadyEntry? {
    while let entry = ready.popFirst() {
      if isCurrent(entry) { return entry }
    }
    return nil
  }

  /// Any of those that are ready by the time the first one could start.
  private mutating func drawReady() -> ReadyEntry? {
    dropStaleCandidates()
    if candidates.isEmpty {
      guard let first = firstReady() else { return nil }
      candidates.append(first)
    }
    var earliest = Nanoseconds.max
    for index in 0..<candidates.count { earliest = min(earliest, candidates[index].time) }
    let cpu = chooseCPU(at: earliest, preferring: 0)
    let start = max(clocks[cpu], earliest)
    while let next = ready.first, next.time <= start {
      guard let entry = firstReady() else { break }
      if entry.time <= start { candidates.append(entry) } else { ready.restore(entry) }
    }
    let index = Int(schedulerStream.below(UInt64(candidates.count)))
    return candidates.remove(at: index)
  }

  private mutating func dropStaleCandidates() {
    var kept = 0
    for index in 0..<candidates.count where isCurrent(candidates[index]) {
      candidates[kept] = candidates[index]
      kept += 1
    }
    if kept < candidates.count { candidates.removeLast(candidates.count - kept) }
  }

  private func isCurrent(_ entry: ReadyEntry) -> Bool {
    fibers.isOccupied(entry.fiber) && fibers[entry.fiber].readyEntry == entry.order
  }

  /// The CPU that can start a fiber first.
  private func chooseCPU(at time: Nanoseconds, preferring last: Int) -> Int {
    var best = last
    for cpu in 0..<clocks.count where clocks[cpu] < clocks[best] && time < clocks[best] {
      best = cpu
    }
    return best
  }

  private mutating func quantum() -> Nanoseconds {
    switch configuration.scheduler {
    case .roundRobin: configuration.quantum
    case .random: schedulerStream.below(configuration.quantum) + 1
    }
  }

  // MARK: Leaving a CPU

  /// The interpreter came back for a reason of the fiber's: its quantum, or its signals.
  private mutating func leaveOrGoOn() {
    if !hasDeliverableSignals || kernel.now >= kernel.sliceEnd { preempt() }
  }

  /// The current fiber goes to the end of the queue.
  mutating func preempt() {
    let fiber = runningFiber
    releaseCPU()
    makeReady(fiber, at: clocks[runningCPU])
  }

  /// The current fiber waits; if for a time, that time will wake it.
  mutating func parkCurrent() {
    let fiber = runningFiber
    let wait = current.wait
    kernel.idle()
    releaseCPU()
    switch wait {
    case .sleeping(let time), .device(let time):
      // Whoever sleeps until the end of time sleeps for ever.
      if time < Self.endOfTime { makeReady(fiber, at: max(time, clocks[runningCPU])) }
    default: break
    }
  }

  /// Drops the current fiber, whose task has ended, and its heap if nobody shares it.
  mutating func endCurrent() {
    let fiber = runningFiber
    let index = current.heap
    let isShared = heap.sharers > 1
    dischargeCurrent()
    heap.sharers -= 1
    kernel.idle()
    releaseCPU()
    fibers.remove(fiber)
    if !isShared { heaps.remove(index) }
  }

  /// Puts the current fiber and its heap back in their places.
  private mutating func releaseCPU() {
    settleAccounts()
    clocks[runningCPU] = kernel.now
    swap(&heaps[current.heap], &heap)
    swap(&fibers[runningFiber], &current)
    runningFiber = 0
  }

  /// Gives the current task the time that has passed since it was last accounted: its own steps are
  /// user time, the rest is the kernel's.
  mutating func settleAccounts() {
    let user = (steps - accountedSteps) &* kernel.costs.step
    kernel.account(user: user, system: kernel.now - accountedTime - user, to: current.task)
    accountedTime = kernel.now
    accountedSteps = steps
  }

  // MARK: Becoming ready

  /// Lets a fiber run from `time` on; an older entry of its in the queue becomes stale.
  package mutating func makeReady(_ fiber: Int, at time: Nanoseconds) {
    fibers[fiber].readyEntry = ready.insert(fiber, at: time)
  }

}
