// Views: values that stand for a part of the machine and are read by members.
//
// A view is read anew each time, so `vmstat.pgfault` is the counter as it stands. Names that are no
// words are read with brackets: `meminfo["Active(anon)"]`.

internal import KernelStorage
internal import QuireKernel
internal import QuireProgram
internal import QuireSyntax

/// What a view value stands for; its raw value is the payload.
enum ViewKind: UInt64 {
  case vmstat = 1
  case meminfo, buddy, slabs, swap

  var name: String { String(describing: self) }
  var value: Value { Value(.view, payload: rawValue) }
}

extension World {
  /// `view.name` and `view["name"]`
  mutating func viewMember(_ view: Value, _ name: String) throws(CallFailure) -> BuiltinOutcome {
    guard let kind = ViewKind(rawValue: view.payload) else {
      preconditionFailure("viewMember: there is no view \(view.payload)")
    }
    if kind == .swap, name == "areas" { return try swapAreas() }
    guard let content = content(of: kind, name) else {
      let hint = didYouMean(name, among: names(of: kind)).map { "; did you mean '\($0)'?" } ?? ""
      throw .misuse("there is no '\(name)'\(hint)")
    }
    try reserve(Self.words(for: content))
    return .value(value(of: content))
  }

  private func content(of kind: ViewKind, _ name: String) -> ScriptValue? {
    switch kind {
    case .vmstat: vmstat(name).map { .integer(Int64(clamping: $0)) }
    case .meminfo:
      // The file counts in KiB; a script counts in bytes, but huge pages by the piece.
      kernel.memInfo().first { $0.name == name }.map {
        .integer(Int64(clamping: name.hasPrefix("HugePages_") ? $0.value : $0.value << 10))
      }
    case .buddy: freeBlocks(zone: name)
    case .slabs: slabUsage(name)
    case .swap: swapNumber(name).map { .integer($0) }
    }
  }

  /// A line of /proc/vmstat.
  private func vmstat(_ name: String) -> UInt64? {
    // Counters are read often, and without making the whole file.
    kernel.counters[name] ?? kernel.tlbCounters[name]
      ?? kernel.vmStat().first { $0.name == name }?.value
  }

  /// Free blocks of a zone, by order.
  private func freeBlocks(zone name: String) -> ScriptValue? {
    guard let kind = ZoneKind.allCases.first(where: { $0.name == name }) else { return nil }
    return .list(
      (0...BuddyOrder.maximum).map { order in
        .integer(Int64(kernel.memory.zones[kind.index].freeBlocks(order: order)))
      })
  }

  private func slabUsage(_ name: String) -> ScriptValue? {
    guard let usage = kernel.slabUsage().first(where: { $0.name == name }) else { return nil }
    let fields = [
      ("active", usage.liveObjects), ("total", usage.objects), ("size", usage.objectSize),
      ("slabs", usage.slabs), ("pages", usage.slabs * usage.pagesPerSlab),
    ]
    return .map(
      fields.map { ScriptValue.Entry(key: .string($0.0), value: .integer(Int64($0.1))) })
  }

  private func names(of kind: ViewKind) -> [String] {
    switch kind {
    case .vmstat: kernel.vmStat().map(\.name)
    case .meminfo: kernel.memInfo().map(\.name)
    case .buddy: ZoneKind.allCases.map(\.name)
    case .slabs: kernel.slabUsage().map(\.name)
    case .swap: ["areas", "total", "free", "used"]
    }
  }
}
