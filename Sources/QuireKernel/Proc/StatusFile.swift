// /proc/PID/status: who a process is, its memory, its signals, where it may run.

extension Kernel {
  /// The text of /proc/PID/status (PROC-3).
  ///
  /// Lines about mechanisms that the machine does not have (seccomp, tracing, speculation) are left
  /// out, and nobody counts context switches; the others stand in the kernel's order.
  /// Linux: `proc_pid_status`, fs/proc/array.c.
  public borrowing func statusText(of task: TaskIndex) -> String {
    let lines =
      identityLines(of: task) + memoryLines(of: task) + signalLines(of: task)
      + placeLines(of: task)
    return lines.reduce(into: "") { $0 += "\($1.name):\t\($1.value)\n" }
  }

  /// Linux: `task_state`, fs/proc/array.c.
  private borrowing func identityLines(of task: TaskIndex) -> [StatusLine] {
    let record = tasks[task]
    let parent = record.parent.isNone ? 0 : tasks[record.parent].pid
    let user = record.credentials.user
    return [
      ("Name", record.name.description), ("Umask", "0022"),
      ("State", "\(record.state.letter) (\(record.state.word))"),
      ("Tgid", "\(record.threadGroup)"), ("Ngid", "0"), ("Pid", "\(record.pid)"),
      ("PPid", "\(parent)"), ("TracerPid", "0"), ("Uid", "\(user)\t\(user)\t\(user)\t\(user)"),
      ("Gid", "0\t0\t0\t0"), ("FDSize", "64"), ("Groups", " "),
      ("NStgid", "\(record.threadGroup)"), ("NSpid", "\(record.pid)"),
      ("NSpgid", "\(record.processGroup)"), ("NSsid", "0"),
      ("Kthread", record.isKernelThread ? "1" : "0"),
    ]
  }

  /// Linux: `task_mem`, fs/proc/task_mmu.c.
  private borrowing func memoryLines(of task: TaskIndex) -> [StatusLine] {
    guard let status = memoryStatus(of: task) else { return [] }
    return status.lines
      + [
        ("CoreDumping", "0"), ("THP_enabled", "0"), ("untag_mask", "0xffffffffffffffff"),
      ]
  }

  /// Linux: `task_sig`, fs/proc/array.c.
  private borrowing func signalLines(of task: TaskIndex) -> [StatusLine] {
    let record = tasks[task]
    let pending = record.pending.bits.nonzeroBitCount
    return [
      ("Threads", "\(threads(of: record.threadGroup))"),
      ("SigQ", "\(pending)/\(taskMaximum / 2)"), ("SigPnd", Self.mask(SignalSet())),
      ("ShdPnd", Self.mask(record.pending)), ("SigBlk", Self.mask(record.blocked)),
      ("SigIgn", Self.mask(signals(of: task) { $0 == .ignore })),
      ("SigCgt", Self.mask(signals(of: task) { if case .handler = $0 { true } else { false } })),
    ]
  }

  /// Linux: `task_cap`, `task_cpus_allowed` and `cpuset_task_status_allowed`, fs/proc/array.c.
  private borrowing func placeLines(of task: TaskIndex) -> [StatusLine] {
    let cpus = tasks[task].affinity & (machine.cpus >= 64 ? .max : (1 << UInt64(machine.cpus)) - 1)
    let all = Self.hex(Capabilities.all.rawValue, 16)
    let held = Self.hex(tasks[task].credentials.capabilities.rawValue, 16)
    return [
      ("CapInh", Self.hex(0, 16)), ("CapPrm", held), ("CapEff", held), ("CapBnd", all),
      ("CapAmb", Self.hex(0, 16)), ("NoNewPrivs", "0"),
      ("Cpus_allowed", Self.hex(cpus, (machine.cpus + 3) / 4)),
      ("Cpus_allowed_list", Self.list(of: cpus)), ("Mems_allowed", "1"),
      ("Mems_allowed_list", "0"),
    ]
  }

  /// The signals for which a task has asked for such an action.
  borrowing func signals(
    of task: TaskIndex, where isChosen: (SignalAction) -> Bool
  ) -> SignalSet {
    var set = SignalSet()
    for signal in Signal.allCases where isChosen(tasks.action(of: task, for: signal)) {
      set.insert(signal)
    }
    return set
  }

  /// Tasks of a thread group.
  ///
  /// Linux: `get_nr_threads`, include/linux/sched/signal.h.
  borrowing func threads(of group: ProcessID) -> Int {
    var count = 0
    var task = tasks.first
    while !task.isNone {
      if tasks[task].threadGroup == group { count += 1 }
      task = tasks[task].next
    }
    return count
  }

  /// Tasks that RAM has room for: an eighth of it for their stacks of 16 KiB.
  ///
  /// Linux: `set_max_threads`, kernel/fork.c.
  var taskMaximum: Int { max(memory.managedFrames / 32, 20) }

  // MARK: Numbers

  private static func hex(_ value: UInt64, _ width: Int) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }

  /// Bit 0 of a mask in /proc is signal 1.
  private static func mask(_ signals: SignalSet) -> String { hex(signals.procMask, 16) }

  /// "0-1,3". Linux: the format `%*pbl`, lib/vsprintf.c.
  private static func list(of bits: UInt64) -> String {
    var runs: [String] = []
    var bit = 0
    while bit < 64 {
      let first = bit
      while bit < 64, bits >> UInt64(bit) & 1 != 0 { bit += 1 }
      if bit > first { runs.append(bit == first + 1 ? "\(first)" : "\(first)-\(bit - 1)") }
      bit += 1
    }
    return runs.joined(separator: ",")
  }
}

/// One line of /proc/PID/status.
typealias StatusLine = (name: String, value: String)

extension SignalSet {
  /// As the masks of /proc number them: bit 0 is signal 1.
  var procMask: UInt64 { UInt64(bits >> 1) }
}

extension TaskState {
  /// The word in brackets of /proc/PID/status.
  ///
  /// Linux: `task_state_array`, fs/proc/array.c.
  var word: String {
    switch self {
    case .running: "running"
    case .sleeping: "sleeping"
    case .uninterruptible: "disk sleep"
    case .stopped: "stopped"
    case .zombie: "zombie"
    case .dead: "dead"
    }
  }
}
