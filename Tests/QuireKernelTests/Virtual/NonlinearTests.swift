// Mappings in an order of their own (REMAP-1, RMAP-1): entries that map or name any page.

import Testing

@testable import QuireKernel

@Suite("Nonlinear mappings")
struct NonlinearTests {
  private static let base: UInt64 = 0x6000_0000
  private static let page = Page.size

  /// A machine with a file of eight pages, page i filled with byte i + 1, mapped shared by a process.
  private struct Machine: ~Copyable {
    var kernel: Kernel
    let task: TaskIndex
    let file: OpenFile

    static func boot(_ kind: FileKind, _ shape: PageGeometry = .twoLevels) throws -> Machine {
      var machine = MachineConfiguration()
      machine.architecture = shape == .fourLevels ? .x86_64 : .x86_32
      machine.pae = shape == .pae
      machine.ram = 32 << 20
      machine.swap = [SwapConfiguration(size: 1 << 20)]
      var kernel = try Kernel(machine)
      kernel.architectureRules = .classic
      let task = try kernel.spawn(named: "order", by: kernel.initTask)
      let file = try kernel.makeFile(kind, by: task)
      try kernel.fillFile(file, pages: 8, by: task) { UInt8($0) + 1 }
      _ = try kernel.mmap(
        MapRequest(
          at: base, length: 8 * page, [.read, .write], [.shared, .fixed], file: file), by: task)
      return Machine(kernel: kernel, task: task, file: file)
    }

    init(kernel: consuming Kernel, task: TaskIndex, file: OpenFile) {
      self.kernel = kernel
      self.task = task
      self.file = file
    }

    var space: AddressSpaceIndex { kernel.tasks[task].space }

    mutating func show(_ place: UInt64, _ count: UInt64, _ page: UInt64, waits: Bool = true)
      -> Errno?
    {
      do throws(Errno) {
        try kernel.remapFilePages(
          PageRemapRequest(
            base + place * NonlinearTests.page, count * NonlinearTests.page, page: page, [],
            waits ? [] : .nonBlock), by: task)
        return nil
      } catch {
        return error
      }
    }

    mutating func load(_ place: UInt64, by task: TaskIndex? = nil) -> UInt8? {
      var byte: UInt8 = 0
      while true {
        let task = task ?? self.task
        switch kernel.loadByte(base + place * NonlinearTests.page, into: &byte, by: task) {
        case .done: return byte
        case .blocked(let until): kernel.now = max(kernel.now, until)
        default: return nil
        }
      }
    }

    mutating func values(by task: TaskIndex? = nil) -> [UInt8?] {
      var values: [UInt8?] = []
      for place in 0..<8 as Range<UInt64> { values.append(load(place, by: task)) }
      return values
    }

    func entry(_ place: UInt64) -> PageTableEntry {
      kernel.memory.pageEntry(
        below: kernel.spaces[space].root, of: base + place * NonlinearTests.page)
    }

    func check() { #expect(kernel.checkInvariants() == []) }
  }

