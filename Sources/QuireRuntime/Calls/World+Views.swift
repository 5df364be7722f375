// Views: values that stand for a part of the machine and are read by members.

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
  /// `view.name`
  mutating func viewMember(_ view: Value, _ name: MemberName) throws(CallFailure) -> BuiltinOutcome
  {
    let text = name.text(in: image)
    if view.payload == ViewKind.swap.rawValue, name.known == .areas { return try swapAreas() }
    guard let value = viewNumber(view, text) else {
      throw .misuse("there is no '\(text)'\(suggestion(for: text, in: view))")
    }
    return .value(heap.integer(value))
  }

  /// A number of a view by its name.
  func viewNumber(_ view: Value, _ name: String) -> Int64? {
    switch ViewKind(rawValue: view.payload) {
    case .vmstat: vmstat(name)
    case .meminfo: meminfo(name)
    case .swap: swapNumber(name)
    default: nil
    }
  }

  /// A line of /proc/meminfo, in bytes.
  private func meminfo(_ name: String) -> Int64? {
    kernel.memInfo().first { $0.name == name }.map { Int64(clamping: $0.value << 10) }
  }

  /// A line of /proc/vmstat.
  private func vmstat(_ name: String) -> Int64? {
    if let count = kernel.counters[name] { return Int64(clamping: count) }
    return kernel.vmStat().first { $0.name == name }.map { Int64(clamping: $0.value) }
  }

  private func suggestion(for name: String, in view: Value) -> String {
    var names: [String] = []
    switch ViewKind(rawValue: view.payload) {
    case .vmstat: names = kernel.vmStat().map(\.name)
    case .meminfo: names = kernel.memInfo().map(\.name)
    case .swap: names = ["areas", "total", "free", "used"]
    default: break
    }
    guard let nearest = didYouMean(name, among: names) else { return "" }
    return "; did you mean '\(nearest)'?"
  }
}
