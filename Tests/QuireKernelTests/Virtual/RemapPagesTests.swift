// remap_file_pages by rule: what it refuses, what it makes of a mapping, and who keeps the pages.

import Testing

@testable import QuireKernel

@Suite("remap_file_pages")
struct RemapPagesTests {
  private static let base: UInt64 = 0x6000_0000_0000

  private static var machine: MachineConfiguration {
    var machine = MachineConfiguration()
    machine.ram = 32 << 20
    return machine
  }

  /// A process with eight shared pages that hold their numbers, and eight private ones behind.
  private static func prepare(_ kernel: inout Kernel) throws -> TaskIndex {
    let task = try kernel.spawn(named: "order", by: kernel.initTask)
    for (number, kind) in [MapFlags.shared, .private].enumerated() {
      _ = try kernel.mmap(
        MapRequest(
          at: base + UInt64(number) * 8 * Page.size, length: 8 * Page.size, [.read, .write],
          [kind, .fixed, .anonymous]), by: task)
    }
    for page in 0..<8 as Range<UInt64> {
      #expect(kernel.storeByte(base + page * Page.size, UInt8(page + 1), by: task) == .done)
    }
    return task
  }

  private static func errno(
    _ kernel: inout Kernel, _ task: TaskIndex, _ request: PageRemapRequest
  ) -> Errno? {
    do throws(Errno) {
      try kernel.remapFilePages(request, by: task)
      return nil
    } catch {
      return error
    }
  }

  /// What the pages of the shared range hold.
  private static func values(_ kernel: inout Kernel, _ task: TaskIndex) -> [UInt8?] {
    var values: [UInt8?] = []
    for page in 0..<8 as Range<UInt64> {
      var byte: UInt8 = 0
      let progress = kernel.loadByte(base + page * Page.size, into: &byte, by: task)
      values.append(progress == .done ? byte : nil)
    }
    return values
  }

