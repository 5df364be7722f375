// What is left when a run is over: exit status, processes, digest.

internal import KernelStorage
public import QuireKernel
package import QuireSyntax

/// One process of a run.
public struct ProcessSummary: Hashable, Sendable {
  public var pid: ProcessID
  public var name: String
  /// Pid of the process that started it, 0 for the first.
  public var parent: ProcessID
  public var born: Nanoseconds
  /// How and when it ended; nil while it has not.
  public var status: ExitStatus?
  public var ended: Nanoseconds?
  /// It ended by an error or a signal that nobody caught.
  public var failed: Bool
}

extension World {
  /// Every process that the script started, in the order of creation.
  package var processSummaries: [ProcessSummary] {
    (1..<ledger.limit).filter { ledger[$0].isScript }.map { number in
      let record = ledger[number]
      return ProcessSummary(
        pid: record.pid, name: record.name.description, parent: ledger[Int(record.parent)].pid,
        born: record.born, status: record.hasEnded ? record.status : nil,
        ended: record.hasEnded ? record.ended : nil, failed: record.failed)
    }
  }

  /// The clock of the CPU that is furthest.
  package var latestTime: Nanoseconds {
    clocks.reduce(runningFiber == 0 ? timeSlept : kernel.now) { max($0, $1) }
  }

  /// Whether the run is to count as failed: an expectation did not hold, the top level ended
  /// non-zero, nobody could go on, or a process that nobody waited for died of an error or a
  /// signal.
  package var hasFailed: Bool {
    if expectationsFailed > 0 || isDeadlocked || kernel.panic != nil || !violations.isEmpty {
      return true
    }
    if let mainStatus, mainStatus != .exited(0) { return true }
    for number in 1..<ledger.limit where number != mainProcess {
      if ledger[number].failed && !ledger[number].wasWaitedFor { return true }
    }
    return false
  }

  /// A digest of the sequence of events and of the state that the run has come to.
  ///
  /// Equal digests mean equal runs: same events at the same times, same output, same processes,
  /// same contents of memory and swap. The memory of a process goes with it, so a watched run
  /// (`kernel.events.isOn`) also counts what memory held when the top level ended.
  package var digest: UInt64 {
    var digest = kernel.events.digest
    digest.mix(kernel.events.count)
    digest.mix(steps)
    for clock in clocks { digest.mix(clock) }
    for number in 1..<ledger.limit {
      let record = ledger[number]
      digest.mix(UInt64(UInt32(bitPattern: record.pid)) << 32 | UInt64(record.parent))
      digest.mix(record.born)
      digest.mix(record.ended)
      digest.mix(
        UInt64(record.status.code) << 16 | UInt64(record.status.signalNumber) << 8
          | (record.status.dumpedCore ? 2 : 0) | (record.hasEnded ? 1 : 0))
    }
    digest.mix(totalOutputHash)
    digest.mix(UInt64(outputTotal))
    digest.mix(expectationsHeld)
    digest.mix(expectationsFailed)
    digest.mix(memoryAtEnd)
    kernel.mixState(into: &digest)
    return digest.value
  }

  /// Says which limit stopped the run, where, and how to raise it.
  package func limitDiagnostic(_ limit: LimitKind) -> Diagnostic {
    let isFinal = limit == .virtualTime && limits.latestTime == Limits.lastMoment
    let raise =
      isFinal
      ? "clocks cannot tell more"
      : limit.option.map { "raise it with \($0)" } ?? "a host can raise it, the command line cannot"
    guard runningFiber != 0 else {
      return Diagnostic(
        .error, "limit-reached", "the run has reached its limit \(limits.text(of: limit))",
        at: span(ofAddress: nextAddress),
        notes: [Diagnostic.Note("\(raise); every process waits for a later time")])
    }
    let span = span(ofAddress: current.execution.pc)
    return Diagnostic(
      .error, "limit-reached", "the run has reached its limit \(limits.text(of: limit))", at: span,
      notes: [
        Diagnostic.Note("\(raise); the machine itself has not run out of anything"),
        Diagnostic.Note(currentProcessNote),
      ])
  }

  /// Who runs next when nobody runs now: between two quanta, or while all wait for a time.
  private var nextEntry: ReadyEntry? { candidates.first ?? ready.first }

  private var nextAddress: Int { nextEntry.map { fibers[$0.fiber].execution.pc } ?? 0 }

  /// Says where the run was when the host interrupted it.
  package var interruptionDiagnostic: Diagnostic {
    guard runningFiber != 0 else {
      let isWaiting = nextEntry.map { $0.time > kernel.now } ?? true
      return Diagnostic(
        .error, "interrupted",
        isWaiting ? "interrupted while every process waited" : "interrupted here",
        at: span(ofAddress: nextAddress))
    }
    return Diagnostic(
      .error, "interrupted", "interrupted here", at: span(ofAddress: current.execution.pc),
      notes: [Diagnostic.Note(currentProcessNote)])
  }
}

extension Limits {
  /// "of 1000 steps"
  package func text(of limit: LimitKind) -> String {
    switch limit {
    case .steps: "of \(steps ?? 0) steps"
    case .heap: "of \(Quantity.bytes(Int64(heapBytes))) for the values of scripts"
    case .processes: "of \(processes) processes"
    case .callDepth: "of \(callDepth) calls inside each other"
    case .output: "of \(Quantity.bytes(Int64(outputBytes))) of output"
    case .virtualTime where latestTime == Self.lastMoment: "of 292 years of simulated time"
    case .virtualTime: "of \(Quantity.time(Int64(clamping: latestTime))) of simulated time"
    }
  }
}
