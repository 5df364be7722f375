// The task: one record of the process table (TASK-1).

/// Index of a task in the process table; not its pid. 0 is no task.
public struct TaskIndex: Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt32
  @inlinable public init(_ rawValue: UInt32) { self.rawValue = rawValue }
  @inlinable public init(_ index: Int) { self.rawValue = UInt32(index) }
  @inlinable public static var none: TaskIndex { TaskIndex(UInt32(0)) }
  @inlinable public var index: Int { Int(rawValue) }
  @inlinable public var isNone: Bool { rawValue == 0 }
}

/// A process id, as scripts and /proc show it.
public typealias ProcessID = Int32

/// What a task is doing (TASK-5).
///
/// Linux: `TASK_RUNNING` and friends, include/linux/sched.h.
public enum TaskState: UInt8, Sendable, BitwiseCopyable {
  /// Running or ready to run.
  case running
  /// Waits and can be woken by a signal.
  case sleeping
  /// Waits for a device or a lock; only the kernel ends it.
  case uninterruptible
  case stopped
  case zombie
  /// Reaped; the record is about to be reused.
  case dead

  /// The letter of /proc/PID/stat.
  public var letter: Character {
    switch self {
    case .running: "R"
    case .sleeping: "S"
    case .uninterruptible: "D"
    case .stopped: "T"
    case .zombie: "Z"
    case .dead: "X"
    }
  }
}

/// How a task ended: an exit code or a signal (EXIT-4).
public struct ExitStatus: Hashable, Sendable, BitwiseCopyable {
  /// 0 ... 255; 0 when a signal ended the task.
  public var code: UInt8
  /// Number of the signal that ended the task, or 0.
  public var signalNumber: UInt8
  /// The signal left a core dump. Linux: bit 7 of a wait status.
  public var dumpedCore = false

  public static func exited(_ code: UInt8) -> ExitStatus { ExitStatus(code: code, signalNumber: 0) }
  public static func killed(by signal: Signal) -> ExitStatus {
    ExitStatus(code: 0, signalNumber: signal.rawValue)
  }
  public var signal: Signal? { Signal(rawValue: signalNumber) }
}

/// A task's name: at most 15 bytes, cut at a character (`TASK_COMM_LEN`).
///
/// Linux: `task_struct.comm`, include/linux/sched.h.
public struct TaskName: Hashable, Sendable, BitwiseCopyable, CustomStringConvertible {
  private var low: UInt64 = 0
  private var high: UInt64 = 0

  public init(_ text: String) {
    var length = 0
    for scalar in text.unicodeScalars {
      let bytes = Array(String(scalar).utf8)
      if length + bytes.count > 15 { break }
      for byte in bytes {
        if length < 8 {
          low |= UInt64(byte) << UInt64(8 * length)
        } else {
          high |= UInt64(byte) << UInt64(8 * (length - 8))
        }
        length += 1
      }
    }
  }

