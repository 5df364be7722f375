// The words that the program module knows by heart are those of the kernel.

import QuireKernel
import QuireProgram
import QuireRuntime
import Testing

@Suite("Words of signatures")
struct SignatureWordsTests {
  @Test("errnos and signals have the kernel's names and numbers")
  func constants() {
    let errnos = NamedConstant.all.filter { $0.family == .errno }
    #expect(errnos.map(\.name) == Errno.allCases.map(\.name))
    #expect(errnos.map(\.value) == Errno.allCases.map { Int64($0.rawValue) })
    let signals = NamedConstant.all.filter { $0.family == .signal }
    #expect(signals.map(\.name) == Signal.allCases.map(\.name))
    #expect(signals.map(\.value) == Signal.allCases.map { Int64($0.rawValue) })
  }

  @Test("GFP words are the kernel's bits")
  func allocationFlags() {
    let words: [(String, GFPFlags)] = [
      ("__GFP_DMA", .dma), ("__GFP_HIGHMEM", .highmem), ("__GFP_DMA32", .dma32),
      ("__GFP_MOVABLE", .movable), ("__GFP_RECLAIMABLE", .reclaimable), ("__GFP_HIGH", .high),
      ("__GFP_IO", .io), ("__GFP_FS", .fs), ("__GFP_ZERO", .zero),
      ("__GFP_DIRECT_RECLAIM", .directReclaim), ("__GFP_KSWAPD_RECLAIM", .kswapdReclaim),
      ("__GFP_NOWARN", .noWarn), ("__GFP_RETRY_MAYFAIL", .retryMayFail),
      ("__GFP_NOFAIL", .noFail), ("__GFP_NORETRY", .noRetry), ("__GFP_COMP", .compound),
      ("__GFP_NOMEMALLOC", .noMemAlloc), ("__GFP_MEMALLOC", .memAlloc), ("__GFP_RECLAIM", .reclaim),
      ("GFP_ATOMIC", .atomic), ("GFP_KERNEL", .kernel), ("GFP_NOWAIT", .noWait),
      ("GFP_NOIO", .noIO), ("GFP_NOFS", .noFS), ("GFP_USER", .user), ("GFP_HIGHUSER", .highUser),
      ("GFP_HIGHUSER_MOVABLE", .highUserMovable), ("GFP_DMA", .dma), ("GFP_DMA32", .dma32),
    ]
    let constants = NamedConstant.all.filter { $0.family == .allocationFlag }
    #expect(constants.map(\.name) == words.map(\.0))
    #expect(constants.map(\.value) == words.map { Int64($0.1.rawValue) })
  }

  @Test("parameters, limits and advice have the kernel's names and numbers")
  func words() {
    #expect(Builtin.parameterNames == Sysctl.allCases.map(\.rawValue))
    #expect(Builtin.resourceNames == Resource.allCases.map(\.rawValue).sorted())
    let advice = NamedConstant.adviceWords.compactMap { NamedConstant.advice($0) }
    #expect(advice == Advice.allCases.map(\.rawValue))
    #expect(NamedConstant.advice("dontneed") == Advice.dontNeed.rawValue)
    #expect(NamedConstant.advice("sleep") == nil)
  }

  @Test("words of System V shared memory are the kernel's")
  func segmentFlags() {
    let words: [(String, Int32)] = [
      ("IPC_PRIVATE", SharedSegment.privateKey), ("IPC_CREAT", SegmentFlags.create.rawValue),
      ("IPC_EXCL", SegmentFlags.exclusive.rawValue),
      ("SHM_HUGETLB", SegmentFlags.hugeTLB.rawValue),
      ("SHM_NORESERVE", SegmentFlags.noReserve.rawValue),
      ("SHM_RDONLY", AttachFlags.readOnly.rawValue), ("SHM_RND", AttachFlags.round.rawValue),
      ("SHM_REMAP", AttachFlags.remap.rawValue), ("SHM_EXEC", AttachFlags.execute.rawValue),
    ]
    let commands: [(String, SegmentCommand)] = [
      ("IPC_RMID", .remove), ("IPC_SET", .set), ("IPC_STAT", .stat), ("IPC_INFO", .limits),
      ("SHM_LOCK", .lock), ("SHM_UNLOCK", .unlock), ("SHM_INFO", .totals),
    ]
    let constants = NamedConstant.all.filter { $0.family == .segmentFlag }
    #expect(constants.map(\.name) == words.map(\.0) + commands.map(\.0))
    #expect(constants.map(\.value) == words.map { Int64($0.1) } + commands.map(\.1.number))
  }

  @Test("words of memory calls are the kernel's bits")
  func memoryFlags() {
    let words: [(String, UInt64)] = [
      ("PROT_READ", Protection.read.rawValue), ("PROT_WRITE", Protection.write.rawValue),
      ("PROT_EXEC", Protection.execute.rawValue), ("PROT_SEM", Protection.semaphore.rawValue),
      ("PROT_GROWSDOWN", Protection.growsDown.rawValue),
      ("PROT_GROWSUP", Protection.growsUp.rawValue), ("MAP_SHARED", MapFlags.shared.rawValue),
      ("MAP_PRIVATE", MapFlags.private.rawValue),
      ("MAP_SHARED_VALIDATE", MapFlags.sharedValidate.rawValue),
      ("MAP_DROPPABLE", MapFlags.droppable.rawValue), ("MAP_FIXED", MapFlags.fixed.rawValue),
      ("MAP_ANONYMOUS", MapFlags.anonymous.rawValue), ("MAP_32BIT", MapFlags.low32Bit.rawValue),
      ("MAP_GROWSDOWN", MapFlags.growsDown.rawValue),
      ("MAP_DENYWRITE", MapFlags.denyWrite.rawValue),
      ("MAP_EXECUTABLE", MapFlags.executable.rawValue), ("MAP_LOCKED", MapFlags.locked.rawValue),
      ("MAP_NORESERVE", MapFlags.noReserve.rawValue), ("MAP_POPULATE", MapFlags.populate.rawValue),
      ("MAP_NONBLOCK", MapFlags.nonBlock.rawValue), ("MAP_STACK", MapFlags.stack.rawValue),
      ("MAP_HUGETLB", MapFlags.hugeTLB.rawValue), ("MAP_SYNC", MapFlags.sync.rawValue),
      ("MAP_FIXED_NOREPLACE", MapFlags.fixedNoReplace.rawValue),
      ("MREMAP_MAYMOVE", RemapFlags.mayMove.rawValue), ("MREMAP_FIXED", RemapFlags.fixed.rawValue),
      ("MREMAP_DONTUNMAP", RemapFlags.dontUnmap.rawValue),
      ("MCL_CURRENT", LockAllFlags.current.rawValue), ("MCL_FUTURE", LockAllFlags.future.rawValue),
      ("MCL_ONFAULT", LockAllFlags.onFault.rawValue), ("MLOCK_ONFAULT", Kernel.lockOnFault),
      ("MS_ASYNC", Kernel.SyncFlags.asynchronous.rawValue),
      ("MS_INVALIDATE", Kernel.SyncFlags.invalidate.rawValue),
      ("MS_SYNC", Kernel.SyncFlags.synchronous.rawValue),
    ]
    let families: [NamedConstant.Family] = [
      .protection, .mapFlag, .remapFlag, .lockFlag, .syncFlag,
    ]
    let constants = NamedConstant.all.filter {
      families.contains($0.family) && $0.name != "PROT_NONE"
    }
    #expect(constants.map(\.name) == words.map(\.0))
    #expect(constants.map(\.value) == words.map { Int64($0.1) })
  }
}
