// Kernel threads: tasks without memory of their own, which run on the tables that a CPU has loaded
// anyway (MM-4, MM-5).
//
// Whoever runs on borrowed tables keeps their record and their top level alive, not what they map:
// the last process that lives there takes that down when it leaves. A kernel thread that has to
// touch the memory of a process becomes one of its users for as long.

internal import KernelStorage

extension Kernel {
  /// Starts a kernel thread; it is a child of kthreadd, hears no signals, and leaves no zombie.
  ///
  /// - Throws: EAGAIN when no more tasks are allowed or no pid is free, ENOMEM.
  /// Linux: `kthread_run`, include/linux/kthread.h.
  public mutating func startKernelThread(named name: String) throws(Errno) -> TaskIndex {
    let thread = try newTask(named: name, under: tasks.kthreadd, .kernelThread)
    tasks[thread].processGroup = 0
    emit(.fork, tasks[tasks.kthreadd].pid, UInt64(UInt32(bitPattern: tasks[thread].pid)))
    return thread
  }

  /// Lets a kernel thread live in the memory of a process, until `leaveMemory` or its end.
  ///
  /// - Throws: EBUSY when it lives in some already, ESRCH when the process has none.
  /// Linux: `mmget` and `kthread_use_mm`, kernel/kthread.c.
  public mutating func enterMemory(
    of process: TaskIndex, by thread: TaskIndex
  ) throws(Errno) {
    precondition(tasks[thread].isKernelThread, "enterMemory: not a kernel thread")
    if !tasks[thread].space.isNone { throw .EBUSY }
    let space = tasks[process].space
    if space.isNone { throw .ESRCH }
    retainAddressSpace(space)
    tasks[thread].space = space
    switchTo(thread)
  }

  /// A kernel thread leaves the memory of a process; what it goes on with is borrowed again.
  ///
  /// - Throws: EINVAL when it lives in none.
  /// Linux: `kthread_unuse_mm` and `mmput`, kernel/kthread.c.
  public mutating func leaveMemory(by thread: TaskIndex) throws(Errno) {
    let space = tasks[thread].space
    if !tasks[thread].isKernelThread || space.isNone { throw .EINVAL }
    tasks[thread].space = .none
    switchTo(thread)
    releaseAddressSpace(space)
  }

  // MARK: Borrowing

  /// A kernel thread begins to run on the tables that are loaded.
  ///
  /// Linux: `mmgrab_lazy_tlb` in `context_switch`, kernel/sched/core.c.
  mutating func borrowLoadedSpace() {
    let state = tlb.cpus[cpu]
    if !state.borrowed.isNone || state.space.isNone { return }
    tlb.cpus[cpu].borrowed = state.space
    spaces[state.space].references += 1
  }

  /// A task with memory of its own runs again: what was borrowed is given back.
  ///
  /// Linux: `mmdrop_lazy_tlb_sched` in `finish_task_switch`, kernel/sched/core.c.
  mutating func returnBorrowedSpace() {
    let space = tlb.cpus[cpu].borrowed
    if space.isNone { return }
    tlb.cpus[cpu].borrowed = .none
    dropReference(to: space)
  }

  /// The last who keeps an address space alive gives its record and its top level back.
  ///
  /// Linux: `mmdrop` and `__mmdrop`, kernel/fork.c.
  mutating func dropReference(to space: AddressSpaceIndex) {
    spaces[space].references -= 1
    if spaces[space].references == 0 { freeAddressSpace(space) }
  }

  // MARK: Audit

  /// A live address space has users or somebody who borrows it, and knows how many.
  borrowing func checkReferences(
    to space: AddressSpaceIndex, _ violations: inout [InvariantViolation]
  ) {
    var references: UInt32 = spaces[space].users > 0 ? 1 : 0
    for cpu in 0..<tlb.cpus.count where tlb.cpus[cpu].borrowed == space { references += 1 }
    if references != spaces[space].references || references == 0 {
      violations.append(
        InvariantViolation(
          "space.references",
          "space \(space.rawValue) counts \(spaces[space].references), has \(references)"))
    }
    if spaces[space].users == 0 && spaces[space].regionCount > 0 {
      violations.append(
        InvariantViolation("space.unused", "space \(space.rawValue) has regions and no users"))
    }
  }
}
