// What is said about a run that goes wrong: errors that nobody caught, expectations, deadlocks.

internal import QuireKernel
package import QuireProgram
internal import QuireSyntax

extension World {
  /// Ends the current process because of an error that nobody caught; the top level of a session
  /// only gives up its entry.
  mutating func endByUncaught(_ error: Value) -> Stop {
    let content = heap.asError(error) ?? ErrorContent("raised \(briefly(error))")
    report(diagnostic(of: content))
    current.kernelDepths = []
    if rests(with: .none) { return .waiting }
    if let signal = Signal(rawValue: content.signal) {
      endCurrentTask(kernel.statusOfDeath(by: signal, of: current.task), failed: true)
    } else {
      endCurrentTask(.exited(1), failed: true)
    }
    return .ended
  }

  /// An error with its place, its reason, and who had called whom.
  func diagnostic(of content: ErrorContent) -> Diagnostic {
    var notes: [Diagnostic.Note] = []
    if let name = content.name, let call = content.call,
      let failure = reason(of: name, in: call)
    {
      notes.append(Diagnostic.Note("\(name): \(failure)"))
    }
    notes += callStack(of: content)
    notes.append(Diagnostic.Note(currentProcessNote))
    return Diagnostic(
      .error, "uncaught-error", content.message, at: span(ofAddress: content.place), notes: notes)
  }

  /// When a builtin fails in this way, as its signature says.
  private func reason(of name: String, in call: String) -> String? {
    let signature = image.program.builtins.first { $0.name == call }
    return signature?.failures.first { $0.name == name }?.when
  }

  /// One note for each caller; a run of the same place is said once.
  private func callStack(of content: ErrorContent) -> [Diagnostic.Note] {
    var notes: [Diagnostic.Note] = []
    var index = 0
    while index < content.trace.count {
      let address = content.trace[index]
      var repetitions = 1
      while index + repetitions < content.trace.count
        && content.trace[index + repetitions] == address
      {
        repetitions += 1
      }
      let times = repetitions > 1 ? " (\(repetitions) times)" : ""
      notes.append(Diagnostic.Note("called from here\(times)", at: span(ofAddress: address)))
      index += repetitions
    }
    let left = content.depth - content.trace.count
    if left > 0 {
      let calls = left == 1 ? "call" : "calls"
      notes.append(Diagnostic.Note("and \(left) more \(calls)"))
    }
    return notes
  }

  var currentProcessNote: String {
    let name = ledger[current.process].name
    let time = Quantity.clock(kernel.now)
    return "in process '\(name)' (pid \(current.pid)) at \(time)"
  }

  /// Says of which signals processes died, unless somebody waited for them and so knows.
  package mutating func reportSilentDeaths() {
    for number in 1..<ledger.limit where ledger[number].diedSilently {
      ledger[number].diedSilently = false
      let record = ledger[number]
      guard let signal = record.status.signal, !record.wasWaitedFor else { continue }
      let nobody = number == mainProcess ? "" : ", and nobody waited for it"
      report(
        Diagnostic(
          .error, "died-of-signal",
          "process '\(record.name)' (pid \(record.pid)) died of \(signal.name)\(nobody)",
          at: span(ofAddress: Int(record.endAddress)),
          notes: [Diagnostic.Note("it ended at \(Quantity.clock(record.ended))")]))
    }
  }

  /// The kernel killed the current process for its memory.
  mutating func reportOutOfMemoryKill() {
    report(
      Diagnostic(
        .warning, "oom-kill", "the kernel ran out of memory and killed this process",
        at: span(ofAddress: current.execution.pc),
        notes: [Diagnostic.Note(currentProcessNote)]))
  }

  /// The simulated kernel gave up.
  func panicDiagnostic(_ panic: Panic) -> Diagnostic {
    Diagnostic(
      .error, "kernel-panic", "Kernel panic - not syncing: \(panic.message)",
      at: span(ofAddress: current.execution.pc), notes: [Diagnostic.Note(currentProcessNote)])
  }

  /// An audit found the kernel's tables broken, which no script can bring about by rights.
  func violationDiagnostic(_ violation: InvariantViolation) -> Diagnostic {
    Diagnostic(
      .error, "broken-invariant", "the kernel's own tables are broken: \(violation)",
      at: span(ofAddress: current.execution.pc),
      notes: [
        Diagnostic.Note("this is a mistake in Quire, not in the script; please report it"),
        Diagnostic.Note(currentProcessNote),
      ])
  }

  /// Where an instruction comes from.
  func span(ofAddress address: Int) -> SourceSpan {
    let known = image.program.span(at: UInt32(truncatingIfNeeded: max(address, 0)))
    return known ?? image.program.functions[Int(image.program.entry)].span
  }

  // MARK: Expectations

  /// An `expect` whose condition is a comparison or a plain condition.
  package mutating func recordExpectation(
    _ expectation: Expectation, held: Bool, left: Value, right: Value
  ) {
    if held {
      expectationsHeld += 1
      return
    }
    var notes: [Diagnostic.Note] = []
    if case .comparison(let leftText, _, let rightText) = expectation.kind {
      for (text, value) in [(leftText, shown(left)), (rightText, shown(right))]
      where text != value {
        notes.append(Diagnostic.Note("\(text) is \(value)"))
      }
    }
    fail(expectation, "the expectation does not hold", notes)
  }

  /// An `expect NAME { … }` whose block ended with this error, or nil if it did not fail.
  package mutating func recordFailureExpectation(_ expectation: Expectation, error: ErrorContent?) {
    guard case .failure(let name) = expectation.kind else { return }
    if let error, error.name == name {
      expectationsHeld += 1
    } else if let error {
      fail(
        expectation, "expected \(name), got \(error.name ?? "another error")",
        [Diagnostic.Note(error.message, at: span(ofAddress: error.place))])
    } else {
      fail(expectation, "expected \(name), but the block did not fail", [])
    }
  }

  private mutating func fail(
    _ expectation: Expectation, _ message: String, _ notes: [Diagnostic.Note]
  ) {
    expectationsFailed += 1
    report(
      Diagnostic(
        .error, "expectation", message, at: expectation.span,
        notes: notes + [Diagnostic.Note(currentProcessNote)]))
  }
}
