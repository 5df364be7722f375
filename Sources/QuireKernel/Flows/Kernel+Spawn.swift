// How tasks come into being, apart from fork: the first ones at boot, and fresh processes.

extension Kernel {
  /// Makes the tasks that every machine has: init and kthreadd (TASK-3).
  ///
  /// Linux: `rest_init`, init/main.c.
  mutating func bootTasks() throws(Errno) {
    tasks.initTask = try newTask(named: "init", under: .none)
    tasks[tasks.initTask].limits.processes = UInt64(maximumTasks / 2)
    tasks[tasks.initTask].hardLimits.processes = UInt64(maximumTasks / 2)
    tasks.kthreadd = try newTask(named: "kthreadd", under: .none, .kernelThread)
    tasks[tasks.initTask].state = .sleeping
    tasks[tasks.kthreadd].state = .sleeping
  }

  /// Starts a fresh process: a stack region, a heap base, nothing resident.
  ///
  /// It is a child of `parent` and has its credentials, limits and nice value; it runs nothing
  /// until the scheduler gives it a program.
  /// - Throws: EAGAIN when no more tasks are allowed or no pid is free, ENOMEM.
  /// Linux: none (fork and execve of an empty image in one step).
  public mutating func spawn(named name: String, by parent: TaskIndex) throws(Errno) -> TaskIndex {
    let child = try newTask(named: name, under: parent)
    tasks[child].credentials = tasks[parent].credentials
    tasks[child].limits = tasks[parent].limits
    tasks[child].hardLimits = tasks[parent].hardLimits
    tasks[child].nice = tasks[parent].nice
    copyDescriptors(from: parent, to: child)
    tasks[child].affinity = tasks[parent].affinity
    // What init starts leads a group of its own, as a job of a shell does.
    if parent != tasks.initTask { tasks[child].processGroup = tasks[parent].processGroup }
    emit(.fork, tasks[parent].pid, UInt64(UInt32(bitPattern: tasks[child].pid)))
    return child
  }

  /// The parent of top-level processes.
  public var initTask: TaskIndex { tasks.initTask }

  /// A new record with everything that a task costs, visible to all when this returns.
  mutating func newTask(
    named name: String, under parent: TaskIndex, _ flags: TaskFlags = []
  ) throws(Errno) -> TaskIndex {
    var record = Task(pid: try newPID(for: parent), name: TaskName(name), born: now)
    record.flags = flags
    record.footprint = try newFootprint(for: parent)
    if !parent.isNone && !flags.contains(.kernelThread) {
      do { record.space = try createAddressSpace(for: parent) } catch {
        free(record.footprint)
        throw error
      }
    }
    let task = tasks.allocate(record)
    tasks.publish(task, under: parent)
    if !record.space.isNone { spaces[record.space].owner = record.pid }
    return task
  }

  /// A free pid, if another task may exist at all (TASK-4).
  ///
  /// Linux: the checks of `copy_process`, kernel/fork.c.
  mutating func newPID(for parent: TaskIndex) throws(Errno) -> ProcessID {
    if tasks.count >= maximumTasks { throw .EAGAIN }
    if !parent.isNone {
      let isExempt = tasks[parent].holds(.resource) || tasks[parent].holds(.admin)
      if !isExempt && exceedsProcessLimit(parent, adding: 1) { throw .EAGAIN }
      tasks[parent].flags.remove(.exceedsProcessLimit)
    }
    guard let pid = tasks.pids.next() else { throw .EAGAIN }
    return pid
  }

  /// `kernel.threads-max`: kernel stacks may fill an eighth of the RAM.
  ///
  /// Linux: `set_max_threads`, kernel/fork.c.
  var maximumTasks: Int {
    let bytes = UInt64(machine.architecture.stackKilobytes) << 10
    return Int(max(machine.ram / (bytes * 8), 20))
  }
}
