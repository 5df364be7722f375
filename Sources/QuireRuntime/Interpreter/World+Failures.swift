// How errors come about and where they go.

internal import KernelStorage
internal import QuireProgram

extension World {
  /// The outcome of a failure with this content.
  mutating func fail(_ content: ErrorContent) -> BuiltinOutcome {
    .raise(heap.error(content))
  }

  /// Charges steps for work in proportion to data, 64 bytes a step: what a step copies in the time
  /// that it stands for.
  @inline(__always)
  mutating func charge(work bytes: Int) { pendingSteps &+= bytes >> 6 }

  /// Finds who catches an error that instruction `place` raised, and goes on there.
  ///
  /// - Returns: false when nobody does.
  @inline(never)
  mutating func unwind(_ error: Value, at place: Int) -> Bool {
    let trace = current.execution.trace(limit: ErrorContent.traceLimit)
    // A handler that runs takes a frame of its own.
    let depth = current.execution.depth - current.handling.count
    heap.setPlace(of: error, place, depth: depth, trace: trace)
    var address = place
    while true {
      if let handler = image.handler(at: address) {
        // A call that a failed handler interrupted is not made again.
        current.leaveKernelMode(for: current.execution.depth)
        current.execution.isResuming = false
        current.execution[Int(handler.errorRegister)] = error
        current.execution.pc = Int(handler.target)
        return true
      }
      switch current.execution.popFrame() {
      case .none:
        // The process ends, and this is where it has come to.
        current.execution.pc = address
        return false
      // The frame goes on behind its call; the call is what failed there.
      case .caller: address = current.execution.pc - 1
      case .interrupted:
        leaveHandler()
        address = current.execution.pc
      }
    }
  }
}

extension CodeImage {
  /// The innermost handler that covers an address.
  func handler(at address: Int) -> Handler? {
    function(at: address)?.handlers.first { $0.start <= address && address < $0.end }
  }
}
