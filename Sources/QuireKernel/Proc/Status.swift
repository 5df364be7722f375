// /proc/PID/status: the memory of a process in sums.

/// The memory lines of /proc/PID/status, in bytes (PROC-3).
///
/// Linux: `task_mem`, fs/proc/task_mmu.c.
public struct MemoryStatus: Hashable, Sendable {
  public var peak: UInt64
  public var size: UInt64
  public var locked: UInt64
  public var peakResident: UInt64
  public var resident: UInt64
  public var residentAnon: UInt64
  public var residentFile: UInt64
  public var residentShared: UInt64
  public var data: UInt64
  public var stack: UInt64
  public var code: UInt64
  /// Code of the file that it was executed from.
  public var text: UInt64
  public var tables: UInt64
  public var swap: UInt64

  init(_ space: AddressSpace) {
    func bytes(_ pages: UInt64) -> UInt64 { pages << Page.shift }
    peak = bytes(space.peakTotalPages)
    size = bytes(space.totalPages)
    locked = bytes(space.lockedPages)
    peakResident = bytes(space.peakResidentPages)
    resident = bytes(space.residentPages)
    residentAnon = bytes(space.anonPages)
    residentFile = bytes(space.filePages)
    residentShared = bytes(space.sharedPages)
    data = bytes(space.dataPages)
    stack = bytes(space.stackPages)
    code = bytes(space.execPages)
    let marks = space.program.marks
    text = Page.alignUp(marks.endCode) &- Page.alignDown(marks.startCode)
    tables = space.tableBytes
    swap = bytes(space.swapEntries)
  }

  /// The lines as /proc shows them, in kB.
  ///
  /// What may be executed and is not of the program itself counts as library code.
  var lines: [StatusLine] {
    let lines: [(name: String, bytes: UInt64)] = [
      ("VmPeak", peak), ("VmSize", size), ("VmLck", locked), ("VmPin", 0),
      ("VmHWM", peakResident), ("VmRSS", resident), ("RssAnon", residentAnon),
      ("RssFile", residentFile), ("RssShmem", residentShared), ("VmData", data),
      ("VmStk", stack), ("VmExe", min(text, code)), ("VmLib", code - min(text, code)),
      ("VmPTE", tables), ("VmSwap", swap),
      ("HugetlbPages", 0),
    ]
    return lines.map { ($0.name, ProcColumn.right($0.bytes >> 10, 8) + " kB") }
  }

  /// The line of /proc/PID/statm, in pages: size, resident, shared, code, nothing, data, nothing.
  ///
  /// Linux: `proc_pid_statm` and `task_statm`, fs/proc/array.c and fs/proc/task_mmu.c.
  var statmText: String {
    let shared = residentFile + residentShared
    let pages = [size, resident, shared, text, 0, data + stack, 0].map { String($0 >> Page.shift) }
    return pages.joined(separator: " ") + "\n"
  }
}

extension Kernel {
  /// The memory of a task in sums, or nil when it has none of its own.
  public borrowing func memoryStatus(of task: TaskIndex) -> MemoryStatus? {
    let space = tasks[task].space
    return space.isNone ? nil : MemoryStatus(spaces[space])
  }

  /// The text of /proc/PID/statm: all 0 for a task without memory of its own.
  public borrowing func statmText(of task: TaskIndex) -> String {
    memoryStatus(of: task)?.statmText ?? "0 0 0 0 0 0 0\n"
  }
}
