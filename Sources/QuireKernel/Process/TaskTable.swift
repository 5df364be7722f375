// The process table: who exists, who is whose child, who waits for the scheduler's attention.
//
// Invariants (AUDIT-17): every task is on the list of all tasks, oldest first; every task but
// init and kthreadd is on the child list of its parent, in birth order; a pid leads to its task and
// back; a task that has exited has no address space and no stack. What a task *does* (its
// program, its run queue) belongs to whoever runs the kernel.

internal import KernelStorage

/// The records of all tasks, with the relations among them.
///
/// Linux: `init_task.tasks`, `task_struct.children` and `pid_namespace.idr`, kernel/pid.c.
public struct TaskTable: ~Copyable {
  private let inPlace = InPlace()
  var records = Pool<Task>(unused: Task(pid: 0, name: TaskName(""), born: 0))
  /// `signalStride` rows for each task: its `SignalAction` for each signal, encoded.
  var actions = Table<UInt32>()
  var pids: PIDMap
  /// Oldest and youngest task.
  package internal(set) var first = TaskIndex.none
  var last = TaskIndex.none
  /// Tasks that the scheduler is to look at, first in first out.
  var firstWakeup = TaskIndex.none
  var lastWakeup = TaskIndex.none
  /// Tasks that hold a kernel stack.
  package internal(set) var stackCount = 0
  /// Pid 1: adopts orphans and is never killed.
  package internal(set) var initTask = TaskIndex.none
  /// Pid 2: parent of the kernel threads.
  package internal(set) var kthreadd = TaskIndex.none

  /// Why no task may run any more.
  var panic: Panic?
  /// Tasks that have died of an access of the kernel's own.
  var oopses: UInt64 = 0

  /// Rows of `actions` for each task: a power of two above the largest signal number.
  static let signalStride = 32

  init(pidMaximum: ProcessID) {
    pids = PIDMap(maximum: pidMaximum)
  }

  /// Number of tasks, zombies included.
  public var count: Int { records.liveCount }

  /// The task of a pid, zombies included; none when nobody has it.
  public func task(withPID pid: ProcessID) -> TaskIndex { pids.task(of: pid) }

  public func isLive(_ task: TaskIndex) -> Bool { records.isLive(task.index) }

  public subscript(task: TaskIndex) -> Task {
    get { records[task.index] }
    _modify { yield &records[task.index] }
  }

  // MARK: Birth and death of records

  /// Makes the record of a task that nobody can see yet.
  mutating func allocate(_ task: Task) -> TaskIndex {
    let index = TaskIndex(records.allocate(task))
    if task.leader.isNone { self[index].leader = index }
    self[index].nextThread = index
    self[index].previousThread = index
    actions.extend(to: (index.index + 1) * Self.signalStride)
    for signal in 0..<Self.signalStride { actions[index.index * Self.signalStride + signal] = 0 }
    return index
  }

  /// Gives a record back; it must be on no list.
  mutating func release(_ task: TaskIndex) { records.release(task.index) }

  /// Makes a task visible: its pid leads to it, its parent has it as its youngest child.
  mutating func publish(_ task: TaskIndex, under parent: TaskIndex) {
    pids.claim(self[task].pid, for: task)
    self[task].previous = last
    if last.isNone { first = task } else { self[last].next = task }
    last = task
    self[task].parent = parent
    if self[task].leader != task {
      joinRing(task, of: self[task].leader)
    } else if !parent.isNone {
      appendChild(task, to: parent)
    }
  }

  /// Undoes `publish`.
  mutating func withdraw(_ task: TaskIndex) {
    pids.free(self[task].pid)
    let (before, after) = (self[task].previous, self[task].next)
    if before.isNone { first = after } else { self[before].next = after }
    if after.isNone { last = before } else { self[after].previous = before }
    if self[task].leader != task {
      leaveRing(task)
    } else if !self[task].parent.isNone {
      removeChild(task)
    }
    if self[task].flags.contains(.queued) { unqueue(task) }
  }

  // MARK: Threads

  /// The thread behind one in its process; none behind the youngest.
  package func nextThread(after thread: TaskIndex) -> TaskIndex {
    let next = self[thread].nextThread
    return next == self[thread].leader ? .none : next
  }

  private mutating func joinRing(_ thread: TaskIndex, of leader: TaskIndex) {
    let last = self[leader].previousThread
    self[thread].previousThread = last
    self[thread].nextThread = leader
    self[last].nextThread = thread
    self[leader].previousThread = thread
  }

  private mutating func leaveRing(_ thread: TaskIndex) {
    let (before, after) = (self[thread].previousThread, self[thread].nextThread)
    self[before].nextThread = after
    self[after].previousThread = before
    self[thread].nextThread = thread
    self[thread].previousThread = thread
  }

