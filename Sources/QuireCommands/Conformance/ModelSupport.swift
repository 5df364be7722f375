// Which steps the model can take: a scenario with any other step is unsupported, never agreement.

internal import QuireKernel

/// The operations and flags that the model has.
enum ModelSupport {
  /// What a scenario needs and the model lacks, each once, in the order of need.
  static func missing(for scenario: Scenario) -> [String] {
    var missing: [String] = []
    for step in scenario.steps {
      guard let what = lack(of: step.operation), !missing.contains(what) else { continue }
      missing.append(what)
    }
    return missing
  }

  private static func lack(of operation: Operation) -> String? {
    switch operation {
    case .munmap, .mprotect, .brk, .read, .write, .forkBlock, .closeBlock, .execve,
      .fork, .wait, .exit, .observe, .runAt, .rlimit, .mremap, .mlock, .mlock2, .munlock,
      .mlockall, .munlockall, .mincore, .msync, .mseal, .dropcaps, .shmget, .shmat, .shmdt, .shmrm,
      .shmstat, .sleep, .file, .memfd, .truncate, .punch, .fsync, .drop, .pread, .pwrite, .sysread,
      .syswrite:
      nil
    case .mmap(let arguments): lack(of: arguments)
    case .madvise(_, let advice): lack(ofAdvice: advice)
    }
  }

  /// The flags of mmap that the model has.
  private static let mapFlags: [String] = [
    "shared", "private", "fixed", "anon", "low32", "growsdown", "denywrite", "noreserve",
    "populate", "nonblock", "stack", "noreplace", "locked", "droppable", "shared_validate", "sync",
    "hugetlb",
  ]

  /// Pages declared broken: `MADV_HWPOISON` and `MADV_SOFT_OFFLINE`, which only tests use.
  private static let poisoning: ClosedRange<UInt64> = 100...101

  private static func lack(ofAdvice number: UInt64) -> String? {
    poisoning.contains(number) ? "madvise \(number)" : nil
  }

  private static func lack(of arguments: MapArguments) -> String? {
    var rest = arguments.flags
    for (name, value) in LinuxNames.map where mapFlags.contains(name) { rest &= ~value }
    return rest == 0 ? nil : "mmap " + LinuxNames.describe(rest, in: LinuxNames.map)
  }
}
