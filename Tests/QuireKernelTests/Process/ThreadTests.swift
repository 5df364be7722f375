// Threads: one process, several tasks; its memory, its signals and its end are common.

import KernelStorage
import Testing

@testable import QuireKernel

@Suite("Threads")
struct ThreadTests {
  private func machine() -> MachineConfiguration {
    var machine = MachineConfiguration()
    machine.ram = 16 << 20
    return machine
  }

  private func sound(_ kernel: borrowing Kernel) {
    let violations = kernel.checkInvariants()
    #expect(violations.isEmpty, "\(violations)")
  }

  @Test("a thread has a pid of its own, and the memory, parent and limits of its process")
  func identity() throws {
    var kernel = try Kernel(machine())
    let leader = try kernel.spawn(named: "p", by: kernel.initTask)
    let thread = try kernel.startThread(by: leader)
    let second = try kernel.startThread(by: thread)
    #expect(kernel.tasks[thread].pid != kernel.tasks[leader].pid)
    #expect(kernel.tasks[second].threadGroup == kernel.tasks[leader].pid)
    #expect(kernel.tasks[second].parent == kernel.initTask)
    #expect(kernel.spaces[kernel.tasks[leader].space].users == 3)
    try kernel.setLimit(on: .stack, to: 1 << 20, of: second)
    #expect(kernel.tasks[leader].limits.stack == 1 << 20)
    try kernel.setSignalAction(.handler(3), for: .SIGUSR1, by: thread)
    #expect(kernel.signalAction(for: .SIGUSR1, of: leader) == .handler(3))
    kernel.dropPrivileges(of: thread)
    #expect(!kernel.tasks[leader].isPrivileged)
    // A thread is nobody's child.
    #expect(throws: Errno.ECHILD) { try kernel.wait(for: .any, by: leader) }
    sound(kernel)
  }

  @Test("EXIT-1, EXIT-2: memory goes with the last thread; a leader that has exited is waited for")
  func leaderFirst() throws {
    var kernel = try Kernel(machine())
    let parent = try kernel.spawn(named: "shell", by: kernel.initTask)
    let leader = try kernel.fork(parent)
    let thread = try kernel.startThread(by: leader)
    let child = try kernel.fork(leader)
    let space = kernel.tasks[leader].space
    kernel.exit(leader, .exited(4))
    var isLive = kernel.spaces.isLive(space)
    #expect(kernel.tasks[leader].state == .zombie && isLive)
    #expect(kernel.tasks[child].parent == thread)
    #expect(try kernel.wait(for: .any, options: .noHang, by: parent) == .noneReady)
    sound(kernel)
    // The children of one thread are those of all.
    kernel.exit(child, .exited(1))
    guard case .child(let ended) = try kernel.wait(for: .any, by: thread) else {
      return #expect(Bool(false), "the thread has inherited the child")
    }
    #expect(ended.change == .ended(.exited(1)))
    kernel.exit(thread, .exited(9))
    isLive = kernel.spaces.isLive(space)
    #expect(!isLive)
    guard case .child(let process) = try kernel.wait(for: .any, by: parent) else {
      return #expect(Bool(false), "the process has ended")
    }
    #expect(process.change == .ended(.exited(4)))
    sound(kernel)
  }

  @Test(
    "exit_group: the first status counts, and the faults of all threads are those of the process")
  func exitGroup() throws {
    var kernel = try Kernel(machine())
    let parent = try kernel.spawn(named: "shell", by: kernel.initTask)
    let leader = try kernel.fork(parent)
    let thread = try kernel.startThread(by: leader)
    let start = try kernel.mmap(
      MapRequest(length: 2 * Page.size, [.read, .write], [.private, .anonymous]), by: thread)
    #expect(kernel.storeByte(start, 1, by: thread) == .done)
    #expect(kernel.storeByte(start + Page.size, 1, by: leader) == .done)
    kernel.exitGroup(thread, .exited(7))
    #expect(kernel.deliverSignals(to: leader) == .ended(.exited(7)))
    guard case .child(let process) = try kernel.wait(for: .any, by: parent) else {
      return #expect(Bool(false), "the process has ended")
    }
    #expect(process.change == .ended(.exited(7)) && process.minorFaults == 2)
    sound(kernel)
  }

