// Events, semaphores and barriers: making them, waiting at them, waking those who wait.

internal import KernelStorage
internal import QuireKernel

extension World {
  /// event()
  mutating func eventCall() -> BuiltinOutcome { .value(newSynchronizer(.event, .event, 0)) }

  /// semaphore(count)
  mutating func semaphoreCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let count = try optionalSize(0, "count", call) ?? 1
    return .value(newSynchronizer(.semaphore, .semaphore, Int64(clamping: count)))
  }

  /// barrier(count)
  mutating func barrierCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let count = try size(0, "count", call)
    if count == 0 { throw .misuse("'count' is at least 1: nobody would ever meet there") }
    return .value(newSynchronizer(.barrier, .barrier, Int64(clamping: count)))
  }

  private mutating func newSynchronizer(
    _ kind: Synchronizer.Kind, _ tag: ValueTag, _ count: Int64
  ) -> Value {
    synchronizers.append(Synchronizer(kind, count: count))
    return Value(tag, payload: UInt64(synchronizers.count - 1))
  }

  /// `e.wait()`, `s.down()`, `b.wait()`
  mutating func waitAtSynchronizer(_ index: Int) throws(CallFailure) -> BuiltinOutcome {
    switch current.operation {
    case .granted:
      current.operation = .none
      return .value(.none)
    case .interrupted: throw .errno(.EINTR)
    case .waiting: return sleep(at: index)
    default: break
    }
    let passes =
      switch synchronizers[index].kind {
      case .event: false
      case .semaphore: synchronizers[index].count > 0
      case .barrier: synchronizers[index].waiters.count + 1 >= synchronizers[index].count
      }
    if !passes {
      synchronizers[index].waiters.append(runningFiber)
      return sleep(at: index)
    }
    if synchronizers[index].kind == .semaphore { synchronizers[index].count -= 1 }
    if synchronizers[index].kind == .barrier { wakeAll(at: index) }
    return .value(.none)
  }

  private mutating func sleep(at index: Int) -> BuiltinOutcome {
    current.operation = .waiting
    if !kernel.block(current.task, .interruptible) { return .again }
    current.wait = .synchronizer(index)
    return .wait
  }

  /// `e.signal()`
  mutating func signalEvent(_ index: Int) -> BuiltinOutcome {
    wakeAll(at: index)
    return .value(.none)
  }

  /// `s.up()`: the place goes to whoever has waited longest, or becomes free.
  mutating func raiseSemaphore(_ index: Int) throws(CallFailure) -> BuiltinOutcome {
    if synchronizers[index].waiters.isEmpty {
      let (count, overflow) = synchronizers[index].count.addingReportingOverflow(1)
      if overflow { throw .errno(.EOVERFLOW) }
      synchronizers[index].count = count
    } else {
      grant(synchronizers[index].waiters.removeFirst())
      drainWakeups()
    }
    return .value(.none)
  }

  private mutating func wakeAll(at index: Int) {
    let waiters = synchronizers[index].waiters
    synchronizers[index].waiters = []
    for fiber in waiters { grant(fiber) }
    drainWakeups()
  }

  private mutating func grant(_ fiber: Int) {
    fibers[fiber].operation = .granted
    kernel.wake(fibers[fiber].task)
  }

  /// A fiber gives up its wait at a synchronizer: it was interrupted, or has ended.
  mutating func leaveSynchronizers(_ fiber: Int) {
    for index in synchronizers.indices where synchronizers[index].waiters.contains(fiber) {
      synchronizers[index].waiters.removeAll { $0 == fiber }
    }
  }
}
