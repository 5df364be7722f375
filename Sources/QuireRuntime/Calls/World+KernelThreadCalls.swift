// Kernel threads: fibers without memory, which run in kernel mode from their first instruction on.

internal import KernelStorage
internal import QuireKernel
internal import QuireProgram

extension World {
  /// The calls about kernel threads by builtin.
  mutating func kernelThreadCall(
    _ builtin: Builtin, _ call: BuiltinCall
  ) throws(CallFailure) -> BuiltinOutcome {
    switch builtin {
    case .kthread: try kthreadCall(call)
    case .use_mm: try useMemoryCall(call)
    default: try unuseMemoryCall()
    }
  }

  /// kthread(name, block): the handle of the thread; it has values of its own, as a process has.
  private mutating func kthreadCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let name = try string(0, "name", call)
    let block = argument(1, call)
    try checkBlock(1, call)
    try checkProcessLimit()
    try reserveCopyOfHeap()
    let task = try refusable { world throws(Errno) in
      try world.kernel.startKernelThread(named: name)
    }
    kernel.charge(kernel.costs.fork)
    var thread = Fiber()
    thread.execution.start(closure: block, in: image, heap)
    let parent = ledger.number(of: kernel.tasks.kthreadd)
    let number = admit(thread, heap.copy(), task, parent: parent)
    ledger[number].isKernelThread = true
    return .value(handle(of: number))
  }

  /// Waits for the end of a kernel thread: its status.
  mutating func joinKernelThread(_ number: ProcessNumber) throws(CallFailure) -> BuiltinOutcome {
    if !ledger[number].hasEnded { return try sleep(for: number) }
    current.operation = .none
    noteWait(for: number)
    let status = ledger[number].status
    return .value(
      heap.status(
        process: handle(of: number), code: Int(status.code), signal: Int(status.signalNumber)))
  }

  /// use_mm(process)
  private mutating func useMemoryCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    if !kernel.tasks[current.task].isKernelThread {
      throw .misuse("only a kernel thread can use the memory of another; start one with 'kthread'")
    }
    let number = try process(0, "process", call)
    guard let task = task(of: number) else { throw .errno(.ESRCH, obituary(of: number)) }
    try refusable { world throws(Errno) in
      try world.kernel.enterMemory(of: task, by: world.current.task)
    }
    return .value(.none)
  }

  /// unuse_mm()
  private mutating func unuseMemoryCall() throws(CallFailure) -> BuiltinOutcome {
    try refusable { world throws(Errno) in
      try world.kernel.leaveMemory(by: world.current.task)
    }
    return .value(.none)
  }

  /// Refuses what the kernel never does in a thread of its own, or only with memory.
  func checkKernelThreadMay(_ builtin: Builtin) throws(CallFailure) {
    switch builtin {
    case .fork, .vfork, .thread, .process, .exec:
      throw .misuse("a kernel thread starts no processes; it may start another 'kthread'")
    case .mmap, .munmap, .mprotect, .mremap, .remap_file_pages, .brk, .sbrk, .madvise, .mlock,
      .mlock2, .mlockall,
      .munlock, .munlockall, .mincore, .msync, .mseal, .shmat, .shmdt, .pread, .pwrite:
      if kernel.tasks[current.task].space.isNone {
        throw .misuse("a kernel thread has no memory of its own; 'use_mm' gives it that of another")
      }
    default: break
    }
  }
}
