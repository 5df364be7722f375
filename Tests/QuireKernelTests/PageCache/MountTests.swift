// Mounts: blocks are counted, a full one refuses, and every allocation of mount fails in turn.

import KernelStorage
import Testing

@testable import QuireKernel

@Suite("Mounts")
struct MountTests {
  private func boot() throws -> Kernel {
    var machine = MachineConfiguration()
    machine.ram = 32 << 20
    machine.swap = [SwapConfiguration(size: 8 << 20)]
    return try Kernel(machine)
  }

  @Test("pages in memory and in swap count; what is cut off is free again; a full mount is SIGBUS")
  func blocks() throws {
    var kernel = try boot()
    let task = try kernel.spawn(named: "user", by: kernel.initTask)
    let page = Page.size
    let mount = try kernel.mount(size: 4 * page, by: task)
    let file = try kernel.makeFile(.memory, size: 8 * page, on: mount, by: task)
    let start = try kernel.mmap(
      MapRequest(length: 8 * page, [.read, .write], .shared, file: file), by: task)
    for number in 0..<UInt64(4) {
      #expect(kernel.storeByte(start + number * page, 1, by: task) == .done)
    }
    let full = kernel.storeByte(start + 4 * page, 1, by: task)
    guard case .signal(let signal) = full else {
      Issue.record("a full mount answers \(full)")
      return
    }
    #expect(signal.signal == .SIGBUS)
    #expect(kernel.mountUsage(mount).used == 4)
    try kernel.madvise(start, 2 * page, Advice.pageOut.rawValue, by: task)
    #expect(kernel.mountUsage(mount).used == 4)
    #expect(throws: Errno.EBUSY) { try kernel.unmount(mount, by: task) }
    try kernel.truncate(file, to: page, by: task)
    #expect(kernel.mountUsage(mount).used == 1)
    #expect(kernel.checkInvariants().isEmpty)
    #expect(throws: Errno.ENOSPC) {
      try kernel.preallocate(file, at: 0, length: 5 * page, keepsSize: false, by: task)
    }
    #expect(kernel.mountUsage(mount).used == 1)
    try kernel.munmap(start, 8 * page, by: task)
    let description = try kernel.openDescriptor(of: file, for: .read, by: task)
    #expect(throws: Errno.EBUSY) { try kernel.unmount(mount, by: task) }
    let number = kernel.descriptor(of: description, in: task)
    try kernel.close(try #require(number), by: task)
    try kernel.unmount(mount, by: task)
    let isOpen = kernel.isOpen(file)
    #expect(!isOpen)
    #expect(kernel.checkInvariants().isEmpty)
  }

  @Test("every allocation of mount fails in turn, and nothing is left")
  func failures() throws {
    // A cache that gets no large block for its objects tries a small one: not each failure shows.
    var failures = 0
    for failing in 1..<12 {
      var kernel = try boot()
      let task = try kernel.spawn(named: "user", by: kernel.initTask)
      kernel.failAllocation(after: failing)
      let mount = try? kernel.mount(by: task)
      kernel.failAllocation(after: 0)
      #expect(kernel.checkInvariants().isEmpty, "allocation \(failing)")
      #expect(kernel.virtual.objects.mounts.liveCount == (mount == nil ? 0 : 1))
      if mount == nil { failures += 1 }
    }
    #expect(failures >= 3)
  }

  @Test("an allocation fails for the task that is meant, and for nobody else")
  func failureOfOne() throws {
    var kernel = try boot()
    let task = try kernel.spawn(named: "user", by: kernel.initTask)
    let other = try kernel.fork(task)
    let request = MapRequest(length: Page.size, .read, [.private, .anonymous])
    #expect(kernel.failAllocation(after: 1, of: task) == 0)
    _ = try kernel.mmap(request, by: other)
    #expect(throws: Errno.ENOMEM) { try kernel.mmap(request, by: task) }
    _ = try kernel.mmap(request, by: task)
    #expect(kernel.failAllocation(after: 3, of: task) == 0)
    #expect(kernel.failAllocation(after: 0, of: task) == 3)
  }
}
