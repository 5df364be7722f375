// System V shared memory: identifiers, keys, rights, attaches and what removal leaves.

import KernelStorage
import Testing

@testable import QuireKernel

@Suite("System V shared memory")
struct SharedSegmentTests {
  static let base: UInt64 = 0x6000_0000_0000
  static let page = Page.size

  static func machine(ram: UInt64 = 32 << 20) -> MachineConfiguration {
    var machine = MachineConfiguration()
    machine.ram = ram
    return machine
  }

  private func spawn(in kernel: inout Kernel) throws -> TaskIndex {
    try kernel.spawn(named: "sharer", by: kernel.initTask)
  }

  @Test("SHM-1: identifiers go round before a place is used again")
  func identifiers() throws {
    var kernel = try Kernel(Self.machine())
    let task = try spawn(in: &kernel)
    func make() throws -> Int32 {
      try kernel.shmget(key: 0, size: 1, .create, by: task)
    }
    for expected in 0..<Int32(64) {
      let identifier = try make()
      #expect(identifier == expected)
      try kernel.removeSegment(identifier, by: task)
    }
    // The places have come round: the sequence number makes the identifier a new one.
    #expect(try make() == 1 << 15)
    #expect(throws: Errno.EINVAL) { try kernel.segmentStatus(0, by: task) }
    #expect(throws: Errno.EINVAL) { try kernel.segmentStatus(-1, by: task) }
    #expect(kernel.checkInvariants().isEmpty)
  }

  @Test("SHM-1: the limits on one segment, on all pages and on their number")
  func limits() throws {
    var machine = Self.machine()
    machine.tunables.shmMaximum = 8 * Self.page
    machine.tunables.shmAll = 10
    machine.tunables.shmMaximumCount = 3
    var kernel = try Kernel(machine)
    let task = try spawn(in: &kernel)
    func get(_ size: UInt64) throws -> Int32 {
      try kernel.shmget(key: 0, size: size, [], by: task)
    }
    #expect(throws: Errno.EINVAL) { try get(0) }
    #expect(throws: Errno.EINVAL) { try get(8 * Self.page + 1) }
    _ = try get(8 * Self.page)
    #expect(throws: Errno.ENOSPC) { try get(3 * Self.page) }
    _ = try get(1)
    _ = try get(Self.page)
    #expect(kernel.segmentTotals.count == 3 && kernel.segmentTotals.pages == 10)
    let committed = kernel.committedPages
    try kernel.removeSegment(1, by: task)
    _ = try get(1)
    #expect(throws: Errno.ENOSPC) { try get(1) }
    #expect(kernel.committedPages == committed)
    #expect(kernel.checkInvariants().isEmpty)
  }

