// A session: a top level that rests between entries instead of ending, as a REPL needs it.
//
// The process of the top level, its memory and its variables live on from entry to entry; every
// entry is a function of a longer program. Other processes run while an entry runs and stand still
// while the top level rests, so nothing happens that nobody asked for.

internal import KernelStorage
package import QuireKernel
internal import QuireProgram

extension World {
  /// Boots a session: the top level exists and rests.
  package mutating func startSession() throws(Errno) {
    isSession = true
    try start(Int(image.program.entry))
    let main = mainFiber
    fibers[main].wait = .entry
    fibers[main].readyEntry = 0
  }

  /// The fiber of the top level, 0 once its process has ended.
  private var mainFiber: Int { Int(ledger[mainProcess].fiber) }

  /// Whether the process of the top level is still there.
  package var sessionIsAlive: Bool { !ledger[mainProcess].hasEnded }

  /// Whether the top level has done its entry, or has ended.
  package var isResting: Bool {
    if !isSession || !sessionIsAlive { return isSession }
    return mainFiber != runningFiber && fibers[mainFiber].wait == .entry
  }

  /// Lets the top level run the newest entry of a program that only ever grows.
  package mutating func beginEntry(of longer: CodeImage) {
    precondition(isResting && sessionIsAlive, "beginEntry: the top level does not rest")
    image = longer
    entryValue = nil
    isDeadlocked = false
    let main = mainFiber
    fibers[main].execution.start(function: Int(longer.program.entry), in: longer)
    fibers[main].operation = .none
    fibers[main].wait = .none
    makeReady(main, at: clocks[fibers[main].lastCPU])
  }

  /// Gives up the entry that runs, wherever it is; what it has done so far stays done.
  package mutating func abandonEntry() {
    guard isSession, sessionIsAlive, !isResting else { return }
    let main = mainFiber
    if runningFiber != 0 { preempt() }
    leaveSynchronizers(main)
    fibers[main].wait = .entry
    // No entry of the queue has this order: whatever is queued for the fiber is stale.
    fibers[main].readyEntry = 0
    kernel.wake(fibers[main].task)
  }

  /// Lets the current fiber rest if it is the top level of a session and has done its entry.
  mutating func rests(with value: Value) -> Bool {
    guard isSession && current.process == mainProcess else { return false }
    current.wait = .entry
    if !value.isNone && !value.isAbsent {
      var writer = TextWriter()
      writer.writeQuoted(value, of: self)
      if case .bytes(let text) = writer.finish() { entryValue = text }
    }
    return true
  }
}
