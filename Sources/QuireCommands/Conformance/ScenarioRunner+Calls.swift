// Calls about memory that is mapped: moving, locking, advice, and questions.

internal import QuireKernel

extension ScenarioRunner {
  /// The steps that are one call of the kernel.
  mutating func performCall(
    _ step: ScenarioStep, by task: TaskIndex
  ) throws(StepStop) -> [Leaf.Member] {
    switch step.operation {
    case .mremap(let range, let newLength, let flags, let target):
      return try remap(range, newLength, flags, target, as: step.binding, by: task)
    case .madvise(let range, let advice):
      return try callOnRange(range) { kernel, start, length throws(Errno) in
        try kernel.madvise(start, length, advice, by: task)
      }
    case .mlock(let range):
      return try callOnRange(range) { kernel, start, length throws(Errno) in
        try kernel.mlock(start, length, by: task)
      }
    case .mlock2(let range, let flags):
      return try callOnRange(range) { kernel, start, length throws(Errno) in
        try kernel.mlock(start, length, flags: flags, by: task)
      }
    case .munlock(let range):
      return try callOnRange(range) { kernel, start, length throws(Errno) in
        try kernel.munlock(start, length, by: task)
      }
    case .mlockall(let flags):
      return try call { kernel throws(Errno) in
        try kernel.mlockall(LockAllFlags(rawValue: flags), by: task)
      }
    case .munlockall:
      return try call { kernel throws(Errno) in kernel.munlockall(by: task) }
    case .mincore(let range): return try mincore(range, by: task)
    case .msync(let range, let flags):
      return try callOnRange(range) { kernel, start, length throws(Errno) in
        try kernel.msync(start, length, Kernel.SyncFlags(rawValue: flags), by: task)
      }
    case .mseal(let range, let flags):
      return try callOnRange(range) { kernel, start, length throws(Errno) in
        try kernel.mseal(start, length, flags: flags, by: task)
      }
    case .dropcaps:
      return try call { kernel throws(Errno) in kernel.dropPrivileges(of: task) }
    default: throw .unsupported(step.text)
    }
  }

  private mutating func callOnRange(
    _ range: AddressRange,
    _ body: (inout Kernel, UInt64, UInt64) throws(Errno) -> Void
  ) throws(StepStop) -> [Leaf.Member] {
    let (start, length) = try resolve(range)
    return try call { kernel throws(Errno) in try body(&kernel, start, length) }
  }

  private mutating func remap(
    _ range: AddressRange, _ newLength: UInt64, _ flags: UInt64,
    _ target: AddressExpression?, as name: String?, by task: TaskIndex
  ) throws(StepStop) -> [Leaf.Member] {
    let (start, length) = try resolve(range)
    var place: UInt64 = 0
    if let target {
      (place, _) = try resolve(AddressRange(start: target, length: newLength))
    }
    let request = RemapRequest(
      start, length, to: newLength, RemapFlags(rawValue: flags), at: place)
    do {
      let moved = try kernel.mremap(request, by: task)
      if let name { regions.bind(name, start: moved, length: newLength) }
      return [.init(key: "ret", value: Anchors.leaf(moved))]
    } catch {
      return try refused(error)
    }
  }

  private mutating func mincore(
    _ range: AddressRange, by task: TaskIndex
  ) throws(StepStop) -> [Leaf.Member] {
    let (start, length) = try resolve(range)
    do {
      let residency = try kernel.mincore(start, length, by: task)
      return [
        .init(key: "ret", value: .integer(0)),
        .init(key: "vec", value: .text(RunLength.text(residency.map { $0 ? 1 : 0 }))),
      ]
    } catch {
      return try refused(error)
    }
  }
}
