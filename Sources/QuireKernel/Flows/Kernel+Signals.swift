// Signals: who may send them, what sending does at once, what happens on the way to user mode.

extension Kernel {
  /// Sends a signal by pid, or below 1 to a group; number 0 only asks whether it could be sent.
  ///
  /// - Throws: ESRCH when nobody has the pid, EINVAL for a number that is no signal, EPERM when the
  ///   sender may not.
  /// Linux: `kill_proc_info`, kernel/signal.c.
  public mutating func kill(
    _ pid: ProcessID, _ number: Int32, by sender: TaskIndex
  ) throws(Errno) {
    if pid <= 0 { return try killSeveral(pid, number, by: sender) }
    let target = tasks.task(withPID: pid)
    if target.isNone { throw .ESRCH }
    if number == 0 { return try checkMaySignal(target, nil, by: sender) }
    guard let code = UInt8(exactly: number), let signal = Signal(rawValue: code) else {
      throw .EINVAL
    }
    try checkMaySignal(target, signal, by: sender)
    post(signal, to: target)
  }

  /// Linux: `check_kill_permission`, kernel/signal.c.
  private func checkMaySignal(
    _ target: TaskIndex, _ signal: Signal?, by sender: TaskIndex
  ) throws(Errno) {
    let isSameUser = tasks[sender].credentials.user == tasks[target].credentials.user
    if !isSameUser && !tasks[sender].holds(.kill) && signal != .SIGCONT { throw .EPERM }
  }

  /// Sends a signal to a process: what kills, stops or continues concerns all its threads, any
  /// other signal one of them.
  ///
  /// Linux: `send_signal_locked` with `PIDTYPE_TGID`, kernel/signal.c.
  mutating func post(_ signal: Signal, to task: TaskIndex) {
    switch signal {
    case .SIGKILL, .SIGSTOP, .SIGCONT:
      var thread = tasks[task].leader
      while !thread.isNone {
        post(signal, toThread: thread)
        thread = tasks.nextThread(after: thread)
      }
    default:
      let thread = recipient(of: signal, in: task)
      if !thread.isNone { post(signal, toThread: thread) }
    }
  }

  /// Makes a signal pending, with what that does at once: it continues the stopped, wakes the
  /// sleeping, and is forgotten where nobody would notice it.
  ///
  /// Linux: `send_signal_locked` and `prepare_signal`, kernel/signal.c.
  mutating func post(_ signal: Signal, toThread task: TaskIndex) {
    let record = tasks[task]
    if record.isDead || isShielded(task, from: signal) { return }
    emit(.signal, record.pid, UInt64(signal.rawValue))
    if signal == .SIGSTOP { tasks[task].pending.remove(.SIGCONT) }
    if signal == .SIGCONT { resume(task) }
    if isIgnored(signal, by: task) { return }
    tasks[task].pending.insert(signal)
    wakeForSignal(task, signal)
  }

  /// Init hears only signals that it handles, kernel threads none.
  private func isShielded(_ task: TaskIndex, from signal: Signal) -> Bool {
    if tasks[task].isKernelThread { return true }
    guard task == tasks.initTask else { return false }
    if case .handler = tasks.action(of: task, for: signal) { return false }
    return true
  }

  private func isIgnored(_ signal: Signal, by task: TaskIndex) -> Bool {
    if tasks[task].blocked.contains(signal) { return false }
    switch tasks.action(of: task, for: signal) {
    case .ignore: return true
    case .handler: return false
    case .byDefault:
      return signal.defaultAction == .ignore || signal.defaultAction == .resume
    }
  }

  private mutating func wakeForSignal(_ task: TaskIndex, _ signal: Signal) {
    let record = tasks[task]
    if record.blocked.contains(signal) { return }
    switch record.state {
    case .sleeping: makeRunnable(task)
    case .stopped where signal == .SIGKILL: makeRunnable(task)
    case .uninterruptible where signal == .SIGKILL && record.flags.contains(.killable):
      makeRunnable(task)
    default: break
    }
  }

  /// SIGCONT arrives: even blocked or ignored it ends a stop.
  private mutating func resume(_ task: TaskIndex) {
    let leader = tasks[task].leader
    tasks[task].pending.remove(.SIGSTOP)
    tasks[leader].flags.remove(.stopUnreported)
    guard tasks[task].state == .stopped else { return }
    makeRunnable(task)
    tasks[leader].flags.insert(.continueUnreported)
    tellParent(of: leader)
  }

  /// A child stopped or went on: SIGCHLD, and a waiting parent looks.
  private mutating func tellParent(of task: TaskIndex) {
    let parent = tasks[task].parent
    post(.SIGCHLD, to: parent)
    wakeWaiters(in: parent)
  }

  /// A signal that the task's own access raised: it cannot be blocked or ignored.
  ///
  /// Linux: `force_sig_fault`, kernel/signal.c.
  public mutating func raise(_ signal: Signal, on task: TaskIndex) {
    let ignored = tasks.action(of: task, for: signal) == .ignore
    if ignored || tasks[task].blocked.contains(signal) {
      tasks[task].blocked.remove(signal)
      setGroupAction(.byDefault, for: signal, of: task)
    }
    tasks[task].pending.insert(signal)
  }

  /// Threads of a process have their signal actions in common.
  private mutating func setGroupAction(
    _ action: SignalAction, for signal: Signal, of task: TaskIndex
  ) {
    var thread = tasks[task].leader
    while !thread.isNone {
      tasks.setAction(action, of: thread, for: signal)
      thread = tasks.nextThread(after: thread)
    }
  }

