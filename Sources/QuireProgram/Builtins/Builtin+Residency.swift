// Signatures of the calls that advise on, lock, inspect and seal what is mapped.

private typealias Parameter = Signature.Parameter
private typealias Failure = Signature.Failure

private let target = Parameter("region", .region, "A region, or an address with `length`.")
private let length = Parameter(
  "length", .size, .optional, "Bytes to cover; by default the whole region, one page at an address."
)
private let unaligned = Failure("EINVAL", "the address is not page aligned, or the range wraps")
private let lockFailures = [
  Failure("ENOMEM", "a part is not mapped or cannot be faulted in, or RLIMIT_MEMLOCK is reached"),
  Failure("EPERM", "RLIMIT_MEMLOCK is 0 and the process has no privilege"),
  Failure("EAGAIN", "no memory is left for the pages"),
  Failure("EINVAL", "the range wraps, or a flag is unknown"),
]

extension Builtin {
  static let residencySignatures: [Signature] = [
    Signature(
      "madvise",
      [
        target,
        Parameter(
          "advice", .any, "A word, as in \"dontneed\", or its MADV_ number.",
          words: NamedConstant.adviceWords),
        Parameter("length", .size, .labelled, length.summary),
      ], "Tells the kernel how memory will be used; what is not mapped is passed over.",
      fails: [
        Failure("EINVAL", "the advice is unknown or does not suit the memory, as on locked pages"),
        Failure("ENOMEM", "a part is not mapped; the rest has been advised"),
        Failure("EAGAIN", "splitting a mapping would exceed vm.max_map_count"),
        Failure("EACCES", "\"remove\" on memory that is not shared and writable"),
        Failure("EPERM", "the memory is sealed, and the advice would discard it"),
        Failure("EFAULT", "\"populate_read\" or \"populate_write\" meets a page that is not there"),
      ]),
    Signature(
      "mlock", [target, length], "Keeps whole pages in memory, and faults them in.",
      fails: lockFailures),
    Signature(
      "mlock2",
      [
        target, length,
        Parameter("onfault", .boolean, .labelled, "Lock pages as they are touched, fault none in."),
        Parameter("flags", .flags, .labelled, "MLOCK_ words, instead of `onfault`."),
      ], "Keeps whole pages in memory, faulting them in or not.", fails: lockFailures),
    Signature(
      "mlockall",
      [
        Parameter("flags", .flags, .optional, "MCL_ words; without any, MCL_CURRENT."),
        Parameter("current", .boolean, .labelled, "Lock all that is mapped now."),
        Parameter("future", .boolean, .labelled, "Lock all that will be mapped."),
        Parameter("onfault", .boolean, .labelled, "Lock pages as they are touched."),
      ], "Keeps a whole address space in memory.",
      fails: [
        Failure("EINVAL", "a flag is unknown, or MCL_ONFAULT stands alone"),
        Failure("ENOMEM", "RLIMIT_MEMLOCK is less than what is mapped"),
        Failure("EPERM", "RLIMIT_MEMLOCK is 0 and the process has no privilege"),
      ]),
    Signature(
      "munlock", [target, length], "Lets pages be reclaimed again.",
      fails: [
        Failure("ENOMEM", "a part is not mapped, or splitting would exceed vm.max_map_count"),
        Failure("EINVAL", "the range wraps"),
      ]),
    Signature("munlockall", [], "Lets a whole address space be reclaimed again."),
    Signature(
      "mincore", [target, length], returns: .list,
      "Returns for each page whether it is in memory: true where a touch would wait for no disk.",
      fails: [unaligned, Failure("ENOMEM", "a part is not mapped")]),
    Signature(
      "msync",
      [
        target, length,
        Parameter("async", .boolean, .labelled, "Only begin to write (MS_ASYNC, not MS_SYNC)."),
        Parameter("invalidate", .boolean, .labelled, "Other mappings must read anew."),
        Parameter("flags", .flags, .labelled, "MS_ words, instead of the labels."),
      ], "Writes what has changed in a mapped file back to it.",
      fails: [
        Failure("EINVAL", "the address is not page aligned, or flags are unknown or contradict"),
        Failure("ENOMEM", "a part is not mapped; the rest has been written"),
        Failure("EBUSY", "`invalidate` meets locked memory"),
      ]),
    Signature(
      "mseal",
      [
        target, length,
        Parameter("flags", .flags, .labelled, "None are known; default 0."),
      ], "Makes sure that a mapping is neither unmapped, moved, replaced nor given other rights.",
      fails: [unaligned, Failure("ENOMEM", "a part is not mapped")]),
  ]
}
