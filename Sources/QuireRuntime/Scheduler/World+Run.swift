// The run loop: choose a CPU and a fiber, let the interpreter run it, see what became of it.
//
// The fiber whose time comes first is taken, and it gets the CPU that can start it first (its last
// one among equals, then the lowest number). A visit may end because the caller's steps are used up;
// the fiber then keeps its CPU and the next visit goes on with it, so that the size of a visit
// decides nothing.

internal import QuireKernel

extension World {
  /// Runs for at most `steps` steps of all fibers together.
  package mutating func run(steps: Int) -> Status {
    var left = steps
    while left > 0 {
      if runningFiber == 0 && !dispatchNext() { return .finished }
      switch interpret(steps: &left) {
      case .budget: return .more
      case .limit(let limit): return .stopped(limit)
      case .quantum: preempt()
      case .waiting: suspendCurrent()
      case .ended: endCurrent()
      }
    }
    return .more
  }

  /// Gives the next fiber a CPU; false when none will ever be ready.
  private mutating func dispatchNext() -> Bool {
    guard let entry = nextReady() else { return false }
    var cpu = 0
    fibers.exchange(entry.fiber, with: &current)
    cpu = chooseCPU(at: entry.time, preferring: current.lastCPU)
    heaps.exchange(current.heap, with: &heap)
    runningFiber = entry.fiber
    runningCPU = cpu
    current.lastCPU = cpu
    current.wait = .none
    kernel.now = max(clocks[cpu], entry.time)
    kernel.sliceEnd = kernel.now &+ quantum()
    switches += 1
    return true
  }

  /// The first entry that is not stale.
  private mutating func nextReady() -> ReadyEntry? {
    while let entry = ready.popFirst() {
      let isCurrent =
        fibers.isLive(entry.fiber) && fibers.with(entry.fiber) { $0.stamp == entry.stamp }
      if isCurrent { return entry }
    }
    return nil
  }

  private func chooseCPU(at time: Nanoseconds, preferring last: Int) -> Int {
    var best = last
    for cpu in clocks.indices where max(clocks[cpu], time) < max(clocks[best], time) {
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

  /// Takes the CPU from the current fiber, which stays ready.
  private mutating func preempt() {
    let (fiber, stamp) = (runningFiber, current.stamp)
    suspendCurrent()
    ready.insert(fiber: fiber, stamp: stamp, at: clocks[runningCPU])
  }

  /// Takes the CPU from the current fiber and puts it back in its place.
  private mutating func suspendCurrent() {
    clocks[runningCPU] = kernel.now
    heaps.exchange(current.heap, with: &heap)
    fibers.exchange(runningFiber, with: &current)
    runningFiber = 0
  }

  /// Drops the current fiber, whose task has ended.
  private mutating func endCurrent() {
    let fiber = runningFiber
    suspendCurrent()
    fibers.remove(fiber)
  }
}
