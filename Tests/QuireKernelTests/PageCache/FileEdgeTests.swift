// What happens at the ends of files and of pages, where a call does less than it could, or more.

import Testing

@testable import QuireKernel

@Suite("The ends of files")
struct FileEdgeTests {
  private static let at = FileMachine.at
  private static let second = FileMachine.at + 1 << 30
  private static let kinds: [FileKind] = [.disk, .memory]

  /// Which pages of the map are in memory, as mincore says.
  private func residency(
    _ machine: inout FileMachine, pages: UInt64 = FileMachine.pages
  ) throws -> [Bool] {
    try machine.kernel.mincore(Self.at, pages << 12, by: machine.task)
  }

  private func dirtyPages(_ machine: borrowing FileMachine) throws -> UInt64 {
    try machine.kernel.fileUsage(machine.file).dirtyPages
  }

  private func byte(_ machine: inout FileMachine, at offset: UInt64) throws -> UInt8? {
    try machine.kernel.fileByte(machine.file, at: offset, by: machine.task)
  }

  // MARK: Fault-around

  @Test("FAULT-9: a file's last page is not mapped around a fault that would need a table for it")
  func lastPage() throws {
    for kind in Self.kinds {
      var machine = try FileMachine.boot(kind)
      try machine.map(.read, .shared, from: 7 << 12)
      let before = machine.space.tableBytes
      #expect(machine.load(2) == nil)
      // The upper tables are there when the page is looked for.
      #expect(machine.space.tableBytes == before + (kind == .disk ? 2 : 3) * 4096)
      #expect(machine.space.residentPages == (kind == .disk ? 0 : 1))
      #expect(machine.load(0) == 8)
      #expect(machine.space.residentPages == 1)
      machine.check()
    }
    var machine = try FileMachine.boot()
    try machine.map(.read, .shared, from: 6 << 12)
    #expect(machine.load(3) == nil)
    #expect(machine.space.filePages == 2)
  }

  // MARK: Partial pages

  @Test("CACHE-8: a hole that is cut inside of a cached page stays a hole, and clean")
  func cutHole() throws {
    var machine = try FileMachine.boot()
    try machine.map(.read, .shared)
    try machine.kernel.punchHole(machine.file, at: 2 << 12, length: 1 << 12, by: machine.task)
    #expect(machine.load(2) == 0)
    try machine.kernel.punchHole(machine.file, at: 8292, length: 200, by: machine.task)
    try machine.kernel.truncate(machine.file, to: 8292, by: machine.task)
    #expect(try dirtyPages(machine) == 0)
    try machine.kernel.truncate(machine.file, to: 5000, by: machine.task)
    #expect(try dirtyPages(machine) == 1)
    machine.check()
  }

  @Test("a hole that is cut has a page from then on, but nobody has read it")
  func cutUncachedHole() throws {
    var machine = try FileMachine.boot()
    try machine.kernel.punchHole(machine.file, at: 0, length: 8 << 12, by: machine.task)
    try machine.map([.read, .write], .shared)
    try machine.kernel.punchHole(machine.file, at: 5000, length: 200, by: machine.task)
    #expect(try residency(&machine) == Array(repeating: false, count: 8))
    #expect(try machine.kernel.fileUsage(machine.file).cachedPages == 1)
    #expect(machine.load(1) == 0)
    #expect(machine.kernel.tasks[machine.task].majorFaults == 0)
    #expect(try residency(&machine) == [false, true] + Array(repeating: false, count: 6))
    machine.check()
  }

  @Test("the block of a page that was not cached is read to be cut; the page counts as not read")
  func cutUncachedBlock() throws {
    var machine = try FileMachine.boot()
    try machine.map(.read, .shared)
    machine.kernel.dropCaches()
    try machine.kernel.truncate(machine.file, to: 5000, by: machine.task)
    #expect(try residency(&machine, pages: 2) == [false, false])
    #expect(try byte(&machine, at: 4999) == 2)
    _ = try machine.kernel.fsync(machine.file, by: machine.task)
    machine.kernel.dropCaches()
    #expect(try byte(&machine, at: 4999) == 2)
    machine.check()
  }

