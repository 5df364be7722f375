// What processes and the machine have used: getrusage and sysinfo.

internal import KernelStorage

/// Whose use is asked for.
///
/// Linux: `RUSAGE_SELF` and friends, include/uapi/linux/resource.h.
public enum UsageTarget: String, CaseIterable, Sendable {
  /// The process with all threads that it ever had.
  case `self`
  /// Children that were waited for, and theirs.
  case children
  case thread
}

/// What was used.
///
/// Linux: `struct rusage`, include/uapi/linux/resource.h, in part.
public struct ResourceUsage: Hashable, Sendable {
  public var userTime: Nanoseconds = 0
  public var systemTime: Nanoseconds = 0
  /// Bytes of memory that were resident at once, at most.
  public var peakResident: UInt64 = 0
  public var minorFaults: UInt64 = 0
  public var majorFaults: UInt64 = 0
}

/// What the machine says of itself; sizes in bytes.
///
/// Linux: `struct sysinfo`, include/uapi/linux/sysinfo.h; nobody averages the load here.
public struct SystemInformation: Hashable, Sendable {
  /// Seconds since boot, begun ones too.
  public var uptime: UInt64
  public var totalRAM: UInt64
  public var freeRAM: UInt64
  public var sharedRAM: UInt64
  public var bufferRAM: UInt64
  public var totalSwap: UInt64
  public var freeSwap: UInt64
  /// Tasks, zombies included.
  public var processes: Int
}

extension Kernel {
  /// What a process, its children or one thread has used.
  ///
  /// Linux: `getrusage`, kernel/sys.c.
  public mutating func resourceUsage(
    of target: UsageTarget, by task: TaskIndex
  ) -> ResourceUsage {
    charge(costs.systemCall)
    let leader = tasks[task].leader
    let process = tasks[leader]
    var usage = ResourceUsage()
    switch target {
    case .thread:
      usage.add(tasks[task])
      usage.peakResident = peakResident(of: task, process.peakResident)
    case .self:
      var thread = leader
      while !thread.isNone {
        usage.add(tasks[thread])
        thread = tasks.nextThread(after: thread)
      }
      usage.peakResident = peakResident(of: task, process.peakResident)
    case .children:
      usage.userTime = process.childUserTime
      usage.systemTime = process.childSystemTime
      usage.minorFaults = process.childMinorFaults
      usage.majorFaults = process.childMajorFaults
      usage.peakResident = process.childPeakResident << Page.shift
    }
    return usage
  }

  /// Bytes at the most, of what the process left before and of what it has now.
  private func peakResident(of task: TaskIndex, _ former: UInt64) -> UInt64 {
    let space = tasks[task].space
    let present = space.isNone ? 0 : spaces[space].peakResidentPages
    return max(present, former) << Page.shift
  }

  /// A process leaves its memory, by exit or execve: how much of it was resident is remembered.
  ///
  /// Linux: `setmax_mm_hiwater_rss`, include/linux/mm.h, as `do_exit` and `exec_mmap` call it.
  mutating func recordPeak(of task: TaskIndex) {
    let leader = tasks[task].leader
    let peak = spaces[tasks[task].space].peakResidentPages
    tasks[leader].peakResident = max(tasks[leader].peakResident, peak)
  }

  /// Linux: `do_sysinfo`, kernel/sys.c, and `si_meminfo`, mm/show_mem.c.
  public mutating func systemInformation() -> SystemInformation {
    charge(costs.systemCall)
    func bytes(_ pages: Int) -> UInt64 { UInt64(pages) << Page.shift }
    return SystemInformation(
      uptime: (now + 999_999_999) / 1_000_000_000,
      totalRAM: bytes(memory.managedFrames), freeRAM: bytes(memory.freeFrames),
      sharedRAM: bytes(gauges.nr_shmem), bufferRAM: 0, totalSwap: swapTotal, freeSwap: swapFree,
      processes: tasks.count)
  }
}

extension ResourceUsage {
  fileprivate mutating func add(_ task: Task) {
    userTime += task.userTime
    systemTime += task.systemTime
    minorFaults += task.minorFaults
    majorFaults += task.majorFaults
  }
}
