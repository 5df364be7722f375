// Signatures of the calls on what is open: descriptors, places, pipes.

private typealias Parameter = Signature.Parameter
private typealias Failure = Signature.Failure

private let subject = Parameter("file", .file, "What is open, or the number of its descriptor.")
private let closed = Failure("EBADF", "the caller does not have it open")
private let tooMany = Failure("EMFILE", "RLIMIT_NOFILE descriptors are open")
private let noMemory = Failure("ENOMEM", "the kernel has no memory left for it")

extension Builtin {
  static let descriptorSignatures: [Signature] = [
    Signature(
      "open",
      [
        Parameter("file", .file, "The file."),
        Parameter("mode", .string, "\"r\", \"w\" or \"rw\".", words: ["r", "w", "rw"]),
      ], returns: .file,
      """
      Opens a file and returns it with a place of its own, at which `read` and `write` go on, and \
      which a fork shares.
      """,
      fails: [
        Failure("EBADF", "the file has been removed"),
        Failure("EACCES", "its mode does not allow that to the caller's user"), tooMany, noMemory,
      ]),
    Signature(
      "close", [subject],
      "Closes what the caller has open; who has it too, by fork, keeps it.", fails: [closed]),
    Signature(
      "lseek",
      [
        subject, Parameter("offset", .integer, .optional, "Bytes; default 0."),
        Parameter(
          "from", .string, .labelled, "What they count from; default \"set\", the first byte.",
          words: ["set", "current", "end"]),
      ], returns: .integer, "Puts an open file at another place and returns that place.",
      fails: [
        closed, Failure("ESPIPE", "it is a pipe"),
        Failure("EINVAL", "the place lies before the first byte, or too far"),
      ]),
    Signature(
      "pipe",
      [
        Parameter(
          "nonblock", .boolean, .labelled, "Where `read` or `write` would sleep, it gives EAGAIN.")
      ], returns: .list,
      "Makes a pipe and returns `[reader, writer]`, both open in the caller.",
      fails: [tooMany, noMemory]),
    Signature(
      "set_pipe_size",
      [
        Parameter("pipe", .file, "Either end."),
        Parameter("size", .size, "Bytes; rounded up to a power of two of pages."),
      ], returns: .integer,
      "Gives a pipe room for so many bytes, as fcntl(F_SETPIPE_SZ) does, and returns its room.",
      fails: [
        Failure("EBADF", "it is no pipe"), Failure("EINVAL", "the size is above 2GiB"),
        Failure("EBUSY", "more than that waits to be read"),
        Failure("EPERM", "no ordinary user may have so much"), noMemory,
      ]),
    Signature(
      "pidfd_open",
      [Parameter("process", .process, "The process, or its pid.")], returns: .file,
      "Opens a process: what is returned names it for `process_madvise`, and nobody else later.",
      fails: [Failure("ESRCH", "there is no such process"), tooMany, noMemory]),
    Signature(
      "mount",
      [
        Parameter("path", .string, "Where: \"/mnt\"."),
        Parameter(
          "size", .size, .labelled,
          "Bytes that its files may hold, 0 for no limit; default half of the RAM."),
      ], "Mounts a file system in memory, a tmpfs; `file(…, on: path)` makes files on it.",
      fails: [
        Failure("EPERM", "the caller lacks \"sys_admin\""),
        Failure("EBUSY", "something is mounted there"), noMemory,
      ]),
    Signature(
      "umount", [Parameter("path", .string, "What `mount` was given.")],
      "Takes a file system away, with the files on it.",
      fails: [
        Failure("EPERM", "the caller lacks \"sys_admin\""),
        Failure("EINVAL", "nothing is mounted there"),
        Failure("EBUSY", "a file of it is open, or mapped"),
      ]),
    Signature(
      "statfs", [Parameter("path", .string, "What `mount` was given.")], returns: .map,
      """
      Returns what a file system holds: `bsize` in bytes, and in blocks of that size `blocks`, 0 \
      without a limit, `bfree` and `used`; `files`.
      """, fails: [Failure("ENOENT", "nothing is mounted there")]),
  ]
}
