// The files of /proc by name.

internal import KernelStorage
internal import QuireKernel

extension Kernel {
  /// /proc/NAME
  borrowing func systemFile(_ name: String) -> String? {
    switch name {
    case "buddyinfo": buddyInfoText()
    case "meminfo": memInfoText()
    case "pagetypeinfo": pageTypeInfoText()
    case "slabinfo": slabInfoText()
    case "swaps": swapsText()
    case "vmstat": vmStatText()
    case "zoneinfo": zoneInfoText()
    default: nil
    }
  }

  /// /proc/PID/NAME
  borrowing func processFile(_ name: String, of task: TaskIndex) -> String? {
    switch name {
    case "maps": mapsText(of: task)
    case "smaps": smapsText(of: task)
    case "stat": status(of: task).text
    case "status": statusText(of: task)
    default: nil
    }
  }

  /// /proc/swaps
  ///
  /// Linux: `swap_show`, mm/swapfile.c.
  private borrowing func swapsText() -> String {
    var text = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
    for area in swapAreas {
      let padding = String(repeating: " ", count: max(1, 40 - area.filename.utf8.count))
      let size = area.size >> 10
      let used = area.used >> 10
      // The kernel adds a tab where a short number would leave the next column too far left.
      let wide: (UInt64) -> String = { $0 < 10_000_000 ? "\t" : "" }
      text += "\(area.filename)\(padding)\(area.type)\t\(size)\t\(wide(size))"
      text += "\(used)\t\(wide(used))\(area.priority)\n"
    }
    return text
  }

  /// /proc/PID/status: who it is, then its memory.
  ///
  /// Linux: `proc_pid_status`, fs/proc/array.c.
  private borrowing func statusText(of task: TaskIndex) -> String {
    let record = tasks[task]
    let parent = record.parent.isNone ? 0 : tasks[record.parent].pid
    let head =
      "Name:\t\(record.name)\nState:\t\(record.state.letter) (\(record.state.word))\n"
      + "Tgid:\t\(record.threadGroup)\nPid:\t\(record.pid)\nPPid:\t\(parent)\n"
    return head + (memoryStatus(of: task)?.text ?? "")
  }
}

extension TaskState {
  /// The word in brackets of /proc/PID/status.
  ///
  /// Linux: `task_state_array`, fs/proc/array.c.
  fileprivate var word: String {
    switch self {
    case .running: "running"
    case .sleeping: "sleeping"
    case .uninterruptible: "disk sleep"
    case .stopped: "stopped"
    case .zombie: "zombie"
    case .dead: "dead"
    }
  }
}