  @Test("a signal goes to a thread that does not block it; a fatal one ends all of them")
  func signals() throws {
    var kernel = try Kernel(machine())
    let leader = try kernel.spawn(named: "p", by: kernel.initTask)
    let thread = try kernel.startThread(by: leader)
    var blocked = SignalSet()
    blocked.insert(.SIGUSR1)
    kernel.setBlockedSignals(blocked, by: leader)
    try kernel.setSignalAction(.handler(1), for: .SIGUSR1, by: leader)
    try kernel.kill(kernel.tasks[leader].pid, Int32(Signal.SIGUSR1.rawValue), by: kernel.initTask)
    #expect(kernel.deliverSignals(to: leader) == .none)
    #expect(kernel.deliverSignals(to: thread) == .handler(.SIGUSR1, 1))
    let pid = kernel.tasks[leader].pid
    try kernel.kill(pid, Int32(Signal.SIGSTOP.rawValue), by: kernel.initTask)
    #expect(kernel.deliverSignals(to: thread) == .stopped)
    #expect(!kernel.tasks[leader].flags.contains(.stopUnreported))
    #expect(kernel.deliverSignals(to: leader) == .stopped)
    #expect(kernel.tasks[leader].flags.contains(.stopUnreported))
    try kernel.kill(pid, Int32(Signal.SIGCONT.rawValue), by: kernel.initTask)
    #expect(kernel.tasks[thread].state == .running && kernel.tasks[leader].state == .running)
    kernel.raise(.SIGSEGV, on: thread)
    #expect(kernel.deliverSignals(to: thread) == .died(.SIGSEGV))
    #expect(kernel.deliverSignals(to: leader) == .ended(.killed(by: .SIGSEGV)))
    #expect(kernel.tasks.task(withPID: pid).isNone)
    sound(kernel)
  }

  @Test("LAYOUT-6: execve leaves one thread, which has the pid of the process")
  func execute() throws {
    for callerLeads in [true, false] {
      var kernel = try Kernel(machine())
      let parent = try kernel.spawn(named: "shell", by: kernel.initTask)
      let leader = try kernel.fork(parent)
      let thread = try kernel.startThread(by: leader)
      let (caller, other) = callerLeads ? (leader, thread) : (thread, leader)
      let pid = kernel.tasks[leader].pid
      #expect(try !kernel.execute(named: "new", by: caller))
      #expect(throws: Errno.EAGAIN) { try kernel.execute(named: "late", by: other) }
      #expect(kernel.tasks[caller].state == .uninterruptible)
      #expect(kernel.deliverSignals(to: other) == .ended(.exited(0)))
      #expect(kernel.tasks[caller].state == .running)
      #expect(try kernel.execute(named: "new", by: caller))
      #expect(kernel.tasks[caller].pid == pid && kernel.tasks.task(withPID: pid) == caller)
      #expect(kernel.tasks[caller].leader == caller)
      sound(kernel)
      kernel.exit(caller, .exited(2))
      guard case .child(let process) = try kernel.wait(for: .child(pid), by: parent) else {
        return #expect(Bool(false), "the process has ended")
      }
      #expect(process.change == .ended(.exited(2)))
      sound(kernel)
    }
  }

  @Test("every allocation of a thread fails in turn, and nothing changes")
  func failures() throws {
    var failing = 1
    while failing < 60 {
      var kernel = try Kernel(machine())
      let leader = try kernel.spawn(named: "p", by: kernel.initTask)
      let count = kernel.tasks.count
      kernel.failAllocation(after: failing)
      let succeeded = (try? kernel.startThread(by: leader)) != nil
      kernel.failAllocation(after: 0)
      sound(kernel)
      if succeeded { break }
      #expect(kernel.tasks.count == count && kernel.tasks[leader].liveThreads == 1)
      failing += 1
    }
    #expect(failing > 2 && failing < 60)
  }

  @Test("AUDIT-17: the ring of threads, and what they have in common")
  func audit() throws {
    func expect(_ rule: String, _ corrupt: (inout Kernel, TaskIndex) -> Void) throws {
      var kernel = try Kernel(machine())
      let leader = try kernel.spawn(named: "p", by: kernel.initTask)
      let thread = try kernel.startThread(by: leader)
      corrupt(&kernel, thread)
      let rules = kernel.checkInvariants().map(\.rule)
      #expect(rules.contains(rule), "\(rules)")
    }
    try expect("task.thread-ring") { $0.tasks[$1].threadGroup += 1 }
    try expect("task.thread-ring") { $0.tasks[$1].previousThread = $1 }
    try expect("task.live-threads") { $0.tasks[$0.tasks[$1].leader].liveThreads += 1 }
    try expect("task.thread-zombie") { $0.tasks[$1].state = .zombie }
    try expect("task.thread-space") { $0.tasks[$1].space = .none }
  }

  @Test("hard limits are inherited by children")
  func hardLimits() throws {
    var kernel = try Kernel(machine())
    let parent = try kernel.spawn(named: "p", by: kernel.initTask)
    try kernel.setLimit(on: .data, to: 4096, hard: 8192, of: parent)
    try kernel.setLimit(on: .processes, to: 10, hard: 20, of: parent)
    let child = try kernel.fork(parent)
    #expect(kernel.tasks[child].hardLimits.data == 8192)
    #expect(kernel.tasks[child].hardLimits.processes == 20)
  }
}
