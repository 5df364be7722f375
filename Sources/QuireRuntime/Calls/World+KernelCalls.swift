// The builtins that belong to the machine: one switch from number to call.
//
// The interpreter does the builtins on plain values itself and asks here for all others. A call is
// made with the clock of the CPU in `kernel.now`; see BuiltinOutcome for what may come of it.

internal import QuireKernel
internal import QuireProgram
internal import QuireReports

extension World {
  /// Calls a builtin of the machine.
  mutating func kernelBuiltin(_ builtin: Builtin, _ call: BuiltinCall) -> BuiltinOutcome {
    if builtin.isSystemCall && current.operation == .none { kernel.charge(kernel.costs.systemCall) }
    do throws(CallFailure) {
      if kernel.tasks[current.task].isKernelThread { try checkKernelThreadMay(builtin) }
      return try dispatch(builtin, call)
    } catch {
      return outcome(of: error, in: builtin, call)
    }
  }

  private mutating func dispatch(_ builtin: Builtin, _ call: BuiltinCall)
    throws(CallFailure) -> BuiltinOutcome
  {
    switch builtin {
    case .mmap, .mmap2, .munmap, .mprotect, .mremap, .remap_file_pages, .brk, .sbrk:
      return try mappingCall(builtin, call)
    case .madvise, .mlock, .mlock2, .mlockall, .munlock, .munlockall, .mincore, .msync, .mseal:
      return try residencyCall(builtin, call)
    case .shmget, .shmat, .shmdt, .shmctl: return try segmentCall(builtin, call)
    case .read, .write, .touch, .load, .store, .fetch, .copy_to_user, .copy_from_user, .get_user,
      .put_user:
      return try accessCall(builtin, call)
    case .stack_pointer: return try stackPointerCall(call)
    case .fork, .process, .vfork, .thread, .exec, .clone, .kthread, .use_mm, .unuse_mm:
      return try birthCall(builtin, call)
    case .exit: return try exitCall(call)
    case .wait: return try waitCall(call)
    case .wait_any: return try waitAnyCall()
    case .waitpid, .setpgid: return try groupCall(builtin, call)
    case .drop_privileges, .sigprocmask, .sigpending, .getrusage, .sysinfo, .process_madvise, .peek,
      .poke, .fail_allocation:
      return try accountCall(builtin, call)
    case .mount, .umount, .statfs: return try mountCall(builtin, call)
    case .open, .close, .lseek, .pipe, .set_pipe_size, .pidfd_open:
      return try descriptorCall(builtin, call)
    case .kill: return try killCall(call)
    case .yield: return .yield(.none)
    case .sleep: return try sleepCall(call)
    case .getpid: return getpidCall()
    case .nice: return try niceCall(call)
    case .on_signal: return try onSignalCall(call)
    case .event: return eventCall()
    case .semaphore: return try semaphoreCall(call)
    case .barrier: return try barrierCall(call)
    case .kmalloc: return try kmallocCall(call)
    case .kfree: return try kfreeCall(call)
    case .kmem_cache_create, .kmem_cache_alloc, .kmem_cache_free, .kmem_cache_shrink,
      .kmem_cache_destroy:
      return try cacheCall(builtin, call)
    case .rand, .shuffle, .choose: return try chanceCall(builtin, call)
    case .now: return try nowCall()
    case .`self`: return .value(handle(of: current.process))
    case .alloc_page, .alloc_pages, .get_free_pages, .get_zeroed_page, .free_pages, .page_address:
      return try pageFrameCall(builtin, call)
    case .file, .memfd_create, .device, .executable, .pread, .pwrite, .truncate, .fallocate, .fsync,
      .sync, .unlink, .posix_fadvise, .readahead, .cachestat, .drop_caches:
      return try fileCall(builtin, call)
    case .swapon: return try swaponCall(call)
    case .swapoff: return try swapoffCall(call)
    case .sysctl: return try sysctlCall(call)
    case .setrlimit, .getrlimit: return try limitCall(builtin, call)
    case .show: return try showCall(call)
    case .cat: return try catCall(call)
    case .vmstat: return .value(ViewKind.vmstat.value)
    case .meminfo: return .value(ViewKind.meminfo.value)
    case .buddy: return .value(ViewKind.buddy.value)
    case .slabs:
      try checkSlab()
      return .value(ViewKind.slabs.value)
    case .swap: return .value(ViewKind.swap.value)
    case .processes: return try processesCall()
    case .vma, .walk, .pte, .page, .pagemap: return try pageViewCall(builtin, call)
    // Named one by one, so that no builtin can be forgotten: these are `plainBuiltin`'s.
    case .print, .format, .str, .int, .float, .address, .region, .type, .copy, .len, .push, .pop,
      .insert, .remove, .contains, .keys, .values, .join, .split, .abs, .min, .max, .error, .raise,
      .assert_eq, .kernel:
      preconditionFailure("kernelBuiltin: \(builtin.name) is not done here")
    }
  }

  /// now()
  private mutating func nowCall() throws(CallFailure) -> BuiltinOutcome {
    try reserve(ScriptHeap.numberWords)
    return .value(heap.integer(Int64(clamping: kernel.now)))
  }

  /// processes(): all that exist now, ascending by pid.
  private mutating func processesCall() throws(CallFailure) -> BuiltinOutcome {
    var handles: [Value] = []
    for task in kernel.taskList() { handles.append(handle(of: ledger.number(of: task))) }
    return try list(handles)
  }
}

extension Builtin {
  /// Whether a call enters the kernel, and the kernel itself does not charge for that.
  fileprivate var isSystemCall: Bool {
    switch self {
    case .fork, .vfork, .thread, .clone, .process, .exit, .wait, .wait_any, .kill, .yield, .sleep,
      .getpid, .nice, .setrlimit, .getrlimit, .waitpid, .setpgid, .drop_privileges, .sigprocmask,
      .sigpending, .on_signal, .swapon, .swapoff, .sysctl, .kthread:
      true
    default: false
    }
  }
}
