// What a run is started on: the machine, the seed and the rule of scheduling, from a script's
// `machine { … }`, from the command line or from a host.

public import QuireKernel
package import QuireProgram
package import QuireSyntax

/// A machine and the way of running it.
public struct MachineSettings: Hashable, Sendable {
  public var machine = MachineConfiguration()
  public var run = RunConfiguration()

  /// x86_64, 256 MiB, two CPUs, no swap, seed 0.
  public init() {}

  /// Refuses a machine that cannot be built, naming the key.
  public func validate() throws(MachineError) {
    try machine.validate()
    if run.quantum < 1 || run.quantum > RunConfiguration.maximumQuantum {
      throw MachineError(key: "quantum", message: "a quantum is at least 1ns and at most 1000s")
    }
  }
}

extension MachineSettings {
  /// The machine that a script asks for.
  ///
  /// - Returns: the settings so far, and a diagnostic for each entry that makes no sense.
  package static func reading(_ block: MachineBlock?) -> (MachineSettings, [Diagnostic]) {
    var settings = MachineSettings()
    var diagnostics: [Diagnostic] = []
    guard let block else { return (settings, diagnostics) }
    for entry in block.entries {
      do throws(MachineError) {
        try settings.set(entry.key, to: entry.value)
      } catch {
        diagnostics.append(
          Diagnostic(.error, "bad-machine", error.message, at: entry.valueSpan))
      }
    }
    do throws(MachineError) { try settings.validate() } catch {
      if diagnostics.isEmpty {
        let key = MachineKey(rawValue: error.key)
        let span = key.flatMap { block[$0]?.keySpan } ?? block.span
        diagnostics.append(Diagnostic(.error, "bad-machine", error.message, at: span))
      }
    }
    return (settings, diagnostics)
  }

  /// One entry of a machine block.
  package mutating func set(_ key: MachineKey, to value: MachineValue) throws(MachineError) {
    let reader = MachineValueReader(key: key.rawValue)
    switch key {
    case .arch:
      let name = try reader.string(value)
      guard let found = Architecture(rawValue: name) else {
        throw reader.refusal("an architecture is \"x86_64\" or \"x86_32\", not \"\(name)\"")
      }
      machine.architecture = found
    case .pae: machine.pae = try reader.boolean(value)
    case .kernel:
      let name = try reader.version(value)
      guard let found = KernelVersion(rawValue: name) else {
        throw reader.refusal("a kernel is one of \(KernelVersion.list), not \"\(name)\"")
      }
      machine.kernel = found
    case .ram: machine.ram = try reader.size(value)
    case .nodes:
      if try reader.integer(value) != 1 {
        throw reader.refusal("a machine has one node in this version; NUMA is not there yet")
      }
    case .cpus:
      machine.cpus = Int(
        clamping: try reader.integer(value, in: 1...Int64(MachineConfiguration.maximumCPUs)))
    case .tlb:
      machine.tlb = Int(
        clamping: try reader.integer(value, in: 0...Int64(MachineConfiguration.maximumTLB)))
    case .swap: machine.swap = try reader.swapAreas(value)
    case .seed: run.seed = try reader.word(value)
    case .scheduler: run.scheduler = try reader.scheduler(value)
    case .quantum: run.quantum = try reader.size(value)
    case .costs:
      for field in try reader.map(value) { try set(cost: field, reader) }
    case .sysctl:
      for field in try reader.map(value) { try set(parameter: field, reader) }
    case .reserve: machine.reserve = try reader.size(value)
    }
  }

  private mutating func set(
    parameter field: MachineValue.Field, _ reader: MachineValueReader
  ) throws(MachineError) {
    guard let parameter = Sysctl(rawValue: field.key) else {
      throw reader.refusal(
        "there is no parameter \"\(field.key)\"" + suggestion(field.key, Sysctl.allCases))
    }
    machine.tunables[parameter] = try reader.integer(field.value, in: parameter.range)
  }

  private mutating func set(
    cost field: MachineValue.Field, _ reader: MachineValueReader
  ) throws(MachineError) {
    guard let cost = CostName(rawValue: field.key) else {
      throw reader.refusal(
        "there is no cost \"\(field.key)\"" + suggestion(field.key, CostName.allCases))
    }
    // An hour: a longer step would only run the clock over.
    machine.costs[cost] = UInt64(try reader.integer(field.value, in: 0...3_600_000_000_000))
  }

  private func suggestion<Name: RawRepresentable<String>>(_ name: String, _ all: [Name]) -> String {
    guard let nearest = didYouMean(name, among: all.map(\.rawValue)) else { return "" }
    return "; did you mean \"\(nearest)\"?"
  }
}
