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
  /// - Returns: false when nobody does; the execution then keeps the error as its result.
  @inline(never)
  mutating func unwind(_ error: Value, at place: Int) -> Bool {
    let trace = current.execution.trace(limit: ErrorContent.traceLimit)
    heap.setPlace(of: error, place, depth: current.execution.depth, trace: trace)
    var address = place
    while true {
      if let handler = image.handler(at: address) {
        current.execution[Int(handler.errorRegister)] = error
        current.execution.pc = Int(handler.target)
        return true
      }
      guard current.execution.popFrame() else {
        current.execution.result = error
        return false
      }
      // The frame goes on behind its call; the call is what failed there.
      address = current.execution.pc - 1
    }
  }
}

extension Execution {
  /// Addresses of the calls that wait, the innermost first.
  func trace(limit: Int) -> [Int] {
    var places: [Int] = []
    var frame = depth - 1
    while frame >= 0 && places.count < limit {
      places.append(Int(truncatingIfNeeded: frames[2 * frame] & 0xffff_ffff) - 1)
      frame -= 1
    }
    return places
  }

  /// Drops the running frame; false when it is the last one.
  mutating func popFrame() -> Bool {
    guard depth > 0 else { return false }
    depth -= 1
    let word = frames[2 * depth]
    pc = Int(truncatingIfNeeded: word & 0xffff_ffff)
    base = Int(truncatingIfNeeded: word >> 32)
    closure = Value(bits: frames[2 * depth + 1])
    return true
  }
}

extension CodeImage {
  /// The innermost handler that covers an address.
  func handler(at address: Int) -> Handler? {
    function(at: address)?.handlers.first { $0.start <= address && address < $0.end }
  }
}
