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

  /// Pages declared broken: `MADV_HWPOISON` and `MADV_SOFT_OFFLINE`, which only tests use.
  private static let poisoning: ClosedRange<UInt64> = 100...101

  private static func lack(ofAdvice number: UInt64) -> String? {
    poisoning.contains(number) ? "madvise \(number)" : nil
  }

  private static func lack(of arguments: MapArguments) -> String? {
    let isAnonymous = arguments.flags & LinuxNames.value(of: "anon", in: LinuxNames.map) != 0
    // Without a reservation huge pages may be mapped, though none can ever be touched.
    let huge = ["hugetlb", "noreserve"].reduce(0) {
      $0 | LinuxNames.value(of: $1, in: LinuxNames.map)
    }
    return isAnonymous && arguments.flags & huge == huge ? "mmap hugetlb,noreserve" : nil
  }
}
