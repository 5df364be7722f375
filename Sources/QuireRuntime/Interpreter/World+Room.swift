// Room for values: who may use how much of the heap limit of the run.
//
// Every heap has an allowance and every stack its length; their sum is charged and never exceeds
// the limit. A heap that needs more is collected first, and its allowance then becomes twice what
// it still uses. When the limit is in the way the other heaps give up what they do not use, and it
// gets all that is left, unless that is next to nothing.

internal import KernelStorage
internal import QuireKernel
internal import QuireProgram

extension World {
  /// Words that all heaps and stacks together may use.
  private var wordLimit: Int { max(0, limits.heapBytes) / 8 }

  /// A heap grows by at least so many words, 4 KiB, so that a small one is not collected often.
  private static var leastRoom: Int { 512 }

  /// Charges words if the limit allows; a negative number gives them back.
  private mutating func charge(words: Int) -> Bool {
    let (sum, overflow) = chargedWords.addingReportingOverflow(words)
    guard !overflow && (words <= 0 || sum <= wordLimit) else { return false }
    chargedWords = sum
    return true
  }

  // MARK: The running heap

  /// Makes `reserve(words)` succeed for the current heap; false when the limit forbids it.
  mutating func makeRoom(_ words: Int) -> Bool {
    collectCurrent()
    let needed = heap.used + words
    let generous = max(2 * heap.used + words, Self.leastRoom)
    if !isCollectingAlways && setAllowance(generous) { return true }
    if isCollectingAlways && setAllowance(needed) { return true }
    collectOthers()
    // The limit is near. What is left of it is given away whole, so that the next collection is as
    // far off as it can be; when almost nothing is left, collecting again and again would only put
    // off the end.
    let room = wordLimit - chargedWords + heap.allowance - heap.used
    guard room >= words + wordLimit / Self.leastShare else { return false }
    return setAllowance(heap.used + room)
  }

  /// A run has reached its heap limit when less than this part of it is free after a collection.
  private static var leastShare: Int { 64 }

  private mutating func setAllowance(_ words: Int) -> Bool {
    guard charge(words: words - heap.allowance) else { return false }
    heap.allowance = words
    return true
  }

  /// Collects the current heap. Its roots are the current fiber, and those that share the heap.
  private mutating func collectCurrent() {
    let sharers = heap.sharers > 1 ? fibersSharing(current.heap) : []
    heap.collect { collection in
      current.forward(&collection, image)
      for fiber in sharers { fibers[fiber].forward(&collection, image) }
    }
  }

  private func fibersSharing(_ heap: Int) -> [Int] {
    (1..<fibers.limit).filter {
      $0 != runningFiber && fibers.isOccupied($0) && fibers[$0].heap == heap
    }
  }

  /// Collects every heap that nobody runs on and takes back what it does not use.
  private mutating func collectOthers() {
    for index in 1..<heaps.limit
    where heaps.isOccupied(index) && index != current.heap && heaps[index].allowance > 0 {
      let users = fibersSharing(index)
      if users.isEmpty { continue }
      heaps[index].collect { collection in
        for fiber in users { fibers[fiber].forward(&collection, image) }
      }
      _ = charge(words: heaps[index].used - heaps[index].allowance)
      heaps[index].allowance = heaps[index].used
    }
  }

  // MARK: Stacks

  /// Makes the stack of the current fiber long enough; false when the heap limit forbids it.
  ///
  /// There are never more places for waiting frames than calls may be inside each other, the
  /// running one counted, so that the loop has one question to ask for both.
  mutating func growStack(registers: Int, frames: Int) -> Bool {
    let (registerCount, frameWords) = (
      current.execution.registers.count, current.execution.frames.count
    )
    let moreRegisters = Self.growth(registerCount, to: registers)
    let most = max(0, 2 * (limits.callDepth - 1) - frameWords)
    let moreFrames = min(most, Self.growth(frameWords, to: 2 * frames))
    guard charge(words: moreRegisters + moreFrames) else { return false }
    current.execution.chargedWords += moreRegisters + moreFrames
    current.execution.registers.extend(by: moreRegisters)
    current.execution.frames.extend(by: moreFrames)
    return true
  }

  /// Words to add so that there are `needed`: none, or at least half of those there are.
  private static func growth(_ count: Int, to needed: Int) -> Int {
    needed <= count ? 0 : max(needed - count, count / 2, 32)
  }

  /// Charges the stack of the current fiber as far as it has not been: that of a new one.
  mutating func chargeStack() {
    chargedWords += current.execution.stackWords - current.execution.chargedWords
    current.execution.chargedWords = current.execution.stackWords
  }

  // MARK: Coming and going of processes

  /// Charges a copy of the current heap and stack for a child.
  mutating func reserveCopyOfHeap() throws(CallFailure) {
    let words = heap.used + current.execution.stackWords
    if charge(words: words) {
      chargedWords -= current.execution.stackWords
      return
    }
    collectOthers()
    guard charge(words: words) else { throw .outcome(.limit(.heap)) }
    chargedWords -= current.execution.stackWords
  }

  /// Undoes `reserveCopyOfHeap` for a copy that was not made.
  mutating func unreserveCopyOfHeap() { chargedWords -= heap.used }

  /// Gives back what the current fiber, which has ended, and its heap were charged.
  mutating func dischargeCurrent() {
    chargedWords -= current.execution.chargedWords
    current.execution.chargedWords = 0
    if heap.sharers > 1 { return }
    chargedWords -= heap.allowance
    heap.allowance = 0
  }

  /// Gives the current fiber, which shares its heap, a copy of its own.
  mutating func leaveSharedHeap() {
    if heap.sharers == 1 { return }
    let copy = heap.copy()
    heap.sharers -= 1
    swap(&heaps[current.heap], &heap)
    current.heap = heaps.insert(copy)
    swap(&heaps[current.heap], &heap)
  }
}

extension Fiber {
  /// Forwards every value that the fiber holds.
  fileprivate mutating func forward(_ collection: inout Collection, _ image: CodeImage) {
    execution.forward(&collection, top: execution.top(in: image))
    for index in signalHandlers.indices {
      signalHandlers[index] = collection.forward(signalHandlers[index])
    }
  }
}

extension Execution {
  var stackWords: Int { registers.count + frames.count }

  /// One more than the last register that means something.
  func top(in image: CodeImage) -> Int {
    let address = UInt32(truncatingIfNeeded: pc)
    let function = image.program.function(at: address).map { image.targets[Int($0)] }
    return min(registers.count, base + Int(function?.registerCount ?? 0))
  }

  /// Forwards all values of the stack, and clears what lies above them.
  mutating func forward(_ collection: inout Collection, top: Int) {
    collection.forward(0..<top, of: &registers)
    registers.clear(top..<registers.count)
    for frame in 0..<depth {
      collection.forward(2 * frame + 1..<2 * frame + 2, of: &frames)
    }
    closure = collection.forward(closure)
  }
}
