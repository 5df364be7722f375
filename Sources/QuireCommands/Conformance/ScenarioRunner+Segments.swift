// System V shared memory: segments are made, attached, detached, removed and asked about.

internal import QuireKernel

/// The names that shmget sets; names are common to all processes, as identifiers are.
struct SegmentNames {
  private var segments: [(name: String, identifier: Int32)] = []

  /// Sets a name; says whether the segment had one before.
  mutating func bind(_ name: String, to identifier: Int32) -> Bool {
    let isKnown = segments.contains { $0.identifier == identifier }
    segments.removeAll { $0.name == name }
    segments.append((name, identifier))
    return isKnown
  }

  func identifier(of name: String) -> Int32? {
    segments.first { $0.name == name }?.identifier
  }

  /// The newest name of a segment.
  func name(of identifier: Int32) -> String? {
    segments.last { $0.identifier == identifier }?.name
  }
}

extension ScenarioRunner {
  /// The permissions with which the recorder makes segments.
  private static var permissions: Int32 { 0o600 }

  mutating func performSegmentCall(
    _ step: ScenarioStep, by task: TaskIndex
  ) throws(StepStop) -> [Leaf.Member] {
    switch step.operation {
    case .shmget(let key, let size, let flags):
      return try shmget(key, size, flags, as: step.binding ?? "", by: task)
    case .shmat(let segment, let address, let flags):
      return try shmat(segment, address, flags, as: step.binding, by: task)
    case .shmdt(let expression):
      let address = try resolve(expression)
      return try call { kernel throws(Errno) in try kernel.shmdt(address, by: task) }
    case .shmrm(let name):
      let identifier = try identifier(of: name)
      return try call { kernel throws(Errno) in
        try kernel.removeSegment(identifier, by: task)
      }
    case .shmstat(let name): return try shmstat(try identifier(of: name), by: task)
    default: throw .unsupported(step.text)
    }
  }

  private func identifier(of name: String) throws(StepStop) -> Int32 {
    guard let identifier = segments.identifier(of: name) else { throw .skipped("undefined name") }
    return identifier
  }

  private mutating func shmget(
    _ key: UInt64?, _ size: UInt64, _ flags: UInt64, as name: String, by task: TaskIndex
  ) throws(StepStop) -> [Leaf.Member] {
    let flags = SegmentFlags(rawValue: Int32(truncatingIfNeeded: flags) | Self.permissions)
    let key = key.map { Int32(truncatingIfNeeded: $0) } ?? SharedSegment.privateKey
    do {
      let identifier = try kernel.shmget(key: key, size: size, flags, by: task)
      let isKnown = segments.bind(name, to: identifier)
      return [.init(key: "ret", value: .text(isKnown ? "existing" : "new"))]
    } catch {
      return try refused(error)
    }
  }

  private mutating func shmat(
    _ operand: SegmentOperand, _ expression: AddressExpression?, _ flags: UInt64,
    as name: String?, by task: TaskIndex
  ) throws(StepStop) -> [Leaf.Member] {
    let identifier =
      switch operand {
      case .number(let number): Int32(truncatingIfNeeded: number)
      case .segment(let segment): try self.identifier(of: segment)
      }
    let address = try expression.map { expression throws(StepStop) in try resolve(expression) } ?? 0
    let flags = AttachFlags(rawValue: Int32(truncatingIfNeeded: flags))
    do {
      let start = try kernel.shmat(identifier, at: address, flags, by: task)
      if let name {
        let length = kernel.segmentSize(identifier)
        regions.bind(name, start: start, length: Page.alignUp(length))
      }
      return [.init(key: "ret", value: Anchors.leaf(start))]
    } catch {
      return try refused(error)
    }
  }

  private mutating func shmstat(
    _ identifier: Int32, by task: TaskIndex
  ) throws(StepStop) -> [Leaf.Member] {
    do {
      let status = try kernel.segmentStatus(identifier, by: task)
      let isDestroyed = status.mode.contains(.destroyed)
      return [
        .init(key: "nattch", value: .integer(Int64(status.attachCount))),
        .init(key: "segsz", value: .integer(Int64(status.size))),
        .init(key: "dest", value: .integer(isDestroyed ? 1 : 0)),
      ]
    } catch {
      return try refused(error)
    }
  }
}
