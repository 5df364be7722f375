import Testing

@testable import QuireKernel

/// The process calls one by one, with what they refuse.
struct ProcessCallTests {
  static func kernel() throws -> Kernel {
    var machine = MachineConfiguration()
    machine.ram = 64 << 20
    return try Kernel(machine)
  }

  @Test("TASK-3: init, kthreadd and then main; init and kthreadd have no memory of their own")
  func firstTasks() throws {
    var kernel = try Self.kernel()
    let main = try kernel.spawn(named: "main", by: kernel.initTask)
    #expect(kernel.processes.map(\.pid) == [1, 2, 3])
    #expect(kernel.processes.map(\.name) == ["init", "kthreadd", "main"])
    #expect(kernel.processes.map(\.parent) == [0, 0, 1])
    #expect(kernel.processes.map(\.state) == ["S", "S", "R"])
    #expect(kernel.processes[1].isKernelThread && kernel.processes[1].size == 0)
    #expect(kernel.status(of: main).size > 0 && kernel.status(of: main).resident == 0)
    #expect(
      kernel.status(of: main).text.hasPrefix("3 (main) R 1 3 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 "))
    #expect(kernel.status(of: main).text.split(separator: " ").count == 52)
  }

  @Test("TASK-2: a task costs a stack and its records, and gives them back")
  func footprint() throws {
    var kernel = try Self.kernel()
    let main = try kernel.spawn(named: "main", by: kernel.initTask)
    // The caches keep a slab or two: after the first round they neither grow nor shrink.
    for round in 0..<3 {
      let free = kernel.memory.freeFrames
      let child = try kernel.fork(main)
      #expect(kernel.gauges.nr_kernel_stack == 4 * 16)
      kernel.exit(child, .exited(0))
      #expect(kernel.gauges.nr_kernel_stack == 3 * 16)
      _ = try kernel.wait(for: .any, by: main)
      if round > 0 { #expect(kernel.memory.freeFrames == free) }
    }
    #expect(kernel.checkInvariants() == [])
  }

  @Test("TASK-2, FORK-4: fork fails half-way at every allocation in turn and leaves nothing")
  func forkFailsEverywhere() throws {
    var kernel = try Self.kernel()
    let main = try kernel.spawn(named: "main", by: kernel.initTask)
    _ = try kernel.mmap(
      MapRequest(
        at: 0x10_0000_0000, length: 8 << 21, [.read, .write], [.private, .anonymous, .fixed]),
      by: main)
    var access = RangeAccess(
      .write(1), from: 0x10_0000_0000, to: 0x10_0000_0000 + 8 << 21, every: 1 << 21)
    #expect(kernel.perform(&access, by: main) == .done)
    // Once in peace, so that the caches have their slabs.
    kernel.exit(try kernel.fork(main), .exited(0))
    _ = try kernel.wait(for: .any, by: main)
    let free = kernel.memory.freeFrames
    var failures = 0
    while true {
      kernel.failAllocation(after: failures + 1)
      do {
        let child = try kernel.fork(main)
        kernel.failAllocation(after: 0)
        kernel.exit(child, .exited(0))
        _ = try kernel.wait(for: .any, by: main)
        break
      } catch {
        #expect(error == .ENOMEM)
      }
      failures += 1
      #expect(kernel.memory.freeFrames == free, "failure \(failures)")
      #expect(kernel.tasks[main].firstChild.isNone)
      #expect(kernel.checkInvariants() == [])
    }
    // Seven of the task's own, and tables down to eight leaves.
    #expect(failures >= 7 + 8)
    #expect(kernel.memory.freeFrames == free)
  }

  @Test("TASK-4: the ordinary user's limit, the machine's limit")
  func limits() throws {
    var machine = MachineConfiguration()
    machine.ram = 16 << 20
    var kernel = try Kernel(machine)
    let main = try kernel.spawn(named: "main", by: kernel.initTask)
    kernel.dropPrivileges(of: main)
    try kernel.setLimit(on: .processes, to: 3, hard: 3, of: main)
    _ = try kernel.fork(main)
    _ = try kernel.fork(main)
    #expect(throws: Errno.EAGAIN) { try kernel.fork(main) }
    #expect(throws: Errno.EPERM) { try kernel.setLimit(on: .processes, to: 4, of: main) }
    kernel.tasks[main].credentials = .superuser
    var made = 0
    while (try? kernel.fork(main)) != nil { made += 1 }
    #expect(kernel.tasks.count == kernel.maximumTasks)
  }

  @Test("EXIT and WAIT: codes, WNOWAIT, named children, ECHILD, EINVAL, faults of children")
  func waiting() throws {
    var kernel = try Self.kernel()
    let main = try kernel.spawn(named: "main", by: kernel.initTask)
    #expect(throws: Errno.ECHILD) { try kernel.wait(for: .any, by: main) }
    let first = try kernel.fork(main)
    let second = try kernel.fork(main)
    let (one, two) = (kernel.tasks[first].pid, kernel.tasks[second].pid)
    #expect(try kernel.wait(for: .any, options: .noHang, by: main) == .noneReady)
    #expect(throws: Errno.EINVAL) {
      try kernel.wait(for: .any, options: WaitOptions(rawValue: 1 << 9), by: main)
    }
    #expect(throws: Errno.ECHILD) { try kernel.wait(for: .child(999), by: main) }
    kernel.tasks[second].minorFaults = 5
    kernel.exit(second, .exited(44))
    let zombie = WaitedChild(
      pid: two, change: .ended(.exited(44)), minorFaults: 5, majorFaults: 0)
    #expect(try kernel.wait(for: .any, options: .noWait, by: main) == .child(zombie))
    #expect(try kernel.wait(for: .child(two), by: main) == .child(zombie))
    #expect(kernel.tasks[main].childMinorFaults == 5)
    #expect(try kernel.wait(for: .any, by: main) == .wouldBlock)
    #expect(kernel.tasks[main].state == .sleeping)
    kernel.exit(first, .exited(0))
    #expect(kernel.takeWakeup() == main)
    #expect(kernel.takeWakeup() == nil)
    let last = WaitedChild(pid: one, change: .ended(.exited(0)), minorFaults: 0, majorFaults: 0)
    #expect(try kernel.wait(for: .processGroup(3), by: main) == .child(last))
  }

  @Test("EXIT-2, EXIT-3: orphans go to init, which reaps; ignoring SIGCHLD leaves no zombie")
  func orphans() throws {
    var kernel = try Self.kernel()
    let main = try kernel.spawn(named: "main", by: kernel.initTask)
    let parent = try kernel.fork(main)
    let orphan = try kernel.fork(parent)
    let zombie = try kernel.fork(parent)
    kernel.exit(zombie, .exited(1))
    kernel.exit(parent, .exited(2))
    #expect(kernel.tasks[orphan].parent == kernel.initTask)
    #expect(kernel.tasks.count == 5)
    kernel.exit(orphan, .exited(3))
    #expect(kernel.tasks.count == 4)
    try kernel.setSignalAction(.ignore, for: .SIGCHLD, by: main)
    kernel.exit(try kernel.fork(main), .exited(0))
    #expect(kernel.tasks.count == 4)
    #expect(kernel.checkInvariants() == [])
  }

  @Test("SIG-1: ESRCH, EINVAL, EPERM; a zombie may be signalled; init cannot be killed")
  func killing() throws {
    var kernel = try Self.kernel()
    let main = try kernel.spawn(named: "main", by: kernel.initTask)
    let child = try kernel.fork(main)
    let pid = kernel.tasks[child].pid
    #expect(throws: Errno.ESRCH) { try kernel.kill(99, 15, by: main) }
    #expect(throws: Errno.EINVAL) { try kernel.kill(pid, 99, by: main) }
    #expect(throws: Errno.EINVAL) { try kernel.kill(pid, -1, by: main) }
    try kernel.kill(1, 9, by: main)
    #expect(kernel.tasks[kernel.initTask].pending.isEmpty)
    kernel.dropPrivileges(of: child)
    #expect(throws: Errno.EPERM) { try kernel.kill(3, 0, by: child) }
    try kernel.kill(pid, 0, by: child)
    kernel.exit(child, .exited(0))
    try kernel.kill(pid, 15, by: main)
    #expect(kernel.tasks[child].state == .zombie)
    kernel.exit(kernel.initTask, .exited(0))
    #expect(kernel.panic == .initExited)
  }

  @Test("SIG-1: stop and continue are reported once, by wait with the right option")
  func stopAndContinue() throws {
    var kernel = try Self.kernel()
    let main = try kernel.spawn(named: "main", by: kernel.initTask)
    let child = try kernel.fork(main)
    let pid = kernel.tasks[child].pid
    try kernel.kill(pid, Int32(Signal.SIGSTOP.rawValue), by: main)
    #expect(kernel.deliverSignals(to: child) == .stopped)
    #expect(try kernel.wait(for: .any, options: .noHang, by: main) == .noneReady)
    let stopped = WaitedChild(pid: pid, change: .stopped, minorFaults: 0, majorFaults: 0)
    let options: WaitOptions = [.noHang, .untraced, .continued]
    #expect(try kernel.wait(for: .any, options: options, by: main) == .child(stopped))
    #expect(try kernel.wait(for: .any, options: options, by: main) == .noneReady)
    try kernel.kill(pid, Int32(Signal.SIGCONT.rawValue), by: main)
    #expect(kernel.takeWakeup() == child)
    let goesOn = WaitedChild(pid: pid, change: .continued, minorFaults: 0, majorFaults: 0)
    #expect(try kernel.wait(for: .any, options: options, by: main) == .child(goesOn))
    try kernel.kill(pid, Int32(Signal.SIGSTOP.rawValue), by: main)
    #expect(kernel.deliverSignals(to: child) == .stopped)
    try kernel.kill(pid, Int32(Signal.SIGKILL.rawValue), by: main)
    #expect(kernel.deliverSignals(to: child) == .died(.SIGKILL))
  }

  @Test("TASK-5: which signal ends which sleep")
  func sleeping() throws {
    var kernel = try Self.kernel()
    let main = try kernel.spawn(named: "main", by: kernel.initTask)
    let child = try kernel.fork(main)
    let pid = kernel.tasks[child].pid
    try kernel.setSignalAction(.handler(7), for: .SIGUSR1, by: child)
    for kind in [SleepKind.interruptible, .killable, .uninterruptible] {
      #expect(kernel.block(child, kind) == true)
      try kernel.kill(pid, Int32(Signal.SIGUSR1.rawValue), by: main)
      #expect((kernel.tasks[child].state == .running) == (kind == .interruptible))
      kernel.wake(child)
      #expect(kernel.takeWakeup() == child)
      // A signal that waits to be delivered keeps the task awake.
      #expect(kernel.block(child, .interruptible) == false)
      #expect(kernel.deliverSignals(to: child) == .handler(.SIGUSR1, 7))
      try kernel.kill(pid, Int32(Signal.SIGUSR1.rawValue), by: main)
      #expect(kernel.deliverSignals(to: child) == .none)
      kernel.returnFromHandler(of: .SIGUSR1, by: child)
      #expect(kernel.deliverSignals(to: child) == .handler(.SIGUSR1, 7))
      kernel.returnFromHandler(of: .SIGUSR1, by: child)
    }
    kernel.block(child, .uninterruptible)
    try kernel.kill(pid, Int32(Signal.SIGKILL.rawValue), by: main)
    #expect(kernel.tasks[child].state == .uninterruptible)
    kernel.wake(child)
    #expect(kernel.deliverSignals(to: child) == .died(.SIGKILL))
  }

  @Test("FAULT-1: a signal that the task's own access raised cannot be ignored or blocked")
  func raised() throws {
    var kernel = try Self.kernel()
    let main = try kernel.spawn(named: "main", by: kernel.initTask)
    let child = try kernel.fork(main)
    try kernel.setSignalAction(.ignore, for: .SIGSEGV, by: child)
    kernel.raise(.SIGSEGV, on: child)
    #expect(kernel.deliverSignals(to: child) == .died(.SIGSEGV))
  }
}
