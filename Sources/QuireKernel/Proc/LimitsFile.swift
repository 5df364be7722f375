// /proc/PID/limits: what a process may use.

extension Kernel {
  /// The text of /proc/PID/limits.
  ///
  /// Of resources that the model does not know it says what a kernel starts with.
  /// Linux: `proc_pid_limits`, fs/proc/base.c.
  public borrowing func limitsText(of task: TaskIndex) -> String {
    var text = Self.limitLine("Limit", "Soft Limit", "Hard Limit", "Units")
    for line in limitLines(of: task) {
      text += Self.limitLine(line.name, Self.limit(line.soft), Self.limit(line.hard), line.unit)
    }
    return text
  }

  /// Linux: `lnames`, fs/proc/base.c, and `INIT_RLIMITS`, include/asm-generic/resource.h.
  private borrowing func limitLines(
    of task: TaskIndex
  ) -> [(name: String, soft: UInt64, hard: UInt64, unit: String?)] {
    let none = ResourceLimits.unlimited
    let soft = tasks[task].limits
    let hard = tasks[task].hardLimits
    let signals = UInt64(taskMaximum / 2)
    return [
      ("Max cpu time", none, none, "seconds"),
      ("Max file size", soft.fileSize, hard.fileSize, "bytes"),
      ("Max data size", soft.data, hard.data, "bytes"),
      ("Max stack size", soft.stack, hard.stack, "bytes"),
      ("Max core file size", soft.coreSize, hard.coreSize, "bytes"),
      ("Max resident set", none, none, "bytes"),
      ("Max processes", soft.processes, hard.processes, "processes"),
      ("Max open files", soft.openFiles, hard.openFiles, "files"),
      ("Max locked memory", soft.lockedMemory, hard.lockedMemory, "bytes"),
      ("Max address space", soft.addressSpace, hard.addressSpace, "bytes"),
      ("Max file locks", none, none, "locks"), ("Max pending signals", signals, signals, "signals"),
      ("Max msgqueue size", 819_200, 819_200, "bytes"), ("Max nice priority", 0, 0, nil),
      ("Max realtime priority", 0, 0, nil), ("Max realtime timeout", none, none, "us"),
    ]
  }

  private static func limit(_ value: UInt64) -> String {
    value == ResourceLimits.unlimited ? "unlimited" : String(value)
  }

  /// Columns of 25, 20, 20 and 10; a limit without a unit ends after the third.
  private static func limitLine(
    _ name: String, _ soft: String, _ hard: String, _ unit: String?
  ) -> String {
    ProcColumn.left(name, 25) + " " + ProcColumn.left(soft, 20) + " " + ProcColumn.left(hard, 20)
      + " " + (unit.map { ProcColumn.left($0, 10) } ?? "") + "\n"
  }
}