  @Test("REMAP-1: numbers that make no sense and ranges that no shared mapping covers")
  func refusals() throws {
    var kernel = try Kernel(Self.machine)
    let task = try Self.prepare(&kernel)
    let page = Page.size
    let refused: [(PageRemapRequest, Errno)] = [
      (PageRemapRequest(Self.base, page, page: 0, .read), .EINVAL),
      (PageRemapRequest(Self.base, 0, page: 0), .EINVAL),
      (PageRemapRequest(Self.base, page - 1, page: 0), .EINVAL),
      (PageRemapRequest(Self.base, .max, page: 0), .EINVAL),
      (PageRemapRequest(Self.base, page, page: .max), .EINVAL),
      (PageRemapRequest(Self.base - page, page, page: 0), .EINVAL),
      (PageRemapRequest(Self.base + 8 * page, page, page: 0), .EINVAL),
      (PageRemapRequest(Self.base + 4 * page, 8 * page, page: 0), .EINVAL),
      (PageRemapRequest(Self.base, page, page: 1 << 51), .EOVERFLOW),
      (PageRemapRequest(Self.base, page, page: .max - 1), .EOVERFLOW),
    ]
    for (request, expected) in refused {
      #expect(Self.errno(&kernel, task, request) == expected, "\(request)")
    }
    kernel.tunables.maxMapCount = kernel.regions(of: kernel.tasks[task].space).count
    #expect(
      Self.errno(&kernel, task, PageRemapRequest(Self.base + page, page, page: 0)) == .ENOMEM)
    #expect(Self.values(&kernel, task) == [1, 2, 3, 4, 5, 6, 7, 8])
    #expect(kernel.checkInvariants().isEmpty)
  }

  @Test("REMAP-1: pieces show what they were told to, are faulted in, and join when in order again")
  func order() throws {
    var kernel = try Kernel(Self.machine)
    let task = try Self.prepare(&kernel)
    let page = Page.size
    let count = kernel.regions(of: kernel.tasks[task].space).count
    for place in 0..<8 as Range<UInt64> {
      try kernel.remapFilePages(
        PageRemapRequest(Self.base + place * page + 5, 2 * page - 1, page: 7 - place), by: task)
    }
    #expect(Self.values(&kernel, task) == [8, 7, 6, 5, 4, 3, 2, 1])
    #expect(kernel.regions(of: kernel.tasks[task].space).count == count + 7)
    #expect(kernel.spaces[kernel.tasks[task].space].sharedPages == 8)
    #expect(kernel.checkInvariants().isEmpty)
    try kernel.remapFilePages(
      PageRemapRequest(Self.base, 8 * page, page: 0, [], .nonBlock), by: task)
    #expect(kernel.regions(of: kernel.tasks[task].space).count == count)
    #expect(kernel.spaces[kernel.tasks[task].space].sharedPages == 0)
    #expect(Self.values(&kernel, task) == [1, 2, 3, 4, 5, 6, 7, 8])
    try kernel.remapFilePages(PageRemapRequest(Self.base, 4 * page, page: 6), by: task)
    #expect(Self.values(&kernel, task) == [7, 8, nil, nil, 5, 6, 7, 8], "SIGBUS past the end")
    #expect(kernel.checkInvariants().isEmpty)
  }

  @Test("REMAP-1: the new piece has the rights and the lock of the old one and no advice")
  func flags() throws {
    var kernel = try Kernel(Self.machine)
    let task = try Self.prepare(&kernel)
    let page = Page.size
    try kernel.madvise(Self.base, 8 * page, Advice.dontFork.rawValue, by: task)
    try kernel.mlock(Self.base, 8 * page, flags: 0, by: task)
    try kernel.mprotect(Self.base, 8 * page, .read, by: task)
    try kernel.remapFilePages(PageRemapRequest(Self.base, 2 * page, page: 3), by: task)
    let area = kernel.regions(of: kernel.tasks[task].space).first { $0.start == Self.base }
    let flags = try #require(area).flags
    #expect(flags.isSuperset(of: [.read, .shared, .locked]))
    #expect(flags.isDisjoint(with: [.write, .dontCopy]))
    #expect(kernel.spaces[kernel.tasks[task].space].lockedPages == 8)
    kernel.dropPrivileges(of: task)
    try kernel.setLimit(on: .lockedMemory, to: 9 * page, of: task)
    let request = PageRemapRequest(Self.base, 2 * page, page: 5)
    #expect(Self.errno(&kernel, task, request) == .EAGAIN, "what is replaced still counts")
    #expect(kernel.checkInvariants().isEmpty)
  }

  @Test("SHM-3: the pieces are attaches; a removed segment does not outlive its last one")
  func segment() throws {
    var kernel = try Kernel(Self.machine)
    let task = try Self.prepare(&kernel)
    let page = Page.size
    let identifier = try kernel.shmget(key: 0, size: 4 * page, .create, by: task)
    let start = try kernel.shmat(identifier, by: task)
    try kernel.remapFilePages(PageRemapRequest(start, 4 * page, page: 2), by: task)
    try kernel.remapFilePages(PageRemapRequest(start + page, page, page: 0), by: task)
    let segment = virtualSegment(&kernel, identifier)
    #expect(kernel.virtual.segments[segment].attachCount == 3)
    try kernel.removeSegment(identifier, by: task)
    try kernel.remapFilePages(PageRemapRequest(start, 2 * page, page: 0), by: task)
    #expect(kernel.virtual.segments[segment].attachCount == 2)
    #expect(kernel.checkInvariants().isEmpty)
    let whole = PageRemapRequest(start, 4 * page, page: 0)
    #expect(Self.errno(&kernel, task, whole) == .EINVAL)
    #expect(kernel.virtual.segments.count == 0)
    #expect(kernel.access(start, .read, by: task) != .done, "and the old mapping is gone")
    #expect(kernel.checkInvariants().isEmpty)
  }

  private func virtualSegment(_ kernel: inout Kernel, _ identifier: Int32) -> SegmentIndex {
    kernel.virtual.segments.segment(withIdentifier: identifier)
  }
}
