// The words of the process calls: whom to wait for, what a signal does, what came of it.

/// Which children a `wait` is for.
///
/// Linux: `enum pid_type` and `struct wait_opts`, kernel/exit.c.
public enum WaitTarget: Hashable, Sendable, BitwiseCopyable {
  case any
  case child(ProcessID)
  case processGroup(ProcessID)
}

/// How to wait.
///
/// Linux: `WNOHANG` and friends, include/uapi/linux/wait.h.
public struct WaitOptions: OptionSet, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Answer at once when no child is ready.
  public static let noHang = WaitOptions(rawValue: 1 << 0)
  /// Report stopped children too (`WUNTRACED`).
  public static let untraced = WaitOptions(rawValue: 1 << 1)
  /// Report children that were continued too.
  public static let continued = WaitOptions(rawValue: 1 << 3)
  /// Leave the child as it is, to be waited for again.
  public static let noWait = WaitOptions(rawValue: 1 << 24)

  /// Every option that the kernel knows; any other bit is EINVAL.
  static let all: WaitOptions = [.noHang, .untraced, .continued, .noWait]
}

/// A child that changed state.
public struct WaitedChild: Hashable, Sendable, BitwiseCopyable {
  public enum Change: Hashable, Sendable, BitwiseCopyable {
    case ended(ExitStatus)
    case stopped
    case continued
  }
  public var pid: ProcessID
  public var change: Change
  /// Fault counts of the child and of the children it waited for.
  public var minorFaults: UInt64
  public var majorFaults: UInt64
}

/// What a `wait` found.
public enum WaitResult: Hashable, Sendable {
  case child(WaitedChild)
  /// With `noHang`: children exist and none is ready.
  case noneReady
  /// The caller sleeps now; when it is woken it waits again.
  case wouldBlock
}

/// What a task does about a signal.
///
/// Linux: `struct sigaction`, include/linux/signal_types.h.
public enum SignalAction: Hashable, Sendable, BitwiseCopyable {
  case byDefault
  case ignore
  /// Calls code of the runtime, which alone knows what the token stands for.
  case handler(UInt32)

  /// As a word of the table of actions: 0 and 1 are the two that need no token.
  var encoded: UInt32 {
    switch self {
    case .byDefault: 0
    case .ignore: 1
    case .handler(let token): token + 2
    }
  }

  init(encoded: UInt32) {
    switch encoded {
    case 0: self = .byDefault
    case 1: self = .ignore
    default: self = .handler(encoded - 2)
    }
  }
}

/// What happens to a task as it returns to user mode.
public enum SignalDelivery: Hashable, Sendable {
  /// No signal is deliverable: it goes on.
  case none
  /// Run the handler of this token; the signal is no longer pending.
  case handler(Signal, UInt32)
  /// It has stopped; the scheduler hears of it again through the wake-ups.
  case stopped
  /// It has exited by this signal, and its process with it; nothing of it may run again.
  case died(Signal)
  /// It has exited because its process ends, or for another thread's execve.
  case ended(ExitStatus)
}

/// What may end a sleep before what the task waits for has come.
///
/// Linux: `TASK_INTERRUPTIBLE`, `TASK_KILLABLE` and `TASK_UNINTERRUPTIBLE`, include/linux/sched.h.
public enum SleepKind: Hashable, Sendable, BitwiseCopyable {
  /// Any signal (state S).
  case interruptible
  /// SIGKILL alone (state D): page locks and disks under a user's fault.
  case killable
  /// Nothing (state D).
  case uninterruptible
}

/// Why the machine stopped for good.
public enum Panic: Hashable, Sendable, BitwiseCopyable {
  /// Out of memory, and nothing left that may be killed.
  case noKillableProcess
  /// Out of memory, and `vm.panic_on_oom` is set.
  case panicOnOOM
  /// Somebody ended init.
  case initExited
  /// An oops, and `kernel.panic_on_oops` is set.
  case fatalException
  /// As many oopses as `kernel.oops_limit` allows.
  case oopsedTooOften(limit: UInt64)

  /// The sentence of the kernel log.
  public var message: String {
    switch self {
    case .noKillableProcess: "System is deadlocked on memory"
    case .panicOnOOM: "Out of memory: panic_on_oom is enabled"
    case .initExited: "Attempted to kill init!"
    case .fatalException: "Fatal exception"
    case .oopsedTooOften(let limit): "Oopsed too often (kernel.oops_limit is \(limit))"
    }
  }
}