  @Test("CACHE-8: the rest of the last page becomes zeros even when the size stays")
  func sameSize() throws {
    for kind in Self.kinds {
      var machine = try FileMachine.boot(kind)
      try machine.kernel.truncate(machine.file, to: 6000, by: machine.task)
      try machine.map([.read, .write], .shared)
      #expect(machine.store(9, 0, at: Self.at + 6500) == true)
      _ = try machine.kernel.fsync(machine.file, by: machine.task)
      #expect(try dirtyPages(machine) == 0)
      try machine.kernel.truncate(machine.file, to: 6000, by: machine.task)
      #expect(machine.load(0, at: Self.at + 6500) == 0)
      // Memory has no disk that it could differ from.
      #expect(try dirtyPages(machine) == (kind == .disk ? 1 : 0))
      machine.check()
    }
  }

  @Test("a file on disk that grows shows zeros where its last page was stored behind its end")
  func growth() throws {
    for kind in Self.kinds {
      for isWritten in [false, true] {
        var machine = try FileMachine.boot(kind)
        try machine.kernel.truncate(machine.file, to: 6000, by: machine.task)
        try machine.map([.read, .write], .shared)
        #expect(machine.store(9, 0, at: Self.at + 6500) == true)
        if isWritten {
          try machine.kernel.setFileByte(machine.file, at: 9000, to: 1, by: machine.task)
        } else {
          try machine.kernel.truncate(machine.file, to: 9000, by: machine.task)
        }
        #expect(try byte(&machine, at: 6500) == (kind == .disk ? 0 : 9))
        machine.check()
      }
    }
  }

