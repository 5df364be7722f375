// Sleeping and waiting: tasks leave the CPU here, and whoever wakes them is told to the scheduler.

extension Kernel {
  /// Puts a task to sleep; the caller takes it off the CPU.
  ///
  /// - Returns: false when a signal is there already that would end such a sleep: it stays awake.
  /// Linux: `set_current_state`, include/linux/sched.h.
  @discardableResult
  public mutating func block(_ task: TaskIndex, _ kind: SleepKind) -> Bool {
    switch kind {
    case .interruptible:
      if !deliverableSignals(of: task).isEmpty { return false }
      tasks[task].state = .sleeping
    case .killable:
      if tasks[task].isDying { return false }
      tasks[task].state = .uninterruptible
      tasks[task].flags.insert(.killable)
    case .uninterruptible:
      tasks[task].state = .uninterruptible
    }
    return true
  }

  /// Ends a sleep; a task that is awake, stopped or dead stays as it is.
  ///
  /// Linux: `wake_up_process`, kernel/sched/core.c.
  public mutating func wake(_ task: TaskIndex) {
    let state = tasks[task].state
    guard state == .sleeping || state == .uninterruptible else { return }
    makeRunnable(task)
  }

  /// Any sleep or stop ends: the scheduler hears of it.
  mutating func makeRunnable(_ task: TaskIndex) {
    tasks[task].state = .running
    tasks[task].flags.subtract([.killable, .waiting])
    tasks.queueWakeup(task)
  }

  /// The next task that became runnable without its own doing, first in first out.
  public mutating func takeWakeup() -> TaskIndex? {
    let task = tasks.takeWakeup()
    return task.isNone ? nil : task
  }

  /// Reports a child that changed state, and reaps it if it ended.
  ///
  /// Children are looked at in birth order, those of all threads of the process. When none is
  /// ready the caller is put to sleep and the answer is `wouldBlock`: it waits again when it is
  /// woken.
  /// - Throws: EINVAL for an unknown option, ECHILD when no child matches, EINTR when a signal is
  /// to be
  ///   delivered first.
  /// Linux: `do_wait`, kernel/exit.c.
  public mutating func wait(
    for target: WaitTarget, options: WaitOptions = [], by task: TaskIndex
  ) throws(Errno) -> WaitResult {
    if !options.isSubset(of: .all) { throw .EINVAL }
    var anyMatches = false
    var thread = tasks[task].leader
    while !thread.isNone {
      if let child = readyChild(of: thread, target, options, &anyMatches) {
        return .child(child)
      }
      thread = tasks.nextThread(after: thread)
    }
    if !anyMatches { throw .ECHILD }
    if options.contains(.noHang) { return .noneReady }
    if !block(task, .interruptible) { throw .EINTR }
    tasks[task].flags.insert(.waiting)
    return .wouldBlock
  }

  /// The first child of one thread that has something to report.
  private mutating func readyChild(
    of thread: TaskIndex, _ target: WaitTarget, _ options: WaitOptions, _ anyMatches: inout Bool
  ) -> WaitedChild? {
    var child = tasks[thread].firstChild
    while !child.isNone {
      if matches(child, target) {
        anyMatches = true
        if let change = reportableChange(of: child, options) {
          return report(change, of: child, to: thread, options)
        }
      }
      child = tasks[child].nextSibling
    }
    return nil
  }

  private func matches(_ child: TaskIndex, _ target: WaitTarget) -> Bool {
    switch target {
    case .any: true
    case .child(let pid): tasks[child].pid == pid
    case .processGroup(let group): tasks[child].processGroup == group
    }
  }

  private func reportableChange(
    of child: TaskIndex, _ options: WaitOptions
  ) -> WaitedChild.Change? {
    let record = tasks[child]
    // A leader whose threads live on is not there to be waited for yet.
    if record.state == .zombie { return record.liveThreads == 0 ? .ended(record.exitStatus) : nil }
    if options.contains(.untraced), record.flags.contains(.stopUnreported) { return .stopped }
    if options.contains(.continued), record.flags.contains(.continueUnreported) {
      return .continued
    }
    return nil
  }

  private mutating func report(
    _ change: WaitedChild.Change, of child: TaskIndex, to parent: TaskIndex, _ options: WaitOptions
  ) -> WaitedChild {
    let record = tasks[child]
    let result = WaitedChild(
      pid: record.pid, change: change,
      minorFaults: record.minorFaults + record.childMinorFaults,
      majorFaults: record.majorFaults + record.childMajorFaults)
    if options.contains(.noWait) { return result }
    switch change {
    case .ended: reap(child)
    case .stopped: tasks[child].flags.remove(.stopUnreported)
    case .continued: tasks[child].flags.remove(.continueUnreported)
    }
    return result
  }

  /// What a child has used, its own children included, counts for its parent from now on.
  ///
  /// Linux: `wait_task_zombie`, kernel/exit.c.
  private mutating func addToChildren(_ child: Task, of process: TaskIndex) {
    tasks[process].childMinorFaults += child.minorFaults + child.childMinorFaults
    tasks[process].childMajorFaults += child.majorFaults + child.childMajorFaults
    tasks[process].childUserTime += child.userTime + child.childUserTime
    tasks[process].childSystemTime += child.systemTime + child.childSystemTime
    let peak = max(child.peakResident, child.childPeakResident)
    tasks[process].childPeakResident = max(tasks[process].childPeakResident, peak)
  }

  /// Ends a zombie: its parent has seen it, its pid is free.
  ///
  /// Linux: `release_task`, kernel/exit.c.
  mutating func reap(_ child: TaskIndex) {
    let record = tasks[child]
    precondition(record.state == .zombie, "reap: pid \(record.pid) is alive")
    addToChildren(record, of: tasks[record.parent].leader)
    emit(.reap, record.pid)
    tasks.withdraw(child)
    freeObjects(of: record.footprint)
    tasks.release(child)
  }
}
