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
    let record = kernel.tasks[task]
    let number = ledger.add(
      ProcessRecord(
        pid: record.pid, name: record.name, task: task, parent: UInt32(parent), born: kernel.now,
        isScript: true))
    fiber.task = task
    fiber.pid = record.pid
    fiber.process = number
    fiber.heap = heaps.insert(heap)
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

  /// Ends the current process; its fiber never runs again.
  ///
  /// - Parameter failed: whether an error or a signal that nobody caught is the cause.
  mutating func endCurrentTask(_ status: ExitStatus, failed: Bool) {
    noteMemory()
    kernel.exit(current.task, status)
    recordEnd(status, failed: failed)
  }

  /// The top level is about to end, and its memory with it: keeps a hash of what memory and swap
  /// hold now, for the digest.
  mutating func noteMemory() {
    guard kernel.events.isOn, current.process == mainProcess else { return }
    var digest = Digest()
    kernel.mixContents(into: &digest)
    memoryAtEnd = digest.value
  }

  /// Notes the end of the current process, whose task has exited.
  mutating func recordEnd(_ status: ExitStatus, failed: Bool) {
    let number = current.process
    ledger[number].ended = kernel.now
    ledger[number].status = status
    ledger[number].endAddress = UInt32(truncatingIfNeeded: current.execution.pc)
    ledger[number].hasEnded = true
    ledger[number].failed = failed
    ledger[number].fiber = 0
    livingProcesses -= 1
    if failed { unseenFailures += 1 }
    if number == mainProcess {
      mainStatus = status
      keepMainVariables()
    }
    leaveSynchronizers(runningFiber)
    drainWakeups()
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