  @Test(
    "the region stays one, and its pages come in the order asked", arguments: FileKind.allCases,
    [PageGeometry.twoLevels, .pae, .fourLevels])
  func order(kind: FileKind, shape: PageGeometry) throws {
    var machine = try Machine.boot(kind, shape)
    let count = machine.kernel.regions(of: machine.space).count
    for place in 0..<8 as Range<UInt64> { #expect(machine.show(place, 1, 7 - place) == nil) }
    let faults = machine.kernel.tasks[machine.task].minorFaults
    #expect(machine.values() == [8, 7, 6, 5, 4, 3, 2, 1])
    #expect(machine.kernel.tasks[machine.task].minorFaults == faults, "they were mapped at once")
    #expect(machine.kernel.regions(of: machine.space).count == count)
    machine.check()
  }

  @Test("one region, pages inside the object, numbers of 29 bits")
  func refusals() throws {
    var machine = try Machine.boot(.memory)
    let page = Self.page
    _ = try machine.kernel.mmap(
      MapRequest(
        at: Self.base + 8 * page, length: page, .read, [.shared, .fixed], file: machine.file,
        offset: 8 * page), by: machine.task)
    #expect(machine.show(6, 3, 0) == .EINVAL, "two regions")
    #expect(machine.show(0, 2, 7) == .EINVAL, "behind the end")
    #expect(machine.show(0, 1, 1 << 29) == .EINVAL)
    #expect(machine.show(0, 1, .max) == .EINVAL)
    let segment = try machine.kernel.shmget(key: 0, size: 4 * page, .create, by: machine.task)
    let start = try machine.kernel.shmat(segment, by: machine.task)
    #expect(throws: Errno.EINVAL) {
      try machine.kernel.remapFilePages(
        PageRemapRequest(start, page, page: 1), by: machine.task)
    }
    #expect(machine.values() == [1, 2, 3, 4, 5, 6, 7, 8])
    machine.check()
  }

  @Test("PT-2: what an entry that names a page looks like")
  func encoding() {
    let entry = PageTableEntry(objectPage: 0x1234_567f)
    #expect(entry.isObjectPage && !entry.isPresent && !entry.isSwap && !entry.isGuard)
    #expect(entry.objectPage == 0x1234_567f)
    #expect(PageGeometry.twoLevels.encoded(entry) == 0x91a2_b340 | 0x1f << 1)
    #expect(PageGeometry.pae.encoded(entry) == 0x1234_567f_0000_0040)
    let last = PageTableEntry(objectPage: 1 << 29 - 1)
    #expect(PageGeometry.twoLevels.encoded(last) == 0xffff_ff7e)
  }

  @Test(
    "a page that is only named comes with a major fault", arguments: FileKind.allCases,
    [PageGeometry.twoLevels, .pae])
  func named(kind: FileKind, shape: PageGeometry) throws {
    var machine = try Machine.boot(kind, shape)
    _ = try machine.kernel.fsync(machine.file, by: machine.task)
    machine.kernel.dropCaches()
    if kind == .memory {
      try machine.kernel.truncate(machine.file, to: 0, by: machine.task)
      try machine.kernel.truncate(machine.file, to: 8 * Self.page, by: machine.task)
    }
    #expect(machine.show(0, 4, 4, waits: false) == nil)
    #expect(machine.entry(0) == PageTableEntry(objectPage: 4))
    #expect(machine.entry(3).objectPage == 7)
    #expect(
      try machine.kernel.mincore(Self.base, 4 * Self.page, by: machine.task) == [
        false, false, false, false,
      ])
    machine.check()
    #expect(machine.load(1) == (kind == .disk ? 6 : 0))
    #expect(machine.kernel.tasks[machine.task].majorFaults == 1)
    #expect(machine.entry(1).isPresent)
    // In memory, and still a major fault: the entry has to be restored.
    _ = try machine.kernel.fileByte(machine.file, at: 7 << 12, by: machine.task)
    #expect(machine.load(3) == (kind == .disk ? 8 : 0))
    #expect(machine.kernel.tasks[machine.task].majorFaults == 2)
    machine.check()
  }

