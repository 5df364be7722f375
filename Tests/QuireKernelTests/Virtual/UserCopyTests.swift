// copy_to_user and copy_from_user without memory: every allocation fails in turn, and what is left
// is said.

import KernelStorage
import Testing

@testable import QuireKernel

@Suite("User copies in the kernel")
struct UserCopyTests {
  private func machine() -> MachineConfiguration {
    var machine = MachineConfiguration()
    machine.ram = 16 << 20
    return machine
  }

  @Test("a copy stops at the end of a slice and goes on where it stood")
  func slices() throws {
    var kernel = try Kernel(machine())
    let task = try kernel.spawn(named: "user", by: kernel.initTask)
    let start = try kernel.mmap(
      MapRequest(length: 64 << 10, [.read, .write], [.private, .anonymous]), by: task)
    var data = [UInt8](repeating: 7, count: 60_000)
    var copy = UserCopy(toUser: true, start + 100, 60_000)
    var turns = 0
    while true {
      kernel.sliceEnd = kernel.now + 300
      let progress = kernel.perform(&copy, &data, by: task)
      turns += 1
      if progress == .done { break }
      #expect(progress == .again)
    }
    #expect(turns > 2 && copy.left == 0 && copy.copied == 60_000)
    #expect(kernel.tasks[task].minorFaults == 15)
    kernel.sliceEnd = .max
    var back = [UInt8](repeating: 0, count: 60_000)
    copy = UserCopy(toUser: false, start + 100, 60_000)
    #expect(kernel.perform(&copy, &back, by: task) == .done)
    #expect(back == data)
  }

  @Test("when no page can be had, the bytes before it are copied and the audit is clean")
  func failures() throws {
    var isOver = false
    for failing in 1..<40 where !isOver {
      var kernel = try Kernel(machine())
      let task = try kernel.spawn(named: "user", by: kernel.initTask)
      let start = try kernel.mmap(
        MapRequest(length: 16 << 10, [.read, .write], [.private, .anonymous]), by: task)
      var data = [UInt8](repeating: 7, count: 16 << 10)
      var copy = UserCopy(toUser: true, start, 16 << 10)
      kernel.failAllocation(after: failing)
      let progress = kernel.perform(&copy, &data, by: task)
      isOver = kernel.memory.injection.failures == 0
      kernel.failAllocation(after: 0)
      #expect(kernel.checkInvariants().isEmpty, "allocation \(failing)")
      #expect(copy.left + copy.copied == 16 << 10)
      if progress == .done { continue }
      // The OOM killer has run: whoever is not its victim tries again.
      #expect(progress == .again || progress == .killed)
      if progress == .again { #expect(kernel.perform(&copy, &data, by: task) == .done) }
    }
    #expect(isOver)
  }
}
