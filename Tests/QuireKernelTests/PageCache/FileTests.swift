// Files one rule at a time: who may map what, what is shared, what is cut off, what is on disk.

import Testing

@testable import QuireKernel

/// A machine with one process and a file of eight pages on disk, page i filled with byte i + 1.
struct FileMachine: ~Copyable {
  var kernel: Kernel
  let task: TaskIndex
  let file: OpenFile

  static let at: UInt64 = 0x6000_0000_0000
  static let pages: UInt64 = 8

  static func boot(
    _ kind: FileKind = .disk, _ version: KernelVersion = .linux6_12
  ) throws -> FileMachine {
    var machine = MachineConfiguration()
    machine.ram = 32 << 20
    machine.kernel = version
    var kernel = try Kernel(machine)
    let task = try kernel.spawn(named: "files", by: kernel.initTask)
    let file = try kernel.makeFile(kind, by: task)
    try kernel.fillFile(file, pages: pages, by: task) { UInt8($0) + 1 }
    _ = try kernel.fsync(file, by: task)
    return FileMachine(kernel: kernel, task: task, file: file)
  }

  private init(kernel: consuming Kernel, task: TaskIndex, file: OpenFile) {
    self.kernel = kernel
    self.task = task
    self.file = file
  }

  var space: AddressSpace { kernel.spaces[kernel.tasks[task].space] }
  var minorFaults: UInt64 { kernel.tasks[task].minorFaults }

  mutating func map(
    _ protection: Protection, _ flags: MapFlags, at address: UInt64 = at,
    pages: UInt64 = pages, from offset: UInt64 = 0, as file: OpenFile? = nil
  ) throws {
    _ = try kernel.mmap(
      MapRequest(
        at: address, length: pages << 12, protection, flags.union(.fixed),
        file: file ?? self.file, offset: offset), by: task)
  }

  mutating func load(_ page: UInt64, at address: UInt64 = at) -> UInt8? {
    var byte: UInt8 = 0
    while true {
      switch kernel.loadByte(address + page << 12, into: &byte, by: task) {
      case .done: return byte
      case .blocked(let until): kernel.now = max(kernel.now, until)
      default: return nil
      }
    }
  }

  mutating func store(_ byte: UInt8, _ page: UInt64, at address: UInt64 = at) -> Bool {
    kernel.storeByte(address + page << 12, byte, by: task) == .done
  }

  mutating func byte(_ page: UInt64) throws -> UInt8? {
    try kernel.fileByte(file, at: page << 12, by: task)
  }

  func check() { #expect(kernel.checkInvariants() == []) }
}

@Suite("Files and their maps")
struct FileTests {
  private static let second = FileMachine.at + 1 << 30

  @Test("MMAP-7, REC-16: a map needs the access it asks for; MAP_SYNC needs another disk")
  func access() throws {
    var machine = try FileMachine.boot()
    let cases: [(FileAccess, Protection, MapFlags, Errno?)] = [
      (.read, [.read, .write], .shared, .EACCES), (.read, [.read, .write], .private, nil),
      (.read, .read, .shared, nil), (.write, .read, .private, .EACCES),
      (.write, .write, .shared, .EACCES), (.readWrite, .read, [.private, .growsDown], .EINVAL),
      (.readWrite, .read, [.sharedValidate, .sync], .EOPNOTSUPP),
      (.read, .write, [.sharedValidate, .sync], .EACCES), (.readWrite, .read, .droppable, .EINVAL),
      (.readWrite, .read, [.sharedValidate, .fixedNoReplace], .EOPNOTSUPP),
    ]
    for (access, protection, flags, expected) in cases {
      let request = MapRequest(
        length: 4096, protection, flags, file: machine.file.opened(for: access))
      var refused: Errno?
      do { _ = try machine.kernel.mmap(request, by: machine.task) } catch { refused = error }
      #expect(refused == expected, "\(access) \(protection) \(flags)")
    }
    var refused: Errno?
    let far = MapRequest(
      length: 4096, .read, .private, file: machine.file, offset: 0x7fff_ffff_ffff_f000)
    do { _ = try machine.kernel.mmap(far, by: machine.task) } catch { refused = error }
    #expect(refused == .EOVERFLOW)
    machine.check()
  }

