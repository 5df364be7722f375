// Seeing: `show` prints views for people, `cat` the files of /proc as the kernel writes them.

internal import KernelStorage
internal import QuireKernel
internal import QuireProgram
internal import QuireReports
internal import QuireSyntax

extension World {
  /// show(view, argument)
  mutating func showCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let name = try string(0, "view", call)
    guard let view = ShowView(rawValue: name) else {
      throw .misuse("there is no view '\(name)'")
    }
    let text: String
    if view == .slab || view == .slabs { try checkSlab() }
    switch view {
    case .machine: text = kernel.machineReport()
    case .memory: text = kernel.memoryReport()
    case .zones: text = kernel.zonesReport()
    case .buddy: text = kernel.buddyReport()
    case .vmstat: text = kernel.countersReport()
    case .processes: text = kernel.processesReport()
    case .maps: text = kernel.mapsReport(of: try taskToShow(call))
    case .status: text = kernel.statusReport(of: try taskToShow(call))
    case .smaps: text = kernel.smapsText(of: try taskToShow(call))
    case .slab: text = kernel.slabReport(named: try cacheToShow(call))
    case .swap: text = kernel.swapReport()
    case .slabs: text = kernel.slabReport(named: nil)
    case .meminfo: text = kernel.memInfoText()
    case .walk:
      let address = try address(1, "argument", call)
      text = kernel.walkReport(to: address, of: try taskAsked(2, call))
    case .pagemap: text = try pageMapReport(call)
    case .tlb: text = kernel.tlbReport()
    }
    return try emit(text)
  }

  /// The words of a region, or of a whole process.
  private func pageMapReport(_ call: BuiltinCall) throws(CallFailure) -> String {
    let task = try taskAsked(2, call)
    if argument(1, call).isAbsent { return kernel.pageMapReport(of: task, seenBy: current.task) }
    let (start, length) = try region(1, call)
    let end = start.addingReportingOverflow(length)
    return kernel.pageMapReport(
      of: task, from: start, to: end.overflow ? .max : end.partialValue, seenBy: current.task)
  }

  private func taskToShow(_ call: BuiltinCall) throws(CallFailure) -> TaskIndex {
    if argument(1, call).isAbsent { return current.task }
    let number = try process(1, "argument", call)
    guard let task = task(of: number) else { throw .misuse(obituary(of: number)) }
    return task
  }

  private func cacheToShow(_ call: BuiltinCall) throws(CallFailure) -> String? {
    guard let name = try optionalString(1, "argument", call) else { return nil }
    let names = kernel.slabUsage().map(\.name)
    if names.contains(name) { return name }
    let hint = didYouMean(name, among: names).map { "; did you mean \"\($0)\"?" } ?? ""
    throw .misuse("there is no cache \"\(name)\"\(hint)")
  }

  /// cat(path)
  mutating func catCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let path = try string(0, "path", call)
    let file = try refusable { world throws(Errno) in
      try world.kernel.procFile(path, by: world.current.task)
    }
    if case .system(.slabinfo) = file { try checkSlab() }
    if case .system(.pagetypeinfo) = file { try checkSlab() }
    return try emit(try refusable { world throws(Errno) in try world.fileText(file) })
  }

  /// What `cat` prints of a file of /proc: its text, or its words decoded.
  private func fileText(_ file: ProcFile) throws(Errno) -> String {
    switch file {
    case .system(.kpagecount): kernel.pageCountsReport()
    case .system(.kpageflags): kernel.pageFlagsReport()
    case .system(let file): kernel.text(of: file) ?? ""
    case .process(.pagemap, let task): kernel.pageMapReport(of: task, seenBy: current.task)
    case .process(let file, let task): try kernel.text(of: file, of: task) ?? ""
    }
  }

  /// Prints a text that the limit of output has room for.
  private mutating func emit(_ text: String) throws(CallFailure) -> BuiltinOutcome {
    let bytes = Array(text.utf8)
    guard outputTotal + bytes.count <= limits.outputBytes else { throw .outcome(.limit(.output)) }
    output += bytes
    outputTotal += bytes.count
    return .value(.none)
  }
}