  /// Signals that are pending and not blocked.
  package func deliverableSignals(of task: TaskIndex) -> SignalSet {
    tasks[task].pending.subtracting(tasks[task].blocked)
  }

  /// Acts on the signals of a task that is about to return to user mode.
  ///
  /// Whoever runs tasks calls this before each return, until it answers `none`. With
  /// `handler`, the signal stays blocked until `returnFromHandler`.
  /// Linux: `get_signal`, kernel/signal.c.
  public mutating func deliverSignals(to task: TaskIndex) -> SignalDelivery {
    while let signal = nextSignal(of: task) {
      tasks[task].pending.remove(signal)
      switch tasks.action(of: task, for: signal) {
      case .ignore: continue
      case .handler(let token):
        tasks[task].blocked.insert(signal)
        return .handler(signal, token)
      case .byDefault: break
      }
      switch signal.defaultAction {
      case .ignore, .resume: continue
      case .stop:
        stop(task)
        return .stopped
      case .terminate:
        let decided = decidedStatus(of: task)
        exitGroup(task, statusOfDeath(by: signal, of: task))
        return decided.map { .ended($0) } ?? .died(signal)
      }
    }
    return .none
  }

  /// How a task ends that dies of a signal: with a core dump or without. What would be in the dump
  /// is not modelled.
  ///
  /// Linux: `do_coredump`, fs/coredump.c: a dump that could not have a page is none.
  public func statusOfDeath(by signal: Signal, of task: TaskIndex) -> ExitStatus {
    let space = tasks[task].space
    var status = ExitStatus.killed(by: signal)
    status.dumpedCore =
      signal.dumpsCore && !space.isNone && spaces[space].isDumpable
      && tasks[task].limits.coreSize >= Page.size
    return status
  }

  /// How a thread ends that dies because its process does, or for another thread's execve.
  private func decidedStatus(of task: TaskIndex) -> ExitStatus? {
    let leader = tasks[tasks[task].leader]
    if leader.flags.contains(.groupExiting) { return leader.groupStatus }
    let isSpared = tasks[task].flags.contains(.executing)
    return leader.flags.contains(.groupExecuting) && !isSpared ? .exited(0) : nil
  }

  /// SIGKILL before all others, then those of a task's own accesses, then by number.
  ///
  /// Linux: `next_signal` and `SYNCHRONOUS_MASK`, kernel/signal.c.
  private func nextSignal(of task: TaskIndex) -> Signal? {
    let signals = deliverableSignals(of: task)
    if signals.contains(.SIGKILL) { return .SIGKILL }
    let synchronous = [Signal.SIGILL, .SIGTRAP, .SIGBUS, .SIGFPE, .SIGSEGV, .SIGSYS]
    for signal in synchronous where signals.contains(signal) { return signal }
    return signals.lowest
  }

  /// The signal by which the next delivery would end the task, unless it is SIGKILL: what whoever
  /// runs tasks may `dequeue` to make something else of it.
  ///
  /// Linux: none (model only).
  package func lethalSignal(of task: TaskIndex) -> Signal? {
    guard let signal = nextSignal(of: task), signal != .SIGKILL,
      signal.defaultAction == .terminate, tasks.action(of: task, for: signal) == .byDefault
    else { return nil }
    return signal
  }

  /// Takes a pending signal without acting on it.
  ///
  /// Linux: `dequeue_signal`, kernel/signal.c.
  package mutating func dequeue(_ signal: Signal, of task: TaskIndex) {
    tasks[task].pending.remove(signal)
  }

  /// A thread stops; its process has when all threads have.
  private mutating func stop(_ task: TaskIndex) {
    let leader = tasks[task].leader
    tasks[task].state = .stopped
    tasks[leader].flags.remove(.continueUnreported)
    var thread = leader
    while !thread.isNone {
      if !tasks[thread].isDead && tasks[thread].state != .stopped { return }
      thread = tasks.nextThread(after: thread)
    }
    tasks[leader].flags.insert(.stopUnreported)
    tellParent(of: leader)
  }

  /// The handler of a signal has ended: the signal may come again.
  ///
  /// Linux: `rt_sigreturn`, arch/x86/kernel/signal_64.c.
  public mutating func returnFromHandler(of signal: Signal, by task: TaskIndex) {
    tasks[task].blocked.remove(signal)
  }

  /// Says what a task does about a signal; one that is pending and now ignored is forgotten.
  ///
  /// - Throws: EINVAL for SIGKILL and SIGSTOP.
  /// Linux: `do_sigaction`, kernel/signal.c.
  public mutating func setSignalAction(
    _ action: SignalAction, for signal: Signal, by task: TaskIndex
  ) throws(Errno) {
    if signal == .SIGKILL || signal == .SIGSTOP { throw .EINVAL }
    setGroupAction(action, for: signal, of: task)
    let isQuiet = signal.defaultAction == .ignore || signal.defaultAction == .resume
    if action == .ignore || action == .byDefault && isQuiet { tasks[task].pending.remove(signal) }
  }

  public func signalAction(for signal: Signal, of task: TaskIndex) -> SignalAction {
    tasks.action(of: task, for: signal)
  }

  /// Replaces the set of blocked signals; SIGKILL and SIGSTOP stay unblocked.
  ///
  /// Linux: `sigprocmask`, kernel/signal.c.
  public mutating func setBlockedSignals(_ signals: SignalSet, by task: TaskIndex) {
    var allowed = signals
    allowed.remove(.SIGKILL)
    allowed.remove(.SIGSTOP)
    tasks[task].blocked = allowed
  }
}
