// Words of a process through /proc/PID/mem: rights do not count, copies are made, files stay.

import KernelStorage
import Testing

@testable import QuireKernel

@Suite("Forced access")
struct ForcedAccessTests {
  private func boot() throws -> Kernel {
    var machine = MachineConfiguration()
    machine.ram = 32 << 20
    machine.swap = [SwapConfiguration(size: 8 << 20)]
    return try Kernel(machine)
  }

  @Test("a page that may not be written is copied, stays unwritable, and goes to swap and back")
  func privateMemory() throws {
    var kernel = try boot()
    let task = try kernel.spawn(named: "user", by: kernel.initTask)
    let start = try kernel.mmap(
      MapRequest(length: 2 * Page.size, [.read, .write], [.private, .anonymous]), by: task)
    #expect(kernel.storeWord(start, 1, by: task) == .done)
    let child = try kernel.fork(task)
    try kernel.mprotect(start, 2 * Page.size, .read, by: child)
    // Shared with the parent, then alone, then never touched.
    for (value, place) in [(UInt64(2), start), (3, start), (4, start + Page.size)] {
      try kernel.forceWord(place, of: child, to: value, by: task)
      #expect(try kernel.forceWord(place, of: child, by: task) == value)
      let refused = kernel.storeWord(place, 9, by: child)
      #expect(refused == .signal(SignalInfo(.SIGSEGV, .accessError, at: place)))
      #expect(kernel.checkInvariants().isEmpty)
    }
    var word: UInt64 = 0
    #expect(kernel.loadWord(start, into: &word, by: task) == .done && word == 1)
    try kernel.madvise(start, Page.size, Advice.pageOut.rawValue, by: child)
    try kernel.forceWord(start, of: child, to: 5, by: task)
    #expect(try kernel.forceWord(start, of: child, by: task) == 5)
    #expect(kernel.checkInvariants().isEmpty)
  }

  @Test("a private mapping of a file keeps the write, a shared one without the right refuses it")
  func files() throws {
    var kernel = try boot()
    let task = try kernel.spawn(named: "user", by: kernel.initTask)
    let file = try kernel.makeFile(.disk, size: Page.size, fill: 7, by: task)
    let reading = file.opened(for: .read)
    let own = try kernel.mmap(
      MapRequest(length: Page.size, .read, .private, file: reading), by: task)
    let common = try kernel.mmap(
      MapRequest(length: Page.size, .read, .shared, file: reading), by: task)
    try kernel.forceWord(own, of: task, to: 1, by: task)
    #expect(try kernel.forceWord(own, of: task, by: task) == 1)
    #expect(throws: Errno.EIO) { try kernel.forceWord(common, of: task, to: 1, by: task) }
    #expect(try kernel.forceWord(common, of: task, by: task) == 0x0707_0707_0707_0707)
    #expect(try kernel.fileUsage(file).dirtyPages == 0)
    for place in [UInt64(0x1000), common + Page.size - 7, .max] {
      #expect(throws: Errno.EIO) { try kernel.forceWord(place, of: task, by: task) }
    }
    let other = try kernel.fork(task)
    kernel.dropPrivileges(of: other)
    #expect(throws: Errno.EACCES) { try kernel.forceWord(own, of: task, by: other) }
    #expect(kernel.checkInvariants().isEmpty)
  }

  @Test("every allocation of a forced write fails in turn, and the page stays what it was")
  func failures() throws {
    var failing = 1
    while true {
      var kernel = try boot()
      let task = try kernel.spawn(named: "user", by: kernel.initTask)
      let start = try kernel.mmap(
        MapRequest(length: Page.size, .read, [.private, .anonymous]), by: task)
      kernel.failAllocation(after: failing)
      let isDone = (try? kernel.forceWord(start, of: task, to: 1, by: task)) != nil
      kernel.failAllocation(after: 0)
      #expect(kernel.checkInvariants().isEmpty, "allocation \(failing)")
      #expect(try kernel.forceWord(start, of: task, by: task) == (isDone ? 1 : 0))
      if isDone { break }
      failing += 1
    }
    #expect(failing > 2)
  }
}