  @Test("SHM-1: more than the machine may promise is ENOMEM, unless it need not be promised")
  func commit() throws {
    var kernel = try Kernel(Self.machine())
    let task = try spawn(in: &kernel)
    #expect(throws: Errno.ENOMEM) {
      try kernel.shmget(key: 0, size: 1 << 40, [], by: task)
    }
    #expect(throws: Errno.EINVAL) {
      try kernel.shmget(key: 0, size: 1 << 63, .noReserve, by: task)
    }
    let before = kernel.committedPages
    let segment = try kernel.shmget(key: 0, size: 1 << 30, .noReserve, by: task)
    #expect(kernel.committedPages == before)
    let start = try kernel.shmat(segment, by: task)
    #expect(kernel.storeByte(start, 1, by: task) == .done)
    #expect(kernel.committedPages == before + 1)
    #expect(throws: Errno.ENOMEM) {
      try kernel.shmget(key: 0, size: 2 << 20, .hugeTLB, by: task)
    }
  }

  @Test("SHM-1, SHM-2: what permissions let the ordinary user do, and what the superuser")
  func permissions() throws {
    var kernel = try Kernel(Self.machine())
    let root = try spawn(in: &kernel)
    let user = try kernel.fork(root)
    kernel.dropPrivileges(of: user)
    func made(_ mode: Int32, by task: TaskIndex) throws -> Int32 {
      try kernel.shmget(key: mode, size: 1, SegmentFlags(rawValue: 0o1000 | mode), by: task)
    }
    let hidden = try made(0o600, by: root)
    let readable = try made(0o640, by: root)
    let own = try made(0o200, by: user)
    #expect(throws: Errno.EACCES) { try kernel.segmentStatus(hidden, by: user) }
    #expect(throws: Errno.EACCES) { try kernel.shmat(hidden, at: 0, .readOnly, by: user) }
    #expect(throws: Errno.EACCES) { try kernel.shmat(readable, by: user) }
    #expect(try kernel.shmat(readable, at: 0, .readOnly, by: user) != 0)
    #expect(throws: Errno.EACCES) {
      try kernel.shmat(readable, at: 0, [.readOnly, .execute], by: user)
    }
    #expect(throws: Errno.EACCES) { try kernel.shmat(own, by: user) }
    #expect(try kernel.shmat(own, by: root) != 0)
    let asked = SegmentFlags(rawValue: 0o600)
    #expect(throws: Errno.EACCES) { try kernel.shmget(key: 0o640, size: 1, asked, by: user) }
    #expect(throws: Errno.EPERM) { try kernel.removeSegment(readable, by: user) }
    #expect(throws: Errno.EPERM) { try kernel.lockSegment(readable, by: user) }
    #expect(throws: Errno.EPERM) {
      try kernel.setSegmentPermissions(readable, to: .permissions, by: user)
    }
    try kernel.setSegmentPermissions(own, to: SegmentMode(rawValue: 0o600), by: user)
    #expect(try kernel.shmat(own, by: user) != 0)
    try kernel.removeSegment(own, by: user)
    #expect(kernel.checkInvariants().isEmpty)
  }

  @Test("SHM-2: with SHM_RND an address below one page is page 0, which is a place of its own")
  func roundedToZero() throws {
    var kernel = try Kernel(Self.machine())
    let task = try spawn(in: &kernel)
    let segment = try kernel.shmget(key: 0, size: Self.page, [], by: task)
    #expect(throws: Errno.EINVAL) { try kernel.shmat(segment, at: 5, [.round, .remap], by: task) }
    #expect(try kernel.shmat(segment, at: 5, .round, by: task) == 0)
    let user = try kernel.fork(task)
    kernel.dropPrivileges(of: user)
    try kernel.munmap(0, Self.page, by: user)
    #expect(throws: Errno.EACCES) { try kernel.shmat(segment, at: 5, .round, by: user) }
    #expect(kernel.checkInvariants().isEmpty)
  }

  @Test("SHM-3: shmdt takes every piece of one attach and of no other")
  func pieces() throws {
    var kernel = try Kernel(Self.machine())
    let task = try spawn(in: &kernel)
    let segment = try kernel.shmget(key: 0, size: 8 * Self.page, [], by: task)
    let other = try kernel.shmget(key: 0, size: 8 * Self.page, [], by: task)
    let start = try kernel.shmat(segment, at: Self.base, by: task)
    let second = try kernel.shmat(other, at: Self.base + 0x100000, by: task)
    try kernel.mprotect(start + 2 * Self.page, Self.page, .read, by: task)
    try kernel.munmap(start + 5 * Self.page, Self.page, by: task)
    // The same page of another segment comes to lie in the hole.
    _ = try kernel.mremap(
      RemapRequest(
        second + 5 * Self.page, Self.page, to: Self.page, [.mayMove, .fixed],
        at: start + 5 * Self.page), by: task)
    #expect(try kernel.segmentStatus(segment, by: task).attachCount == 4)
    #expect(try kernel.segmentStatus(other, by: task).attachCount == 3)
    try kernel.shmdt(start, by: task)
    #expect(try kernel.segmentStatus(segment, by: task).attachCount == 0)
    #expect(try kernel.segmentStatus(other, by: task).attachCount == 3)
    #expect(throws: Errno.EINVAL) { try kernel.shmdt(start + Self.page, by: task) }
    #expect(kernel.checkInvariants().isEmpty)
  }

  @Test("VMA-5: pieces of an attach never join again by being removed")
  func noJoining() throws {
    var kernel = try Kernel(Self.machine())
    let task = try spawn(in: &kernel)
    let segment = try kernel.shmget(key: 0, size: 4 * Self.page, [], by: task)
    let start = try kernel.shmat(segment, by: task)
    try kernel.mprotect(start + Self.page, Self.page, .read, by: task)
    try kernel.mprotect(start + Self.page, Self.page, [.read, .write], by: task)
    #expect(try kernel.segmentStatus(segment, by: task).attachCount == 3)
    // A part may still pass from one piece to its neighbour.
    try kernel.mprotect(start + 2 * Self.page, Self.page, .read, by: task)
    try kernel.mprotect(start + 2 * Self.page, Self.page, [.read, .write], by: task)
    #expect(kernel.checkInvariants().isEmpty)
  }

  @Test("SHM-4: a removed segment lives while it is attached, in any process, and is not found")
  func removal() throws {
    var kernel = try Kernel(Self.machine())
    let parent = try spawn(in: &kernel)
    let segment = try kernel.shmget(key: 77, size: 4 * Self.page, .create, by: parent)
    let start = try kernel.shmat(segment, by: parent)
    #expect(kernel.storeByte(start, 9, by: parent) == .done)
    let child = try kernel.fork(parent)
    #expect(try kernel.segmentStatus(segment, by: parent).attachCount == 2)
    let used = kernel.committedPages
    try kernel.removeSegment(segment, by: parent)
    #expect(throws: Errno.ENOENT) { try kernel.shmget(key: 77, size: 1, [], by: parent) }
    let successor = try kernel.shmget(key: 77, size: Self.page, .create, by: parent)
    #expect(successor != segment)
    try kernel.shmdt(start, by: parent)
    var value: UInt8 = 0
    #expect(kernel.loadByte(start, into: &value, by: child) == .done && value == 9)
    #expect(try kernel.segmentStatus(segment, by: child).mode.contains(.destroyed))
    kernel.exit(child, .exited(0))
    #expect(throws: Errno.EINVAL) { try kernel.segmentStatus(segment, by: parent) }
    #expect(kernel.committedPages < used && kernel.gauges.nr_shmem == 0)
    #expect(kernel.checkInvariants().isEmpty)
  }

  @Test("SHM-5: pages go to swap and come back, unless SHM_LOCK holds them")
  func swapping() throws {
    var machine = Self.machine(ram: 16 << 20)
    machine.swap = [SwapConfiguration(size: 32 << 20)]
    var kernel = try Kernel(machine)
    let task = try spawn(in: &kernel)
    let pages: UInt64 = 400
    let held = try kernel.shmget(key: 0, size: pages * Self.page, [], by: task)
    let free = try kernel.shmget(key: 0, size: pages * Self.page, [], by: task)
    try kernel.lockSegment(held, by: task)
    let heldStart = try kernel.shmat(held, by: task)
    let freeStart = try kernel.shmat(free, by: task)
    for page in 0..<pages {
      store(7, at: heldStart + page * Self.page, in: &kernel, by: task)
      store(8, at: freeStart + page * Self.page, in: &kernel, by: task)
    }
    let filler = try kernel.mmap(
      MapRequest(length: 4000 * Self.page, [.read, .write], [.private, .anonymous]), by: task)
    for page in 0..<4000 { store(1, at: filler + UInt64(page) * Self.page, in: &kernel, by: task) }
    let totals = kernel.segmentTotals
    #expect(totals.swappedPages > 0 && totals.residentPages >= pages)
    #expect(totals.swappedPages + totals.residentPages == 2 * pages)
    for page in 0..<pages {
      #expect(load(heldStart + page * Self.page, in: &kernel, by: task) == 7)
      #expect(load(freeStart + page * Self.page, in: &kernel, by: task) == 8)
    }
    try kernel.unlockSegment(held, by: task)
    #expect(kernel.checkInvariants().isEmpty)
  }

  private func store(
    _ value: UInt8, at address: UInt64, in kernel: inout Kernel, by task: TaskIndex
  ) {
    while true {
      switch kernel.storeByte(address, value, by: task) {
      case .done: return
      case .blocked(let until): kernel.now = max(kernel.now, until)
      case .again: continue
      case let other:
        Issue.record("store: \(other)")
        return
      }
    }
  }

  private func load(_ address: UInt64, in kernel: inout Kernel, by task: TaskIndex) -> UInt8? {
    var value: UInt8 = 0
    while true {
      switch kernel.loadByte(address, into: &value, by: task) {
      case .done: return value
      case .blocked(let until): kernel.now = max(kernel.now, until)
      case .again: continue
      default: return nil
      }
    }
  }

  @Test("the ordinary user locks as much as its limit allows")
  func lockLimit() throws {
    var kernel = try Kernel(Self.machine())
    let task = try spawn(in: &kernel)
    kernel.dropPrivileges(of: task)
    kernel.tasks[task].limits.lockedMemory = 3 * Self.page
    let first = try kernel.shmget(key: 0, size: 2 * Self.page, [], by: task)
    let second = try kernel.shmget(key: 0, size: 2 * Self.page, [], by: task)
    try kernel.lockSegment(first, by: task)
    #expect(throws: Errno.ENOMEM) { try kernel.lockSegment(second, by: task) }
    try kernel.lockSegment(first, by: task)
    try kernel.removeSegment(first, by: task)
    try kernel.lockSegment(second, by: task)
    kernel.tasks[task].limits.lockedMemory = 0
    try kernel.unlockSegment(second, by: task)
    #expect(throws: Errno.EPERM) { try kernel.lockSegment(second, by: task) }
    #expect(kernel.checkInvariants().isEmpty)
  }

  @Test("/proc/sysvipc/shm and /proc/PID/maps name segments as the kernel does")
  func text() throws {
    var kernel = try Kernel(Self.machine())
    let task = try spawn(in: &kernel)
    _ = try kernel.shmget(key: 0x10, size: 5000, [.create, .init(rawValue: 0o640)], by: task)
    let start = try kernel.shmat(0, at: Self.base, by: task)
    #expect(kernel.storeByte(start, 1, by: task) == .done)
    let pid = kernel.tasks[task].pid
    let lines = kernel.sysvSegmentsText().split(separator: "\n")
    #expect(lines.count == 2 && lines[0].utf8.count == lines[1].utf8.count)
    #expect(
      lines[1].split(separator: " ").map(String.init) == [
        "16", "0", "640", "5000", "\(pid)", "\(pid)", "1", "0", "0", "0", "0", "0", "0", "0",
        "4096", "0",
      ])
    #expect(
      kernel.mapsText(of: task).hasPrefix(
        "600000000000-600000002000 rw-s 00000000 00:01 0                          "
          + "/SYSV00000010 (deleted)\n"))
  }
}
