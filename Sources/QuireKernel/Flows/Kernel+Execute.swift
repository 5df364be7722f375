// execve: a process keeps its identity and gets another program (LAYOUT-6).

extension Kernel {
  /// Replaces the memory of a task by that of an empty image: a stack, and a heap base.
  ///
  /// Pid, parent, limits, credentials, blocked and pending signals and fault counts stay; handled
  /// signals get their default action back, ignored ones stay ignored. A parent that waits in
  /// vfork goes on.
  /// - Throws: ENOMEM, and nothing has changed.
  /// Linux: `begin_new_exec`, fs/exec.c.
  public mutating func execute(named name: String, by task: TaskIndex) throws(Errno) {
    charge(costs.systemCall)
    let space = try createAddressSpace(for: task)
    replaceSpace(of: task, by: space)
    tasks[task].name = TaskName(name)
    tasks.forgetHandlers(of: task)
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
