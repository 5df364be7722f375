import Testing

@testable import QuireKernel

/// What CPUs translate by: switches, flushes, interrupts, and never a stale translation.
struct TranslationTests {
  static func kernel(cpus: Int = 2, tlb: Int = 64) throws -> Kernel {
    var machine = MachineConfiguration()
    machine.ram = 64 << 20
    machine.cpus = cpus
    machine.tlb = tlb
    machine.swap = [SwapConfiguration(size: 16 << 20)]
    return try Kernel(machine)
  }

  @Test("PT-7: what was translated is remembered, and forgotten with another cr3")
  func hits() throws {
    var kernel = try Self.kernel()
    let (task, start) = try ProcessFilesTests.process(&kernel)
    #expect(kernel.tlbCounters.misses == 3 && kernel.tlbCounters.hits == 0)
    ProcessFilesTests.touch(&kernel, start, pages: 3, by: task)
    #expect(kernel.tlbCounters.misses == 3 && kernel.tlbCounters.hits == 3)
    let other = try kernel.spawn(named: "other", by: kernel.initTask)
    kernel.switchTo(other)
    kernel.switchTo(task)
    #expect(kernel.tlbCounters.cr3_loads == 3)
    ProcessFilesTests.touch(&kernel, start, pages: 3, by: task)
    #expect(kernel.tlbCounters.misses == 6)
    #expect(kernel.checkInvariants() == [])
  }

  @Test("PT-6: whoever has no memory borrows it; nothing is forgotten")
  func lazy() throws {
    var kernel = try Self.kernel()
    let (task, start) = try ProcessFilesTests.process(&kernel)
    kernel.switchTo(kernel.tasks.kthreadd)
    #expect(kernel.cpuTranslations[0].isLazy)
    kernel.switchTo(task)
    #expect(kernel.tlbCounters.cr3_loads == 1)
    ProcessFilesTests.touch(&kernel, start, pages: 3, by: task)
    #expect(kernel.tlbCounters.hits == 3)
  }

  @Test(
    "PT-8: up to 33 pages one by one, above that everything", arguments: [1, 33, 34] as [UInt64])
  func ceiling(pages: UInt64) throws {
    var kernel = try Self.kernel()
    let task = try kernel.spawn(named: "probe", by: kernel.initTask)
    let request = MapRequest(length: 64 << 12, [.read, .write], [.private, .anonymous])
    let start = try kernel.mmap(request, by: task)
    ProcessFilesTests.touch(&kernel, start, pages: 64, by: task)
    try kernel.mprotect(start, pages << 12, .read, by: task)
    #expect(kernel.tlbCounters.nr_tlb_local_flush_one == (pages > 33 ? 0 : pages))
    #expect(kernel.tlbCounters.nr_tlb_local_flush_all == (pages > 33 ? 1 : 0))
    // Nothing is lost twice, and nothing that was never there.
    try kernel.mprotect(start, pages << 12, .read, by: task)
    #expect(kernel.tlbCounters.nr_tlb_local_flush_all == (pages > 33 ? 1 : 0))
  }

  @Test("PT-8: a CPU that runs the memory gets an interrupt; a lazy one catches up later")
  func remote() throws {
    var kernel = try Self.kernel()
    let (task, start) = try ProcessFilesTests.process(&kernel)
    kernel.cpu = 1
    ProcessFilesTests.touch(&kernel, start, pages: 3, by: task)
    try kernel.mprotect(start, 1 << 12, .read, by: task)
    #expect(kernel.tlbCounters.nr_tlb_remote_flush == 1)
    #expect(kernel.tlbCounters.nr_tlb_remote_flush_received == 1)
    #expect(kernel.checkInvariants() == [])
    kernel.cpu = 0
    kernel.idle()
    kernel.cpu = 1
    try kernel.mprotect(start + 1 << 12, 1 << 12, .read, by: task)
    #expect(kernel.tlbCounters.nr_tlb_remote_flush == 2)
    #expect(kernel.tlbCounters.nr_tlb_remote_flush_received == 1)
    kernel.cpu = 0
    kernel.switchTo(task)
    #expect(kernel.tlbCounters.cr3_loads == 3)
    #expect(kernel.checkInvariants() == [])
  }

  @Test("PT-9: no CPU keeps tables that are freed")
  func exit() throws {
    var kernel = try Self.kernel()
    let (task, start) = try ProcessFilesTests.process(&kernel)
    kernel.cpu = 1
    ProcessFilesTests.touch(&kernel, start, pages: 3, by: task)
    kernel.idle()
    kernel.cpu = 0
    kernel.exit(task, .exited(0))
    #expect(kernel.cpuTranslations.allSatisfy { $0.space.isNone && $0.remembered == 0 })
    #expect(kernel.tlbCounters.nr_tlb_remote_flush_received == 1)
    #expect(kernel.checkInvariants() == [])
  }

  @Test("PT-9, AUDIT-16: a stale translation is found")
  func stale() throws {
    var kernel = try Self.kernel()
    let (task, start) = try ProcessFilesTests.process(&kernel)
    let step = kernel.pageWalk(to: start, of: task).steps[3]
    kernel.memory.setEntry(
      table: step.table, index: step.index,
      to: PageTableEntry(bits: step.entry.bits & ~PageTableEntry.writeBit))
    #expect(kernel.checkInvariants().contains { $0.rule == "tlb.entry" })
  }
}
