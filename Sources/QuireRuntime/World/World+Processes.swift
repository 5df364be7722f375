// The life of a process on the script's side: its fiber, its heap, its line in the ledger.

internal import KernelStorage
package import QuireKernel
internal import QuireReports

extension World {
  /// Makes the process of the top level, a child of init, and lets it run `function`.
  package mutating func start(_ function: Int, named name: String = "main") throws(Errno) {
    for task in kernel.taskList() where ledger.number(of: task) == 0 {
      let record = kernel.tasks[task]
      _ = ledger.add(ProcessRecord(pid: record.pid, name: record.name, task: task, born: 0))
    }
    kernelTaskCount = kernel.tasks.count
    let task = try kernel.spawn(named: name, by: kernel.initTask)
    var fiber = Fiber()
    fiber.execution.start(function: function, in: image)
    mainProcess = admit(fiber, ScriptHeap(), task, parent: 0)
  }

  /// Lets a new task run; its fiber and heap are its own from now on.
  mutating func admit(
    _ fiber: consuming Fiber, _ heap: consuming ScriptHeap, _ task: TaskIndex,
    parent: ProcessNumber
  ) -> ProcessNumber {
    fiber.heap = heaps.insert(heap)
    return enroll(fiber, task, parent: parent)
  }

  /// Lets a new task run on the heap of the current fiber.
  mutating func admitCompanion(_ fiber: consuming Fiber, _ task: TaskIndex) -> ProcessNumber {
    heap.sharers += 1
    fiber.heap = current.heap
    return enroll(fiber, task, parent: current.process)
  }

  private mutating func enroll(
    _ fiber: consuming Fiber, _ task: TaskIndex, parent: ProcessNumber
  ) -> ProcessNumber {
    let record = kernel.tasks[task]
    let number = ledger.add(
      ProcessRecord(
        pid: record.pid, name: record.name, task: task, parent: UInt32(parent), born: kernel.now,
        isScript: true, isThread: record.leader != task))
    fiber.task = task
    fiber.pid = record.pid
    fiber.process = number
    createdProcesses += 1
    fiber.random = RandomStream(seed: configuration.seed, .process, key: createdProcesses)
    let index = fibers.insert(fiber)
    ledger[number].fiber = Int32(index)
    livingProcesses += 1
    makeReady(index, at: kernel.now)
    return number
  }

  /// The fiber that runs a task, 0 when none does.
  func fiber(of task: TaskIndex) -> Int { Int(ledger[ledger.number(of: task)].fiber) }

  /// The task of a process; nil once it is gone from the process table.
  package func task(of number: ProcessNumber) -> TaskIndex? {
    let record = ledger[number]
    let isItsTask =
      ledger.number(of: record.task) == number
      && kernel.tasks.task(withPID: record.pid) == record.task
    return isItsTask ? record.task : nil
  }

  /// Ends the current process, with all its threads; its fiber never runs again.
  ///
  /// - Parameter failed: whether an error or a signal that nobody caught is the cause.
  mutating func endCurrentTask(_ status: ExitStatus, failed: Bool) {
    noteMemory()
    decide(status)
    kernel.exitGroup(current.task, status)
    recordEnd(status, failed: failed)
  }

  /// The current thread has come to its end, and the process with it if it was the last.
  mutating func endCurrentThread() {
    noteMemory()
    kernel.exit(current.task, .exited(0))
    recordEnd(.exited(0), failed: false)
  }

  /// The top level is about to end, and its memory with it: keeps a hash of what memory and swap
  /// hold now, for the digest.
  mutating func noteMemory() {
    guard kernel.events.isOn, current.process == mainProcess else { return }
    var digest = Digest()
    kernel.mixContents(into: &digest)
    memoryAtEnd = digest.value
  }

  /// A leader that has ended before the other threads ends as the process does.
  private mutating func decide(_ status: ExitStatus) {
    let number = ledger.number(of: kernel.tasks[current.task].leader)
    if !ledger[number].hasEnded { return }
    ledger[number].status = status
    if number == mainProcess { mainStatus = status }
  }

  /// Notes the end of the current task, which has exited.
  mutating func recordEnd(_ status: ExitStatus, failed: Bool) {
    let number = current.process
    ledger[number].ended = kernel.now
    ledger[number].status = status
    ledger[number].endAddress = UInt32(truncatingIfNeeded: current.execution.pc)
    ledger[number].hasEnded = true
    if failed { recordFailure(of: process(ofThread: number)) }
    ledger[number].fiber = 0
    livingProcesses -= 1
    if number == mainProcess {
      mainStatus = status
      keepMainVariables()
    }
    leaveSynchronizers(runningFiber)
    if ledger[number].isThread || ledger[number].isKernelThread { wakeJoiners(of: number) }
    drainWakeups()
  }

  private mutating func recordFailure(of process: ProcessNumber) {
    if !ledger[process].failed { unseenFailures += 1 }
    ledger[process].failed = true
  }

  /// The line of the process that a thread belongs to.
  func process(ofThread thread: ProcessNumber) -> ProcessNumber {
    var number = thread
    while ledger[number].isThread { number = Int(ledger[number].parent) }
    return number
  }

  /// Whoever waits for a thread hears of its end.
  private mutating func wakeJoiners(of number: ProcessNumber) {
    for fiber in 1..<fibers.limit
    where fibers.isOccupied(fiber) && fibers[fiber].wait == .thread(number) {
      kernel.wake(fibers[fiber].task)
    }
  }

  /// Lets the fibers run whose tasks the kernel has woken.
  mutating func drainWakeups() {
    while let task = kernel.takeWakeup() {
      let fiber = fiber(of: task)
      if fiber == 0 || fiber == runningFiber || fibers[fiber].wait == .none { continue }
      fibers[fiber].wait = .none
      makeReady(fiber, at: kernel.now)
    }
  }
}
