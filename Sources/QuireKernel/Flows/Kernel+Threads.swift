// Threads: tasks of one process, which share its memory, its signal actions and its end.

extension Kernel {
  /// A thread of a process that has not exited, the leader before others; none when all have.
  func liveThread(of task: TaskIndex) -> TaskIndex {
    var thread = tasks[task].leader
    while !thread.isNone {
      if !tasks[thread].isDead { return thread }
      thread = tasks.nextThread(after: thread)
    }
    return .none
  }

  /// Sends SIGKILL to all threads of a process but one.
  ///
  /// Linux: `zap_other_threads`, kernel/signal.c.
  mutating func killThreads(besides task: TaskIndex) {
    var thread = tasks[task].leader
    while !thread.isNone {
      if thread != task && !tasks[thread].isDead { post(.SIGKILL, toThread: thread) }
      thread = tasks.nextThread(after: thread)
    }
  }

  /// The thread that is to hear of a signal to its process: the one named if it can, else the first
  /// that can; the signal waits with it when all block it.
  ///
  /// Linux: `complete_signal`, kernel/signal.c.
  func recipient(of signal: Signal, in task: TaskIndex) -> TaskIndex {
    if !tasks[task].isDead && !tasks[task].blocked.contains(signal) { return task }
    var thread = tasks[task].leader
    while !thread.isNone {
      if !tasks[thread].isDead && !tasks[thread].blocked.contains(signal) { return thread }
      thread = tasks.nextThread(after: thread)
    }
    return tasks[task].isDead ? liveThread(of: task) : task
  }

  /// Whether a process has a child, whichever of its threads made it.
  public func hasChildren(_ task: TaskIndex) -> Bool {
    var thread = tasks[task].leader
    while !thread.isNone {
      if !tasks[thread].firstChild.isNone { return true }
      thread = tasks.nextThread(after: thread)
    }
    return false
  }

  // MARK: execve

  /// Makes the caller the only thread of its process, and its leader.
  ///
  /// - Returns: false when other threads have still to end: the caller sleeps, and asks again when
  ///   it is woken.
  /// - Throws: EAGAIN when another thread is at it already, or the process is ending.
  /// Linux: `de_thread`, fs/exec.c.
  mutating func becomeOnlyThread(_ task: TaskIndex) throws(Errno) -> Bool {
    let leader = tasks[task].leader
    if tasks[leader].liveThreads > 1 {
      let isFirst = !tasks[task].flags.contains(.executing)
      if isFirst && !tasks[leader].flags.isDisjoint(with: [.groupExiting, .groupExecuting]) {
        throw .EAGAIN
      }
      if isFirst {
        tasks[leader].flags.insert(.groupExecuting)
        tasks[task].flags.insert(.executing)
        killThreads(besides: task)
      }
      block(task, .killable)
      return false
    }
    tasks[task].flags.remove(.executing)
    tasks[leader].flags.remove(.groupExecuting)
    if task == leader { return true }
    let old = tasks.takeOverLeadership(task)
    freeObjects(of: tasks[old].footprint)
    tasks.release(old)
    return true
  }

  /// A thread has gone: one that waits in execve to be the last may go on.
  mutating func wakeExecuting(in leader: TaskIndex) {
    if !tasks[leader].flags.contains(.groupExecuting) || tasks[leader].liveThreads > 1 { return }
    var thread = leader
    while !thread.isNone {
      if tasks[thread].flags.contains(.executing) { wake(thread) }
      thread = tasks.nextThread(after: thread)
    }
  }
}
