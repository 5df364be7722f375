// Resource limits by name, as `setrlimit` takes them.

/// A resource that a process may be limited in.
///
/// Linux: `RLIMIT_*`, include/uapi/asm-generic/resource.h.
public enum Resource: String, CaseIterable, Hashable, Sendable {
  /// Bytes of address space.
  case addressSpace = "as"
  /// Bytes of a core dump.
  case coreSize = "core"
  /// Bytes of private writable memory.
  case data
  /// Bytes to which a file may be written.
  case fileSize = "fsize"
  /// Bytes that may be locked in memory.
  case lockedMemory = "memlock"
  /// Numbers of descriptors: one more than the largest.
  case openFiles = "nofile"
  /// Processes of the ordinary user.
  case processes = "nproc"
  /// Bytes the stack may grow to.
  case stack
}

/// A number for each resource: bytes, or tasks; `unlimited` for no limit.
///
/// A process that holds CAP_IPC_LOCK (a privileged task) may pass `lockedMemory`.
/// Linux: `struct rlimit` of `signal_struct`, include/uapi/linux/resource.h.
public struct ResourceLimits: Hashable, Sendable, BitwiseCopyable {
  public static let unlimited = UInt64.max

  public var addressSpace = unlimited
  public var coreSize: UInt64 = 0
  public var data = unlimited
  public var fileSize = unlimited
  public var lockedMemory: UInt64 = 8 << 20
  public var openFiles: UInt64 = 1024
  /// Tasks that the user may have when this one forks, unless it is the superuser.
  public var processes = unlimited
  public var stack: UInt64 = 8 << 20

  public init() {}

  /// The hard limits a system begins with: none but on locked memory and on descriptors.
  ///
  /// Linux: `INIT_RLIMITS`, include/asm-generic/resource.h.
  static var initialHard: ResourceLimits {
    var limits = ResourceLimits()
    limits.stack = unlimited
    limits.coreSize = unlimited
    limits.openFiles = 4096
    return limits
  }

  public subscript(resource: Resource) -> UInt64 {
    get { self[keyPath: resource.field] }
    set { self[keyPath: resource.field] = newValue }
  }
}

extension Resource {
  fileprivate var field: WritableKeyPath<ResourceLimits, UInt64> {
    switch self {
    case .addressSpace: \.addressSpace
    case .coreSize: \.coreSize
    case .data: \.data
    case .fileSize: \.fileSize
    case .lockedMemory: \.lockedMemory
    case .openFiles: \.openFiles
    case .processes: \.processes
    case .stack: \.stack
    }
  }
}

extension Kernel {
  /// Sets a limit of a task, which its children inherit, and with `hard` the hard limit too.
  ///
  /// Without `hard` a privileged task takes the hard limit along when it goes beyond it.
  /// - Throws: EINVAL for a limit above the hard one asked for, EPERM for raising the hard limit
  ///   without privilege, and for more descriptors than `fs.nr_open`.
  /// Linux: `do_prlimit`, kernel/sys.c.
  public mutating func setLimit(
    on resource: Resource, to limit: UInt64, hard: UInt64? = nil, of task: TaskIndex
  ) throws(Errno) {
    let former = tasks[task].hardLimits[resource]
    let ceiling = hard ?? max(limit, former)
    if limit > ceiling { throw .EINVAL }
    if resource == .openFiles && ceiling > tunables.openMaximum { throw .EPERM }
    if ceiling > former, !tasks[task].holds(.resource) { throw .EPERM }
    tasks[task].limits[resource] = limit
    tasks[task].hardLimits[resource] = ceiling
    shareLimits(of: task)
  }

  /// Threads of a process have their limits in common.
  private mutating func shareLimits(of task: TaskIndex) {
    let model = tasks[task]
    var thread = model.leader
    while !thread.isNone {
      tasks[thread].limits = model.limits
      tasks[thread].hardLimits = model.hardLimits
      thread = tasks.nextThread(after: thread)
    }
  }
}
