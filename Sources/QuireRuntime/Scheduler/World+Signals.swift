// Signals on their way to user mode: before a fiber goes on, what is pending for it is delivered.

internal import QuireKernel

extension World {
  /// Whether the current fiber has to look at its signals before it goes on.
  var hasDeliverableSignals: Bool { !kernel.deliverableSignals(of: current.task).isEmpty }

  /// Delivers what is pending for the current fiber; false when it lost the CPU by that.
  mutating func deliverSignals() -> Bool {
    while true {
      if hasLethalSignal && isCaught {
        // What somebody has just been granted would be lost: the signal waits for the next visit.
        if current.operation == .granted { return true }
        _ = unwind(takeLethalSignal(), at: current.execution.pc)
        continue
      }
      if hasLethalSignal || kernel.deliverableSignals(of: current.task).contains(.SIGKILL) {
        noteMemory()
      }
      // Whoever dies may be reaped at once: what its record says has to be read before.
      let death = kernel.lethalSignal(of: current.task).map {
        kernel.statusOfDeath(by: $0, of: current.task)
      }
      let isVictim = kernel.tasks[current.task].flags.contains(.oomVictim)
      switch kernel.deliverSignals(to: current.task) {
      case .none: return true
      case .handler(let signal, let token): enterHandler(of: signal, Int(token))
      case .stopped:
        current.wait = .stopped
        drainWakeups()
        parkCurrent()
        return false
      case .ended(let status):
        recordEnd(status, failed: false)
        endCurrent()
        return false
      case .died(let signal):
        let isForMemory = isVictim && signal == .SIGKILL
        if isForMemory { reportOutOfMemoryKill() }
        ledger[process(ofThread: current.process)].diedSilently = !isForMemory
        recordEnd(death ?? .killed(by: signal), failed: true)
        endCurrent()
        return false
      }
    }
  }

  // MARK: Errors

  /// Whether the next signal would end the process and may be caught.
  private var hasLethalSignal: Bool { kernel.lethalSignal(of: current.task) != nil }

  /// Whether a `try` or an `expect` would catch an error of the current fiber.
  private var isCaught: Bool {
    current.execution.containsPlace { image.handler(at: $0) != nil }
  }

  /// The error of a signal that the current call has sent to its own process and a `try` catches;
  /// nil when there is none.
  mutating func caughtSignal() -> Value? {
    hasLethalSignal && isCaught ? takeLethalSignal() : nil
  }

  /// Makes an error of the signal that would end the process; what it had begun is given up.
  private mutating func takeLethalSignal() -> Value {
    guard let signal = kernel.lethalSignal(of: current.task) else { return .none }
    kernel.dequeue(signal, of: current.task)
    leaveSynchronizers(runningFiber)
    kernel.abandonSwapOffs(of: current.task)
    if case .placedTransfer(let transfer) = current.operation {
      kernel.abandon(transfer, by: current.task)
    }
    forgetOperation()
    var content = ErrorContent("the process was sent \(signal.name)")
    content.signal = signal.rawValue
    return heap.error(content)
  }

  private mutating func forgetOperation() {
    current.operation = .none
    current.pattern = nil
    current.refusal = nil
  }

  // MARK: Handlers

  /// Sends the current fiber into its handler of a refused access; false when it has none, when the
  /// handler's own access was refused, or when it has changed nothing about this one.
  mutating func isHandled(_ info: SignalInfo) -> Bool {
    guard case .handler = kernel.signalAction(for: info.signal, of: current.task),
      !kernel.tasks[current.task].blocked.contains(info.signal), current.refusal != info.address
    else {
      forgetOperation()
      return false
    }
    kernel.raise(info.signal, on: current.task)
    current.refusal = info.address
    if current.operation == .none { current.operation = .refused }
    return true
  }

  /// The fiber goes on in the handler and comes back to where it was.
  private mutating func enterHandler(of signal: Signal, _ number: Int) {
    leaveSynchronizers(runningFiber)
    let interrupted: Operation =
      switch current.operation {
      case .sleeping, .waiting: .interrupted
      case .placedTransfer(let transfer):
        kernel.interrupted(transfer, by: current.task).map { .placedTransfer($0) } ?? .interrupted
      default: current.operation
      }
    current.handling.append(
      HandledSignal(
        signal: signal, operation: interrupted, pattern: current.pattern,
        refusal: current.refusal))
    let isRefusal = signal == .SIGSEGV || signal == .SIGBUS
    let address = isRefusal ? current.refusal.map { heap.address($0) } : nil
    forgetOperation()
    current.execution.interrupt(
      with: current.signalHandlers[number], heap.string(signal.name), address ?? .none,
      in: image, heap)
  }

  /// The handler that was entered last has returned.
  package mutating func leaveHandler() {
    guard let handled = current.handling.popLast() else { return }
    current.operation = handled.operation
    current.pattern = handled.pattern
    current.refusal = handled.refusal
    kernel.returnFromHandler(of: handled.signal, by: current.task)
  }
}
