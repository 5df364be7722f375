// Signatures of the calls for System V shared memory.

private typealias Parameter = Signature.Parameter
private typealias Failure = Signature.Failure

/// What `shmctl` can do, as a script says it, and by the kernel's number.
package enum SegmentCommand: String, CaseIterable, Hashable, Sendable {
  case remove, set, stat, lock, unlock, limits, totals

  /// Linux: `IPC_RMID` and friends, include/uapi/linux/ipc.h and shm.h.
  package var number: Int64 {
    switch self {
    case .remove: 0
    case .set: 1
    case .stat: 2
    case .limits: 3
    case .lock: 11
    case .unlock: 12
    case .totals: 14
    }
  }
}

private let segment = Parameter("segment", .integer, "What `shmget` returned.")

extension Builtin {
  static let segmentSignatures: [Signature] = [
    Signature(
      "shmget",
      [
        Parameter("size", .size, "Bytes; 0 will do for a segment that is there."),
        Parameter("key", .integer, .labelled, "What others find it by; without one it is private."),
        Parameter("create", .boolean, .labelled, "Make it if nobody has that key."),
        Parameter("exclusive", .boolean, .labelled, "With `create`: fail if somebody has."),
        Parameter("noreserve", .boolean, .labelled, "Do not charge it against the commit limit."),
        Parameter(
          "mode", .string, .labelled,
          "Rights of owner, group and others, as for chmod(1); default \"600\"."),
        Parameter(
          "flags", .flags, .labelled, "IPC_ and SHM_ words and the mode, instead of the labels."),
      ], returns: .integer,
      "Makes or finds a segment of System V shared memory and returns its identifier.",
      fails: [
        Failure("EINVAL", "the size is 0, above kernel.shmmax, or above that of the segment"),
        Failure("ENOENT", "nobody has that key"),
        Failure("EEXIST", "`exclusive` meets a segment"),
        Failure("EACCES", "the segment does not grant those rights"),
        Failure("ENOSPC", "kernel.shmall pages or kernel.shmmni segments are reached"),
        Failure("ENOMEM", "the machine may not promise so much, or has no memory for it"),
      ]),
    Signature(
      "shmat",
      [
        segment,
        Parameter("at", .address, .labelled, "Where to attach; by default the kernel chooses."),
        Parameter("readonly", .boolean, .labelled, "Attach for reading only."),
        Parameter("round", .boolean, .labelled, "Round `at` down to a page."),
        Parameter("remap", .boolean, .labelled, "Replace what is mapped at `at`."),
        Parameter("exec", .boolean, .labelled, "Let it be executed too."),
        Parameter("flags", .flags, .labelled, "SHM_ words, instead of the other labels."),
      ], returns: .region, "Attaches a segment and returns the region where it is.",
      fails: [
        Failure(
          "EINVAL",
          "there is no such segment, or `at` is no page, is taken, or is needed for `remap`"),
        Failure("EACCES", "the segment does not grant those rights"),
        Failure("ENOMEM", "no room is left, or a limit on maps or memory is reached"),
        Failure("EAGAIN", "locked by `mlockall`, it would exceed RLIMIT_MEMLOCK"),
        Failure("EPERM", "`at` lies below vm.mmap_min_addr"),
      ]),
    Signature(
      "shmdt", [Parameter("region", .address, "Where it was attached, or that region.")],
      "Detaches a segment, in whatever pieces the attach is by now.",
      fails: [Failure("EINVAL", "no attach began at that address")]),
    Signature(
      "shmctl",
      [
        segment,
        Parameter(
          "command", .any, "A word, as in \"remove\", or its IPC_ or SHM_ number.",
          words: SegmentCommand.allCases.map(\.rawValue)),
        Parameter("mode", .string, .labelled, "With \"set\": the new rights, as \"640\"."),
      ], returns: .map,
      "Removes, changes or locks a segment, or returns a map that tells of it, or of all.",
      fails: [
        Failure("EINVAL", "there is no such segment or command"),
        Failure("EACCES", "\"stat\" of a segment that may not be read"),
        Failure("EPERM", "it belongs to somebody else, or may not be locked"),
        Failure("ENOMEM", "\"lock\" would exceed RLIMIT_MEMLOCK"),
      ]),
  ]
}