  @Test("RMAP-1: fork, truncation, a hole, advice and reclaim find the entries and keep the order")
  func everybodyCopes() throws {
    var machine = try Machine.boot(.disk)
    for place in 0..<8 as Range<UInt64> { #expect(machine.show(place, 1, 7 - place) == nil) }
    #expect(machine.show(4, 1, 4) == nil)
    let expected: [UInt8?] = [8, 7, 6, 5, 5, 3, 2, 1]
    let child = try machine.kernel.fork(machine.task)
    #expect(machine.values(by: child) == expected)
    machine.check()
    let page = Self.page
    try machine.kernel.madvise(
      Self.base, 8 * page, Advice.dontNeed.rawValue, by: machine.task)
    #expect(machine.entry(0).objectPage == 7)
    #expect(machine.entry(4).isNone, "in its place: nothing has to be remembered")
    machine.check()
    #expect(machine.values() == expected)
    _ = try machine.kernel.fsync(machine.file, by: machine.task)
    for space in [machine.space, machine.kernel.tasks[child].space] {
      machine.kernel.pageOut(Self.base, Self.base + 8 * page, in: space)
    }
    machine.check()
    #expect(machine.values() == expected)
    try machine.kernel.truncate(machine.file, to: 6 * page, by: machine.task)
    machine.check()
    #expect(machine.values() == [nil, nil, 6, 5, 5, 3, 2, 1])
    try machine.kernel.truncate(machine.file, to: 8 * page, by: machine.task)
    #expect(machine.values() == [0, 0, 6, 5, 5, 3, 2, 1], "the order outlives its pages")
    #expect(machine.values(by: child) == [0, 0, 6, 5, 5, 3, 2, 1])
    #expect(throws: Errno.EINVAL) {
      try machine.kernel.madvise(Self.base, page, Advice.remove.rawValue, by: machine.task)
    }
    machine.check()
  }

  @Test("mprotect, mremap and munmap take entries with them")
  func moves() throws {
    var machine = try Machine.boot(.memory)
    for place in 0..<8 as Range<UInt64> { #expect(machine.show(place, 1, 7 - place) == nil) }
    let page = Self.page
    try machine.kernel.mprotect(Self.base + 2 * page, 2 * page, .read, by: machine.task)
    #expect(machine.values() == [8, 7, 6, 5, 4, 3, 2, 1])
    try machine.kernel.madvise(Self.base, 8 * page, Advice.dontNeed.rawValue, by: machine.task)
    try machine.kernel.mprotect(Self.base + 2 * page, 2 * page, [.read, .write], by: machine.task)
    let target = Self.base + 1 << 30
    _ = try machine.kernel.mremap(
      RemapRequest(Self.base, 8 * page, to: 8 * page, [.mayMove, .fixed], at: target),
      by: machine.task)
    machine.check()
    _ = try machine.kernel.mremap(
      RemapRequest(target, 8 * page, to: 8 * page, [.mayMove, .fixed], at: Self.base),
      by: machine.task)
    #expect(machine.values() == [8, 7, 6, 5, 4, 3, 2, 1])
    try machine.kernel.munmap(Self.base, 3 * page, by: machine.task)
    #expect(machine.values() == [nil, nil, nil, 5, 4, 3, 2, 1])
    machine.check()
    try machine.kernel.munmap(Self.base, 8 * page, by: machine.task)
    machine.check()
  }

  @Test("allocations that fail leave every entry as it was or as it was to be")
  func failures() throws {
    for failing in 1..<40 {
      var machine = try Machine.boot(.memory)
      try machine.kernel.munmap(Self.base, 8 * Self.page, by: machine.task)
      // Across two tables, neither of which is there.
      let start: UInt64 = 0x7000_0000 - 2 * Self.page
      _ = try machine.kernel.mmap(
        MapRequest(
          at: start, length: 4 * Self.page, [.read, .write], [.shared, .anonymous, .fixed]),
        by: machine.task)
      let request = PageRemapRequest(start, 3 * Self.page, page: 1)
      machine.kernel.failAllocation(after: failing)
      var failure: Errno?
      do throws(Errno) {
        try machine.kernel.remapFilePages(request, by: machine.task)
      } catch {
        failure = error
      }
      machine.kernel.failAllocation(after: 0)
      machine.check()
      if failure == nil {
        #expect(failing > 4, "tables and pages are allocated")
        return
      }
      #expect(failure == .ENOMEM)
      try machine.kernel.remapFilePages(request, by: machine.task)
      machine.check()
    }
    Issue.record("the call never succeeds")
  }
}
