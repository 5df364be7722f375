// Fork, the part about tasks: reserve everything, then make the child visible.

extension Kernel {
  /// Makes a child that is a copy of `parent`: memory, limits, signal actions and credentials.
  ///
  /// Pending signals, fault counts and times are not copied. When it fails, nothing is left.
  /// - Throws: EAGAIN when no more tasks are allowed or no pid is free, ENOMEM.
  /// Linux: `copy_process`, kernel/fork.c.
  public mutating func fork(_ parent: TaskIndex) throws(Errno) -> TaskIndex {
    let model = tasks[parent]
    var record = Task(pid: try newPID(for: parent), name: model.name, born: now)
    record.flags = model.flags.intersection(.privileged)
    record.processGroup = model.processGroup
    record.oomScoreAdjustment = model.oomScoreAdjustment
    record.blocked = model.blocked
    record.nice = model.nice
    record.realTimePriority = model.realTimePriority
    record.policy = model.policy
    record.affinity = model.affinity
    record.processLimit = model.processLimit
    record.limits = model.limits
    record.hardProcessLimit = model.hardProcessLimit
    record.hardLimits = model.hardLimits
    record.footprint = try newFootprint(for: parent)
    if !model.space.isNone {
      do { record.space = try duplicateAddressSpace(of: model.space, for: parent) } catch {
        free(record.footprint)
        throw error
      }
    }
    let child = tasks.allocate(record)
    tasks.copyActions(from: parent, to: child)
    tasks.publish(child, under: parent)
    if !record.space.isNone { spaces[record.space].owner = record.pid }
    emit(.fork, model.pid, UInt64(UInt32(bitPattern: record.pid)))
    return child
  }
}
