// Exit: the memory goes at once, the record stays a zombie until the parent has looked (EXIT-1 to
// 5).

extension Kernel {
  /// Ends a task.
  ///
  /// Its memory is free before anybody waits for it. Its children become init's, which reaps
  /// the zombies among them at once. The parent gets SIGCHLD; a parent that ignores
  /// SIGCHLD, and init, leave no zombie: then the task is gone when this returns.
  /// Linux: `do_exit`, kernel/exit.c.
  public mutating func exit(_ task: TaskIndex, _ status: ExitStatus) {
    precondition(!tasks[task].isDead, "exit: pid \(tasks[task].pid) has exited before")
    if task == tasks.initTask {
      tasks.panic = .initExited
      return
    }
    tasks[task].state = .zombie
    tasks[task].exitStatus = status
    tasks[task].pending = SignalSet()
    tasks[task].flags.subtract([.waiting, .killable, .stopUnreported, .continueUnreported])
    emit(.exit, tasks[task].pid, UInt64(status.code), UInt64(status.signalNumber))
    abandonSwapOffs(of: task)
    completeVfork(of: task)
    if !tasks[task].space.isNone {
      releaseAddressSpace(tasks[task].space)
      tasks[task].space = .none
    }
    freeStackAndFiles(of: task)
    reparentChildren(of: task)
    notifyParentOfExit(task)
  }

  /// Hands the children to init, in birth order (EXIT-2).
  private mutating func reparentChildren(of task: TaskIndex) {
    while !tasks[task].firstChild.isNone {
      let child = tasks[task].firstChild
      // Nobody is left to be told that the child has left the memory.
      tasks[child].flags.remove(.vforked)
      tasks.removeChild(child)
      tasks.appendChild(child, to: tasks.initTask)
      if tasks[child].state == .zombie { reap(child) }
    }
  }

  private mutating func notifyParentOfExit(_ task: TaskIndex) {
    let parent = tasks[task].parent
    let ignores = tasks.action(of: parent, for: .SIGCHLD) == .ignore
    wakeWaiter(parent)
    if parent == tasks.initTask || ignores {
      reap(task)
    } else {
      post(.SIGCHLD, to: parent)
    }
  }

  /// A child changed state: a parent that sleeps in `wait` looks again.
  mutating func wakeWaiter(_ parent: TaskIndex) {
    if tasks[parent].flags.contains(.waiting) { wake(parent) }
  }
}
