import KernelStorage
import Testing

@testable import QuireKernel

/// BUDDY-13: pageblocks kept for atomic requests of more than one page.
struct HighAtomicTests {
  static func reserved(_ kernel: borrowing Kernel) -> Int {
    var sum = 0
    for kind in ZoneKind.allCases { sum += kernel.memory.zones[kind.index].reservedHighAtomic }
    return sum
  }

  /// A machine large enough to keep pageblocks, filled until no patient request passes.
  static func filled() throws -> Kernel {
    var kernel = try Kernel(AllocationTests.machine(512))
    while (try? kernel.allocateBlock([.kernel, .noRetry], order: 0, for: .none)) != nil {}
    return kernel
  }

  @Test("a request that cannot wait gets a block below the mark, and its pageblock is kept")
  func reserve() throws {
    var kernel = try Self.filled()
    let block = try kernel.allocateBlock(.atomic, order: 2, for: .none)
    #expect(kernel.memory.frames.blockType(of: block) == .highAtomic)
    #expect(Self.reserved(kernel) == 512)
    #expect(kernel.checkInvariants() == [])
    // What is free in it serves the next one, and counts for nobody who waits.
    let next = try kernel.allocateBlock(.atomic, order: 1, for: .none)
    #expect(kernel.memory.frames.blockType(of: next) == .highAtomic)
    try kernel.freeBlock(block, order: 2)
    #expect(kernel.checkInvariants() == [])
  }

  @Test("a machine with less than 200 MiB in a zone keeps none")
  func small() throws {
    var kernel = try Kernel(AllocationTests.machine(128))
    while (try? kernel.allocateBlock([.kernel, .noRetry], order: 0, for: .none)) != nil {}
    _ = try kernel.allocateBlock(.atomic, order: 1, for: .none)
    #expect(Self.reserved(kernel) == 0)
  }

  @Test("before the machine gives up, kept pageblocks go to whoever asks")
  func release() throws {
    var kernel = try Self.filled()
    let block = try kernel.allocateBlock(.atomic, order: 2, for: .none)
    try kernel.freeBlock(block, order: 2)
    #expect(Self.reserved(kernel) == 512)
    // Without FS the killer is not called: the request fails, after the last reserve was broken.
    while (try? kernel.allocateBlock(.noFS, order: 0, for: .none)) != nil {}
    #expect(Self.reserved(kernel) == 0)
    #expect(kernel.memory.frames.blockType(of: block) == .unmovable)
    #expect(kernel.checkInvariants() == [])
  }
}