  public var description: String {
    var bytes: [UInt8] = []
    for word in [low, high] {
      for shift in stride(from: UInt64(0), to: 64, by: 8) {
        let byte = UInt8(truncatingIfNeeded: word >> shift)
        if byte != 0 { bytes.append(byte) }
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// What is true of a task, beside its state.
///
/// Linux: `PF_*` and `SIGNAL_*`, include/linux/sched.h and include/linux/sched/signal.h.
public struct TaskFlags: OptionSet, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt16
  @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// Has no address space of its own and is never killed (`PF_KTHREAD`).
  public static let kernelThread = TaskFlags(rawValue: 1 << 0)
  /// Its user had more tasks than allowed when it changed to him (`PF_NPROC_EXCEEDED`).
  public static let exceedsProcessLimit = TaskFlags(rawValue: 1 << 1)
  /// Shares its parent's address space until it exits or execs (`CLONE_VFORK`).
  public static let vforked = TaskFlags(rawValue: 1 << 2)
  /// Chosen by the OOM killer; it dies when it next leaves the kernel (`TIF_MEMDIE`).
  public static let oomVictim = TaskFlags(rawValue: 1 << 3)
  /// Runs swapoff and so is the first that the OOM killer takes (`oom_flag_origin`).
  public static let swapoffCaller = TaskFlags(rawValue: 1 << 4)
  /// Sleeps in state D, but SIGKILL may end it (`TASK_KILLABLE`).
  public static let killable = TaskFlags(rawValue: 1 << 5)
  /// Blocked in `wait`: a child that changes state wakes it.
  public static let waiting = TaskFlags(rawValue: 1 << 6)
  /// On the queue of tasks that the scheduler is to look at.
  public static let queued = TaskFlags(rawValue: 1 << 7)
  /// Stopped, and no `wait` with `untraced` has seen it yet.
  public static let stopUnreported = TaskFlags(rawValue: 1 << 8)
  /// Continued, and no `wait` with `continued` has seen it yet.
  public static let continueUnreported = TaskFlags(rawValue: 1 << 9)
  /// A leader whose process ends as a whole (`SIGNAL_GROUP_EXIT`).
  public static let groupExiting = TaskFlags(rawValue: 1 << 10)
  /// A leader whose process loses all threads but one, which execs (`group_exec_task`).
  public static let groupExecuting = TaskFlags(rawValue: 1 << 11)
  /// Sleeps in execve until it is the only thread.
  public static let executing = TaskFlags(rawValue: 1 << 12)
}

/// The kernel memory that one task costs, beside its address space (TASK-2).
///
/// Linux: what `dup_task_struct` and `copy_process` allocate, kernel/fork.c.
package struct TaskFootprint: Sendable, BitwiseCopyable {
  /// One object of each of `caches`, in their order; none where it was given back.
  var objects: [6 of SlabObject] = .init(repeating: .none)
  /// First frame of the kernel stack; none once the task has exited.
  package internal(set) var stack = FrameNumber.none

  static let caches: [6 of KernelCache] = [.taskStruct, .cred, .files, .sighand, .signal, .pid]
  /// The place of the table of files, which goes at exit; the others wait for the parent.
  static let filesPlace = 2
}

/// One record of the process table (TASK-1).
///
/// Relations are task indices and 0 is *none*; times are simulated nanoseconds.
/// Linux: `struct task_struct`, include/linux/sched.h.
public struct Task: Sendable, BitwiseCopyable {
  // Identity.
  public internal(set) var pid: ProcessID
  /// Pid of the first thread of the process; what `getpid` answers.
  public internal(set) var threadGroup: ProcessID
  /// Process group, inherited at fork.
  public internal(set) var processGroup: ProcessID
  public var name: TaskName
  public internal(set) var credentials = Credentials.superuser
  public internal(set) var flags: TaskFlags
  public internal(set) var state: TaskState
  /// How it ended; meaningful in a zombie.
  public internal(set) var exitStatus: ExitStatus

  // The process: its threads form a ring, the leader first.
  /// The first thread of the process, which stays until all others are gone; itself, as a rule.
  public internal(set) var leader: TaskIndex = .none
  package internal(set) var nextThread: TaskIndex = .none
  package internal(set) var previousThread: TaskIndex = .none
  /// In the leader: threads that have not exited, itself included.
  public internal(set) var liveThreads: UInt32 = 1
  /// In the leader of a process that ends as a whole: how.
  var groupStatus = ExitStatus.exited(0)
  // The tree: children of one parent form a list in birth order.
  public internal(set) var parent: TaskIndex
  package internal(set) var firstChild: TaskIndex = .none
  package internal(set) var lastChild: TaskIndex = .none
  package internal(set) var nextSibling: TaskIndex = .none
  package internal(set) var previousSibling: TaskIndex = .none
  /// Neighbours in the list of all tasks, oldest first.
  package internal(set) var next: TaskIndex = .none
  package internal(set) var previous: TaskIndex = .none
  /// The queue it sleeps in, and the next there.
  var waitPlace = WaitPlace.nowhere
  var nextWaiter: TaskIndex = .none
  /// Next in the queue of tasks to be looked at by the scheduler.
  package internal(set) var nextWakeup: TaskIndex = .none

  // Memory.
  /// The address space, or none for a kernel thread and a zombie.
  package var space: AddressSpaceIndex
  /// What the kernel took for the task itself.
  package internal(set) var footprint = TaskFootprint()
  /// Where a fault has slept for the disk, which makes it a major one when it is resumed; or
  /// `noFault`, as 0 is an address.
  package var retriedFault = noFault
  package static let noFault = VirtualAddress.max
  /// The stack pointer, or `noStackPointer` while it is where the program began.
  package internal(set) var stackPointer = noStackPointer
  package static let noStackPointer = VirtualAddress.max
  public var oomScoreAdjustment: Int16 = 0
  /// In the leader: its descriptor with the lowest number, as an index of `Descriptors.entries`.
  var firstDescriptor: UInt32 = 0
  /// What the task is limited to.
  public package(set) var limits = ResourceLimits()
  /// How far it may raise its limits without privilege.
  public package(set) var hardLimits = ResourceLimits.initialHard

  // Signals.
  public internal(set) var pending = SignalSet()
  public internal(set) var blocked = SignalSet()

  // Scheduling: kept here, decided by whoever schedules.
  /// -20 ... 19.
  public var nice: Int8 = 0
  /// 1 ... 99 in the real-time classes, 0 in the fair class.
  public var realTimePriority: UInt8 = 0
  public var policy = SchedulingPolicy.fair
  public var cpu: UInt8 = 0
  /// One bit for each CPU that may run it.
  public var affinity: UInt64 = .max
  public var virtualRuntime: UInt64 = 0

  // Accounts.
  public internal(set) var startTime: Nanoseconds
  public var userTime: Nanoseconds = 0
  public var systemTime: Nanoseconds = 0
  public var minorFaults: UInt64 = 0
  public var majorFaults: UInt64 = 0
  /// Faults that copied a page (or reused the last copy) after a fork.
  public var cowFaults: UInt64 = 0
  /// Faults of children that were waited for.
  public internal(set) var childMinorFaults: UInt64 = 0
  public internal(set) var childMajorFaults: UInt64 = 0
  /// CPU time of children that were waited for.
  public internal(set) var childUserTime: Nanoseconds = 0
  public internal(set) var childSystemTime: Nanoseconds = 0
  /// In the leader: most pages that were resident in memory it has left, and the same of children
  /// that were waited for.
  var peakResident: UInt64 = 0
  var childPeakResident: UInt64 = 0

  /// A zombie or gone: it runs no more.
  @inlinable @inline(__always) public var isDead: Bool { state == .zombie || state == .dead }
  @inlinable public var isKernelThread: Bool { flags.contains(.kernelThread) }
  /// It is the superuser's, whatever capabilities it has left.
  public var isPrivileged: Bool { credentials.user == 0 }
  /// Whether it may do what a capability is for.
  public func holds(_ capability: Capabilities) -> Bool {
    credentials.capabilities.contains(capability)
  }
  /// SIGKILL is pending: it dies when it next leaves the kernel, and sleeps no more.
  @inlinable public var isDying: Bool { pending.contains(.SIGKILL) || isDead }
}

/// The class that picks a task (SCHED-1).
///
/// Linux: `SCHED_NORMAL`, `SCHED_FIFO`, `SCHED_RR`, include/uapi/linux/sched.h.
public enum SchedulingPolicy: UInt8, Sendable, BitwiseCopyable {
  case fair, firstInFirstOut, roundRobin
}