  @Test("FAULT-9: one read fault maps the window of sixteen pages that are cached")
  func faultAround() throws {
    var machine = try FileMachine.boot()
    try machine.map(.read, .shared)
    for page in 0..<FileMachine.pages { #expect(machine.load(page) == UInt8(page) + 1) }
    #expect(machine.minorFaults == 1)
    #expect(machine.space.filePages == 8)
    #expect(machine.space.sharedPages == 0)
    machine.check()
  }

  @Test("FAULT-14: locking and MAP_POPULATE start a fault over that waits; advice does not")
  func majorFaultsAhead() throws {
    for (flags, expected) in [(MapFlags.populate, 1), (.locked, 1), ([], 0)] as [(MapFlags, UInt64)]
    {
      var machine = try FileMachine.boot()
      try machine.kernel.truncate(machine.file, to: 16 << 12, by: machine.task)
      try machine.map(.read, [.shared, flags], pages: 1, from: 12 << 12)
      #expect(machine.minorFaults == expected)
      if flags.isEmpty {
        try machine.kernel.madvise(
          FileMachine.at, 4096, Advice.populateRead.rawValue, by: machine.task)
      }
      #expect(machine.kernel.tasks[machine.task].majorFaults == 1 - expected)
      machine.check()
    }
  }

  @Test("FAULT-8: a private write copies the page; the file and other maps keep theirs")
  func privateWrite() throws {
    var machine = try FileMachine.boot()
    try machine.map([.read, .write], .private)
    try machine.map(.read, .shared, at: Self.second)
    #expect(machine.store(99, 2) == true)
    #expect(machine.load(2) == 99)
    #expect(machine.load(2, at: Self.second) == 3)
    #expect(machine.space.anonPages == 1)
    #expect(try machine.byte(2) == 3)
    machine.check()
  }

  @Test("REC-6, WB-6: the first store to a page on disk faults again after it was written")
  func dirtyTracking() throws {
    var machine = try FileMachine.boot()
    try machine.map([.read, .write], .shared)
    #expect(machine.load(0) == 1)
    let before = machine.minorFaults
    #expect(machine.store(7, 0) == true)
    #expect(machine.store(8, 0) == true)
    #expect(machine.minorFaults == before + 1)
    #expect(machine.kernel.gauges.nr_dirty == 1)
    machine.check()
    _ = try machine.kernel.fsync(machine.file, by: machine.task)
    #expect(machine.kernel.gauges.nr_dirty == 0)
    #expect(machine.store(9, 0) == true)
    #expect(machine.minorFaults == before + 2)
    #expect(machine.kernel.gauges.nr_dirty == 1)
    #expect(try machine.byte(0) == 9)
    machine.check()
  }

  @Test("REC-6: a page of memory is writable after it was only read")
  func memoryFile() throws {
    var machine = try FileMachine.boot(.memory)
    try machine.map([.read, .write], .shared)
    #expect(machine.load(0) == 1)
    #expect(machine.store(7, 0) == true)
    #expect(machine.minorFaults == 1)
    #expect(machine.space.sharedPages == 8)
    #expect(machine.space.filePages == 0)
    machine.check()
  }

  @Test("FAULT-13, REC-4: beyond the end is SIGBUS, and makes no page table")
  func beyondEnd() throws {
    var machine = try FileMachine.boot()
    try machine.map(.read, .shared, from: 16 << 12)
    let before = machine.space.tableBytes
    #expect(machine.load(0) == nil)
    #expect(machine.space.tableBytes == before + 2 * 4096)
    machine.check()
  }

  @Test("CACHE-8: cutting a file takes pages and private copies; the rest of the last is zeros")
  func truncate() throws {
    var machine = try FileMachine.boot()
    try machine.map([.read, .write], .private)
    #expect(machine.store(99, 6) == true)
    #expect(machine.load(1) == 2)
    try machine.kernel.truncate(machine.file, to: 4096 + 2048, by: machine.task)
    #expect(machine.load(6) == nil)
    var byte: UInt8 = 1
    let tail = FileMachine.at + 4096 + 2048
    #expect(machine.kernel.loadByte(tail, into: &byte, by: machine.task) == .done)
    #expect(byte == 0)
    #expect(machine.space.anonPages == 0)
    machine.check()
  }

  @Test("MADV-4: a hole takes the pages of the file, and leaves private copies alone")
  func punch() throws {
    var machine = try FileMachine.boot()
    try machine.map([.read, .write], .private)
    try machine.map([.read, .write], .shared, at: Self.second)
    #expect(machine.store(99, 2) == true)
    #expect(machine.load(3) == 4)
    try machine.kernel.punchHole(machine.file, at: 2 << 12, length: 2 << 12, by: machine.task)
    #expect(machine.load(2) == 99)
    #expect(machine.load(2, at: Self.second) == 0)
    #expect(machine.load(3) == 0)
    #expect(machine.load(4) == 5)
    machine.check()
  }

  @Test("CACHE-12: clean pages that nobody maps leave memory, and come back with their data")
  func drop() throws {
    var machine = try FileMachine.boot()
    try machine.map(.read, .shared)
    let free = machine.kernel.memory.freeFrames
    machine.kernel.dropCaches()
    #expect(try machine.kernel.fileUsage(machine.file).cachedPages == 0)
    #expect(machine.kernel.memory.freeFrames >= free + 8)
    let majors = machine.kernel.tasks[machine.task].majorFaults
    for page in 0..<FileMachine.pages { #expect(machine.load(page) == UInt8(page) + 1) }
    #expect(machine.kernel.tasks[machine.task].majorFaults == majors + 1)
    machine.kernel.dropCaches()
    #expect(try machine.kernel.fileUsage(machine.file).cachedPages == 8)
    machine.check()
  }

  @Test("REC-17: a read into memory that cannot be written is cut short there")
  func shortRead() throws {
    var machine = try FileMachine.boot()
    let buffer = MapRequest(
      at: FileMachine.at, length: 2 << 12, [.read, .write], [.private, .anonymous, .fixed])
    _ = try machine.kernel.mmap(buffer, by: machine.task)
    var read = FileTransfer(machine.file, at: 4096, FileMachine.at, 4 << 12, isWrite: false)
    #expect(machine.kernel.perform(&read, by: machine.task) == .done)
    #expect(read.moved == 2 << 12)
    #expect(machine.load(0) == 2)
    #expect(machine.load(1) == 3)
    var none = FileTransfer(machine.file, at: 0, 0x1000_0000, 4096, isWrite: false)
    #expect(machine.kernel.perform(&none, by: machine.task) == .failed(.EFAULT))
    let readOnly = machine.file.opened(for: .read)
    var write = FileTransfer(readOnly, at: 0, FileMachine.at, 4096, isWrite: true)
    #expect(machine.kernel.perform(&write, by: machine.task) == .failed(.EBADF))
    machine.check()
  }

  @Test("a removed file keeps its pages while somebody maps it, and no longer")
  func unlink() throws {
    var machine = try FileMachine.boot()
    try machine.map(.read, .shared)
    #expect(machine.load(0) == 1)
    try machine.kernel.unlink(machine.file, by: machine.task)
    #expect(machine.kernel.isOpen(machine.file) == false)
    #expect(machine.load(7) == 8)
    #expect(machine.kernel.gauges.nr_file_pages == 8)
    try machine.kernel.munmap(FileMachine.at, 8 << 12, by: machine.task)
    #expect(machine.kernel.gauges.nr_file_pages == 0)
    var refused: Errno?
    do { try machine.kernel.unlink(machine.file, by: machine.task) } catch { refused = error }
    #expect(refused == .ENOENT)
    machine.check()
  }

  @Test("AUDIT-11: damage to the page cache is named")
  func corruption() throws {
    func expect(_ rule: String, _ damage: (inout Kernel, MemoryObjectIndex) -> Void) throws {
      var machine = try FileMachine.boot()
      try machine.map([.read, .write], .shared)
      #expect(machine.store(1, 0) == true)
      machine.check()
      damage(&machine.kernel, machine.file.object)
      #expect(machine.kernel.checkInvariants().contains { $0.rule == rule }, "\(rule)")
    }
    try expect("object.size") { kernel, object in kernel.virtual.objects[object].size = 4096 }
    try expect("gauge.nr_dirty") { kernel, _ in kernel.gauges.nr_dirty += 1 }
    try expect("gauge.nr_file_pages") { kernel, _ in kernel.gauges.nr_file_pages += 1 }
    try expect("entry.untracked-write") { kernel, object in
      let frame = kernel.virtual.objects.slot(0, of: object).frame
      kernel.memory.frames[frame].flags.remove(.dirty)
    }
    try expect("object.block") { kernel, object in
      kernel.virtual.objects.setBlock(0, of: object, to: PageData(fill: 1))
    }
  }
}
