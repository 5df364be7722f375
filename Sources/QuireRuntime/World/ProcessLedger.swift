// The ledger of processes: one line for each that a script ever started.
//
// The kernel forgets a process when it is reaped and gives its pid to another. A script's handle
// names a line of this ledger instead, so it can never come to mean somebody else, and a
// stale one can tell when and where its process ended.

internal import KernelStorage
package import QuireKernel

/// Number of a line in the ledger, in the order of creation; 0 is none.
package typealias ProcessNumber = Int

/// What is known of one process, alive or not.
package struct ProcessRecord: BitwiseCopyable, Sendable {
  package var pid: ProcessID
  package var name: TaskName
  /// Its record in the process table, `.none` once it is gone from there.
  package var task: TaskIndex
  /// Its fiber, 0 once it has ended, and for the kernel's own.
  package var fiber: Int32 = 0
  /// Line of the process that started it, 0 for the first.
  package var parent: UInt32 = 0
  package var born: Nanoseconds
  /// Whether a script started it: init and the kernel's threads were there before.
  package var isScript = false
  /// A thread beside the leader of its process.
  package var isThread = false
  /// A kernel thread that a script has started.
  package var isKernelThread = false
  /// Meaningful when `hasEnded`.
  package var ended: Nanoseconds = 0
  package var status = ExitStatus.exited(0)
  /// Address of the instruction at which it ended.
  package var endAddress: UInt32 = 0
  package var hasEnded = false
  /// Somebody has received its status.
  package var wasWaitedFor = false
  /// It ended by an error or a signal that nobody caught.
  package var failed = false
  /// It died of a signal, and nothing has been said about that yet.
  package var diedSilently = false
}

/// All lines.
package struct ProcessLedger: ~Copyable {
  private var records = Table<ProcessRecord>()
  /// Row *task index*: the line of the process that has the record now.
  private var lines = Table<UInt32>()
  /// Row *pid*: the newest line with that pid.
  private var linesByPID = Table<UInt32>()

  package init() {
    // Line 0 is no process.
    records.extend(to: 1)
  }

  /// One more than the number of the newest line.
  package var limit: Int { records.count }

  package subscript(number: ProcessNumber) -> ProcessRecord {
    get { records[number] }
    _modify { yield &records[number] }
  }

  package mutating func add(_ record: ProcessRecord) -> ProcessNumber {
    let number = records.append(record)
    lines.extend(to: record.task.index + 1)
    lines[record.task.index] = UInt32(number)
    linesByPID.extend(to: Int(record.pid) + 1)
    linesByPID[Int(record.pid)] = UInt32(number)
    return number
  }

  /// A thread has become the leader of its process: the line of the process is its own from now on.
  package mutating func promote(_ task: TaskIndex, to number: ProcessNumber) {
    let old = self.number(of: task)
    records[number].fiber = records[old].fiber
    records[old].fiber = 0
    records[number].task = task
    lines[task.index] = UInt32(number)
  }

  /// The line of a task that a script started, 0 for the kernel's own tasks.
  package func number(of task: TaskIndex) -> ProcessNumber {
    task.index < lines.count ? Int(lines[task.index]) : 0
  }

  /// The newest line of a pid, which may be gone from the process table; 0 for none.
  package func newest(withPID pid: ProcessID) -> ProcessNumber {
    Int(pid) < linesByPID.count ? Int(linesByPID[Int(pid)]) : 0
  }
}
