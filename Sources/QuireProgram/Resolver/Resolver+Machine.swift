// `machine { … }`: keys and kinds are checked here, sense by the machine itself.

import QuireSyntax

extension Resolver {
  mutating func resolveMachine(_ entries: NodeList<MachineEntry>, _ id: StatementID) {
    let span = tree.span(of: id)
    if let refusal = refusalOfMachine(id) {
      report("misplaced-machine", refusal, at: span)
      return
    }
    var block = MachineBlock(entries: [], span: span)
    for entry in tree[entries] {
      guard let key = machineKey(entry.key) else { continue }
      if let first = block[key] {
        report(
          "duplicate-key", "'\(key.rawValue)' is given twice", at: entry.key.span,
          notes: [.init("the first one", at: first.keySpan)])
        continue
      }
      guard let value = constantValue(entry.value), check(value, for: key, entry) else { continue }
      block.entries.append(
        .init(
          key: key, value: value, keySpan: entry.key.span, valueSpan: tree.span(of: entry.value)))
    }
    file.machine = block
  }

  private func refusalOfMachine(_ id: StatementID) -> String? {
    if let refusal = environment.refusesMachine { return refusal }
    if file.machine != nil { return "a script has one machine block" }
    if blockDepth > 0 { return "the machine block stands at the top level of a script" }
    for earlier in tree[tree[tree.root].statements] {
      if earlier == id { return nil }
      switch tree[earlier] {
      case .importModule, .function, .machine, .invalid: break
      default: return "the machine block comes first: what is above it would run without a machine"
      }
    }
    return nil
  }

  private mutating func machineKey(_ identifier: Identifier) -> MachineKey? {
    let name = tree.text(of: identifier.name)
    if let key = MachineKey(rawValue: name) { return key }
    let names = MachineKey.allCases.map(\.rawValue)
    report(
      "machine-key", "a machine has no '\(name)'", at: identifier.span,
      notes: [.init("it has \(names.joined(separator: ", "))")],
      fixIts: suggestion(for: name, among: names, at: identifier.span))
    return nil
  }

  /// Refuses a value of the wrong kind; the message underlines the key.
  private mutating func check(
    _ value: MachineValue, for key: MachineKey, _ entry: MachineEntry
  ) -> Bool {
    guard let expected = key.mismatch(with: value) else { return true }
    var fixIts: [Diagnostic.FixIt] = []
    if case .string(let text) = value {
      fixIts = suggestion(
        for: text, among: key.words.map { "\"\($0)\"" }, at: tree.span(of: entry.value))
    }
    report(
      "machine-value", "'\(key.rawValue)' is \(expected)", at: entry.key.span, fixIts: fixIts)
    return false
  }

  /// The value of a constant expression; reports what is none.
  private mutating func constantValue(_ id: ExpressionID) -> MachineValue? {
    switch tree[id] {
    case .invalid: return nil
    case .boolean(let value): return .boolean(value)
    case .address(let value): return .address(value)
    case .float(let value): return .float(value)
    case .unary(.negate, let operand):
      if case .float(let value) = tree[operand] { return .float(-value) }
    case .string(let text): return .string(tree.text(of: text))
    case .parenthesized(let inner): return constantValue(inner)
    case .list(let elements):
      var values: [MachineValue] = []
      for element in tree[elements] {
        guard let value = constantValue(element) else { return nil }
        values.append(value)
      }
      return .list(values)
    case .map(let entries): return constantMap(entries)
    default: break
    }
    if let value = tree.constantInteger(id, pageSize: environment.pageSize) {
      return .integer(value)
    }
    report(
      "machine-constant", "the machine is built before anything runs; write a plain value",
      at: tree.span(of: id))
    return nil
  }

  private mutating func constantMap(_ entries: NodeList<MapEntry>) -> MachineValue? {
    var fields: [MachineValue.Field] = []
    for entry in tree[entries] {
      guard case .string(let key) = tree[entry.key] else {
        report(
          "machine-constant", "the machine is built before anything runs; write a plain key",
          at: tree.span(of: entry.key))
        return nil
      }
      guard let value = constantValue(entry.value) else { return nil }
      fields.append(.init(key: tree.text(of: key), value: value))
    }
    return .map(fields)
  }
}

extension MachineKey {
  /// The values of a key that takes one of a few words.
  package var words: [String] {
    switch self {
    case .arch: ["x86_64", "x86_32"]
    case .kernel: ["6.12", "6.18"]
    case .scheduler: ["round-robin", "random", "fair", "pct"]
    default: []
    }
  }

  /// What the key takes, in words, if the value is not of that kind.
  func mismatch(with value: MachineValue) -> String? {
    switch (self, value) {
    case (.ram, .integer), (.reserve, .integer), (.nodes, .integer), (.cpus, .integer),
      (.tlb, .integer),
      (.seed, .integer), (.seed, .address), (.quantum, .integer):
      nil
    case (.pae, .boolean): nil
    case (.pae, _): "true or false"
    case (.ram, _): "a size: 64MiB"
    case (.reserve, _): "a size: 4MiB"
    case (.nodes, _), (.cpus, _), (.tlb, _), (.seed, _): "an integer"
    case (.quantum, _): "a time: 2ms"
    case (.arch, .string(let word)), (.kernel, .string(let word)), (.scheduler, .string(let word)):
      words.contains(word) ? nil : oneOfWords
    // A version looks like a number: `--set kernel=6.18` needs no quotes.
    case (.kernel, .float(let number)): words.contains("\(number)") ? nil : oneOfWords
    case (.arch, _), (.kernel, _), (.scheduler, _): oneOfWords
    case (.swap, .list(let areas)): areas.allSatisfy(\.isSwapArea) ? nil : swapForm
    case (.swap, _): swapForm
    case (.costs, .map(let fields)):
      fields.allSatisfy { $0.value.isInteger } ? nil : "a map of times: [minor_fault: 500ns]"
    case (.costs, _): "a map of times: [minor_fault: 500ns]"
    case (.sysctl, .map): nil
    case (.sysctl, _): "a map: [\"vm.swappiness\": 10]"
    }
  }

  private var oneOfWords: String {
    "one of " + words.map { "\"\($0)\"" }.joined(separator: ", ")
  }

  private var swapForm: String {
    "a list of sizes: [32MiB], or of maps: [[size: 32MiB, priority: 5]]"
  }
}

extension MachineValue {
  fileprivate var isInteger: Bool { if case .integer = self { true } else { false } }

  fileprivate var isSwapArea: Bool {
    switch self {
    case .integer: true
    case .map(let fields):
      fields.contains { $0.key == "size" }
        && fields.allSatisfy { ["size", "priority"].contains($0.key) && $0.value.isInteger }
    default: false
    }
  }
}
