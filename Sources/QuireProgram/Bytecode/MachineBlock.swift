// `machine { … }` as data: the resolver has checked keys and kinds, the runtime checks sense.

package import QuireSyntax

/// The machine that a script asks for.
package struct MachineBlock: Hashable, Sendable {
  package var entries: [Entry]
  package var span: SourceSpan

  /// One `key: value`.
  package struct Entry: Hashable, Sendable {
    package var key: MachineKey
    package var value: MachineValue
    /// The key, to be underlined when the value makes no sense.
    package var keySpan: SourceSpan
    package var valueSpan: SourceSpan
  }

  package subscript(key: MachineKey) -> Entry? { entries.first { $0.key == key } }
}

/// A constant in a machine block. Sizes are in bytes, times in nanoseconds.
package indirect enum MachineValue: Hashable, Sendable {
  case integer(Int64)
  case address(UInt64)
  case float(Double)
  case boolean(Bool)
  case string(String)
  case list([MachineValue])
  /// In source order.
  case map([Field])

  package struct Field: Hashable, Sendable {
    package var key: String
    package var value: MachineValue

    package init(key: String, value: MachineValue) {
      self.key = key
      self.value = value
    }
  }
}

/// What a machine block may say.
package enum MachineKey: String, CaseIterable, Hashable, Sendable {
  case arch, pae, kernel, ram, nodes, cpus, tlb, swap, seed, scheduler, quantum, costs, sysctl,
    reserve
}
