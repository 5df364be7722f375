// Signatures of the calls on files.

private typealias Parameter = Signature.Parameter
private typealias Failure = Signature.Failure

private let subject = Parameter("file", .file, "The file, or the number of a descriptor.")
private let gone = Failure("EBADF", "the file has been removed")
private let notWritable = Failure("EBADF", "the file is removed, or not open for writing")
private let tooLarge = Failure(
  "EFBIG", "no file of its kind can be that large, or RLIMIT_FSIZE forbids it, with SIGXFSZ")
private let range = [
  Parameter("offset", .size, "First byte of the file."),
  Parameter("length", .size, "Bytes."),
]

private func transferSignature(
  _ name: String, _ summary: String, _ failures: [Failure]
) -> Signature {
  Signature(
    name,
    [
      subject, Parameter("region", .region, "The process's memory, or an address with `length`."),
      Parameter("offset", .size, .optional, "First byte of the file; default 0."),
      Parameter("length", .size, .labelled, "Bytes; by default as many as the region has."),
    ], returns: .integer, summary, fails: failures)
}

extension Builtin {
  static let fileSignatures: [Signature] = [
    Signature(
      "file",
      [
        Parameter("size", .size, .optional, "Bytes; default 0."),
        Parameter(
          "fill", .integer, .labelled,
          "A byte that its disk is full of, and of which nothing is in memory; without it, holes."),
        Parameter(
          "memory", .boolean, .labelled, "Keep it in memory and swap, as tmpfs does, not on a disk."
        ),
        Parameter(
          "mode", .string, .labelled,
          "Rights of owner, group and others, as for chmod(1); default \"644\"."),
        Parameter(
          "on", .string, .labelled, "Where `mount` has put the file system that it is to be on."),
      ], returns: .file, "Makes a file and returns it, open for reading and writing.",
      fails: [Failure("ENOMEM", "the kernel has no memory left for its inode"), tooLarge]),
    Signature(
      "memfd_create", [Parameter("size", .size, .optional, "Bytes; default 0.")],
      returns: .file, "Makes a file of memory that has no name, and returns it.",
      fails: [Failure("ENOMEM", "the kernel has no memory left for its inode"), tooLarge]),
    Signature(
      "device", [Parameter("size", .size, "Bytes of registers, rounded up to whole pages.")],
      returns: .file,
      """
      Makes a device and returns it as a file for `mmap`: mapped at once and never resident, with \
      no fault, no reclaim and no growth. A write to a private map makes a page of memory.
      """,
      fails: [
        Failure("EINVAL", "it would have no registers, or more than 4GiB"),
        Failure("ENOMEM", "the kernel has no memory left for its inode"),
      ]),
    Signature(
      "executable",
      [
        Parameter(
          "segments", .list,
          """
          Its parts, each a map with `at` (the address), `rights` as "rx", `offset` in the file, \
          `size` (bytes of the file), and `memory` (bytes in memory; default `size`), `align`.
          """),
        Parameter("size", .size, .labelled, "Bytes of the file; by default what the parts need."),
        Parameter("relocatable", .boolean, .labelled, "It may lie anywhere (ET_DYN)."),
        Parameter(
          "interpreter", .file, .labelled, "Another executable that is loaded with it, as ld.so."),
        Parameter("stack", .string, .labelled, "Rights of the stack, as \"rwx\" (PT_GNU_STACK)."),
        Parameter("fill", .integer, .labelled, "The byte that the file is full of; default 0."),
        Parameter(
          "mode", .string, .labelled,
          "Rights of owner, group and others, as for chmod(1); default \"755\"."),
      ], returns: .file,
      "Makes a file on a disk with the headers of a program, for `exec` with `file:`.",
      fails: [
        Failure("EINVAL", "more parts than the first page has room for"),
        Failure("ENOMEM", "the kernel has no memory left for its inode"), tooLarge,
      ]),
    transferSignature(
      "pread", "Reads from a file into memory and returns how many bytes it has read.",
      [
        Failure("EBADF", "the file is removed, or not open for reading"),
        Failure("ESPIPE", "it is a pipe"),
        Failure("EFAULT", "the memory cannot be written, and nothing was read before that"),
        Failure("ENOMEM", "no page is left, and nothing was read before that"),
      ]),
    transferSignature(
      "pwrite", "Writes from memory to a file and returns how many bytes it has written.",
      [
        notWritable, tooLarge,
        Failure("EFAULT", "the memory cannot be read, and nothing was written before that"),
        Failure("ENOSPC", "memory that the file needs may not be promised"),
        Failure("ENOMEM", "no page is left, and nothing was written before that"),
      ]),
    Signature(
      "truncate", [subject, Parameter("size", .size, "Bytes that it has from now on.")],
      "Cuts a file, or makes it longer by a hole; what is cut off is gone for whoever maps it.",
      fails: [
        gone, Failure("EINVAL", "the file is not open for writing"), tooLarge,
        Failure("ENOMEM", "no page is left to zero the end of"),
      ]),
    Signature(
      "fallocate",
      [subject] + range + [
        Parameter("punch", .boolean, .labelled, "Take away what is there, and keep the size."),
        Parameter("keep_size", .boolean, .labelled, "Do not make the file longer."),
      ], "Sets a part of a file aside for what will be written, or makes a hole there.",
      fails: [
        notWritable, Failure("EINVAL", "the length is 0"), tooLarge,
        Failure("ENOSPC", "memory that the file needs may not be promised"),
        Failure("ENOMEM", "no page is left for it"),
      ]),
    Signature(
      "fsync", [subject], "Writes what the disk of a file does not have yet, and waits for it.",
      fails: [gone]),
    Signature("sync", [], "Writes the dirty pages of all files, and waits for it."),
    Signature(
      "unlink", [subject],
      "Removes a file; its pages stay until nobody maps it any more.",
      fails: [Failure("ENOENT", "it has been removed already")]),
    Signature(
      "posix_fadvise",
      [
        subject,
        Parameter(
          "advice", .any,
          """
          "willneed" reads it now, "dontneed" drops clean pages from memory, "random" and \
          "sequential" say how it will be read; or a POSIX_FADV_ number.
          """, words: NamedConstant.fileAdviceWords),
        Parameter("offset", .size, .optional, "First byte; default 0."),
        Parameter("length", .size, .optional, "Bytes; 0, the default, reaches to the end."),
      ], "Says how a part of a file will be used.",
      fails: [gone, Failure("ESPIPE", "it is a pipe"), Failure("EINVAL", "the number is unknown")]),
    Signature(
      "readahead", [subject] + range, "Brings a part of a file into memory.",
      fails: [
        Failure("EBADF", "the file has been removed, or is not open for reading"),
        Failure("EINVAL", "it is a pipe"),
      ]),
    Signature(
      "cachestat",
      [
        subject, Parameter("offset", .size, .optional, "First byte; default 0."),
        Parameter("length", .size, .optional, "Bytes; 0, the default, reaches to the end."),
        Parameter("flags", .flags, .labelled, "None are known."),
      ], returns: .map,
      """
      Returns how many pages of a part of a file are in memory, as `nr_cache`, `nr_dirty`, \
      `nr_writeback`, `nr_evicted` and `nr_recently_evicted`.
      """, fails: [gone, Failure("EINVAL", "a flag is given")]),
    Signature(
      "drop_caches", [], "Drops the clean pages of files that nobody maps from memory.",
      fails: [Failure("EACCES", "the caller is not the superuser")]),
  ]
}
