// Kernel threads on borrowed page tables: who keeps what alive, call by call.

import KernelStorage
import Testing

@testable import QuireKernel

@Suite("Borrowed memory")
struct BorrowedMemoryTests {
  private func machine() -> MachineConfiguration {
    var machine = MachineConfiguration()
    machine.ram = 16 << 20
    machine.cpus = 2
    return machine
  }

  @Test("MM-5: mappings go with the last user, the record and the top level with the last borrower")
  func lifetime() throws {
    var kernel = try Kernel(machine())
    let thread = try kernel.startKernelThread(named: "worker")
    let process = try kernel.spawn(named: "owner", by: kernel.initTask)
    kernel.switchTo(process)
    #expect(kernel.storeByte(kernel.layout.stackTop - 1, 1, by: process) == .done)
    let space = kernel.tasks[process].space
    let root = kernel.spaces[space].root
    kernel.switchTo(thread)
    #expect(kernel.spaces[space].references == 2)
    #expect(kernel.cpuTranslations[0].borrowed == space && kernel.cpuTranslations[0].isLazy)
    // Nothing is borrowed twice, and an idle CPU keeps what it has.
    kernel.idle()
    kernel.switchTo(thread)
    #expect(kernel.spaces[space].references == 2)
    #expect(kernel.checkInvariants().isEmpty)

    kernel.cpu = 1
    kernel.exit(process, .exited(0))
    let isLive = kernel.spaces.isLive(space)
    #expect(isLive)
    #expect(kernel.spaces[space].users == 0 && kernel.spaces[space].references == 1)
    #expect(kernel.spaces[space].regionCount == 0 && kernel.spaces[space].residentPages == 0)
    // The CPU had to let go of the tables, and keeps the record.
    #expect(kernel.cpuTranslations[0].space.isNone)
    #expect(kernel.memory.frames[root].referenceCount == 1)
    #expect(kernel.checkInvariants().isEmpty)

    kernel.cpu = 0
    let next = try kernel.spawn(named: "next", by: kernel.initTask)
    kernel.switchTo(next)
    let isLiveStill = kernel.spaces.isLive(space)
    #expect(!isLiveStill || kernel.tasks[next].space == space)
    #expect(kernel.cpuTranslations[0].borrowed.isNone)
    #expect(kernel.checkInvariants().isEmpty)
    kernel.exit(thread, .exited(0))
    let isGone = !kernel.tasks.isLive(thread)
    #expect(isGone)
    #expect(kernel.checkInvariants().isEmpty)
  }

  @Test("a user's memory is not the OOM killer's to take from a kernel thread; its pages are")
  func reaped() throws {
    var kernel = try Kernel(machine())
    let thread = try kernel.startKernelThread(named: "worker")
    let process = try kernel.spawn(named: "hog", by: kernel.initTask)
    let start = try kernel.mmap(
      MapRequest(length: 4 << 20, [.read, .write], [.private, .anonymous]), by: process)
    var walk = RangeAccess(.touch, from: start, to: start + 4 << 20)
    #expect(kernel.perform(&walk, by: process) == .done)
    try kernel.enterMemory(of: process, by: thread)
    let space = kernel.tasks[thread].space
    #expect(kernel.spaces[space].users == 2)
    try kernel.outOfMemory(gfp: .kernel, for: .none)
    #expect(kernel.tasks[process].isDying && !kernel.tasks[thread].isDying)
    #expect(kernel.spaces[space].users == 1 && kernel.spaces[space].anonPages == 0)
    #expect(kernel.checkInvariants().isEmpty)
    try kernel.leaveMemory(by: thread)
    let isLive = kernel.spaces.isLive(space)
    #expect(isLive)
    #expect(kernel.checkInvariants().isEmpty)
    #expect(throws: Errno.EINVAL) { try kernel.leaveMemory(by: thread) }
  }

  @Test("starting one fails without a trace when memory is short")
  func failures() throws {
    for failing in 1..<40 {
      var kernel = try Kernel(machine())
      let before = (kernel.memory.freeFrames, kernel.tasks.count)
      kernel.failAllocation(after: failing)
      let thread = try? kernel.startKernelThread(named: "worker")
      kernel.failAllocation(after: 0)
      #expect(kernel.checkInvariants().isEmpty, "allocation \(failing)")
      if thread != nil { return }
      #expect(kernel.tasks.count == before.1)
    }
    Issue.record("it never starts")
  }
}
