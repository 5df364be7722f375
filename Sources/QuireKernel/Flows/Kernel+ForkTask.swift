// Fork, vfork and threads, the part about tasks: reserve everything, then make the child visible.

extension Kernel {
  /// Makes a child that is a copy of `parent`: memory, limits, signal actions and credentials.
  ///
  /// Pending signals, fault counts and times are not copied. When it fails, nothing is left.
  /// - Throws: EAGAIN when no more tasks are allowed or no pid is free, ENOMEM.
  /// Linux: `sys_fork`, kernel/fork.c.
  public mutating func fork(_ parent: TaskIndex) throws(Errno) -> TaskIndex {
    try clone(parent, [])
  }

  /// Makes a child that lives in its parent's memory, and puts the parent to sleep until the child
  /// has exited or begun another program (FORK-5).
  ///
  /// Only SIGKILL ends that sleep before; the child then goes on in the memory alone.
  /// - Throws: EAGAIN when no more tasks are allowed or no pid is free, ENOMEM.
  /// Linux: `sys_vfork`, kernel/fork.c.
  public mutating func vfork(_ parent: TaskIndex) throws(Errno) -> TaskIndex {
    let child = try clone(parent, [.memory, .vfork])
    if !block(parent, .killable) { tasks[child].flags.remove(.vforked) }
    return child
  }

  /// Makes another thread of a process: a task in the same memory, with the same signal actions.
  ///
  /// It is no child of anybody and nobody waits for it; it is gone when it exits.
  /// - Throws: EAGAIN when no more tasks are allowed or no pid is free, ENOMEM.
  /// Linux: `sys_clone` with `CLONE_THREAD`, kernel/fork.c.
  public mutating func startThread(by creator: TaskIndex) throws(Errno) -> TaskIndex {
    try clone(creator, [.memory, .thread])
  }

  /// Linux: `copy_process`, kernel/fork.c.
  private mutating func clone(
    _ parent: TaskIndex, _ flags: CloneFlags
  ) throws(Errno) -> TaskIndex {
    let model = tasks[parent]
    var record = Task(pid: try newPID(for: parent), name: model.name, born: now)
    record.inherit(from: model)
    if flags.contains(.vfork) { record.flags.insert(.vforked) }
    if flags.contains(.thread) {
      record.leader = model.leader
      record.threadGroup = model.threadGroup
    }
    record.footprint = try newFootprint(for: parent)
    do { record.space = try copySpace(of: model, flags, for: parent) } catch {
      free(record.footprint)
      throw error
    }
    let child = tasks.allocate(record)
    tasks.copyActions(from: parent, to: child)
    if flags.contains(.thread) {
      tasks.publish(child, under: model.parent)
      tasks[model.leader].liveThreads += 1
    } else {
      tasks.publish(child, under: parent)
      copyDescriptors(from: parent, to: child)
    }
    if record.space != model.space { spaces[record.space].owner = record.pid }
    emit(.fork, model.pid, UInt64(UInt32(bitPattern: record.pid)))
    return child
  }

  /// The address space of a child: its parent's, or a copy.
  ///
  /// Linux: `copy_mm`, kernel/fork.c.
  private mutating func copySpace(
    of model: Task, _ flags: CloneFlags, for parent: TaskIndex
  ) throws(Errno) -> AddressSpaceIndex {
    if model.space.isNone { return .none }
    if !flags.contains(.memory) {
      return try duplicateAddressSpace(of: model.space, for: parent)
    }
    retainAddressSpace(model.space)
    return model.space
  }

  /// A task leaves an address space that it may have shared with a parent who waits for that.
  ///
  /// Linux: `mm_release` and `complete_vfork_done`, kernel/fork.c.
  mutating func completeVfork(of task: TaskIndex) {
    if !tasks[task].flags.contains(.vforked) { return }
    tasks[task].flags.remove(.vforked)
    wake(tasks[task].parent)
  }
}

extension Task {
  /// What a child has from its parent.
  fileprivate mutating func inherit(from model: Task) {
    credentials = model.credentials
    processGroup = model.processGroup
    oomScoreAdjustment = model.oomScoreAdjustment
    blocked = model.blocked
    nice = model.nice
    realTimePriority = model.realTimePriority
    policy = model.policy
    affinity = model.affinity
    limits = model.limits
    hardLimits = model.hardLimits
    stackPointer = model.stackPointer
  }
}
