// System V shared memory: each rule is broken once, and each allocation is made to fail once.

import KernelStorage
import Testing

@testable import QuireKernel

@Suite("Audit of System V shared memory")
struct SegmentAuditTests {
  static let base: UInt64 = 0x6000_0000_0000

  private func prepare(_ kernel: inout Kernel) throws -> TaskIndex {
    let task = try kernel.spawn(named: "sound", by: kernel.initTask)
    _ = try kernel.shmget(key: 5, size: 4 * Page.size, .create, by: task)
    _ = try kernel.shmget(key: 0, size: 4 * Page.size, [], by: task)
    _ = try kernel.shmat(0, at: Self.base, by: task)
    _ = try kernel.shmat(1, at: Self.base + 8 * Page.size, by: task)
    try kernel.removeSegment(1, by: task)
    #expect(kernel.storeByte(Self.base, 1, by: task) == .done)
    #expect(kernel.checkInvariants().isEmpty)
    return task
  }

  private func expect(_ rule: String, _ corrupt: (inout Kernel) -> Void) throws {
    var kernel = try Kernel(SharedSegmentTests.machine(ram: 16 << 20))
    _ = try prepare(&kernel)
    corrupt(&kernel)
    let rules = kernel.checkInvariants().map(\.rule)
    #expect(rules.contains(rule), "\(rules)")
  }

  @Test("AUDIT-19: segments and attaches")
  func rules() throws {
    let (first, second) = (SegmentIndex(1), SegmentIndex(2))
    let (attach, other) = (AttachmentIndex(1), AttachmentIndex(2))
    try expect("segment.total-pages") { $0.virtual.segments.totalPages += 1 }
    try expect("segment.place") { $0.virtual.segments[first].identifier += 1 }
    try expect("segment.key") { kernel in
      kernel.virtual.segments[second].mode = []
      kernel.virtual.segments[second].key = 5
    }
    try expect("segment.destroyed") { $0.virtual.segments[second].key = 9 }
    try expect("segment.object") { kernel in
      kernel.virtual.objects[kernel.virtual.segments[first].object].segment = second
    }
    try expect("segment.locked") { $0.virtual.segments[first].mode.insert(.locked) }
    try expect("segment.attach-count") { $0.virtual.segments[first].attachCount += 1 }
    try expect("attachment.region-count") { $0.virtual.segments[attach].regionCount += 1 }
    try expect("attachment.segment") { $0.virtual.segments[other].segment = first }
    try expect("attachment.missing") { kernel in
      let object = kernel.virtual.segments[first].object
      let region = kernel.virtual.objects[object].linear.first
      kernel.virtual.regions.attachments[region.index] = .none
    }
  }

  private func exhaust(
    _ name: String, _ call: (inout Kernel, TaskIndex) throws(Errno) -> Void
  ) throws {
    for failing in 1..<60 {
      var kernel = try Kernel(SharedSegmentTests.machine(ram: 16 << 20))
      let task = try prepare(&kernel)
      let before = (kernel.committedPages, kernel.sysvSegmentsText(), kernel.mapsText(of: task))
      kernel.failAllocation(after: failing)
      let succeeded = (try? call(&kernel, task)) != nil
      kernel.failAllocation(after: 0)
      #expect(kernel.checkInvariants().isEmpty, "\(name), allocation \(failing)")
      if succeeded {
        #expect(failing > 1, "\(name) allocates nothing, so this test shows nothing")
        return
      }
      let after = (kernel.committedPages, kernel.sysvSegmentsText(), kernel.mapsText(of: task))
      #expect(before == after, "\(name), allocation \(failing)")
    }
    Issue.record("\(name) never succeeds")
  }

  @Test("every allocation of shmget and shmat fails in turn, and nothing changes")
  func failures() throws {
    try exhaust("shmget") { kernel, task throws(Errno) in
      _ = try kernel.shmget(key: 6, size: Page.size, .create, by: task)
    }
    try exhaust("shmat") { kernel, task throws(Errno) in _ = try kernel.shmat(0, by: task) }
    try exhaust("shmat over what is there") { kernel, task throws(Errno) in
      _ = try kernel.shmat(0, at: Self.base, .remap, by: task)
    }
  }
}
