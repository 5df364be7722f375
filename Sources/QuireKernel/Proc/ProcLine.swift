// Lines of the files in /proc that say one number by name.

/// A name and a number, as a line of /proc/meminfo or /proc/vmstat.
public struct ProcLine: Hashable, Sendable {
  public var name: String
  public var value: UInt64

  init(_ name: String, _ value: Int) {
    self.name = name
    self.value = UInt64(clamping: value)
  }

  init(_ name: String, _ value: UInt64) {
    self.name = name
    self.value = value
  }
}

/// Numbers and words in columns.
enum ProcColumn {
  static func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.utf8.count)) + text
  }

  static func right(_ number: some BinaryInteger, _ width: Int) -> String {
    right(String(number), width)
  }

  static func left(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.utf8.count))
  }
}

extension Architecture {
  /// The zones that it knows in the order of /proc; nil stands for the zone of device memory, which
  /// a kernel that knows none still lists.
  var listedZones: [ZoneKind?] {
    switch self {
    case .x86_64: [.dma, .dma32, .normal, .movable, nil]
    case .x86_32: [.dma, .normal, .highMem]
    }
  }
}
