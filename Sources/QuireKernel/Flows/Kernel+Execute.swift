// execve: a process keeps its identity and gets another program (LAYOUT-6).

extension Kernel {
  /// Replaces the memory of a process by that of an empty image: a stack, and a heap base.
  ///
  /// The caller becomes its only thread, with its pid; others are killed first.
  /// Pid, parent, limits, credentials, blocked and pending signals and fault counts stay; handled
  /// signals get their default action back, ignored ones stay ignored. A parent that waits in
  /// vfork goes on.
  /// - Returns: false when other threads have still to end: the caller sleeps, and calls again when
  ///   it is woken.
  /// - Throws: ENOMEM, and nothing has changed; EAGAIN when another thread is at it already.
  /// Linux: `begin_new_exec`, fs/exec.c.
  @discardableResult
  public mutating func execute(named name: String, by task: TaskIndex) throws(Errno) -> Bool {
    charge(costs.systemCall)
    if try !becomeOnlyThread(task) { return false }
    let space = try createAddressSpace(for: task)
    replaceSpace(of: task, by: space)
    tasks[task].name = TaskName(name)
    tasks.forgetHandlers(of: task)
    return true
  }

  /// The point of no return: the old memory is left, and goes if nobody else lives in it.
  ///
  /// Linux: `exec_mmap`, fs/exec.c.
  private mutating func replaceSpace(of task: TaskIndex, by space: AddressSpaceIndex) {
    let old = tasks[task].space
    spaces[space].owner = tasks[task].threadGroup
    tasks[task].space = space
    completeVfork(of: task)
    releaseAddressSpace(old)
  }
}