  /// The last thread of a process becomes its leader, with the leader's pid and place in the tree.
  ///
  /// - Returns: the former leader, which is in no list any more.
  /// Linux: `de_thread`, fs/exec.c.
  mutating func takeOverLeadership(_ thread: TaskIndex) -> TaskIndex {
    let old = self[thread].leader
    leaveRing(thread)
    pids.free(self[thread].pid)
    self[thread].pid = self[old].pid
    self[thread].startTime = self[old].startTime
    self[thread].leader = thread
    self[thread].liveThreads = 1
    self[thread].minorFaults += self[old].minorFaults
    self[thread].majorFaults += self[old].majorFaults
    self[thread].inheritAccounts(of: self[old])
    self[old].firstDescriptor = 0
    withdraw(old)
    pids.claim(self[thread].pid, for: thread)
    appendChild(thread, to: self[thread].parent)
    return old
  }

  // MARK: The tree

  mutating func appendChild(_ child: TaskIndex, to parent: TaskIndex) {
    let youngest = self[parent].lastChild
    self[child].parent = parent
    self[child].previousSibling = youngest
    self[child].nextSibling = .none
    if youngest.isNone {
      self[parent].firstChild = child
    } else {
      self[youngest].nextSibling = child
    }
    self[parent].lastChild = child
  }

  mutating func removeChild(_ child: TaskIndex) {
    let parent = self[child].parent
    let (before, after) = (self[child].previousSibling, self[child].nextSibling)
    if before.isNone { self[parent].firstChild = after } else { self[before].nextSibling = after }
    if after.isNone {
      self[parent].lastChild = before
    } else {
      self[after].previousSibling = before
    }
    self[child].previousSibling = .none
    self[child].nextSibling = .none
    self[child].parent = .none
  }

  // MARK: Wake-ups

  /// Puts a task on the queue of those whose state changed; once, however often it changes.
  mutating func queueWakeup(_ task: TaskIndex) {
    if self[task].flags.contains(.queued) { return }
    self[task].flags.insert(.queued)
    self[task].nextWakeup = .none
    if lastWakeup.isNone { firstWakeup = task } else { self[lastWakeup].nextWakeup = task }
    lastWakeup = task
  }

  mutating func takeWakeup() -> TaskIndex {
    let task = firstWakeup
    if task.isNone { return task }
    firstWakeup = self[task].nextWakeup
    if firstWakeup.isNone { lastWakeup = .none }
    self[task].nextWakeup = .none
    self[task].flags.remove(.queued)
    return task
  }

  private mutating func unqueue(_ task: TaskIndex) {
    var before = TaskIndex.none
    var cursor = firstWakeup
    while cursor != task {
      before = cursor
      cursor = self[cursor].nextWakeup
    }
    let after = self[task].nextWakeup
    if before.isNone { firstWakeup = after } else { self[before].nextWakeup = after }
    if after.isNone { lastWakeup = before }
    self[task].flags.remove(.queued)
  }

  // MARK: Signals

  func action(of task: TaskIndex, for signal: Signal) -> SignalAction {
    SignalAction(encoded: actions[task.index * Self.signalStride + Int(signal.rawValue)])
  }

  mutating func setAction(_ action: SignalAction, of task: TaskIndex, for signal: Signal) {
    actions[task.index * Self.signalStride + Int(signal.rawValue)] = action.encoded
  }

  /// Handlers are code of the program that goes; what is ignored stays ignored.
  ///
  /// Linux: `flush_signal_handlers`, kernel/signal.c.
  mutating func forgetHandlers(of task: TaskIndex) {
    for signal in Signal.allCases where action(of: task, for: signal) != .ignore {
      setAction(.byDefault, of: task, for: signal)
    }
  }

  mutating func copyActions(from parent: TaskIndex, to child: TaskIndex) {
    for signal in 0..<Self.signalStride {
      actions[child.index * Self.signalStride + signal] =
        actions[parent.index * Self.signalStride + signal]
    }
  }
}

extension Task {
  /// What belongs to the process, not to the thread that has led it so far.
  fileprivate mutating func inheritAccounts(of old: Task) {
    userTime += old.userTime
    systemTime += old.systemTime
    childMinorFaults += old.childMinorFaults
    childMajorFaults += old.childMajorFaults
    childUserTime += old.childUserTime
    childSystemTime += old.childSystemTime
    peakResident = max(peakResident, old.peakResident)
    childPeakResident = max(childPeakResident, old.childPeakResident)
    firstDescriptor = old.firstDescriptor
  }

  /// A task as it is born: running, without relations, memory or signals.
  init(pid: ProcessID, name: TaskName, born: Nanoseconds) {
    self.pid = pid
    threadGroup = pid
    processGroup = pid
    self.name = name
    flags = []
    state = .running
    exitStatus = .exited(0)
    parent = .none
    space = .none
    startTime = born
  }
}
