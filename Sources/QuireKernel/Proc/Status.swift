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
    tables = space.tableBytes
    swap = bytes(space.swapEntries)
  }

  /// The lines as /proc shows them, in kB.
  ///
  /// No image is loaded, so what may be executed counts as library code.
  public var text: String {
    let lines: [(name: String, bytes: UInt64)] = [
      ("VmPeak", peak), ("VmSize", size), ("VmLck", locked), ("VmPin", 0),
      ("VmHWM", peakResident), ("VmRSS", resident), ("RssAnon", residentAnon),
      ("RssFile", residentFile), ("RssShmem", residentShared), ("VmData", data),
      ("VmStk", stack), ("VmExe", 0), ("VmLib", code), ("VmPTE", tables), ("VmSwap", swap),
    ]
    return lines.map { line in
      let number = String(line.bytes >> 10)
      let padding = String(repeating: " ", count: max(0, 8 - number.utf8.count))
      return "\(line.name):\t\(padding)\(number) kB\n"
    }.joined()
  }
}

extension Kernel {
  /// The memory of a task in sums, or nil when it has none of its own.
  public borrowing func memoryStatus(of task: TaskIndex) -> MemoryStatus? {
    let space = tasks[task].space
    return space.isNone ? nil : MemoryStatus(spaces[space])
  }
}
