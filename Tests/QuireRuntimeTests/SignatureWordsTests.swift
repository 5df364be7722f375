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

  @Test("parameters have the kernel's names")
  func words() {
    #expect(Builtin.parameterNames == Sysctl.allCases.map(\.rawValue))
  }
}
