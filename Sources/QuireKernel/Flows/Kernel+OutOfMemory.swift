// Out of memory: a task is killed so that the others can go on (OOM-1 to OOM-7).

extension Kernel {
  /// Makes room by killing a task; returning means that its memory is free now.
  ///
  /// - Throws: ENOMEM when the caller itself is the one to die, or when nothing may be killed and
  ///   the machine has panicked.
  /// Linux: `out_of_memory`, mm/oom_kill.c.
  mutating func outOfMemory(gfp: GFPFlags, for task: TaskIndex) throws(Errno) {
    if panic != nil { throw .ENOMEM }
    if !task.isNone, tasks[task].isDying {
      tasks[task].flags.insert(.oomVictim)
      throw .ENOMEM
    }
    if tunables.panicOnOOM != 0 {
      tasks.panic = .panicOnOOM
      throw .ENOMEM
    }
    let victim = oomVictim(for: task)
    if victim.isNone {
      tasks.panic = .noKillableProcess
      throw .ENOMEM
    }
    kill(oomVictim: victim, for: task)
    if !task.isNone, tasks[task].isDying { throw .ENOMEM }
  }

  /// A fault found no memory, and the OOM killer has done what it could: the task dies, if it is
  /// not init, which tries again (FAULT-15).
  ///
  /// Linux: `do_page_fault` of 2.6.11, arch/i386/mm/fault.c.
  mutating func killForWantOfMemory(
    _ task: TaskIndex, at address: VirtualAddress, isKernel: Bool
  ) -> Progress {
    // The kernel's own access fails, and the call with it.
    if isKernel { return .signal(SignalInfo(.SIGSEGV, .kernel, at: address)) }
    if task == tasks.initTask { return .again }
    post(.SIGKILL, to: task)
    return .killed
  }

  /// The task to kill, or none: the caller if the machine is set so, else the worst one; a caller
  /// of swapoff before all others (OOM-3).
  ///
  /// Linux: `select_bad_process` and `oom_evaluate_task`, mm/oom_kill.c.
  private func oomVictim(for caller: TaskIndex) -> TaskIndex {
    if tunables.oomKillAllocatingTask != 0, !caller.isNone, oomPoints(of: caller) != nil {
      return caller
    }
    var chosen = TaskIndex.none
    var most = Int.min
    var task = tasks.first
    while !task.isNone {
      if let points = oomPoints(of: task) {
        if tasks[task].flags.contains(.swapoffCaller) { return task }
        // Of equals the youngest.
        if points >= most {
          most = points
          chosen = task
        }
      }
      task = tasks[task].next
    }
    return chosen
  }

  /// How much memory a task's death would free, in pages, shifted by its adjustment; nil when it
  /// is not to be killed (OOM-2).
  ///
  /// Linux: `oom_badness`, mm/oom_kill.c.
  func oomPoints(of task: TaskIndex) -> Int? {
    let record = tasks[task]
    // One thread stands for its process: the leader, if it lives.
    if record.leader != task && liveThread(of: task) != task { return nil }
    if task == tasks.initTask || record.isKernelThread || record.isDead || record.space.isNone {
      return nil
    }
    let adjustment = Int(record.oomScoreAdjustment)
    if adjustment == Self.oomScoreAdjustmentMinimum || record.flags.contains(.vforked) {
      return nil
    }
    let space = spaces[record.space]
    let pages = space.residentPages + space.swapEntries + space.tableBytes >> Page.shift
    return Int(pages) + adjustment * (oomTotalPages / 1000)
  }

  /// Linux: `OOM_SCORE_ADJ_MIN`, include/uapi/linux/oom.h.
  static var oomScoreAdjustmentMinimum: Int { -1000 }

  private var oomTotalPages: Int { memory.managedFrames + swap.totalPages }

  /// The badness of a task as /proc/PID/oom_score shows it, 0 ... 2000 (OOM-7).
  ///
  /// Linux: `proc_oom_score`, fs/proc/base.c.
  public func oomScore(of task: TaskIndex) -> Int {
    guard let points = oomPoints(of: task) else { return 0 }
    return max(0, (1000 + points * 1000 / max(oomTotalPages, 1)) * 2 / 3)
  }

  /// Sets /proc/PID/oom_score_adj.
  ///
  /// - Throws: EINVAL outside -1000 ... 1000; EACCES for lowering it without privilege.
  /// Linux: `oom_score_adj_write`, fs/proc/base.c.
  public mutating func setOOMScoreAdjustment(
    _ adjustment: Int, of task: TaskIndex, by caller: TaskIndex
  ) throws(Errno) {
    guard let value = Int16(exactly: adjustment), abs(adjustment) <= 1000 else { throw .EINVAL }
    if value < tasks[task].oomScoreAdjustment, !tasks[caller].holds(.resource) { throw .EACCES }
    tasks[task].oomScoreAdjustment = value
  }

  /// Kills the victim and everybody who shares its memory, and takes the memory away at once.
  ///
  /// A victim that is inside the kernel right now keeps its memory until it has left it. A kernel
  /// thread that works in that memory is no victim: its private pages go all the same.
  /// Linux: `__oom_kill_process` and `oom_reap_task`, mm/oom_kill.c.
  private mutating func kill(oomVictim victim: TaskIndex, for caller: TaskIndex) {
    counters.oom_kill += 1
    emit(.oomKill, tasks[victim].pid, UInt64(bitPattern: Int64(oomPoints(of: victim) ?? 0)))
    let space = tasks[victim].space
    let isInUse =
      !caller.isNone && tasks[caller].space == space && !tasks[caller].isKernelThread
    var task = tasks.first
    while !task.isNone {
      let next = tasks[task].next
      if tasks[task].space == space && !tasks[task].isKernelThread {
        tasks[task].flags.insert(.oomVictim)
        post(.SIGKILL, to: task)
        if !isInUse {
          recordPeak(of: task)
          tasks[task].space = .none
          releaseAddressSpace(space)
        }
      }
      task = next
    }
    if !isInUse && spaces.isLive(space) && spaces[space].users > 0 { reapPrivatePages(of: space) }
  }

  /// Linux: `__oom_reap_task_mm`, mm/oom_kill.c.
  private mutating func reapPrivatePages(of space: AddressSpaceIndex) {
    for area in regions(of: space) where !area.flags.contains(.shared) {
      zap(area.start, area.end, of: area.flags, in: space)
    }
  }
}
