// What must hold of the process table between two calls (AUDIT-17).

internal import KernelStorage

extension Kernel {
  borrowing func checkTasks(_ violations: inout [InvariantViolation]) {
    checkTaskList(&violations)
    var task = tasks.first
    var stacks = 0
    while !task.isNone {
      checkRelations(of: task, &violations)
      checkMemory(of: task, &violations)
      if tasks[task].leader == task { checkThreads(of: task, &violations) }
      if !tasks[task].footprint.stack.isNone { stacks += 1 }
      task = tasks[task].next
    }
    checkSpaceUsers(&violations)
    if stacks != tasks.stackCount {
      violations.append(
        InvariantViolation(
          "task.stack-count", "\(stacks) stacks are held, \(tasks.stackCount) are counted"))
    }
  }

  /// Every address space knows how many tasks live in it.
  private borrowing func checkSpaceUsers(_ violations: inout [InvariantViolation]) {
    var users = [UInt32](repeating: 0, count: spaces.records.limit)
    var task = tasks.first
    while !task.isNone {
      let space = tasks[task].space
      if !space.isNone { users[space.index] += 1 }
      task = tasks[task].next
    }
    for index in 1..<max(1, spaces.records.limit) where spaces.records.isLive(index) {
      let space = AddressSpaceIndex(index)
      checkReferences(to: space, &violations)
      if spaces[space].users != users[index] {
        violations.append(
          InvariantViolation(
            "space.users", "space \(index) counts \(spaces[space].users), has \(users[index])"))
      }
    }
  }

  /// The list of all tasks holds every live record once, and its links agree both ways.
  private borrowing func checkTaskList(_ violations: inout [InvariantViolation]) {
    var length = 0
    var before = TaskIndex.none
    var task = tasks.first
    while !task.isNone, tasks.isLive(task), length <= tasks.count {
      if tasks[task].previous != before {
        violations.append(InvariantViolation("task.list-links", "pid \(tasks[task].pid)"))
      }
      if tasks.task(withPID: tasks[task].pid) != task {
        violations.append(
          InvariantViolation("task.pid-map", "pid \(tasks[task].pid) leads elsewhere"))
      }
      length += 1
      before = task
      task = tasks[task].next
    }
    if length != tasks.count || tasks.last != before {
      violations.append(
        InvariantViolation("task.list-length", "\(length) listed of \(tasks.count)"))
    }
  }

  private borrowing func checkRelations(
    of task: TaskIndex, _ violations: inout [InvariantViolation]
  ) {
    let record = tasks[task]
    let isFirst = task == tasks.initTask || task == tasks.kthreadd
    if record.parent.isNone != isFirst {
      violations.append(InvariantViolation("task.parent", "pid \(record.pid)"))
    }
    if record.leader == task, !record.parent.isNone, tasks[record.parent].isDead {
      violations.append(
        InvariantViolation("task.parent-alive", "pid \(record.pid) is a child of the dead"))
    }
    var child = record.firstChild
    var before = TaskIndex.none
    while !child.isNone {
      if tasks[child].parent != task || tasks[child].previousSibling != before {
        violations.append(
          InvariantViolation("task.child-links", "pid \(tasks[child].pid) of \(record.pid)"))
        return
      }
      before = child
      child = tasks[child].nextSibling
    }
    if record.lastChild != before {
      violations.append(InvariantViolation("task.child-links", "last child of \(record.pid)"))
    }
  }

  /// The ring of threads is closed, agrees on its process, and has as many living as it counts.
  private borrowing func checkThreads(
    of leader: TaskIndex, _ violations: inout [InvariantViolation]
  ) {
    let record = tasks[leader]
    var (living, length) = (UInt32(0), 0)
    var thread = leader
    var space = AddressSpaceIndex.none
    repeat {
      let other = tasks[thread]
      if !tasks.isLive(thread) || other.leader != leader || other.threadGroup != record.pid
        || tasks[other.nextThread].previousThread != thread || other.parent != record.parent
      {
        violations.append(InvariantViolation("task.thread-ring", "pid \(record.pid)"))
        return
      }
      if !other.isDead {
        living += 1
        if !space.isNone && other.space != space {
          violations.append(InvariantViolation("task.thread-space", "pid \(record.pid)"))
        }
        space = other.space
      } else if thread != leader {
        violations.append(InvariantViolation("task.thread-zombie", "pid \(record.pid)"))
      }
      length += 1
      thread = other.nextThread
    } while thread != leader && length <= tasks.count
    if living != record.liveThreads {
      violations.append(
        InvariantViolation(
          "task.live-threads", "pid \(record.pid) counts \(record.liveThreads), has \(living)"))
    }
  }

  private borrowing func checkMemory(
    of task: TaskIndex, _ violations: inout [InvariantViolation]
  ) {
    let record = tasks[task]
    if record.isDead, !record.space.isNone || !record.footprint.stack.isNone {
      violations.append(InvariantViolation("task.zombie-memory", "pid \(record.pid)"))
    }
    if !record.isDead, record.footprint.stack.isNone {
      violations.append(InvariantViolation("task.stack", "pid \(record.pid) has none"))
    }
    if record.isKernelThread && task != tasks.kthreadd && record.parent != tasks.kthreadd {
      violations.append(InvariantViolation("task.kernel-thread-parent", "pid \(record.pid)"))
    }
    if record.flags.contains(.vforked) {
      let parent = tasks[record.parent]
      if parent.space != record.space || parent.state == .running && !parent.isDying {
        violations.append(InvariantViolation("task.vfork-parent", "pid \(record.pid)"))
      }
    }
    if record.state == .running, record.flags.contains(.waiting) {
      violations.append(InvariantViolation("task.waiting-state", "pid \(record.pid)"))
    }
  }
}
