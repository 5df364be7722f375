// Process ids: which are taken, by whom, and which comes next (TASK-4).

internal import KernelStorage

/// The map from pids to tasks and the cursor that gives new ones.
///
/// Linux: `pid_namespace.idr`, include/linux/pid_namespace.h.
struct PIDMap: ~Copyable {
  /// Row *pid*: the task that has it, 0 for none.
  private var tasks = Table<UInt32>()
  /// The pid given last.
  private(set) var last: ProcessID = 0
  /// `kernel.pid_max`: pids are below it.
  var maximum: ProcessID

  /// Once wrapped, pids below this stay with the tasks of the boot.
  ///
  /// Linux: `RESERVED_PIDS`, kernel/pid.c.
  static let reserved: ProcessID = 300

  init(maximum: ProcessID) { self.maximum = maximum }

  func task(of pid: ProcessID) -> TaskIndex {
    pid > 0 && Int(pid) < tasks.count ? TaskIndex(tasks[Int(pid)]) : .none
  }

  /// The next free pid, or nil when every pid is in use; it is taken by `claim`.
  func next() -> ProcessID? {
    let lowest = last + 1 > Self.reserved ? Self.reserved : 1
    return firstFree(from: last + 1) ?? firstFree(from: lowest)
  }

  private func firstFree(from start: ProcessID) -> ProcessID? {
    var pid = start
    while pid < maximum {
      if task(of: pid).isNone { return pid }
      pid += 1
    }
    return nil
  }

  mutating func claim(_ pid: ProcessID, for task: TaskIndex) {
    tasks.extend(to: Int(pid) + 1)
    precondition(tasks[Int(pid)] == 0, "PIDMap: pid \(pid) is in use")
    tasks[Int(pid)] = task.rawValue
    last = pid
  }

  mutating func free(_ pid: ProcessID) {
    tasks[Int(pid)] = 0
  }
}
