// Signatures of the verbs that map and access memory.

private typealias Parameter = Signature.Parameter
private typealias Failure = Signature.Failure

private let target = Parameter(
  "region", .region, "A region, or an address with `length`.")
private let length = Parameter(
  "length", .size, .optional, "Bytes to cover; by default the whole region, one page at an address."
)
private let pattern = Parameter(
  "pattern", .any, .labelled,
  "In which order: \"sequential\", \"random\", a list of page numbers, or `patterns`.")
private let count = Parameter(
  "count", .integer, .labelled, "How many accesses; by default one for each page.")
private let accessFailures = [
  Failure("SIGSEGV", "an address is not mapped (MAPERR) or not for this access (ACCERR)"),
  Failure("SIGBUS", "an address lies beyond the end of what is mapped there"),
  Failure("ENOMEM", "no page is left for the process and none can be reclaimed"),
]

private let transferFailures = [
  Failure("EBADF", "the caller does not have it open for that"),
  Failure("EFAULT", "the memory cannot be used, and nothing was moved before that"),
  Failure("EINTR", "a signal came first, and nothing was moved before that"),
  Failure("ENOMEM", "no page is left, and nothing was moved before that"),
]

/// The parameters of mmap and mmap2, which differ in what `offset` counts.
private func mapParameters(offset: Parameter) -> [Parameter] {
  [
    Parameter("length", .size, "Bytes to map, rounded up to whole pages."),
    Parameter("protection", .string, .optional, "Any of \"r\", \"w\", \"x\"; default \"rw\"."),
    Parameter("shared", .boolean, .labelled, "Whether children share the pages."),
    Parameter("at", .address, .labelled, "Where to map: a wish, or the place if `fixed`."),
    Parameter("fixed", .boolean, .labelled, "Map at `at`, replacing what is there."),
    Parameter("populate", .boolean, .labelled, "Fault all pages in at once."),
    Parameter("file", .file, .labelled, "What to map; without it, memory."),
    offset,
    Parameter("prot", .flags, .labelled, "PROT_ words, instead of `protection`."),
    Parameter("flags", .flags, .labelled, "MAP_ words, instead of the other labels."),
    Parameter("noreplace", .boolean, .labelled, "Map at `at`, and only if nothing is there."),
    Parameter("growsdown", .boolean, .labelled, "Grow down on a touch, as a stack does."),
    Parameter("locked", .boolean, .labelled, "Fault all pages in and lock them."),
    Parameter("noreserve", .boolean, .labelled, "Do not charge it against the commit limit."),
    Parameter("nonblock", .boolean, .labelled, "Makes `populate` do nothing."),
    Parameter("stack", .boolean, .labelled, "Says that it will be a stack; has no effect."),
    Parameter("map_32bit", .boolean, .labelled, "Map between 1 and 2 GiB."),
  ]
}

private let mapFailures = [
  Failure("EINVAL", "the length is 0, or flags or alignment make no sense"),
  Failure("ENOMEM", "no room is left, or a limit on maps or memory is reached"),
  Failure("EPERM", "`at` lies below vm.mmap_min_addr, or `locked` is not allowed"),
  Failure("EEXIST", "`noreplace` meets a mapping"),
  Failure("EACCES", "the file is not open for reading, or for a shared map that writes"),
  Failure("EBADF", "the file has been removed, or MAP_ANONYMOUS is missing without a file"),
  Failure("EOVERFLOW", "the end of the map is farther than a file can reach"),
  Failure("EOPNOTSUPP", "MAP_SHARED_VALIDATE meets a flag that the file does not have"),
  Failure("EAGAIN", "`locked` would exceed RLIMIT_MEMLOCK"),
]

extension Builtin {
  /// The kernel parameters that the model obeys.
  package static let parameterNames: [String] = [
    "vm.swappiness", "vm.overcommit_memory", "vm.overcommit_ratio", "vm.overcommit_kbytes",
    "vm.max_map_count", "vm.mmap_min_addr", "vm.page-cluster", "vm.min_free_kbytes",
    "vm.watermark_scale_factor",
    "kernel.pid_max", "kernel.shmmax", "kernel.shmall", "kernel.shmmni", "kernel.shm_next_id",
    "fs.nr_open", "vm.panic_on_oom", "vm.oom_kill_allocating_task", "kernel.panic_on_oops",
    "kernel.oops_limit",
  ]

