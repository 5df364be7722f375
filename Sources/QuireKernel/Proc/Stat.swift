// /proc/PID/stat, and the list of all processes.

/// The facts of /proc/PID/stat that the model knows.
///
/// Linux: `do_task_stat`, fs/proc/array.c.
public struct TaskStatus: Hashable, Sendable {
  public var pid: ProcessID
  public var name: String
  /// "R", "S", "D", "T", "Z" or "X".
  public var state: Character
  /// 0 for the first two tasks.
  public var parent: ProcessID
  public var processGroup: ProcessID
  public var isKernelThread: Bool
  public var minorFaults: UInt64
  public var majorFaults: UInt64
  public var cowFaults: UInt64
  /// Faults of children that were waited for.
  public var childMinorFaults: UInt64
  public var childMajorFaults: UInt64
  public var userTime: Nanoseconds
  public var systemTime: Nanoseconds
  public var startTime: Nanoseconds
  public var nice: Int
  public var cpu: Int
  /// Tasks of its thread group.
  public var threads: Int
  public var realTimePriority: Int
  public var policy: SchedulingPolicy
  public var blocked: SignalSet
  public var ignored: SignalSet
  public var caught: SignalSet
  /// Where the stack began and where the heap begins; 0 without memory of its own.
  public var startStack: VirtualAddress
  public var startBreak: VirtualAddress
  /// Of the file that it was executed from; zeros when there is none.
  public var marks: ProgramMarks
  /// Bytes of address space, and of it in memory and in swap; 0 without memory of its own.
  public var size: UInt64
  public var resident: UInt64
  public var swapped: UInt64
  public var oomScore: Int
  public var oomScoreAdjustment: Int
  /// How it ended, for a zombie.
  public var exitStatus: ExitStatus?

  /// Clock ticks of /proc in a second. Linux: `USER_HZ`, include/asm-generic/param.h.
  private static let ticksPerSecond: UInt64 = 100
  /// Fields of the line; those the model does not know are 0.
  private static let fieldCount = 52

  /// The line as /proc/PID/stat shows it.
  public var text: String {
    var fields = [String](repeating: "0", count: Self.fieldCount)
    fields[0] = String(pid)
    fields[1] = "(\(name))"
    fields[2] = String(state)
    fields[3] = String(parent)
    fields[4] = String(processGroup)
    // No terminal.
    fields[7] = "-1"
    fields[8] = String(flags)
    fillAccounts(&fields)
    fillMemory(&fields)
    // Field 30 is about signals to one thread; those of `kill` go to the whole process.
    fields[31] = String(blocked.procMask)
    fields[32] = String(ignored.procMask)
    fields[33] = String(caught.procMask)
    // Whether there is something in /proc/PID/wchan: only for a process of one thread.
    fields[34] = threads < 2 && state != "R" ? "1" : "0"
    fields[37] = String(Signal.SIGCHLD.rawValue)
    fields[38] = String(cpu)
    fields[39] = String(realTimePriority)
    fields[40] = String(policy.number)
    if let exitStatus {
      fields[51] = String(exitStatus.word)
    }
    return fields.joined(separator: " ") + "\n"
  }

  /// Faults, times and priorities.
  private func fillAccounts(_ fields: inout [String]) {
    func ticks(_ time: Nanoseconds) -> UInt64 { time / (1_000_000_000 / Self.ticksPerSecond) }
    fields[9] = String(minorFaults)
    fields[10] = String(childMinorFaults)
    fields[11] = String(majorFaults)
    fields[12] = String(childMajorFaults)
    fields[13] = String(ticks(userTime))
    fields[14] = String(ticks(systemTime))
    // The kernel counts priorities from 0 for nice -20; those of real time lie below.
    fields[17] = String(policy == .fair ? nice + 20 : -1 - realTimePriority)
    fields[18] = String(nice)
    fields[19] = String(threads)
    fields[21] = String(ticks(startTime))
  }

  private func fillMemory(_ fields: inout [String]) {
    fields[22] = String(size)
    fields[23] = String(resident >> Page.shift)
    // Nothing limits what is resident.
    fields[24] = String(UInt64.max)
    fields[25] = String(marks.startCode)
    fields[26] = String(marks.endCode)
    fields[27] = String(startStack)
    fields[44] = String(marks.startData)
    fields[45] = String(marks.endData)
    fields[46] = String(startBreak)
  }

  /// Linux: `PF_KTHREAD`, `PF_NOFREEZE` and `PF_FORKNOEXEC`, include/linux/sched.h.
  private var flags: Int { isKernelThread ? 0x20_8040 : 0 }
}

extension ExitStatus {
  /// As wait(2) gives it: the code, the signal and the mark of a core dump.
  public var word: Int { Int(code) << 8 | (dumpedCore ? 0x80 : 0) | Int(signalNumber) }
}

extension SchedulingPolicy {
  /// Linux: `SCHED_NORMAL`, `SCHED_FIFO` and `SCHED_RR`, include/uapi/linux/sched.h.
  var number: Int {
    switch self {
    case .fair: 0
    case .firstInFirstOut: 1
    case .roundRobin: 2
    }
  }
}

extension Kernel {
  /// The facts of one task.
  public func status(of task: TaskIndex) -> TaskStatus {
    let record = tasks[task]
    let space: AddressSpace? = record.space.isNone ? nil : spaces[record.space]
    return TaskStatus(
      pid: record.pid, name: record.name.description, state: record.state.letter,
      parent: record.parent.isNone ? 0 : tasks[record.parent].pid,
      processGroup: record.processGroup, isKernelThread: record.isKernelThread,
      minorFaults: record.minorFaults, majorFaults: record.majorFaults,
      cowFaults: record.cowFaults, childMinorFaults: record.childMinorFaults,
      childMajorFaults: record.childMajorFaults, userTime: record.userTime,
      systemTime: record.systemTime, startTime: record.startTime, nice: Int(record.nice),
      cpu: Int(record.cpu), threads: threads(of: record.threadGroup),
      realTimePriority: Int(record.realTimePriority), policy: record.policy,
      blocked: record.blocked,
      ignored: signals(of: task) { $0 == .ignore },
      caught: signals(of: task) { if case .handler = $0 { true } else { false } },
      startStack: space?.startStack ?? 0, startBreak: space?.startBreak ?? 0,
      marks: space?.program.marks ?? ProgramMarks(),
      size: (space?.totalPages ?? 0) << Page.shift,
      resident: (space?.residentPages ?? 0) << Page.shift,
      swapped: (space?.swapEntries ?? 0) << Page.shift, oomScore: oomScore(of: task),
      oomScoreAdjustment: Int(record.oomScoreAdjustment),
      exitStatus: record.state == .zombie ? record.exitStatus : nil)
  }

  /// All tasks by pid, zombies included.
  public var processes: [TaskStatus] {
    var list: [TaskStatus] = []
    var task = tasks.first
    while !task.isNone {
      list.append(status(of: task))
      task = tasks[task].next
    }
    return list.sorted { $0.pid < $1.pid }
  }
}
