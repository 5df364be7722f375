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

  /// Sets a limit of a task, which its children inherit.
  ///
  /// There is one limit for each resource where the kernel has a soft and a hard one: an
  /// unprivileged task can lower it, but not raise it again.
  /// - Throws: EPERM for raising a limit without privilege.
  /// Linux: `do_prlimit`, kernel/sys.c.
  public mutating func setLimit(
    on resource: Resource, to limit: UInt64, of task: TaskIndex
  ) throws(Errno) {
    if limit > self.limit(on: resource, of: task), !tasks[task].isPrivileged { throw .EPERM }
    switch resource {
    case .addressSpace: tasks[task].limits.addressSpace = limit
    case .data: tasks[task].limits.data = limit
    case .lockedMemory: tasks[task].limits.lockedMemory = limit
    case .processes: tasks[task].processLimit = limit
    case .stack: tasks[task].limits.stack = limit
    }
  }

  /// Takes every capability from a task for good, as changing to an ordinary user does.
  ///
  /// Linux: `sys_setresuid`, kernel/sys.c.
  public mutating func dropPrivileges(of task: TaskIndex) {
    tasks[task].flags.remove(.privileged)
  }
}