  static let addressSpaceSignatures: [Signature] = [
    Signature(
      "mmap",
      mapParameters(
        offset: Parameter(
          "offset", .size, .labelled, "First byte of the file, a multiple of pages.")),
      returns: .region, "Maps memory or a file and returns its region.", fails: mapFailures),
    Signature(
      "mmap2",
      mapParameters(
        offset: Parameter(
          "offset", .integer, .labelled, "First page of the file, in units of 4096 bytes.")),
      returns: .region,
      "Maps as `mmap` does, and counts the offset in pages: a call of x86_32 machines.",
      fails: mapFailures),
    Signature(
      "munmap", [target, length], "Unmaps whole pages; what is not mapped does not matter.",
      fails: [
        Failure("EINVAL", "the address is not page aligned or the length is 0"),
        Failure("ENOMEM", "splitting a mapping would exceed vm.max_map_count"),
        Failure("EPERM", "the memory is sealed"),
      ]),
    Signature(
      "mprotect",
      [
        target,
        Parameter("protection", .string, .optional, "Any of \"r\", \"w\", \"x\", or \"\"."),
        Parameter("length", .size, .labelled, "Bytes to cover; by default the whole region."),
        Parameter("prot", .flags, .labelled, "PROT_ words, instead of `protection`."),
      ], "Changes what may be done to mapped pages.",
      fails: [
        Failure("EINVAL", "the address is not page aligned, or the protection makes no sense"),
        Failure("ENOMEM", "a part is not mapped, or a limit is reached"),
        Failure("EACCES", "the mapping can never be given that protection"),
        Failure("EPERM", "the memory is sealed"),
      ]),
    Signature(
      "mremap",
      [
        Parameter("region", .region, "What to resize or move, or its address with `length`."),
        Parameter("new_length", .size, "Bytes wanted, rounded up to whole pages."),
        Parameter("length", .size, .labelled, "Bytes of the region as it is."),
        Parameter("maymove", .boolean, .labelled, "Move where there is no room to grow."),
        Parameter("to", .address, .labelled, "Where to move, replacing what is there."),
        Parameter("dontunmap", .boolean, .labelled, "Leave an empty mapping behind."),
        Parameter("flags", .flags, .labelled, "MREMAP_ words, instead of the other labels."),
      ], returns: .region, "Changes the size or the place of a mapping and returns its region.",
      fails: [
        Failure("EINVAL", "addresses, lengths or flags make no sense, or the ranges overlap"),
        Failure("EFAULT", "nothing is mapped there, or the range crosses the end of its mapping"),
        Failure("ENOMEM", "it cannot grow where it is and may not move, or a limit is reached"),
        Failure("EAGAIN", "growing locked memory would exceed RLIMIT_MEMLOCK"),
        Failure("EPERM", "the memory is sealed"),
      ]),
    Signature(
      "remap_file_pages",
      [
        Parameter("region", .region, "What shows other pages, or its address with `length`."),
        Parameter("page", .integer, "The page of the file or of the shared memory to begin with."),
        Parameter("length", .size, .labelled, "Bytes to cover; by default the whole region."),
        Parameter("nonblock", .boolean, .labelled, "Fault no page in yet."),
        Parameter("prot", .flags, .labelled, "Must be 0: the rights stay as they are."),
        Parameter("flags", .flags, .labelled, "MAP_ words, instead of `nonblock`."),
      ], "Shows other pages of what a shared mapping maps, in place and in any order.",
      fails: [
        Failure("EINVAL", "no shared mapping covers the range, or numbers make no sense"),
        Failure("ENOMEM", "splitting a mapping would exceed vm.max_map_count"),
        Failure("EOVERFLOW", "the pages are farther than a file can reach"),
        Failure("EAGAIN", "mapping locked memory anew would exceed RLIMIT_MEMLOCK"),
        Failure("EPERM", "the memory is sealed"),
      ]),
    Signature(
      "brk", [Parameter("address", .address, .optional, "The wanted end of the heap.")],
      returns: .address,
      "Asks for an end of the heap and returns the one that results, as the raw system call does."),
    Signature(
      "sbrk", [Parameter("increment", .integer, "Bytes to grow by; negative to shrink.")],
      returns: .address, "Moves the end of the heap and returns the former one.",
      fails: [Failure("ENOMEM", "the heap cannot grow that far")]),
  ]

