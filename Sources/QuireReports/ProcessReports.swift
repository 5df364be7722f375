// Processes and their memory, for people.

internal import KernelStorage
public import QuireKernel

extension Kernel {
  /// All processes, ascending by pid.
  public borrowing func processesReport() -> String {
    var table = TextTable([
      ("pid", .right), ("parent", .right), ("state", .left), ("resident", .right),
      ("swapped", .right), ("minor", .right), ("major", .right), ("name", .left),
    ])
    for task in taskList() {
      let record = tasks[task]
      let parent = record.parent.isNone ? 0 : tasks[record.parent].pid
      let resident = record.space.isNone ? 0 : spaces[record.space].residentPages
      let swapped = record.space.isNone ? 0 : spaces[record.space].swapEntries
      table.add([
        String(record.pid), String(parent), String(record.state.letter),
        Size.text(resident << Page.shift), Size.text(swapped << Page.shift),
        String(record.minorFaults), String(record.majorFaults), record.name.description,
      ])
    }
    return table.text
  }

  /// Every task, ascending by pid.
  package borrowing func taskList() -> [TaskIndex] {
    var list: [(pid: ProcessID, task: TaskIndex)] = []
    var task = tasks.first
    while !task.isNone {
      list.append((tasks[task].pid, task))
      task = tasks[task].next
    }
    return list.sorted { $0.pid < $1.pid }.map(\.task)
  }

  /// The regions of a process with what they hold.
  public borrowing func mapsReport(of task: TaskIndex) -> String {
    var table = TextTable([
      ("start", .right), ("end", .right), ("size", .right), ("access", .left),
      ("resident", .right), ("swapped", .right), ("what", .left),
    ])
    let space = tasks[task].space
    if space.isNone { return table.text }
    for usage in smaps(of: space) {
      let area = usage.area
      table.add([
        "0x" + String(area.start, radix: 16), "0x" + String(area.end, radix: 16),
        Size.text(area.end - area.start), Self.access(of: area.flags), Size.text(usage.resident),
        Size.text(usage.swap), name(of: area).text,
      ])
    }
    return table.text
  }

  private static func access(of flags: VMAFlags) -> String {
    (flags.contains(.read) ? "r" : "-") + (flags.contains(.write) ? "w" : "-")
      + (flags.contains(.execute) ? "x" : "-") + (flags.contains(.mayShare) ? " shared" : "")
  }

  /// The memory of a process in sums.
  public borrowing func statusReport(of task: TaskIndex) -> String {
    let record = tasks[task]
    var table = TextTable([("", .left), ("", .left)])
    table.add(["name", record.name.description])
    table.add(["pid", String(record.pid)])
    table.add(["state", String(record.state.letter)])
    table.add(["minor faults", String(record.minorFaults)])
    table.add(["major faults", String(record.majorFaults)])
    table.add(["copies on write", String(record.cowFaults)])
    guard let status = memoryStatus(of: task) else { return table.text }
    table.add(["mapped", Size.text(status.size)])
    table.add(["resident", Size.text(status.resident)])
    table.add(["peak resident", Size.text(status.peakResident)])
    table.add(["swapped", Size.text(status.swap)])
    table.add(["page tables", Size.text(status.tables)])
    return table.text
  }
}
