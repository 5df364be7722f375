// The files of /proc by name: which there are, who may read them, and what they say.
//
// Files of words (pagemap, kpagecount, kpageflags) are no text: whoever shows them decodes them.

/// A file of the machine: /proc/NAME.
///
/// Linux: fs/proc.
public enum SystemFile: String, CaseIterable, Sendable {
  case buddyinfo, kpagecount, kpageflags, meminfo, pagetypeinfo, slabinfo, swaps, vmstat, zoneinfo
  case sysvipcShm = "sysvipc/shm"

  /// Only the superuser may read it: mode 0400.
  var isPrivate: Bool {
    switch self {
    case .kpagecount, .kpageflags, .pagetypeinfo, .slabinfo: true
    default: false
    }
  }
}

/// A file of a process: /proc/PID/NAME.
///
/// Linux: `tgid_base_stuff`, fs/proc/base.c.
public enum ProcessFile: String, CaseIterable, Sendable {
  case limits, maps, numa_maps, pagemap, smaps, smaps_rollup, stat, statm, status

  /// Only those may read it who may trace the process.
  var isPrivate: Bool {
    switch self {
    case .maps, .numa_maps, .pagemap, .smaps, .smaps_rollup: true
    default: false
    }
  }
}

/// A file that exists and that its reader may open.
public enum ProcFile: Hashable, Sendable {
  case system(SystemFile)
  case process(ProcessFile, TaskIndex)
}

extension Kernel {
  /// Finds a file of /proc; `self` in a path is the reader.
  ///
  /// - Throws: ENOENT for no such file or process, EACCES for one that the reader may not see.
  /// Linux: `proc_pid_lookup` and `proc_mem_open`, fs/proc/base.c.
  public borrowing func procFile(
    _ path: String, by reader: TaskIndex
  ) throws(Errno) -> ProcFile {
    let parts = path.split(separator: "/").map { String($0) }
    guard path.hasPrefix("/"), parts.first == "proc" else { throw .ENOENT }
    if let file = SystemFile(rawValue: parts.dropFirst().joined(separator: "/")) {
      let mayRead = tasks[reader].isPrivileged || tasks[reader].holds(.dacOverride)
      if file.isPrivate && !mayRead { throw .EACCES }
      return .system(file)
    }
    guard parts.count == 3, let file = ProcessFile(rawValue: parts[2]) else { throw .ENOENT }
    var task = reader
    if parts[1] != "self" {
      guard let pid = ProcessID(parts[1]), String(pid) == parts[1] else { throw .ENOENT }
      task = tasks.task(withPID: pid)
    }
    if task.isNone { throw .ENOENT }
    if file.isPrivate && !mayTrace(task, by: reader) { throw .EACCES }
    return .process(file, task)
  }

  /// Linux: `ptrace_may_access`, kernel/ptrace.c, and `cap_ptrace_access_check`,
  /// security/commoncap.c.
  borrowing func mayTrace(_ task: TaskIndex, by reader: TaskIndex) -> Bool {
    if tasks[task].leader == tasks[reader].leader || tasks[reader].holds(.ptrace) { return true }
    let (caller, target) = (tasks[reader].credentials, tasks[task].credentials)
    let space = tasks[task].space
    if !space.isNone && !spaces[space].isDumpable { return false }
    return caller.user == target.user && target.capabilities.isSubset(of: caller.capabilities)
  }

  /// The text of a file of the machine; nil for one of words.
  public borrowing func text(of file: SystemFile) -> String? {
    switch file {
    case .buddyinfo: buddyInfoText()
    case .meminfo: memInfoText()
    case .pagetypeinfo: pageTypeInfoText()
    case .slabinfo: slabInfoText()
    case .swaps: swapsText()
    case .sysvipcShm: sysvSegmentsText()
    case .vmstat: vmStatText()
    case .zoneinfo: zoneInfoText()
    case .kpagecount, .kpageflags: nil
    }
  }

  /// The text of a file of a process; nil for one of words.
  ///
  /// - Throws: ESRCH for the rollup of a task without memory of its own.
  public borrowing func text(
    of file: ProcessFile, of task: TaskIndex
  ) throws(Errno) -> String? {
    switch file {
    case .limits: limitsText(of: task)
    case .maps: mapsText(of: task)
    case .numa_maps: numaMapsText(of: task)
    case .smaps: smapsText(of: task)
    case .smaps_rollup: try smapsRollupText(of: task)
    case .stat: status(of: task).text
    case .statm: statmText(of: task)
    case .status: statusText(of: task)
    case .pagemap: nil
    }
  }
}