  @Test("MADV-4: a hole within the first page takes all pages from its start on out of processes")
  func holeInFirstPage() throws {
    for kind in Self.kinds {
      for offset in [UInt64(0), 100] {
        var machine = try FileMachine.boot(kind)
        try machine.map([.read, .write], .shared)
        try machine.map([.read, .write], .private, at: Self.second)
        #expect(machine.store(99, 3, at: Self.second) == true)
        for page in 0..<FileMachine.pages { #expect(machine.load(page) == UInt8(page) + 1) }
        try machine.kernel.punchHole(machine.file, at: offset, length: 200, by: machine.task)
        let left = machine.space.filePages + machine.space.sharedPages
        #expect(left == (offset == 0 ? 0 : 1))
        #expect(machine.space.anonPages == 1)
        #expect(try residency(&machine) == Array(repeating: true, count: 8))
        #expect(try byte(&machine, at: 150) == 0)
        machine.check()
      }
    }
  }

  @Test("a hole beyond the end takes the last page whole; dirty pages are not written for it")
  func holeBeyondEnd() throws {
    var machine = try FileMachine.boot()
    try machine.kernel.truncate(machine.file, to: 6000, by: machine.task)
    try machine.map([.read, .write], .shared)
    #expect(machine.store(9, 0) == true)
    let written = machine.kernel.counters.nr_written
    try machine.kernel.punchHole(machine.file, at: 4096, length: 1904, by: machine.task)
    #expect(try machine.kernel.fileUsage(machine.file).cachedPages == 2)
    try machine.kernel.punchHole(machine.file, at: 4096, length: 1905, by: machine.task)
    #expect(try machine.kernel.fileUsage(machine.file).cachedPages == 1)
    #expect(machine.kernel.counters.nr_written == written)
    #expect(try dirtyPages(machine) == 1)
    machine.check()
  }

  // MARK: Reads and writes

  @Test("REC-17: a range whose end is no file offset is refused")
  func farTransfer() throws {
    var machine = try FileMachine.boot()
    try machine.map([.read, .write], .shared)
    let far: UInt64 = 0x7fff_ffff_ffff_fff0
    let cases: [(UInt64, Bool, Progress)] = [
      (16, false, .failed(.EINVAL)), (15, false, .done), (16, true, .failed(.EINVAL)),
      (15, true, .failed(.EFBIG)), (0, true, .done),
    ]
    for (length, isWrite, expected) in cases {
      var transfer = FileTransfer(machine.file, at: far, Self.at, length, isWrite: isWrite)
      #expect(machine.kernel.perform(&transfer, by: machine.task) == expected)
    }
  }

  /// Writes ten bytes that cannot be read to a file of one page, or to one of a hole; says whether
  /// the size or a page has changed.
  private func blindWrite(
    _ kind: FileKind, _ version: KernelVersion, at offset: UInt64, length: UInt64 = 10,
    isHole: Bool = false
  ) throws -> (size: UInt64, dirty: UInt64, cached: UInt64) {
    var machine = try FileMachine.boot(kind, version)
    try machine.kernel.truncate(machine.file, to: 4096, by: machine.task)
    if isHole {
      try machine.kernel.punchHole(machine.file, at: 0, length: 4096, by: machine.task)
    }
    _ = try machine.kernel.mmap(
      MapRequest(at: Self.second, length: 4096, [], [.private, .anonymous, .fixed]),
      by: machine.task)
    var write = FileTransfer(machine.file, at: offset, Self.second, length, isWrite: true)
    #expect(machine.kernel.perform(&write, by: machine.task) == .failed(.EFAULT))
    machine.check()
    let usage = try machine.kernel.fileUsage(machine.file)
    return (usage.size, usage.dirtyPages, usage.cachedPages)
  }

  @Test("REC-17: from 6.14 on a write has begun when it finds that there is nothing to copy")
  func blindWrites() throws {
    // What was there keeps its size and is clean; what begins inside of a page makes it dirty.
    #expect(try blindWrite(.disk, .linux6_12, at: 5000) == (4096, 0, 1))
    #expect(try blindWrite(.disk, .linux6_18, at: 5000) == (5000, 1, 2))
    #expect(try blindWrite(.disk, .linux6_12, at: 100) == (4096, 0, 1))
    #expect(try blindWrite(.disk, .linux6_18, at: 100) == (4096, 1, 1))
    #expect(try blindWrite(.disk, .linux6_18, at: 0) == (4096, 0, 1))
    #expect(try blindWrite(.disk, .linux6_18, at: 0, isHole: true) == (4096, 1, 1))
    #expect(try blindWrite(.memory, .linux6_12, at: 9000) == (4096, 0, 1))
    #expect(try blindWrite(.memory, .linux6_18, at: 9000) == (9000, 0, 2))
  }

  @Test("a write of a whole page that began in vain leaves the page to be read")
  func blindWholePage() throws {
    var machine = try FileMachine.boot(.disk, .linux6_18)
    try machine.map(.read, .shared)
    machine.kernel.dropCaches()
    _ = try machine.kernel.mmap(
      MapRequest(at: Self.second, length: 4096, [], [.private, .anonymous, .fixed]),
      by: machine.task)
    var write = FileTransfer(machine.file, at: 0, Self.second, 4096, isWrite: true)
    #expect(machine.kernel.perform(&write, by: machine.task) == .failed(.EFAULT))
    #expect(try machine.kernel.fileUsage(machine.file).cachedPages == 1)
    #expect(try residency(&machine, pages: 1) == [false])
    machine.check()
    #expect(machine.load(0) == 1)
    // Nor does it lose its data when it goes unread.
    machine.kernel.dropCaches()
    var again = FileTransfer(machine.file, at: 4096, Self.second, 4096, isWrite: true)
    #expect(machine.kernel.perform(&again, by: machine.task) == .failed(.EFAULT))
    machine.kernel.dropCaches()
    #expect(try machine.byte(1) == 2)
    machine.check()
  }

  @Test("CACHE-5: from 6.17 on a fault in code reads from its page to the region's end at most")
  func codeReadAhead() throws {
    for version in KernelVersion.allCases {
      for protection: Protection in [.read, [.read, .execute]] {
        var machine = try FileMachine.boot(.disk, version)
        try machine.map(protection, .shared, pages: 6)
        machine.kernel.dropCaches()
        #expect(machine.load(3) == 4)
        try machine.map(.read, .shared)
        let isAhead = version == .linux6_18 && protection.contains(.execute)
        let expected =
          isAhead ? (0..<8).map { (3..<6).contains($0) } : Array(repeating: true, count: 8)
        #expect(try residency(&machine) == expected, "\(version) \(protection)")
        machine.check()
      }
    }
  }

  // MARK: Maps that are refused late

  @Test("MMAP-7: a file on disk refuses MAP_SYNC when what lay there is gone; memory takes it")
  func refusedSync() throws {
    for kind in Self.kinds {
      for flags: MapFlags in [.shared, .private, .sharedValidate] {
        var machine = try FileMachine.boot(kind)
        let pages = machine.space.totalPages
        try machine.map([.read, .write], .private)
        let committed = machine.kernel.committedPages
        var refused: Errno?
        do { try machine.map([.read, .write], flags.union(.sync), pages: 3) } catch {
          refused = error as? Errno
        }
        let isKnown = flags != .sharedValidate || kind == .disk
        #expect(refused == (kind == .memory && isKnown ? nil : .EOPNOTSUPP))
        if kind == .disk {
          #expect(machine.space.totalPages == pages + 5)
          #expect(machine.kernel.committedPages == committed - 3)
        }
        machine.check()
      }
    }
  }

  @Test("COMMIT-2: shared memory that is more than all is refused when what lay there is gone")
  func refusedSharedMemory() throws {
    var machine = try FileMachine.boot()
    let pages = machine.space.totalPages
    try machine.map([.read, .write], .private)
    for flags: MapFlags in [.private, .shared] {
      let request = MapRequest(
        at: Self.at, length: 64 << 20, [.read, .write], flags.union([.anonymous, .fixed]))
      #expect(throws: Errno.ENOMEM) { try machine.kernel.mmap(request, by: machine.task) }
      #expect(machine.space.totalPages == pages + (flags == .private ? 8 : 0))
      machine.check()
    }
  }

  // MARK: Pages that are given up

  @Test("MADV-9: droppable memory is given up though it was written")
  func droppable() throws {
    var machine = try FileMachine.boot()
    _ = try machine.kernel.mmap(
      MapRequest(at: Self.at, length: 4 << 12, [.read, .write], [.droppable, .anonymous, .fixed]),
      by: machine.task)
    for page in 0..<UInt64(4) { #expect(machine.store(7, page) == true) }
    machine.check()
    let advice = Advice.pageOut.rawValue
    try machine.kernel.madvise(Self.at, 2 << 12, advice, by: machine.task)
    #expect(machine.space.anonPages == 2)
    #expect((0..<4).map { machine.load($0) } == [0, 0, 7, 7])
    machine.check()
  }

  @Test("MADV-9: who may not write a file gives up only the copies of it; all may write a memfd")
  func pageOutOfOthers() throws {
    for mode: FileMode in [.usual, .everything] {
      var machine = try FileMachine.boot()
      let file = try machine.kernel.makeFile(.disk, mode: mode, by: machine.task)
      try machine.kernel.fillFile(file, pages: 4, by: machine.task) { UInt8($0) + 1 }
      _ = try machine.kernel.fsync(file, by: machine.task)
      try machine.map(.read, .shared, pages: 4, as: file)
      #expect(machine.load(0) == 1)
      machine.kernel.dropPrivileges(of: machine.task)
      try machine.kernel.madvise(
        Self.at, 4 << 12, Advice.pageOut.rawValue, by: machine.task)
      #expect(machine.space.filePages == (mode == .usual ? 4 : 0))
      #expect(try residency(&machine, pages: 4) == Array(repeating: mode == .usual, count: 4))
    }
  }

  @Test("a dirty page that reclaim has met is not mapped around a fault, until it is written again")
  func metByReclaim() throws {
    var machine = try FileMachine.boot()
    try machine.map([.read, .write], .shared)
    #expect(machine.store(9, 2) == true)
    try machine.kernel.madvise(
      Self.at, 8 << 12, Advice.pageOut.rawValue, by: machine.task)
    #expect(machine.space.filePages == 0)
    #expect(machine.load(0) == 1)
    #expect(machine.space.filePages == 8 - 1)
    // A store takes the mark away, and so does the disk.
    #expect(machine.store(8, 2) == true)
    try machine.kernel.madvise(
      Self.at + 2 << 12, 1 << 12, Advice.pageOut.rawValue, by: machine.task)
    _ = try machine.kernel.fsync(machine.file, by: machine.task)
    try machine.kernel.munmap(Self.at, 8 << 12, by: machine.task)
    try machine.map(.read, .shared)
    #expect(machine.load(0) == 1)
    #expect(machine.space.filePages == 8)
    machine.check()
  }
}
