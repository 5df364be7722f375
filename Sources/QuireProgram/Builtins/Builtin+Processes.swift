// Signatures of the verbs about processes, and of what makes them wait for each other.

private typealias Parameter = Signature.Parameter
private typealias Failure = Signature.Failure

private let spawnFailures = [
  Failure("EAGAIN", "no pid is left, or a limit on processes is reached"),
  Failure("ENOMEM", "the new process cannot be given its memory"),
]

private let debugFailures = [
  Failure("EIO", "nothing is mapped there, or it is shared and may not be written"),
  Failure("EACCES", "the process may not be looked into"),
  Failure("ESRCH", "the process has no memory any more"),
]

extension Builtin {
  /// The limits that the model obeys.
  package static let resourceNames = [
    "as", "core", "data", "fsize", "memlock", "nofile", "nproc", "stack",
  ]

  static let processSignatures: [Signature] = [
    Signature(
      "fork", [Parameter("block", .processBlock, .optional, "What the child does.")],
      returns: .process,
      "Copies the caller and returns the child; without a block it returns twice, 0 in the child.",
      fails: spawnFailures),
    Signature(
      "vfork", [Parameter("block", .processBlock, "What the child does.")], returns: .process,
      "Starts a child in the caller's own memory, waits until it exits or execs, and returns it.",
      fails: spawnFailures),
    Signature(
      "thread", [Parameter("block", .processBlock, "What the thread does.")], returns: .process,
      "Starts a thread, which shares memory and variables with the caller, and returns it.",
      fails: spawnFailures),
    Signature(
      "kthread",
      [
        Parameter("name", .string, "The name, shown up to 15 characters."),
        Parameter("block", .processBlock, "What the thread does, in kernel mode."),
      ], returns: .process,
      """
      Starts a kernel thread, a child of kthreadd without memory of its own, and returns it: it \
      runs on the page tables that its CPU has loaded, and what it borrows outlives its users. \
      Signals do not reach it; `wait` waits for its end.
      """, fails: spawnFailures),
    Signature(
      "use_mm", [Parameter("process", .process, "Whose memory.")],
      "Lets a kernel thread live in the memory of a process, which stays until `unuse_mm`.",
      fails: [
        Failure("ESRCH", "the process has no memory, or is gone"),
        Failure("EBUSY", "the thread lives in some memory already"),
      ]),
    Signature(
      "unuse_mm", [], "Lets a kernel thread leave the memory of a process.",
      fails: [Failure("EINVAL", "the caller lives in no memory, or is no kernel thread")]),
    Signature(
      "exec",
      [
        Parameter("name", .string, "The new name, shown up to 15 characters."),
        Parameter("block", .processBlock, .optional, "What the new program does."),
        Parameter("text", .size, .labelled, "Bytes of code; default 0."),
        Parameter("data", .size, .labelled, "Bytes of data behind the code; default 0."),
        Parameter("bss", .size, .labelled, "Bytes of zeros behind the data; default 0."),
        Parameter("at", .address, .labelled, "Where the code begins; default 0x40_0000."),
        Parameter("arguments", .size, .labelled, "Bytes on the stack at the start; default 0."),
        Parameter(
          "layout", .string, .labelled, "Where `mmap` begins; default \"flexible\".",
          words: ["flexible", "classical"]),
        Parameter(
          "file", .file, .labelled,
          """
          What `executable` has made, or its path as maps shows it: code and data are its pages, \
          shared until written.
          """),
      ],
      "Replaces the memory of the process; then the block runs, or what follows the call.",
      fails: [
        Failure("E2BIG", "the arguments exceed a quarter of RLIMIT_STACK, or 6MiB"),
        Failure("EINVAL", "`at` is no page, or the parts do not fit below the stack"),
        Failure("EPERM", "`at` lies below vm.mmap_min_addr"),
        Failure("ENOMEM", "the new memory cannot be had; the old one stays"),
        Failure("ENOENT", "the file has been removed, or nothing has that path"),
        Failure("ENOTDIR", "the path goes on behind a file"),
        Failure("EACCES", "nobody may execute the file, or the caller may not"),
        Failure("ENOEXEC", "the file has no headers of a program"),
        Failure("ETXTBSY", "a shared map of the file may be written"),
        Failure("ELIBBAD", "the interpreter has no headers of a program"),
        Failure(
          "EAGAIN", "another thread is at it, or the user has more processes than RLIMIT_NPROC"),
      ]),
    Signature(
      "process",
      [
        Parameter("name", .string, "The name, shown up to 15 characters."),
        Parameter("block", .processBlock, "What the process does."),
      ], returns: .process, "Starts a fresh process as a child of the caller and returns it.",
      fails: spawnFailures),
    Signature(
      "exit",
      [
        Parameter(
          "status", .integer, .optional,
          "0 ... 255; default 0. Of any other number the low eight bits count.")
      ], "Ends the calling process."),
    Signature(
      "wait",
      [Parameter("process", .process, .optional, "The child; by default all of them.")],
      returns: .status,
      "Waits until a child has ended and returns its status, or nil after all have.",
      fails: [
        Failure("ECHILD", "it is no child of the caller, or has been waited for"),
        Failure("EINTR", "a signal came first"),
      ]),
    Signature(
      "wait_any", returns: .status, "Waits for the first child to end and returns its status.",
      fails: [
        Failure("ECHILD", "there are no children"), Failure("EINTR", "a signal came first"),
      ]),
    Signature(
      "kill",
      [
        Parameter(
          "process", .process,
          "The process, or its pid; 0 for the caller's group, -1 for all, -g for group g."),
        Parameter(
          "signal", .signal, .optional,
          "SIGTERM … or its number; default SIGTERM. 0 only asks whether the process exists."),
      ],
      "Sends a signal to a process; `try` catches one to oneself that nobody handles.",
      fails: [
        Failure("ESRCH", "there is no such process"),
        Failure("EPERM", "it belongs to somebody else"),
        Failure("EINVAL", "there is no such signal"),
      ]),
    Signature("yield", [], "Lets other processes run."),
    Signature(
      "sleep", [Parameter("time", .duration, "How long, in simulated nanoseconds: `2ms`.")],
      "Sleeps in simulated time.", fails: [Failure("EINTR", "a signal came first")]),
    Signature(
      "getpid", returns: .integer,
      "Returns the pid of the calling process, the same for all its threads."),
    Signature(
      "nice", [Parameter("increment", .integer, "Added to the nice value, -20 ... 19.")],
      returns: .integer, "Changes the caller's priority and returns the new nice value.",
      fails: [Failure("EPERM", "an unprivileged process may not raise its priority")]),
    Signature(
      "setrlimit",
      [
        Parameter(
          "resource", .string,
          """
          "as", "core", "data", "fsize", "memlock", "nofile", "nproc" or "stack".
          """,
          words: resourceNames),
        Parameter("limit", .integer, "Bytes or a count; nil for no limit."),
        Parameter("hard", .integer, .labelled, "The hard limit; otherwise it moves if it must."),
      ], "Sets a limit of the calling process, which its children inherit.",
      fails: [
        Failure("EINVAL", "there is no such resource, or the limit is above the hard one"),
        Failure("EPERM", "the process has no privilege to raise the hard limit"),
      ]),
    Signature(
      "getrlimit",
      [Parameter("resource", .string, "As for `setrlimit`.", words: resourceNames)],
      returns: .map, "Returns a limit as `[soft: …, hard: …]`, nil where there is none.",
      fails: [Failure("EINVAL", "there is no such resource")]),
    Signature(
      "waitpid",
      [
        Parameter(
          "process", .any, .optional,
          "A child, its pid, 0 for the caller's group, -g for group g; default -1, any."),
        Parameter("options", .flags, .optional, "WNOHANG, WUNTRACED, WCONTINUED, WNOWAIT."),
        Parameter("nohang", .boolean, .labelled, "Return nil at once when no child is ready."),
        Parameter("untraced", .boolean, .labelled, "Report children that have stopped, too."),
        Parameter("continued", .boolean, .labelled, "Report children that go on again, too."),
      ], returns: .map,
      """
      Waits for a child to change its state and returns a map with `process`, `state` ("exited", \
      "killed", "stopped" or "continued"), `code` and `signal`.
      """,
      fails: [
        Failure("ECHILD", "no child of the caller is meant"),
        Failure("EINVAL", "an option is unknown"),
        Failure("ESRCH", "the number can be no pid"), Failure("EINTR", "a signal came first"),
      ]),
    Signature(
      "setpgid",
      [
        Parameter("process", .any, .optional, "A child or its pid; default 0, the caller."),
        Parameter("group", .any, .optional, "The group; default 0, one of its own."),
      ], "Puts a process into a process group.",
      fails: [
        Failure("ESRCH", "it is neither the caller nor a child of it"),
        Failure("EPERM", "there is no such group"), Failure("EINVAL", "the number is negative"),
      ]),
    Signature(
      "drop_privileges",
      [
        Parameter(
          "user", .integer, .labelled,
          "Whom to become; default 65534 for the superuser, else who one is already."),
        Parameter(
          "keep", .list, .labelled,
          "Capabilities to go on with until `exec`, as [\"ipc_lock\", \"sys_resource\"]."),
      ],
      """
      Makes the caller an ordinary user: limits bind it, and what others own is out of its reach. \
      `self.user` and `self.capabilities` say what it is.
      """,
      fails: [
        Failure("EPERM", "it lacks \"setuid\" for another user, or a capability that is to be kept")
      ]),
    Signature(
      "sigprocmask",
      [
        Parameter(
          "how", .string, .optional, "What to do with the signals.",
          words: ["block", "unblock", "set"]),
        Parameter(
          "signals", .any, .optional, "A signal, or a list of them; without, nothing changes."),
      ], returns: .list,
      """
      Blocks signals of the calling thread, or lets them through, and returns those that were \
      blocked; SIGKILL and SIGSTOP always come through.
      """, fails: [Failure("EINVAL", "a number is no signal")]),
    Signature(
      "sigpending", returns: .list, "Returns the signals that are blocked and have come."),
    Signature(
      "getrusage",
      [
        Parameter(
          "who", .string, .optional,
          "\"self\", the default, \"children\" that were waited for, or \"thread\".",
          words: ["self", "children", "thread"])
      ], returns: .map,
      """
      Returns what was used: `utime` and `stime` in ns, `maxrss` in bytes, `minor_faults`, \
      `major_faults`.
      """, fails: [Failure("EINVAL", "there is no such target")]),
    Signature(
      "process_madvise",
      [
        Parameter("process", .any, "The process, or what `pidfd_open` returned."),
        Parameter("regions", .any, "A region of that process, or a list of them."),
        Parameter(
          "advice", .any, "\"cold\", \"pageout\", \"willneed\" or \"collapse\", or the number.",
          words: NamedConstant.adviceWords),
        Parameter("flags", .flags, .labelled, "None are known."),
      ], returns: .integer,
      "Gives advice on memory of another process and returns for how many bytes it was taken.",
      fails: [
        Failure("EBADF", "it is no open process"), Failure("ESRCH", "the process is gone"),
        Failure("EINVAL", "the advice is for one's own memory only, or flags are given"),
        Failure("EACCES", "the process may not be looked into"),
        Failure("EPERM", "the caller lacks \"sys_nice\""),
        Failure("ENOMEM", "there are holes in the first region"),
      ]),
    Signature(
      "clone",
      [
        Parameter("flags", .flags, "CLONE_ words; 0 for what `fork` does."),
        Parameter("block", .processBlock, "What the new task does."),
        Parameter("exit_signal", .signal, .labelled, "What the parent gets at its end."),
      ], returns: .process,
      """
      Makes a process or a thread, as the flags say: CLONE_VM | CLONE_VFORK for what `vfork` \
      makes, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD for a thread.
      """,
      fails: spawnFailures + [
        Failure("EINVAL", "the flags contradict each other, or no signal has that number"),
        Failure("EPERM", "a new namespace without \"sys_admin\""),
      ]),
    Signature(
      "peek",
      [
        Parameter("address", .address, "Where the word is."),
        Parameter("process", .process, .labelled, "Whose memory; by default the caller's."),
      ], returns: .integer,
      "Reads a word of a process as a debugger does, whatever the rights of its page are.",
      fails: debugFailures),
    Signature(
      "poke",
      [
        Parameter("address", .address, "Where the word is."),
        Parameter("value", .integer, "The word to write."),
        Parameter("process", .process, .labelled, "Whose memory; by default the caller's."),
      ],
      """
      Writes a word of a process as a debugger does, through /proc/PID/mem: a page that may not be \
      written is copied first, so that no file changes.
      """, fails: debugFailures),
    Signature(
      "fail_allocation",
      [Parameter("number", .integer, "1 for the next one; 0 takes it back.")], returns: .integer,
      """
      Makes one of the caller's next allocations of pages or kernel objects fail, and returns how \
      many had still to come before the one that was to fail so far.
      """,
      fails: [Failure("EPERM", "the caller lacks \"sys_resource\"")]),
  ]

  static let synchronizationSignatures: [Signature] = [
    Signature(
      "on_signal",
      [
        Parameter("signal", .signal, "SIGUSR1 …; not SIGKILL or SIGSTOP."),
        Parameter(
          "block", .block, "What to do; takes the signal, and the address of a refused access."),
      ],
      "Handles a signal with a block; a refused access is made once more when the block has ended.",
      fails: [Failure("EINVAL", "the signal cannot be handled")]),
    Signature(
      "event", returns: .event,
      "Makes an event: `e.wait()` sleeps until somebody calls `e.signal()`."),
    Signature(
      "semaphore", [Parameter("count", .integer, .optional, "How many may enter; default 1.")],
      returns: .semaphore, "Makes a semaphore: `s.down()` waits for a place, `s.up()` frees one."),
    Signature(
      "barrier", [Parameter("count", .integer, "How many processes meet there.")],
      returns: .barrier, "Makes a barrier: `b.wait()` sleeps until all have come."),
  ]
}
