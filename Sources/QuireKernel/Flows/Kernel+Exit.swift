// Exit: the memory goes at once, the record stays a zombie until the parent has looked (EXIT-1 to
// 5).

extension Kernel {
  /// Ends a process: the calling thread at once, the others when they next leave the kernel.
  ///
  /// The first thread that ends the process decides how; a status that comes later is forgotten.
  /// Linux: `do_group_exit`, kernel/exit.c.
  public mutating func exitGroup(_ task: TaskIndex, _ status: ExitStatus) {
    let leader = tasks[task].leader
    if tasks[leader].flags.contains(.groupExiting) || tasks[leader].liveThreads == 1 {
      // Nobody else is left to be told.
    } else if tasks[leader].flags.contains(.groupExecuting)
      && !tasks[task].flags.contains(.executing)
    {
      return exit(task, .exited(0))
    } else {
      tasks[leader].flags.insert(.groupExiting)
      tasks[leader].flags.remove(.groupExecuting)
      tasks[leader].groupStatus = status
      killThreads(besides: task)
    }
    let isDecided = tasks[leader].flags.contains(.groupExiting)
    exit(task, isDecided ? tasks[leader].groupStatus : status)
  }

  /// Ends a task: a process that has no other thread, or one thread of several.
  ///
  /// The memory goes with the last thread, before anybody waits. Children become another thread's,
  /// or init's, which reaps the zombies among them at once. A thread beside the leader is gone when
  /// this returns; the leader stays a zombie until all threads have exited. Then the parent gets
  /// SIGCHLD; a parent that ignores it, and init, leave no zombie.
  /// Linux: `do_exit`, kernel/exit.c.
  public mutating func exit(_ task: TaskIndex, _ status: ExitStatus) {
    precondition(!tasks[task].isDead, "exit: pid \(tasks[task].pid) has exited before")
    let leader = tasks[task].leader
    if leader == tasks.initTask && tasks[leader].liveThreads == 1 {
      tasks.panic = .initExited
      return
    }
    tasks[task].state = .zombie
    tasks[task].exitStatus = status
    tasks[task].pending = SignalSet()
    tasks[task].flags.subtract([
      .waiting, .killable, .stopUnreported, .continueUnreported, .executing,
    ])
    emit(.exit, tasks[task].pid, UInt64(status.code), UInt64(status.signalNumber))
    abandonSwapOffs(of: task)
    endMoves(by: task)
    completeVfork(of: task)
    if !tasks[task].space.isNone {
      recordPeak(of: task)
      releaseAddressSpace(tasks[task].space)
      tasks[task].space = .none
    }
    freeStackAndFiles(of: task)
    tasks[leader].liveThreads -= 1
    reparentChildren(of: task)
    leaveGroup(task, of: leader)
  }

  /// A thread that has exited is forgotten, a leader waits for the others; the last one tells the
  /// parent.
  ///
  /// Linux: `exit_notify` and `release_task`, kernel/exit.c.
  private mutating func leaveGroup(_ task: TaskIndex, of leader: TaskIndex) {
    if task != leader {
      // The accounts of a process are those of all threads that it ever had.
      tasks[leader].minorFaults += tasks[task].minorFaults
      tasks[leader].majorFaults += tasks[task].majorFaults
      tasks[leader].userTime += tasks[task].userTime
      tasks[leader].systemTime += tasks[task].systemTime
      release(thread: task)
    }
    if tasks[leader].liveThreads > 0 { return wakeExecuting(in: leader) }
    closeDescriptors(of: leader)
    if tasks[leader].flags.contains(.groupExiting) {
      tasks[leader].exitStatus = tasks[leader].groupStatus
    }
    notifyParentOfExit(leader)
  }

  private mutating func release(thread: TaskIndex) {
    emit(.reap, tasks[thread].pid)
    let footprint = tasks[thread].footprint
    tasks.withdraw(thread)
    freeObjects(of: footprint)
    tasks.release(thread)
  }

  /// Hands the children on in birth order: to another thread of the process, or to init (EXIT-2).
  ///
  /// Linux: `forget_original_parent`, kernel/exit.c.
  private mutating func reparentChildren(of task: TaskIndex) {
    let heir = liveThread(of: task)
    while !tasks[task].firstChild.isNone {
      let child = tasks[task].firstChild
      // Nobody is left to be told that the child has left the memory.
      tasks[child].flags.remove(.vforked)
      tasks.removeChild(child)
      tasks.appendChild(child, to: heir.isNone ? tasks.initTask : heir)
      setParent(ofThreadsOf: child)
      if heir.isNone && tasks[child].state == .zombie && tasks[child].liveThreads == 0 {
        reap(child)
      }
    }
  }

  /// Threads have the parent of their leader.
  private mutating func setParent(ofThreadsOf leader: TaskIndex) {
    var thread = tasks.nextThread(after: leader)
    while !thread.isNone {
      tasks[thread].parent = tasks[leader].parent
      thread = tasks.nextThread(after: thread)
    }
  }

  private mutating func notifyParentOfExit(_ task: TaskIndex) {
    let parent = tasks[task].parent
    let ignores = tasks.action(of: parent, for: .SIGCHLD) == .ignore
    wakeWaiters(in: parent)
    if parent == tasks.initTask || parent == tasks.kthreadd || ignores {
      reap(task)
    } else {
      post(.SIGCHLD, to: parent)
    }
  }

  /// A child changed state: every thread of its parent that sleeps in `wait` looks again.
  mutating func wakeWaiters(in parent: TaskIndex) {
    var thread = tasks[parent].leader
    while !thread.isNone {
      if tasks[thread].flags.contains(.waiting) { wake(thread) }
      thread = tasks.nextThread(after: thread)
    }
  }
}
