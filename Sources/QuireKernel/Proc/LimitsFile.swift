// /proc/PID/limits: what a process may use.

extension Kernel {
  /// The text of /proc/PID/limits.
  ///
  /// The model keeps one value for each resource that it knows, the soft one; the hard ones, and
  /// the resources that it does not know, are those that a kernel starts with.
  /// Linux: `proc_pid_limits`, fs/proc/base.c.
  public borrowing func limitsText(of task: TaskIndex) -> String {
    var text = Self.limitLine("Limit", "Soft Limit", "Hard Limit", "Units")
    for line in limitLines(of: task) {
      let hard = max(line.soft, line.hard)
      text += Self.limitLine(line.name, Self.limit(line.soft), Self.limit(hard), line.unit)
    }
    return text
  }

  /// Linux: `lnames`, fs/proc/base.c, and `INIT_RLIMITS`, include/asm-generic/resource.h.
  private borrowing func limitLines(
    of task: TaskIndex
  ) -> [(name: String, soft: UInt64, hard: UInt64, unit: String?)] {
    let none = MemoryLimits.unlimited
    let limits = tasks[task].limits
    let signals = UInt64(taskMaximum / 2)
    return [
      ("Max cpu time", none, none, "seconds"), ("Max file size", none, none, "bytes"),
      ("Max data size", limits.data, none, "bytes"),
      ("Max stack size", limits.stack, none, "bytes"), ("Max core file size", 0, none, "bytes"),
      ("Max resident set", none, none, "bytes"),
      ("Max processes", tasks[task].processLimit, 0, "processes"),
      ("Max open files", 1024, 4096, "files"),
      ("Max locked memory", limits.lockedMemory, 8 << 20, "bytes"),
      ("Max address space", limits.addressSpace, none, "bytes"),
      ("Max file locks", none, none, "locks"), ("Max pending signals", signals, signals, "signals"),
      ("Max msgqueue size", 819_200, 819_200, "bytes"), ("Max nice priority", 0, 0, nil),
      ("Max realtime priority", 0, 0, nil), ("Max realtime timeout", none, none, "us"),
    ]
  }

  private static func limit(_ value: UInt64) -> String {
    value == MemoryLimits.unlimited ? "unlimited" : String(value)
  }

  /// Columns of 25, 20, 20 and 10; a limit without a unit ends after the third.
  private static func limitLine(
    _ name: String, _ soft: String, _ hard: String, _ unit: String?
  ) -> String {
    ProcColumn.left(name, 25) + " " + ProcColumn.left(soft, 20) + " " + ProcColumn.left(hard, 20)
      + " " + (unit.map { ProcColumn.left($0, 10) } ?? "") + "\n"
  }
}
