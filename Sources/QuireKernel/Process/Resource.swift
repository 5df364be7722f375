// Resource limits by name, as `setrlimit` takes them.

/// A resource that a process may be limited in.
///
/// Linux: `RLIMIT_*`, include/uapi/asm-generic/resource.h.
public enum Resource: String, CaseIterable, Hashable, Sendable {
  /// Bytes of address space.
  case addressSpace = "as"
  /// Bytes of private writable memory.
  case data
  /// Bytes that may be locked in memory.
  case lockedMemory = "memlock"
  /// Processes of the ordinary user.
  case processes = "nproc"
  /// Bytes the stack may grow to.
  case stack
}

extension Kernel {
  /// What a task is limited to; `UInt64.max` for no limit.
  public func limit(on resource: Resource, of task: TaskIndex) -> UInt64 {
    let limits = tasks[task].limits
    return switch resource {
    case .addressSpace: limits.addressSpace
    case .data: limits.data
    case .lockedMemory: limits.lockedMemory
    case .processes: tasks[task].processLimit
    case .stack: limits.stack
    }
  }

  /// How far a task may raise its limit without privilege; `UInt64.max` for as far as it likes.
  public func hardLimit(on resource: Resource, of task: TaskIndex) -> UInt64 {
    let limits = tasks[task].hardLimits
    return switch resource {
    case .addressSpace: limits.addressSpace
    case .data: limits.data
    case .lockedMemory: limits.lockedMemory
    case .processes: tasks[task].hardProcessLimit
    case .stack: limits.stack
    }
  }

  /// Sets a limit of a task, which its children inherit, and with `hard` the hard limit too.
  ///
  /// Without `hard` a privileged task takes the hard limit along when it goes beyond it.
  /// - Throws: EINVAL for a limit above the hard one asked for, EPERM for raising the hard limit
  ///   without privilege.
  /// Linux: `do_prlimit`, kernel/sys.c.
  public mutating func setLimit(
    on resource: Resource, to limit: UInt64, hard: UInt64? = nil, of task: TaskIndex
  ) throws(Errno) {
    let former = hardLimit(on: resource, of: task)
    let ceiling = hard ?? max(limit, former)
    if limit > ceiling { throw .EINVAL }
    if ceiling > former, !tasks[task].isPrivileged { throw .EPERM }
    switch resource {
    case .addressSpace:
      tasks[task].limits.addressSpace = limit
      tasks[task].hardLimits.addressSpace = ceiling
    case .data:
      tasks[task].limits.data = limit
      tasks[task].hardLimits.data = ceiling
    case .lockedMemory:
      tasks[task].limits.lockedMemory = limit
      tasks[task].hardLimits.lockedMemory = ceiling
    case .processes:
      tasks[task].processLimit = limit
      tasks[task].hardProcessLimit = ceiling
    case .stack:
      tasks[task].limits.stack = limit
      tasks[task].hardLimits.stack = ceiling
    }
    shareLimits(of: task)
  }

  /// Threads of a process have their limits in common.
  private mutating func shareLimits(of task: TaskIndex) {
    let model = tasks[task]
    var thread = model.leader
    while !thread.isNone {
      tasks[thread].limits = model.limits
      tasks[thread].hardLimits = model.hardLimits
      tasks[thread].processLimit = model.processLimit
      tasks[thread].hardProcessLimit = model.hardProcessLimit
      thread = tasks.nextThread(after: thread)
    }
  }

  /// Takes every capability from a process for good, as changing to an ordinary user does.
  ///
  /// It changes all threads, as the C library sees to.
  ///
  /// Linux: `sys_setresuid`, kernel/sys.c.
  public mutating func dropPrivileges(of task: TaskIndex) {
    var thread = tasks[task].leader
    while !thread.isNone {
      tasks[thread].flags.remove(.privileged)
      thread = tasks.nextThread(after: thread)
    }
  }
}
