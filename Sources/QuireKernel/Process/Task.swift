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
