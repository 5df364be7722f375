// Frames: beginning, calling, interrupting, and the way back.
//
// A call puts its frame aside as a pair of words. A handler of a signal interrupts the running
// frame without a call; it is preceded by a pair of its own, whose upper half no base can have,
// that keeps what has to be as it was when the handler returns.

internal import KernelStorage
internal import QuireProgram

/// What a frame went back to.
enum FrameReturn {
  /// Nothing: it was the first one.
  case none
  /// The frame that called it; `pc` is behind the call.
  case caller
  /// The code that a handler interrupted; `pc` is where it was.
  case interrupted
}

extension Execution {
  private static var handlerMark: UInt64 { 0xffff_ffff }

  // MARK: Beginning

  /// The life of a new fiber: a function of the program that captures nothing.
  mutating func start(function: Int, in image: CodeImage) {
    begin(image.targets[function], closure: .none)
  }

  /// The life of a new fiber: a closure or function called without arguments.
  ///
  /// Whatever else the value is, the fiber finds out by calling it: it begins with the entry of the
  /// program and never gets there.
  mutating func start(closure: Value, in image: CodeImage, _ heap: borrowing ScriptHeap) {
    guard let index = heap.functionIndex(of: closure) else { return }
    begin(image.targets[index], closure: closure.has(.closure) ? closure : .none)
  }

  private mutating func begin(_ target: CallTarget, closure: Value) {
    registers.truncate(to: 0)
    registers.extend(by: max(Int(target.registerCount), Int(target.parameterCount)))
    frames.truncate(to: 0)
    depth = 0
    floor = 0
    base = 0
    isResuming = false
    for parameter in 0..<Int(target.parameterCount) { self[parameter] = .absent }
    self.closure = closure
    pc = Int(target.entry)
  }

  // MARK: Calling

  /// Puts the running frame aside; it will go on behind the instruction at `pc`.
  mutating func pushFrame() { push(goingOnAt: pc + 1) }

  /// Puts the running frame aside; it will make the call at `pc` once more.
  mutating func pushRepeatedFrame() { push(goingOnAt: pc) }

  private mutating func push(goingOnAt place: Int) {
    frames[2 * depth] = (UInt64(base) << 32) | UInt64(place)
    frames[2 * depth + 1] = closure.bits
    depth += 1
  }

  /// Drops the running frame and goes back to the one before.
  mutating func popFrame() -> FrameReturn {
    if depth == 0 { return .none }
    let isHandler = depth == floor
    depth -= 1
    let word = frames[2 * depth]
    pc = Int(truncatingIfNeeded: word & 0xffff_ffff)
    base = Int(truncatingIfNeeded: word >> 32)
    closure = Value(bits: frames[2 * depth + 1])
    guard isHandler else { return .caller }
    depth -= 1
    let kept = frames[2 * depth] & 0xffff_ffff
    floor = Int(kept >> 1)
    isResuming = kept & 1 != 0
    return .interrupted
  }

  // MARK: Handlers

  /// Calls a function between two instructions; its result is dropped. When it returns the
  /// interpreter calls `World.leaveHandler`, and what it interrupted goes on as it was.
  mutating func interrupt(
    with function: Value, _ first: Value, _ second: Value, in image: CodeImage,
    _ heap: borrowing ScriptHeap
  ) {
    guard let index = heap.functionIndex(of: function) else { return }
    let target = image.targets[index]
    let start = top(in: image)
    let missing = start + max(Int(target.registerCount), 1) - registers.count
    if missing > 0 { registers.extend(by: missing) }
    let missingFrames = 2 * (depth + 2) - frames.count
    if missingFrames > 0 { frames.extend(by: missingFrames) }
    frames[2 * depth] = (Self.handlerMark << 32) | (UInt64(floor) << 1) | (isResuming ? 1 : 0)
    frames[2 * depth + 1] = Value.none.bits
    depth += 1
    push(goingOnAt: pc)
    floor = depth
    isResuming = false
    base = start
    for parameter in 0..<Int(target.parameterCount) {
      let missing = parameter < Int(target.requiredCount) ? Value.none : .absent
      self[parameter] = parameter == 0 ? first : parameter == 1 ? second : missing
    }
    closure = function.has(.closure) ? function : .none
    pc = Int(target.entry)
  }

  // MARK: Traces

  /// Whether `body` holds for the place of some frame, the running one first; a frame that waits
  /// for a callee is at its call.
  func containsPlace(where body: (Int) -> Bool) -> Bool {
    if body(pc) { return true }
    var frame = depth - 1
    while frame >= 0 {
      if body(takePlace(from: &frame)) { return true }
    }
    return false
  }

  /// Where the first frame stands, whose registers begin at the bottom of the stack.
  var outermostPlace: Int {
    var frame = depth - 1
    var place = pc
    while frame >= 0 { place = takePlace(from: &frame) }
    return place
  }

  /// Addresses of the calls that wait and of what handlers have interrupted, the innermost first.
  func trace(limit: Int) -> [Int] {
    var places: [Int] = []
    var frame = depth - 1
    while frame >= 0 && places.count < limit { places.append(takePlace(from: &frame)) }
    return places
  }

  /// Where the frame of pair `frame` stands; goes on to the pair of the one before.
  private func takePlace(from frame: inout Int) -> Int {
    let place = Int(truncatingIfNeeded: frames[2 * frame] & 0xffff_ffff)
    let isInterrupted = frame > 0 && frames[2 * (frame - 1)] >> 32 == Self.handlerMark
    frame -= isInterrupted ? 2 : 1
    return isInterrupted ? place : place - 1
  }
}