  static let accessSignatures: [Signature] = [
    Signature(
      "read",
      [
        target, length, pattern, count,
        Parameter(
          "into", .region, .labelled,
          "With an open file or a pipe: the memory that takes the bytes."),
      ], returns: .any,
      """
      Reads pages, each once by default; or reads an open file or a pipe into memory and returns \
      how many bytes that were, 0 at the end.
      """,
      fails: accessFailures + transferFailures + [
        Failure("EAGAIN", "a pipe without blocking is empty")
      ]),
    Signature(
      "write",
      [
        target, length,
        Parameter("value", .integer, .labelled, "The byte to fill with, 0 ... 255; default 0."),
        pattern, count,
        Parameter(
          "from", .region, .labelled, "With an open file or a pipe: the memory that it gets."),
      ], returns: .any,
      """
      Fills a region, or whole pages of it in the order of a pattern; or writes memory to an open \
      file or a pipe and returns how many bytes that were.
      """,
      fails: accessFailures + transferFailures + [
        Failure("EPIPE", "nobody reads the pipe any more; SIGPIPE comes first"),
        Failure("EFBIG", "RLIMIT_FSIZE, with SIGXFSZ, or the kind of file forbids it"),
        Failure("EAGAIN", "a pipe without blocking is full"),
      ]),
    Signature(
      "touch", [target, length, pattern, count],
      "Writes to pages without changing what they hold.", fails: accessFailures),
    Signature(
      "load", [Parameter("address", .address, "Where, aligned to 8 bytes.")],
      returns: .integer, "Reads the 64-bit word at an address.", fails: accessFailures),
    Signature(
      "store",
      [
        Parameter("address", .address, "Where, aligned to 8 bytes."),
        Parameter("value", .integer, "The word to write."),
      ], "Writes the 64-bit word at an address.", fails: accessFailures),
    Signature(
      "fetch", [target, length, pattern, count],
      "Executes pages, each once by default: the processor fetches an instruction there.",
      fails: accessFailures),
    Signature(
      "stack_pointer",
      [
        Parameter(
          "address", .address, .optional, "Where it is from now on; without it nothing changes.")
      ], returns: .address,
      """
      Returns the stack pointer of the caller. On x86_32 a stack grows only to accesses there and \
      above, or up to 32 bytes below.
      """),
  ]

  static let swapSignatures: [Signature] = [
    Signature(
      "swapon",
      [
        Parameter("size", .size, "Bytes of the area, its header page included."),
        Parameter("priority", .integer, .labelled, "0 ... 32767; higher ones fill up first."),
      ], returns: .swapArea, "Makes a swap area, turns it on and returns it.",
      fails: [
        Failure("EINVAL", "the size is not whole pages, or leaves no page beside the header"),
        Failure("EPERM", "32 areas are in use"),
      ]),
    Signature(
      "swapoff", [Parameter("area", .swapArea, "The area to empty.")],
      "Brings every page back from a swap area and turns it off.",
      fails: [
        Failure("ENOMEM", "what it holds does not fit into memory"),
        Failure("EINVAL", "the area is not on"),
      ]),
    Signature(
      "sysctl",
      [
        Parameter(
          "name", .string, "As the kernel spells it: \"vm.swappiness\".", words: parameterNames),
        Parameter("value", .any, .optional, "The new value; without it nothing changes."),
      ], returns: .any, "Reads or sets a kernel parameter and returns its value.",
      fails: [
        Failure("ENOENT", "there is no such parameter"),
        Failure("EINVAL", "the value is out of range"),
        Failure("EACCES", "the caller is not the superuser"),
        Failure("EPERM", "vm.mmap_min_addr without \"sys_rawio\""),
      ]),
  ]
}
