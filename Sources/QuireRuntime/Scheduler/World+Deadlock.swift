// When nobody can go on: who waits for what, and where.

internal import KernelStorage
internal import QuireKernel
internal import QuireSyntax

extension World {
  /// Says who waits, after the last fiber that could run has stopped; nothing when all have ended.
  mutating func reportDeadlock() {
    if livingProcesses == 0 { return }
    var notes: [Diagnostic.Note] = []
    var span: SourceSpan?
    for number in 1..<ledger.limit {
      let record = ledger[number]
      let fiber = Int(record.fiber)
      if fiber == 0 { continue }
      let place = self.span(ofAddress: fibers[fiber].execution.pc)
      if span == nil { span = place }
      notes.append(
        Diagnostic.Note(
          "'\(record.name)' (pid \(record.pid)) waits \(purpose(of: fibers[fiber].wait))",
          at: place))
    }
    isDeadlocked = true
    let count = livingProcesses == 1 ? "the process waits" : "all \(livingProcesses) processes wait"
    conclusion = Diagnostic(
      .error, "deadlock", "deadlock: \(count) and nobody can wake anybody",
      at: span ?? self.span(ofAddress: 0), notes: notes)
  }

  /// What a wait is for, in words.
  func purpose(of wait: WaitReason) -> String {
    switch wait {
    case .none: "for nothing"
    case .sleeping(let time): "for its sleep to end at \(Quantity.clock(time))"
    case .device(let time): "for a device until \(Quantity.clock(time))"
    case .child(let pid): "for its child, pid \(pid), to end"
    case .anyChild: "for a child to end"
    case .thread(let number): "for its thread, pid \(ledger[number].pid), to end"
    case .vfork(let pid): "for its child, pid \(pid), to leave its memory"
    case .otherThreads: "for its other threads to end"
    case .allChildren: "for its children to end"
    case .synchronizer(let index): purpose(ofSynchronizer: index)
    case .descriptor: "for a pipe, or for its turn at an open file"
    case .entry: "for the next entry of the session"
    case .stopped: "stopped, for SIGCONT"
    }
  }

  private func purpose(ofSynchronizer index: Int) -> String {
    let synchronizer = synchronizers[index]
    let waiting = synchronizer.waiters.count
    switch synchronizer.kind {
    case .event: return "for an event that nobody signals"
    case .semaphore: return "for a semaphore that nobody raises"
    case .barrier:
      let verb = waiting == 1 ? "has" : "have"
      return "at a barrier of \(synchronizer.count), where \(waiting) \(verb) come"
    }
  }
}
