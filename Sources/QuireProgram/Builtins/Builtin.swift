// The functions that are there without an import, by number. Names are the language's.

/// A builtin: its raw value is the operand of `callBuiltin`. The runtime switches over it, so a
/// name without a mechanism cannot be listed here; see `absentVerbs`.
package enum Builtin: UInt16, CaseIterable, Hashable, Sendable, BitwiseCopyable {
  // Address space
  case mmap, mmap2, munmap, mprotect, mremap, remap_file_pages, brk, sbrk
  case madvise, mlock, mlock2, mlockall, munlock, munlockall, mincore, msync, mseal
  // System V shared memory
  case shmget, shmat, shmdt, shmctl
  // Access
  case read, write, touch, load, store, fetch, stack_pointer
  // The kernel's own accesses
  case copy_to_user, copy_from_user, get_user, put_user, kernel
  // Processes
  case fork, vfork, thread, kthread, use_mm, unuse_mm, exec, process, exit, wait, wait_any, kill,
    yield, sleep, getpid, nice,
    setrlimit, getrlimit
  case waitpid, setpgid, drop_privileges, sigprocmask, sigpending, getrusage, process_madvise
  case clone, peek, poke, fail_allocation
  case on_signal, event, semaphore, barrier
  // Kernel objects
  case kmalloc, kfree
  case kmem_cache_create, kmem_cache_alloc, kmem_cache_free, kmem_cache_shrink, kmem_cache_destroy
  // Page frames
  case alloc_page, alloc_pages, free_pages, get_free_pages, get_zeroed_page, page_address
  // Files
  case file, memfd_create, device, executable, pread, pwrite, truncate, fallocate, fsync, sync,
    unlink
  case posix_fadvise, readahead, cachestat, drop_caches
  // Descriptors
  case open, close, lseek, pipe, set_pipe_size, pidfd_open, mount, umount, statfs
  // Swap and tuning
  case swapon, swapoff, sysctl
  // Seeing
  case show, cat, vmstat, meminfo, `self`, processes, buddy, slabs, swap, now, vma, sysinfo
  case walk, pte, page, pagemap
  // Chance
  case rand, shuffle, choose
  // Values
  case print, format, str, int, float, address, region, type, copy, abs, min, max
  case len, push, pop, insert, remove, contains, keys, values, join, split
  // Failing
  case error, raise, assert_eq

  /// As scripts write it.
  package var name: String { signature.name }

  /// The declared faces, by raw value: the families are in the order of the cases.
  package static let signatures: [Signature] =
    addressSpaceSignatures + residencySignatures + segmentSignatures + accessSignatures
    + kernelModeSignatures
    + processSignatures + synchronizationSignatures
    + kernelObjectSignatures + pageFrameSignatures + fileSignatures + descriptorSignatures
    + swapSignatures
    + viewSignatures
    + chanceSignatures + valueSignatures + collectionSignatures + failureSignatures

  package var signature: Signature { Builtin.signatures[Int(rawValue)] }
}

/// What `show` can show: `show maps child`.
package enum ShowView: String, CaseIterable, Hashable, Sendable {
  case machine, memory, maps, smaps, status, processes, buddy, slab, slabs, swap, vmstat, meminfo,
    zones, walk, pagemap, tlb

  /// What its argument is, or nil when it takes none.
  package var argument: ValueKind? {
    switch self {
    case .maps, .smaps, .status: .process
    case .slab: .string
    case .walk: .address
    case .pagemap: .region
    default: nil
    }
  }
}
