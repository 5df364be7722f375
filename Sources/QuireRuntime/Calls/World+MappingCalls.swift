// One mapping as a value: what a line of maps and its part of smaps say.

internal import QuireKernel
internal import QuireProgram

extension World {
  /// vma(address, process)
  mutating func vmaCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let address = try address(0, "address", call)
    let task = try taskOfMapping(call)
    guard let usage = kernel.regionUsage(at: address, of: task) else { return .value(.none) }
    let content = content(of: usage)
    try reserve(Self.words(for: content))
    return .value(value(of: content))
  }

  private func taskOfMapping(_ call: BuiltinCall) throws(CallFailure) -> TaskIndex {
    if argument(1, call).isAbsent { return current.task }
    let number = try process(1, "process", call)
    guard let task = task(of: number) else { throw .misuse(obituary(of: number)) }
    return task
  }

  private func content(of usage: RegionUsage) -> ScriptValue {
    let area = usage.area
    let name = kernel.name(of: area)
    // As in maps: private memory without a file shows no offset.
    let isNamed = !area.object.isNone
    let offset = isNamed ? usage.pageOffset << Page.shift : 0
    let fields: [(String, ScriptValue)] = [
      ("region", .region(start: area.start, length: area.end - area.start)),
      ("permissions", .string(area.flags.permissionText)),
      ("offset", .integer(Int64(clamping: offset))), ("name", .string(name.text)),
      ("flags", .list(area.flags.words.map { .string($0) })),
      ("rss", .integer(Int64(clamping: usage.resident))),
      ("pss", .integer(Int64(clamping: usage.pss))),
      ("anonymous", .integer(Int64(clamping: usage.anonymous))),
      ("swap", .integer(Int64(clamping: usage.swap))),
      ("locked", .integer(Int64(clamping: usage.locked))),
    ]
    return .map(fields.map { ScriptValue.Entry(key: .string($0.0), value: $0.1) })
  }
}
