// Room for values: who may use how much of the heap limit of the run.
//
// Every heap has an allowance and every stack its length; their sum is charged and never exceeds
// the limit. A heap that needs more is collected first, and its allowance then becomes twice what it
// still uses. When the limit is in the way it gets just what it needs; when even that is too much the
// other heaps give up what they do not use.

internal import KernelStorage
internal import QuireKernel

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
    if setAllowance(needed) { return true }
    collectOthers()
    return setAllowance(needed)
  }

  private mutating func setAllowance(_ words: Int) -> Bool {
    guard charge(words: words - heap.allowance) else { return false }
    heap.allowance = words
    return true
  }

  /// Collects the current heap. Its roots are the current fiber, and those that share the heap.
  private mutating func collectCurrent() {
    let sharers = heap.sharers > 1 ? fibersSharing(current.heap) : []
    let top = current.execution.top(in: image)
    heap.collect { collection in
      current.execution.forward(&collection, top: top)
      for fiber in sharers {
        let top = fibers[fiber].execution.top(in: image)
        fibers[fiber].execution.forward(&collection, top: top)
      }
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
        for fiber in users {
          let top = fibers[fiber].execution.top(in: image)
          fibers[fiber].execution.forward(&collection, top: top)
        }
      }
      _ = charge(words: heaps[index].used - heaps[index].allowance)
      heaps[index].allowance = heaps[index].used
    }
  }

  // MARK: Stacks

  /// Makes the stack of the current fiber long enough; false when the heap limit forbids it.
  mutating func growStack(registers: Int, frames: Int) -> Bool {
    grow(&current.execution, registers: registers, frames: frames)
  }

  private mutating func grow(
    _ execution: inout Execution, registers: Int, frames: Int
  ) -> Bool {
    let moreRegisters = Self.growth(execution.registers.count, to: registers)
    let wantedFrames = min(2 * limits.callDepth, max(2 * frames, execution.frames.count))
    let moreFrames = Self.growth(execution.frames.count, to: wantedFrames)
    guard charge(words: moreRegisters + moreFrames) else { return false }
    execution.registers.extend(by: moreRegisters)
    execution.frames.extend(by: moreFrames)
    return true
  }

  /// Words to add so that there are `needed`: none, or at least half of those there are.
  private static func growth(_ count: Int, to needed: Int) -> Int {
    needed <= count ? 0 : max(needed - count, count / 2, 32)
  }

  // MARK: Coming and going of processes

  /// A heap for a fresh process, with room for the program's globals; nil when the limit forbids it.
  package mutating func makeHeap() -> ScriptHeap? {
    let globals = image.program.globals.count
    let words = ScriptHeap.preparationWords(globals: globals, constants: constantCount)
    guard charge(words: words) else { return nil }
    var heap = ScriptHeap()
    heap.allowance = words
    heap.prepare(globals: globals, constants: constantCount)
    return heap
  }

  /// The heap of a child of the current process; nil when the limit forbids it.
  package mutating func copyHeap() -> ScriptHeap? {
    guard charge(words: heap.used) else { return nil }
    return heap.copy()
  }

  /// The stack of a child of the current process at the same place; nil when the limit forbids it.
  package mutating func copyExecution() -> Execution? {
    let copy = current.execution.copy()
    return charge(words: copy.stackWords) ? copy : nil
  }

  /// A stack on which a function, a value of the heap it will run on, is about to begin; nil when
  /// the limit forbids it. Arguments that the function does not take are dropped.
  package mutating func makeExecution(
    calling function: Value, _ arguments: [Value], on heap: borrowing ScriptHeap
  ) -> Execution? {
    guard let index = heap.functionIndex(of: function) else { return nil }
    let target = image.targets[index]
    var execution = Execution()
    guard grow(&execution, registers: Int(target.registerCount), frames: 0) else { return nil }
    for number in 0..<Int(target.parameterCount) {
      execution[number] = number < arguments.count ? arguments[number] : .absent
    }
    execution.closure = function.has(.closure) ? function : .none
    execution.pc = Int(target.entry)
    return execution
  }

  /// Gives back what a fiber that has ended was charged; the heap only if nobody shares it.
  package mutating func release(_ execution: borrowing Execution) {
    chargedWords -= execution.stackWords
  }

  package mutating func release(_ heap: borrowing ScriptHeap) {
    chargedWords -= heap.allowance
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
    result = collection.forward(result)
  }
}
