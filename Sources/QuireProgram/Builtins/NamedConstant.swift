// The kernel's words that are constants in a script: errnos, signals, protections, flags.

/// A name that stands for the same value everywhere.
///
/// Protections and flags are integers. Errnos and signals are their own names, as `error.errno` and
/// `status.signal` give them: `status.signal == SIGTERM`.
package struct NamedConstant: Hashable, Sendable {
  package enum Family: UInt8, Hashable, Sendable {
    case errno, signal, protection, mapFlag, remapFlag, advice, lockFlag, syncFlag, segmentFlag
    case cloneFlag, fileAdvice, waitFlag, allocationFlag, slabFlag
  }

  package var name: String
  package var value: Int64
  package var family: Family

  /// Whether a script sees the name itself rather than the number.
  package var isItsName: Bool { family == .errno || family == .signal }

  /// All of them. Errnos and signals have Linux's numbers; the GFP words are the bits of
  /// `GFPFlags` of the simulated kernel (a test of the runtime compares them).
  package static let all: [NamedConstant] =
    table(.errno, errnos) + table(.signal, signals) + table(.protection, protections)
    + table(.mapFlag, mapFlags) + table(.remapFlag, remapFlags) + table(.advice, advices)
    + table(.lockFlag, lockFlags) + table(.syncFlag, syncFlags)
    + table(.cloneFlag, cloneFlags) + table(.fileAdvice, fileAdvices)
    + table(.segmentFlag, segmentFlags)
    + table(.waitFlag, waitFlags)
    + table(.allocationFlag, allocationFlags) + table(.slabFlag, slabFlags)

  private static func table(_ family: Family, _ rows: [(String, Int64)]) -> [NamedConstant] {
    rows.map { NamedConstant(name: $0.0, value: $0.1, family: family) }
  }

  private static let errnos: [(String, Int64)] = [
    ("EPERM", 1), ("ENOENT", 2), ("ESRCH", 3), ("EINTR", 4), ("EIO", 5), ("E2BIG", 7),
    ("ENOEXEC", 8), ("EBADF", 9), ("ECHILD", 10), ("EAGAIN", 11), ("ENOMEM", 12), ("EACCES", 13),
    ("EFAULT", 14), ("EBUSY", 16), ("EEXIST", 17), ("ENODEV", 19), ("ENOTDIR", 20), ("EINVAL", 22),
    ("EMFILE", 24), ("ETXTBSY", 26), ("EFBIG", 27), ("ENOSPC", 28), ("ESPIPE", 29), ("EPIPE", 32),
    ("EDEADLK", 35), ("ENOSYS", 38), ("EIDRM", 43), ("EOVERFLOW", 75), ("ELIBBAD", 80),
    ("EOPNOTSUPP", 95),
  ]

  private static let signals: [(String, Int64)] = [
    ("SIGHUP", 1), ("SIGINT", 2), ("SIGQUIT", 3), ("SIGILL", 4), ("SIGTRAP", 5), ("SIGABRT", 6),
    ("SIGBUS", 7), ("SIGFPE", 8), ("SIGKILL", 9), ("SIGUSR1", 10), ("SIGSEGV", 11),
    ("SIGUSR2", 12), ("SIGPIPE", 13), ("SIGALRM", 14), ("SIGTERM", 15), ("SIGSTKFLT", 16),
    ("SIGCHLD", 17), ("SIGCONT", 18), ("SIGSTOP", 19), ("SIGURG", 23), ("SIGXCPU", 24),
    ("SIGXFSZ", 25), ("SIGVTALRM", 26), ("SIGPROF", 27), ("SIGWINCH", 28), ("SIGPOLL", 29),
    ("SIGPWR", 30), ("SIGSYS", 31),
  ]

  private static let protections: [(String, Int64)] = [
    ("PROT_NONE", 0), ("PROT_READ", 1), ("PROT_WRITE", 2), ("PROT_EXEC", 4), ("PROT_SEM", 8),
    ("PROT_GROWSDOWN", 0x0100_0000), ("PROT_GROWSUP", 0x0200_0000),
  ]

  private static let mapFlags: [(String, Int64)] = [
    ("MAP_SHARED", 0x01), ("MAP_PRIVATE", 0x02), ("MAP_SHARED_VALIDATE", 0x03),
    ("MAP_DROPPABLE", 0x08), ("MAP_FIXED", 0x10), ("MAP_ANONYMOUS", 0x20), ("MAP_32BIT", 0x40),
    ("MAP_GROWSDOWN", 0x100), ("MAP_DENYWRITE", 0x800), ("MAP_EXECUTABLE", 0x1000),
    ("MAP_LOCKED", 0x2000), ("MAP_NORESERVE", 0x4000), ("MAP_POPULATE", 0x8000),
    ("MAP_NONBLOCK", 0x1_0000), ("MAP_STACK", 0x2_0000), ("MAP_HUGETLB", 0x4_0000),
    ("MAP_SYNC", 0x8_0000), ("MAP_FIXED_NOREPLACE", 0x10_0000),
  ]

  private static let remapFlags: [(String, Int64)] = [
    ("MREMAP_MAYMOVE", 1), ("MREMAP_FIXED", 2), ("MREMAP_DONTUNMAP", 4),
  ]

  private static let advices: [(String, Int64)] = [
    ("MADV_NORMAL", 0), ("MADV_RANDOM", 1), ("MADV_SEQUENTIAL", 2), ("MADV_WILLNEED", 3),
    ("MADV_DONTNEED", 4), ("MADV_FREE", 8), ("MADV_REMOVE", 9), ("MADV_DONTFORK", 10),
    ("MADV_DOFORK", 11), ("MADV_MERGEABLE", 12), ("MADV_UNMERGEABLE", 13), ("MADV_HUGEPAGE", 14),
    ("MADV_NOHUGEPAGE", 15), ("MADV_DONTDUMP", 16), ("MADV_DODUMP", 17), ("MADV_WIPEONFORK", 18),
    ("MADV_KEEPONFORK", 19), ("MADV_COLD", 20), ("MADV_PAGEOUT", 21), ("MADV_POPULATE_READ", 22),
    ("MADV_POPULATE_WRITE", 23), ("MADV_DONTNEED_LOCKED", 24), ("MADV_COLLAPSE", 25),
    ("MADV_GUARD_INSTALL", 102), ("MADV_GUARD_REMOVE", 103),
  ]

  /// The words of advice without their prefix, in small letters: "dontneed".
  package static let adviceWords: [String] = advices.map { name, _ in
    name.dropFirst("MADV_".count).lowercased()
  }

  /// The number of a word of advice, nil if there is no such word.
  package static func advice(_ word: String) -> UInt64? {
    adviceWords.firstIndex(of: word).map { UInt64(advices[$0].1) }
  }

  private static let cloneFlags: [(String, Int64)] = [
    ("CLONE_VM", 0x100), ("CLONE_FS", 0x200), ("CLONE_FILES", 0x400), ("CLONE_SIGHAND", 0x800),
    ("CLONE_VFORK", 0x4000), ("CLONE_PARENT", 0x8000), ("CLONE_THREAD", 0x1_0000),
    ("CLONE_NEWNS", 0x2_0000), ("CLONE_NEWCGROUP", 0x200_0000), ("CLONE_NEWUTS", 0x400_0000),
    ("CLONE_NEWIPC", 0x800_0000), ("CLONE_NEWUSER", 0x1000_0000), ("CLONE_NEWPID", 0x2000_0000),
    ("CLONE_NEWNET", 0x4000_0000),
  ]

  private static let fileAdvices: [(String, Int64)] = [
    ("POSIX_FADV_NORMAL", 0), ("POSIX_FADV_RANDOM", 1), ("POSIX_FADV_SEQUENTIAL", 2),
    ("POSIX_FADV_WILLNEED", 3), ("POSIX_FADV_DONTNEED", 4), ("POSIX_FADV_NOREUSE", 5),
  ]

  /// What `posix_fadvise` understands, in small letters: "dontneed".
  package static let fileAdviceWords: [String] = fileAdvices.map { name, _ in
    name.dropFirst("POSIX_FADV_".count).lowercased()
  }

  /// The number of such a word, nil if there is none.
  package static func fileAdvice(_ word: String) -> Int64? {
    fileAdviceWords.firstIndex(of: word).map { fileAdvices[$0].1 }
  }

  private static let lockFlags: [(String, Int64)] = [
    ("MCL_CURRENT", 1), ("MCL_FUTURE", 2), ("MCL_ONFAULT", 4), ("MLOCK_ONFAULT", 1),
  ]

  private static let waitFlags: [(String, Int64)] = [
    ("WNOHANG", 1), ("WUNTRACED", 2), ("WCONTINUED", 8), ("WNOWAIT", 0x100_0000),
  ]

  private static let syncFlags: [(String, Int64)] = [
    ("MS_ASYNC", 1), ("MS_INVALIDATE", 2), ("MS_SYNC", 4),
  ]

  private static let segmentFlags: [(String, Int64)] = [
    ("IPC_PRIVATE", 0), ("IPC_CREAT", 0x200), ("IPC_EXCL", 0x400), ("SHM_HUGETLB", 0x800),
    ("SHM_NORESERVE", 0x1000), ("SHM_RDONLY", 0x1000), ("SHM_RND", 0x2000), ("SHM_REMAP", 0x4000),
    ("SHM_EXEC", 0x8000), ("IPC_RMID", 0), ("IPC_SET", 1), ("IPC_STAT", 2), ("IPC_INFO", 3),
    ("SHM_LOCK", 11), ("SHM_UNLOCK", 12), ("SHM_INFO", 14),
  ]

  private static let allocationFlags: [(String, Int64)] = [
    ("__GFP_DMA", 1 << 0), ("__GFP_HIGHMEM", 1 << 1), ("__GFP_DMA32", 1 << 2),
    ("__GFP_MOVABLE", 1 << 3), ("__GFP_RECLAIMABLE", 1 << 4), ("__GFP_HIGH", 1 << 5),
    ("__GFP_IO", 1 << 6), ("__GFP_FS", 1 << 7), ("__GFP_ZERO", 1 << 8),
    ("__GFP_DIRECT_RECLAIM", 1 << 9), ("__GFP_KSWAPD_RECLAIM", 1 << 10), ("__GFP_NOWARN", 1 << 11),
    ("__GFP_RETRY_MAYFAIL", 1 << 12), ("__GFP_NOFAIL", 1 << 13), ("__GFP_NORETRY", 1 << 14),
    ("__GFP_COMP", 1 << 15), ("__GFP_NOMEMALLOC", 1 << 16), ("__GFP_MEMALLOC", 1 << 17),
    ("__GFP_RECLAIM", 0x600),
    ("GFP_ATOMIC", 0x420), ("GFP_KERNEL", 0x6C0), ("GFP_NOWAIT", 0xC00), ("GFP_NOIO", 0x600),
    ("GFP_NOFS", 0x640), ("GFP_USER", 0x6C0), ("GFP_HIGHUSER", 0x6C2),
    ("GFP_HIGHUSER_MOVABLE", 0x6CA), ("GFP_DMA", 0x1), ("GFP_DMA32", 0x4),
  ]

  private static let slabFlags: [(String, Int64)] = [
    ("SLAB_HWCACHE_ALIGN", 0x2000), ("SLAB_RECLAIM_ACCOUNT", 0x2_0000), ("SLAB_PANIC", 0x4_0000),
  ]
}
