import QuireKernel

/// The process table as plainly as it can be said: one value per task, everything found by search.
///
/// It knows states, relations, pids and default signal actions, and nothing of how the kernel
/// stores them.
struct NaiveTaskTree {
  struct Entry: Equatable {
    var pid: ProcessID
    var parent: ProcessID
    var state: TaskState
    var status = ExitStatus.exited(0)
    var isWaiting = false
    var pending: Set<Signal> = []
    var blocked: Set<Signal> = []
    var ignored: Set<Signal> = []
    var handled: Set<Signal> = []
    /// Grows with each adoption, so that children sort by when they became this parent's.
    var joined: Int
  }

  var entries: [Entry]
  var lastPID: ProcessID = 2
  let pidMaximum: ProcessID
  private var clock = 0

  init(pidMaximum: ProcessID) {
    self.pidMaximum = pidMaximum
    entries = [
      Entry(pid: 1, parent: 0, state: .sleeping, joined: 0),
      Entry(pid: 2, parent: 0, state: .sleeping, joined: 0),
    ]
  }

  func index(of pid: ProcessID) -> Int? { entries.firstIndex { $0.pid == pid } }

  func children(of pid: ProcessID) -> [Entry] {
    entries.filter { $0.parent == pid }.sorted { $0.joined < $1.joined }
  }

  private func nextPID() -> ProcessID? {
    let used = Set(entries.map(\.pid))
    let lowest: ProcessID = lastPID + 1 > 300 ? 300 : 1
    let ahead = lastPID + 1 < pidMaximum ? Array(lastPID + 1..<pidMaximum) : []
    return (ahead + Array(lowest..<pidMaximum)).first { !used.contains($0) }
  }

  mutating func fork(_ parent: ProcessID) -> ProcessID? {
    guard let pid = nextPID(), let source = index(of: parent) else { return nil }
    clock += 1
    var child = Entry(pid: pid, parent: parent, state: .running, joined: clock)
    child.blocked = entries[source].blocked
    child.ignored = entries[source].ignored
    child.handled = entries[source].handled
    entries.append(child)
    lastPID = pid
    return pid
  }

  mutating func exit(_ pid: ProcessID, _ status: ExitStatus) {
    guard let at = index(of: pid) else { return }
    entries[at].state = .zombie
    entries[at].status = status
    entries[at].pending = []
    entries[at].isWaiting = false
    for child in children(of: pid) {
      guard let place = index(of: child.pid) else { continue }
      clock += 1
      entries[place].parent = 1
      entries[place].joined = clock
    }
    entries.removeAll { $0.parent == 1 && $0.state == .zombie && $0.pid != pid }
    let parent = entries.first { $0.pid == pid }.map(\.parent) ?? 0
    guard let mother = index(of: parent) else { return }
    if entries[mother].isWaiting { wake(mother) }
    if parent == 1 || entries[mother].ignored.contains(.SIGCHLD) {
      entries.removeAll { $0.pid == pid }
    } else {
      post(.SIGCHLD, to: parent)
    }
  }

  private mutating func wake(_ place: Int) {
    if entries[place].state == .sleeping || entries[place].state == .stopped {
      entries[place].state = .running
    }
    entries[place].isWaiting = false
  }

  enum Waited: Equatable {
    case child(ProcessID, ExitStatus)
    case wouldBlock, none, noChild, interrupted
  }

  mutating func wait(_ pid: ProcessID, child: ProcessID?, noHang: Bool) -> Waited {
    let candidates = children(of: pid).filter { child == nil || $0.pid == child }
    if candidates.isEmpty { return .noChild }
    if let zombie = candidates.first(where: { $0.state == .zombie }) {
      entries.removeAll { $0.pid == zombie.pid }
      return .child(zombie.pid, zombie.status)
    }
    if noHang { return .none }
    guard let at = index(of: pid) else { return .noChild }
    if !entries[at].pending.subtracting(entries[at].blocked).isEmpty { return .interrupted }
    entries[at].state = .sleeping
    entries[at].isWaiting = true
    return .wouldBlock
  }

  /// Signals that do nothing to a task without a handler (SIGCONT is done when it is sent).
  static let harmless: Set<Signal> = [.SIGCHLD, .SIGCONT, .SIGURG, .SIGWINCH]

  /// Signals of a task's own accesses and instructions, delivered before the others.
  static let synchronous: Set<Signal> = [.SIGILL, .SIGTRAP, .SIGBUS, .SIGFPE, .SIGSEGV, .SIGSYS]

  mutating func post(_ signal: Signal, to pid: ProcessID) {
    guard let at = index(of: pid), entries[at].state != .zombie, pid > 2 else { return }
    if signal == .SIGSTOP { entries[at].pending.remove(.SIGCONT) }
    if signal == .SIGCONT {
      entries[at].pending.remove(.SIGSTOP)
      if entries[at].state == .stopped {
        wake(at)
        tellParent(of: pid)
      }
    }
    let isBlocked = entries[at].blocked.contains(signal)
    let ignores =
      entries[at].ignored.contains(signal)
      || Self.harmless.contains(signal) && !entries[at].handled.contains(signal)
    if ignores && !isBlocked { return }
    entries[at].pending.insert(signal)
    if isBlocked { return }
    if entries[at].state == .sleeping || entries[at].state == .stopped && signal == .SIGKILL {
      wake(at)
    }
  }

  private mutating func tellParent(of pid: ProcessID) {
    guard let at = index(of: pid) else { return }
    let parent = entries[at].parent
    post(.SIGCHLD, to: parent)
    if let mother = index(of: parent), entries[mother].isWaiting { wake(mother) }
  }

  /// What a running task does about its signals on the way to user mode.
  mutating func deliver(to pid: ProcessID) -> SignalDelivery {
    while let at = index(of: pid) {
      let ready = entries[at].pending.subtracting(entries[at].blocked)
      let urgent = ready.contains(.SIGKILL) ? [.SIGKILL] : ready.intersection(Self.synchronous)
      let first = (urgent.isEmpty ? ready : urgent).min { $0.rawValue < $1.rawValue }
      guard let signal = first else { return .none }
      entries[at].pending.remove(signal)
      if entries[at].ignored.contains(signal) { continue }
      if entries[at].handled.contains(signal) {
        entries[at].blocked.insert(signal)
        return .handler(signal, UInt32(signal.rawValue))
      }
      switch signal {
      case _ where Self.harmless.contains(signal): continue
      case .SIGSTOP:
        entries[at].state = .stopped
        tellParent(of: pid)
        return .stopped
      default:
        exit(pid, .killed(by: signal))
        return .died(signal)
      }
    }
    return .none
  }
}
