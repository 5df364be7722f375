// An oops for people: what the kernel touched, what the processor said, where the walk ended.

public import QuireKernel

extension Kernel {
  /// What happened, in one sentence without a full stop.
  public borrowing func oopsSentence(_ oops: Oops) -> String {
    let place = Hexadecimal.text(oops.address)
    if oops.isNullPointer { return "a null pointer is \(oops.kind.participle) at \(place)" }
    switch oops.cause {
    case .notCanonical:
      return "general protection: \(place) is no address, its bits 63 to 47 are not alike"
    case .notPresent:
      return "the kernel \(oops.kind.deed) \(place), and no page is there"
    case .notAllowed where oops.kind == .execute && oops.address < layout.taskSize:
      return "the kernel executes \(place), which is memory of a process"
    case .notAllowed:
      return "the kernel \(oops.kind.deed) \(place), which does not allow it"
    }
  }

  /// The processor's error code, and the walk down to the address.
  public borrowing func oopsNotes(_ oops: Oops, of task: TaskIndex) -> [String] {
    if oops.cause == .notCanonical { return ["the processor does not walk to such an address"] }
    let kind: String =
      switch oops.kind {
      case .read: "read"
      case .write: "write"
      case .execute: "instruction fetch"
      }
    let reason = oops.cause == .notPresent ? "not present" : "protection"
    let steps = pageWalk(to: oops.address, of: task).steps.map { step in
      let entry = step.entry.isNone ? "empty" : Hexadecimal.text(step.entry.bits)
      return "\(step.level.name)[\(step.index)] \(entry)"
    }
    let walk = steps.isEmpty ? "no tables" : steps.joined(separator: ", ")
    return [
      "error code \(Hexadecimal.text(oops.errorCode)): \(kind) in kernel mode, \(reason)",
      "the walk: \(walk)",
    ]
  }
}

extension AccessKind {
  /// "the kernel reads 0x10"
  fileprivate var deed: String {
    switch self {
    case .read: "reads"
    case .write: "writes"
    case .execute: "executes"
    }
  }

  /// "a null pointer is read"
  fileprivate var participle: String {
    switch self {
    case .read: "read"
    case .write: "written"
    case .execute: "executed"
    }
  }
}
