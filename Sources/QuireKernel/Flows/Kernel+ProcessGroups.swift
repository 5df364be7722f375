// Process groups: who belongs to one, and signals to all of its members.

extension Kernel {
  /// Sends a signal to a group, or to everybody, as a pid below 1 asks for.
  ///
  /// - Parameter pid: 0 for the sender's own group, -1 for all but init and the sender, else minus
  ///   the number of a group.
  /// - Throws: ESRCH when there is nobody, EINVAL for a number that is no signal, EPERM when the
  ///   sender may signal none of them.
  /// Linux: `kill_something_info` and `__kill_pgrp_info`, kernel/signal.c.
  mutating func killSeveral(
    _ pid: ProcessID, _ number: Int32, by sender: TaskIndex
  ) throws(Errno) {
    if pid == .min { throw .ESRCH }
    let group = pid == 0 ? tasks[sender].processGroup : -pid
    var failure = Errno.ESRCH
    var isSent = false
    var target = tasks.first
    while !target.isNone {
      if isMember(target, of: pid == -1 ? nil : group, sender) {
        do throws(Errno) {
          try kill(tasks[target].pid, number, by: sender)
          isSent = true
        } catch { failure = error }
      }
      target = tasks[target].next
    }
    if !isSent { throw failure }
  }

  private func isMember(
    _ task: TaskIndex, of group: ProcessID?, _ sender: TaskIndex
  ) -> Bool {
    // A signal to a process is sent once, whatever threads it has.
    if tasks[task].leader != task { return false }
    if let group { return tasks[task].processGroup == group }
    return task != tasks.initTask && task != tasks[sender].leader && !tasks[task].isKernelThread
  }

  /// Puts a task into a process group: its own, or one that exists.
  ///
  /// There is one session, and execve takes no right away from the parent.
  /// - Parameter pid: the caller or a child of it; 0 for the caller.
  /// - Parameter group: 0 for the task's own number.
  /// - Throws: EINVAL, ESRCH when the task is neither the caller nor a child, EPERM when there
  ///   is no such group.
  /// Linux: `sys_setpgid`, kernel/sys.c.
  public mutating func setProcessGroup(
    of pid: ProcessID, to group: ProcessID, by caller: TaskIndex
  ) throws(Errno) {
    if group < 0 { throw .EINVAL }
    let process = tasks[caller].leader
    let target = pid == 0 ? process : tasks.task(withPID: pid)
    if target.isNone || target != process && !isChild(target, of: process) { throw .ESRCH }
    let wanted = group == 0 ? tasks[target].pid : group
    if wanted != tasks[target].pid {
      if !hasGroup(wanted) { throw .EPERM }
    }
    var thread = target
    while !thread.isNone {
      tasks[thread].processGroup = wanted
      thread = tasks.nextThread(after: thread)
    }
  }

  /// Whether a thread of a process has made the other one.
  private func isChild(_ task: TaskIndex, of process: TaskIndex) -> Bool {
    let parent = tasks[task].parent
    return !parent.isNone && tasks[parent].leader == process && tasks[task].leader == task
  }

  private func hasGroup(_ group: ProcessID) -> Bool {
    var task = tasks.first
    while !task.isNone {
      if tasks[task].processGroup == group { return true }
      task = tasks[task].next
    }
    return false
  }
}
