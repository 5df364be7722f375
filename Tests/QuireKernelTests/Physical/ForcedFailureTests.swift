import Testing

@testable import QuireKernel

/// Every allocation of an operation is made to fail in turn: the operation fails with ENOMEM and
/// leaves nothing behind, or succeeds without it.
struct ForcedFailureTests {
  /// What must be as before when an operation failed.
  struct Footprint: Equatable {
    var free: Int
    var tasks: Int
    var committed: UInt64
    var stacks: Int
    var tables: Int

    init(_ kernel: borrowing Kernel) {
      free = kernel.memory.freeFrames
      tasks = kernel.tasks.count
      committed = kernel.committedPages
      stacks = kernel.gauges.nr_kernel_stack
      tables = kernel.gauges.nr_page_table_pages
    }
  }

  /// Starts a process that touches a MiB, and leaves no empty slab in any cache.
  static func start(_ kernel: inout Kernel) throws -> TaskIndex {
    let task = try kernel.spawn(named: "parent", by: kernel.initTask)
    let start = try kernel.mmap(
      MapRequest(length: 1 << 20, [.read, .write], [.private, .anonymous]), by: task)
    var touch = RangeAccess(.touch, from: start, to: start + 1 << 20)
    let progress = kernel.perform(&touch, by: task)
    #expect(progress == .done)
    for cache in kernel.slab.order { _ = try kernel.shrinkCache(cache) }
    return task
  }

  @Test("TASK-2: fork makes a whole child or none, whichever allocation fails")
  func fork() throws {
    var failures = 0
    for count in 1...200 {
      var kernel = try Kernel(AllocationTests.machine(64))
      let task = try Self.start(&kernel)
      let before = Footprint(kernel)
      kernel.failAllocation(after: count)
      do throws(Errno) {
        let child = try kernel.fork(task)
        let struck = kernel.memory.injection.failures
        kernel.failAllocation(after: 0)
        kernel.exit(child, .exited(0))
        #expect(kernel.checkInvariants() == [])
        if struck == 0 { break }
      } catch {
        #expect(error == .ENOMEM)
        failures += 1
        for cache in kernel.slab.order { _ = try kernel.shrinkCache(cache) }
        #expect(Footprint(kernel) == before, "allocation \(count)")
        #expect(kernel.checkInvariants() == [], "allocation \(count)")
      }
    }
    #expect(failures > 5)
  }

  @Test("TASK-2: spawn makes a whole process or none, whichever allocation fails")
  func spawn() throws {
    var failures = 0
    for count in 1...200 {
      var kernel = try Kernel(AllocationTests.machine(64))
      let task = try Self.start(&kernel)
      let before = Footprint(kernel)
      kernel.failAllocation(after: count)
      do throws(Errno) {
        _ = try kernel.spawn(named: "child", by: task)
        if kernel.memory.injection.failures == 0 { break }
      } catch {
        #expect(error == .ENOMEM)
        failures += 1
        for cache in kernel.slab.order { _ = try kernel.shrinkCache(cache) }
        #expect(Footprint(kernel) == before, "allocation \(count)")
      }
      #expect(kernel.checkInvariants() == [], "allocation \(count)")
    }
    #expect(failures > 3)
  }
}
