// Signals on their way to user mode: before a fiber goes on, what is pending for it is delivered.

internal import QuireKernel

extension World {
  /// Whether the current fiber has to look at its signals before it goes on.
  var hasDeliverableSignals: Bool { !kernel.deliverableSignals(of: current.task).isEmpty }

  /// Delivers what is pending for the current fiber; false when it lost the CPU by that.
  mutating func deliverSignals() -> Bool {
    while true {
      // Whoever dies may be reaped at once: what its record says has to be read before.
      let isVictim = kernel.tasks[current.task].flags.contains(.oomVictim)
      switch kernel.deliverSignals(to: current.task) {
      case .none: return true
      case .handler(let signal, let token): enterHandler(of: signal, Int(token))
      case .stopped:
        current.wait = .stopped
        drainWakeups()
        parkCurrent()
        return false
      case .died(let signal):
        let isForMemory = isVictim && signal == .SIGKILL
        if isForMemory { reportOutOfMemoryKill() }
        ledger[current.process].diedSilently = !isForMemory
        recordEnd(.killed(by: signal), failed: true)
        endCurrent()
        return false
      }
    }
  }

  /// The fiber goes on in the handler and comes back to where it was.
  private mutating func enterHandler(of signal: Signal, _ number: Int) {
    leaveSynchronizers(runningFiber)
    let interrupted: Operation =
      switch current.operation {
      case .sleeping, .waiting: .interrupted
      default: current.operation
      }
    current.handling.append(HandledSignal(signal: signal, operation: interrupted))
    current.operation = .none
    current.execution.interrupt(
      with: current.signalHandlers[number], argument: Value(small: number), in: image, heap)
  }

  /// The handler that was entered last has returned.
  package mutating func leaveHandler() {
    guard let handled = current.handling.popLast() else { return }
    current.operation = handled.operation
    kernel.returnFromHandler(of: handled.signal, by: current.task)
  }
}
