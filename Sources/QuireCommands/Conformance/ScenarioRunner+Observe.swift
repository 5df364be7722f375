// `observe`: everything that /proc shows of a process, as recordings write it.

internal import QuireKernel

/// The sizes of /proc/PID/status that recordings give relative to an untouched process, in kB.
struct ProcessSizes: Hashable, Sendable {
  var values: [Int64]

  static let names = [
    "VmSize", "VmLck", "VmData", "VmStk", "VmPTE", "VmSwap", "RssAnon", "RssFile", "RssShmem",
  ]

  init(_ space: AddressSpace) {
    let pages = [
      space.totalPages, space.lockedPages, space.dataPages, space.stackPages,
      space.tableBytes >> Page.shift, space.swapEntries, space.anonPages, space.filePages,
      space.sharedPages,
    ]
    values = pages.map { Int64(($0 << Page.shift) >> 10) }
  }

  /// What there is more than in `baseline`, by name.
  func difference(from baseline: ProcessSizes) -> [Leaf.Member] {
    zip(Self.names, zip(values, baseline.values)).map { name, pair in
      Leaf.Member(key: name, value: .integer(pair.0 - pair.1))
    }
  }
}

extension ScenarioRunner {
  func observe(
    _ process: RecordedProcess, withStack: Bool
  ) throws(StepStop) -> [Leaf.Member] {
    let faults = kernel.faults(of: process.task)
    let space = kernel.space(of: process.task)
    var members = [
      Leaf.Member(
        key: "minflt", value: .integer(Int64(faults.minor - process.earlierFaults.minor))),
      Leaf.Member(
        key: "majflt", value: .integer(Int64(faults.major - process.earlierFaults.major))),
    ]
    members += ProcessSizes(space).difference(from: process.baseline)
    let grown = Int64(space.currentBreak) - Int64(Anchors.heap)
    members.append(.init(key: "brk", value: .integer(grown)))
    let shown = kernel.smaps(of: kernel.tasks[process.task].space).filter { usage in
      let kind = kind(of: usage.area, in: space)
      return usage.area.start != Anchors.harness && usage.area.start != Anchors.top
        && (withStack || kind != "stack")
    }
    members.append(.init(key: "vmas", value: .list(shown.map { describe($0, in: space) })))
    return members
  }

  private func describe(_ usage: RegionUsage, in space: AddressSpace) -> Leaf {
    let area = usage.area
    let kind = kind(of: area, in: space)
    var members: [Leaf.Member] = [
      .init(key: "start", value: Anchors.leaf(area.start)),
      .init(key: "len", value: .integer(Int64(area.end - area.start))),
      .init(key: "perms", value: .text(permissions(area.flags))),
      .init(key: "share", value: .text(area.flags.contains(.mayShare) ? "shared" : "private")),
      .init(key: "kind", value: .text(kind)),
    ]
    if !area.object.isNone {
      members.append(.init(key: "pgoff", value: .integer(Int64(usage.pageOffset))))
    }
    if let place = regions.place(of: area.start) {
      members.append(.init(key: "at", value: .text(place)))
    }
    return .object(members + sizes(of: usage))
  }

  private func permissions(_ flags: VMAFlags) -> String {
    (flags.contains(.read) ? "r" : "-") + (flags.contains(.write) ? "w" : "-")
      + (flags.contains(.execute) ? "x" : "-")
  }

  /// Linux: the names of /proc/PID/maps, `get_vma_name`, fs/proc/task_mmu.c.
  private func kind(of area: VirtualMemoryArea, in space: AddressSpace) -> String {
    switch kernel.name(of: area) {
    case .segment(_, let identifier): return "sysv:" + (segments.name(of: identifier) ?? "?")
    case .sharedAnonymous: return "anon_shared"
    case .file: return "file:" + (files.name(of: area.object) ?? "?")
    default: break
    }
    if area.start < space.currentBreak, area.end > space.startBreak { return "heap" }
    return area.contains(space.startStack) ? "stack" : "anon"
  }

  private func sizes(of usage: RegionUsage) -> [Leaf.Member] {
    let bytes: [(name: String, value: UInt64)] = [
      ("Rss", usage.resident), ("Pss", usage.pss), ("Pss_Dirty", usage.pssDirty),
      ("Shared_Clean", usage.sharedClean), ("Shared_Dirty", usage.sharedDirty),
      ("Private_Clean", usage.privateClean), ("Private_Dirty", usage.privateDirty),
      ("Anonymous", usage.anonymous), ("AnonHugePages", 0), ("Swap", usage.swap),
      ("SwapPss", usage.swapPss), ("Locked", usage.locked),
    ]
    return bytes.map { Leaf.Member(key: $0.name, value: .integer(Int64($0.value >> 10))) }
  }
}
