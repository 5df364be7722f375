import SwarmSeeds
import Testing

@testable import QuireKernel

/// Random calls on the process table, answers and state compared with a naive tree after each.
struct TaskTreeSwarmTests {
  @Test(
    "TASK-4, EXIT-1 to 4, SIG-1: fork, exit, wait and kill agree with a naive tree",
    arguments: swarmSeeds(8))
  func swarm(seed: Int) throws {
    var machine = MachineConfiguration()
    machine.ram = 256 << 20
    // Few pids, so that they run out, wrap, and meet zombies.
    machine.tunables.pidMaximum = 312
    var swarm = Swarm(kernel: try Kernel(machine), seed: UInt64(seed))
    swarm.start()
    for step in 0..<2000 {
      swarm.step()
      if let difference = swarm.difference() {
        Issue.record("step \(step): \(difference)")
        return
      }
    }
    // The run met what it is there for.
    #expect(swarm.refusals > 0)
    #expect(swarm.reaped > 20)
  }

  struct Swarm: ~Copyable {
    var kernel: Kernel
    var tree = NaiveTaskTree(pidMaximum: 312)
    var random: SeededRandom
    /// Forks refused because no pid was free, and children that a wait reported.
    var refusals = 0
    var reaped = 0

    init(kernel: consuming Kernel, seed: UInt64) {
      self.kernel = kernel
      random = SeededRandom(seed: seed)
    }

    mutating func start() {
      let main = try? kernel.spawn(named: "main", by: kernel.initTask)
      #expect(main.map { kernel.tasks[$0].pid } == tree.fork(1))
    }

    func running() -> [ProcessID] {
      tree.entries.filter { $0.state == .running }.map(\.pid)
    }

    mutating func step() {
      guard let pid = running().randomElement(using: &random) else { return wakeSomebody() }
      switch Int.random(in: 0..<20, using: &random) {
      case 0..<5: fork(pid)
      case 5..<7: exit(pid)
      case 7..<14: wait(pid)
      case 14..<16: kill(pid)
      case 16..<19: deliver(pid)
      default: changeAction(pid)
      }
    }

    /// Everybody sleeps or is gone: a signal from init, or a new top-level process.
    mutating func wakeSomebody() {
      if tree.entries.count > 2, Bool.random(using: &random) {
        kill(1)
      } else {
        fork(1)
      }
    }

    mutating func fork(_ pid: ProcessID) {
      let parent = kernel.tasks.task(withPID: pid)
      let expected = tree.fork(pid)
      do {
        let child =
          pid == 1 ? try kernel.spawn(named: "x", by: parent) : try kernel.fork(parent)
        #expect(kernel.tasks[child].pid == expected)
      } catch {
        #expect(error == .EAGAIN && expected == nil)
        refusals += 1
      }
    }

    mutating func exit(_ pid: ProcessID) {
      let code = UInt8.random(in: 0...255, using: &random)
      kernel.exit(kernel.tasks.task(withPID: pid), .exited(code))
      tree.exit(pid, .exited(code))
    }

    mutating func wait(_ pid: ProcessID) {
      let isNamed = Int.random(in: 0..<4, using: &random) == 0
      let named = isNamed ? tree.entries.randomElement(using: &random)?.pid : nil
      let noHang = Int.random(in: 0..<4, using: &random) > 0
      let expected = tree.wait(pid, child: named, noHang: noHang)
      let answer = kernelWait(pid, named, noHang)
      #expect(answer == expected)
    }

    mutating func kernelWait(
      _ pid: ProcessID, _ named: ProcessID?, _ noHang: Bool
    ) -> NaiveTaskTree.Waited {
      let target = named.map { WaitTarget.child($0) } ?? .any
      let task = kernel.tasks.task(withPID: pid)
      do {
        switch try kernel.wait(for: target, options: noHang ? .noHang : [], by: task) {
        case .noneReady: return .none
        case .wouldBlock: return .wouldBlock
        case .child(let child):
          guard case .ended(let status) = child.change else { return .none }
          reaped += 1
          return .child(child.pid, status)
        }
      } catch {
        return error == .EINTR ? .interrupted : .noChild
      }
    }

    mutating func kill(_ pid: ProcessID) {
      guard let signal = Signal.allCases.randomElement(using: &random) else { return }
      let target = ProcessID.random(in: 1..<312, using: &random)
      let living = tree.entries.randomElement(using: &random)?.pid ?? target
      let victim = Bool.random(using: &random) ? living : target
      do {
        try kernel.kill(victim, Int32(signal.rawValue), by: kernel.tasks.task(withPID: pid))
        #expect(tree.index(of: victim) != nil)
        tree.post(signal, to: victim)
      } catch {
        #expect(error == .ESRCH && tree.index(of: victim) == nil)
      }
    }

    mutating func deliver(_ pid: ProcessID) {
      let expected = tree.deliver(to: pid)
      #expect(kernel.deliverSignals(to: kernel.tasks.task(withPID: pid)) == expected)
    }

    mutating func changeAction(_ pid: ProcessID) {
      guard let signal = Signal.allCases.randomElement(using: &random),
        signal != .SIGKILL, signal != .SIGSTOP, let at = tree.index(of: pid)
      else { return }
      let task = kernel.tasks.task(withPID: pid)
      tree.entries[at].ignored.remove(signal)
      tree.entries[at].handled.remove(signal)
      var action = SignalAction.byDefault
      switch Int.random(in: 0..<4, using: &random) {
      case 0:
        action = .ignore
        tree.entries[at].ignored.insert(signal)
        tree.entries[at].pending.remove(signal)
      case 1:
        action = .handler(UInt32(signal.rawValue))
        tree.entries[at].handled.insert(signal)
      case 2:
        block(signal, task, at)
      default: break
      }
      let falls = NaiveTaskTree.harmless.contains(signal)
      if action == .byDefault && falls { tree.entries[at].pending.remove(signal) }
      try? kernel.setSignalAction(action, for: signal, by: task)
    }

    mutating func block(_ signal: Signal, _ task: TaskIndex, _ at: Int) {
      tree.entries[at].blocked = [signal]
      var set = SignalSet()
      set.insert(signal)
      kernel.setBlockedSignals(set, by: task)
    }

    /// What the kernel and the tree do not agree on, if anything.
    func difference() -> String? {
      var violations: [InvariantViolation] = []
      kernel.checkTasks(&violations)
      if let violation = violations.first { return violation.description }
      if kernel.tasks.count != tree.entries.count { return "\(kernel.tasks.count) tasks" }
      for entry in tree.entries {
        let task = kernel.tasks.task(withPID: entry.pid)
        if task.isNone { return "pid \(entry.pid) is missing" }
        let record = kernel.tasks[task]
        let pending = Set(Signal.allCases.filter(record.pending.contains))
        let agrees =
          record.state == entry.state && pending == entry.pending
          && record.flags.contains(.waiting) == entry.isWaiting
          && childPIDs(of: task) == tree.children(of: entry.pid).map(\.pid)
        if !agrees { return "pid \(entry.pid): \(record) against \(entry)" }
      }
      return nil
    }

    func childPIDs(of task: TaskIndex) -> [ProcessID] {
      var pids: [ProcessID] = []
      var child = kernel.tasks[task].firstChild
      while !child.isNone {
        pids.append(kernel.tasks[child].pid)
        child = kernel.tasks[child].nextSibling
      }
      return pids
    }
  }
}
