// Descriptors: numbers, shared places, limits, pipes, and every allocation of them failing in turn.

import KernelStorage
import Testing

@testable import QuireKernel

@Suite("Descriptors")
struct DescriptorTests {
  private static let page = Page.size

  private func boot(ram: UInt64 = 32 << 20) throws -> Kernel {
    var machine = MachineConfiguration()
    machine.ram = ram
    return try Kernel(machine)
  }

  private func memory(_ pages: UInt64, in kernel: inout Kernel, _ task: TaskIndex) throws -> UInt64
  {
    try kernel.mmap(
      MapRequest(length: pages * Self.page, [.read, .write], [.private, .anonymous]), by: task)
  }

  /// Moves bytes until nothing more moves at once.
  private func move(
    _ description: DescriptionIndex, _ address: UInt64, _ length: UInt64, isWrite: Bool,
    in kernel: inout Kernel, _ task: TaskIndex
  ) throws -> (DescriptorTransfer, TransferProgress) {
    var transfer = try kernel.beginTransfer(
      description, address, length, isWrite: isWrite, by: task)
    while true {
      let progress = kernel.perform(&transfer, by: task)
      guard case .progress(.blocked(let until)) = progress else { return (transfer, progress) }
      kernel.now = until
    }
  }

  @Test("numbers are the lowest that are free; fork copies them, and shares the place")
  func numbers() throws {
    var kernel = try boot()
    let task = try kernel.spawn(named: "user", by: kernel.initTask)
    let file = try kernel.makeFile(.disk, size: 4 * Self.page, fill: 3, by: task)
    let first = try kernel.openDescriptor(of: file, for: .read, by: task)
    let second = try kernel.openDescriptor(of: file, for: .read, by: task)
    #expect(kernel.descriptor(of: first, in: task) == 3)
    #expect(kernel.descriptor(of: second, in: task) == 4)
    let child = try kernel.fork(task)
    let buffer = try memory(1, in: &kernel, child)
    let read = try move(first, buffer, 100, isWrite: false, in: &kernel, child)
    #expect(read.0.moved == 100 && kernel.description(first).offset == 100)
    #expect(kernel.description(second).offset == 0)
    try kernel.close(3, by: task)
    #expect(throws: Errno.EBADF) { try kernel.close(3, by: task) }
    #expect(kernel.descriptor(of: first, in: task) == nil)
    #expect(kernel.descriptor(of: first, in: child) == 3)
    #expect(kernel.checkInvariants().isEmpty)
    kernel.exit(child, .exited(0))
    #expect(kernel.description(first, number: 1) == nil)
    #expect(kernel.descriptors.descriptions.liveCount == 1)
    #expect(kernel.checkInvariants().isEmpty)
  }

  @Test("a thread shares the numbers, also with a leader that has gone, and keeps them over execve")
  func threads() throws {
    var kernel = try boot()
    let task = try kernel.spawn(named: "user", by: kernel.initTask)
    let file = try kernel.makeFile(.memory, size: Self.page, by: task)
    let thread = try kernel.startThread(by: task)
    let description = try kernel.openDescriptor(of: file, for: .read, by: thread)
    #expect(kernel.descriptor(of: description, in: task) == 3)
    kernel.exit(task, .exited(0))
    #expect(kernel.descriptor(of: description, in: thread) == 3)
    #expect(kernel.checkInvariants().isEmpty)
    try kernel.execute(named: "next", by: thread)
    #expect(kernel.descriptor(of: description, in: thread) == 3)
    #expect(kernel.checkInvariants().isEmpty)
    kernel.exit(thread, .exited(0))
    #expect(kernel.descriptors.entries.liveCount == 0)
    #expect(kernel.descriptors.descriptions.liveCount == 0)
  }

  @Test("who reads at a place has it alone until he is done, gives up, or dies")
  func placeIsHeld() throws {
    var kernel = try boot()
    let task = try kernel.spawn(named: "user", by: kernel.initTask)
    let file = try kernel.makeFile(.disk, size: 8 * Self.page, fill: 1, by: task)
    let description = try kernel.openDescriptor(of: file, for: .read, by: task)
    let others = try (0..<2).map { _ in try kernel.fork(task) }
    let buffer = try memory(8, in: &kernel, task)
    var first = try kernel.beginTransfer(description, buffer, 8192, isWrite: false, by: task)
    guard case .progress(.blocked) = kernel.perform(&first, by: task) else {
      Issue.record("the disk has nothing to do")
      return
    }
    var waiting: [DescriptorTransfer] = []
    for other in others {
      let place = try memory(8, in: &kernel, other)
      var transfer = try kernel.beginTransfer(description, place, 100, isWrite: false, by: other)
      #expect(kernel.perform(&transfer, by: other) == .sleeping)
      #expect(kernel.tasks[other].state == .uninterruptible)
      waiting.append(transfer)
    }
    #expect(kernel.checkInvariants().isEmpty)
    kernel.exit(task, .exited(1))
    #expect(kernel.tasks[others[0]].state == .running)
    #expect(kernel.tasks[others[1]].state == .uninterruptible)
    kernel.now += 1 << 30
    #expect(kernel.perform(&waiting[0], by: others[0]) == .progress(.done))
    #expect(kernel.tasks[others[1]].state == .running)
    kernel.abandon(waiting[1], by: others[1])
    #expect(kernel.description(description).offset == 100)
    #expect(kernel.checkInvariants().isEmpty)
  }

  @Test("a pipe fills whole pages, adds odd bytes to the newest, and sleeps when it is full")
  func pipe() throws {
    var kernel = try boot()
    let task = try kernel.spawn(named: "user", by: kernel.initTask)
    let ends = try kernel.makePipe(by: task)
    let reader = try kernel.fork(task)
    let buffer = try memory(20, in: &kernel, task)
    let target = try memory(20, in: &kernel, reader)
    for page in 0..<UInt64(20) {
      #expect(kernel.storeByte(buffer + page * Self.page, UInt8(page), by: task) == .done)
    }
    for _ in 0..<3 {
      let written = try move(ends.writer, buffer, 1000, isWrite: true, in: &kernel, task)
      #expect(written.0.moved == 1000)
    }
    let pipe = PipeIndex(1)
    #expect(kernel.descriptors[pipe].pages == 1 && kernel.descriptors[pipe].bytes == 3000)
    // The odd bytes find room, the others have a page of their own.
    _ = try move(ends.writer, buffer + 10, 5000, isWrite: true, in: &kernel, task)
    #expect(kernel.descriptors[pipe].pages == 2 && kernel.descriptors[pipe].bytes == 8000)
    let long = try move(ends.writer, buffer, 20 * Self.page, isWrite: true, in: &kernel, task)
    #expect(long.1 == .sleeping && long.0.moved == 14 * Self.page)
    #expect(kernel.tasks[task].state == .sleeping)
    #expect(kernel.checkInvariants().isEmpty)
    let got = try move(ends.reader, target, 8000, isWrite: false, in: &kernel, reader)
    #expect(got.0.moved == 8000 && kernel.tasks[task].state == .running)
    var rest = long.0
    #expect(kernel.perform(&rest, by: task) == .sleeping)
    #expect(rest.moved == 16 * Self.page)
    _ = try move(ends.reader, target, 20 * Self.page, isWrite: false, in: &kernel, reader)
    #expect(kernel.perform(&rest, by: task) == .progress(.done))
    var byte: UInt8 = 0
    #expect(kernel.loadByte(target + 15 * Self.page, into: &byte, by: reader) == .done)
    #expect(byte == 15)
    #expect(kernel.checkInvariants().isEmpty)
    kernel.exit(reader, .exited(0))
    let again = try move(ends.writer, buffer, 1, isWrite: true, in: &kernel, task)
    #expect(again.1 == .progress(.done))
    try kernel.close(3, by: task)
    let refused = try move(ends.writer, buffer, 1, isWrite: true, in: &kernel, task)
    #expect(refused.1 == .progress(.failed(.EPIPE)))
    #expect(kernel.tasks[task].pending.contains(.SIGPIPE))
    kernel.exit(task, .exited(0))
    #expect(kernel.descriptors.pipes.liveCount == 0 && kernel.descriptors.buffers.liveCount == 0)
    #expect(kernel.checkInvariants().isEmpty)
  }

  @Test("readers wait in order; who finds data left wakes the next; the last writer wakes all")
  func order() throws {
    var kernel = try boot()
    let task = try kernel.spawn(named: "user", by: kernel.initTask)
    let ends = try kernel.makePipe(by: task)
    let readers = try (0..<3).map { _ in try kernel.fork(task) }
    for reader in readers { try kernel.close(4, by: reader) }
    var transfers: [DescriptorTransfer] = []
    for reader in readers {
      let target = try memory(1, in: &kernel, reader)
      let asked = try move(ends.reader, target, 10, isWrite: false, in: &kernel, reader)
      #expect(asked.1 == .sleeping)
      transfers.append(asked.0)
    }
    let buffer = try memory(1, in: &kernel, task)
    _ = try move(ends.writer, buffer, 15, isWrite: true, in: &kernel, task)
    #expect(readers.map { kernel.tasks[$0].state == .running } == [true, false, false])
    #expect(kernel.perform(&transfers[0], by: readers[0]) == .progress(.done))
    #expect(readers.map { kernel.tasks[$0].state == .running } == [true, true, false])
    // A signal comes instead, and what was left is for the next.
    #expect(kernel.interrupted(transfers[1], by: readers[1]) == nil)
    #expect(kernel.tasks[readers[2]].state == .running)
    #expect(kernel.perform(&transfers[2], by: readers[2]) == .progress(.done))
    #expect(transfers[2].moved == 5)
    let asked = try move(
      ends.reader, try memory(1, in: &kernel, readers[1]), 10, isWrite: false, in: &kernel,
      readers[1])
    #expect(asked.1 == .sleeping)
    try kernel.close(4, by: task)
    var last = asked.0
    #expect(kernel.perform(&last, by: readers[1]) == .progress(.done) && last.moved == 0)
    #expect(kernel.checkInvariants().isEmpty)
  }

  @Test("a user with too many pages of pipes gets small ones, and may not enlarge them")
  func pipePages() throws {
    var kernel = try boot(ram: 64 << 20)
    let task = try kernel.spawn(named: "user", by: kernel.initTask)
    try kernel.setLimit(on: .openFiles, to: 4096, of: task)
    kernel.dropPrivileges(of: task)
    for _ in 0..<1024 { _ = try kernel.makePipe(by: task) }
    let small = try kernel.makePipe(by: task)
    #expect(kernel.description(small.reader).pipe.map { kernel.pipeUsage($0).capacity } == 8192)
    #expect(throws: Errno.EPERM) {
      try kernel.resizePipe(small.writer, to: 64 << 10, by: task)
    }
    #expect(try kernel.resizePipe(small.writer, to: 1, by: task) == 4096)
    #expect(kernel.checkInvariants().isEmpty)
  }

  @Test("every allocation of open, pipe and write fails in turn, and nothing changes")
  func failures() throws {
    typealias Call = (inout Kernel, TaskIndex, OpenFile, DescriptionIndex, UInt64) throws -> Void
    let calls: [(String, Call)] = [
      (
        "open",
        { kernel, task, file, _, _ in
          _ = try kernel.openDescriptor(of: file, for: .read, by: task)
        }
      ),
      (
        "pidfd_open",
        { kernel, task, _, _, _ in
          _ = try kernel.openDescriptor(ofProcess: kernel.tasks[task].pid, by: task)
        }
      ),
      ("pipe", { kernel, task, _, _, _ in _ = try kernel.makePipe(by: task) }),
      (
        "resize",
        { kernel, task, _, writer, _ in
          _ = try kernel.resizePipe(writer, to: 1 << 17, by: task)
        }
      ),
      (
        "write",
        { kernel, task, _, writer, buffer in
          let done = try self.move(writer, buffer, 4096, isWrite: true, in: &kernel, task)
          if case .progress(.failed(let errno)) = done.1 { throw errno }
        }
      ),
    ]
    for (name, call) in calls {
      var failing = 1
      while true {
        var kernel = try boot()
        let task = try kernel.spawn(named: "user", by: kernel.initTask)
        let file = try kernel.makeFile(.disk, size: 4096, by: task)
        let writer = try kernel.makePipe(by: task).writer
        let buffer = try memory(1, in: &kernel, task)
        #expect(kernel.storeByte(buffer, 1, by: task) == .done)
        let before = kernel.descriptors.descriptions.liveCount
        kernel.failAllocation(after: failing)
        let isDone: Bool
        do {
          try call(&kernel, task, file, writer, buffer)
          isDone = true
        } catch {
          #expect(error as? Errno == .ENOMEM, "\(name), allocation \(failing)")
          isDone = false
        }
        kernel.failAllocation(after: 0)
        #expect(kernel.checkInvariants().isEmpty, "\(name), allocation \(failing)")
        if isDone { break }
        #expect(kernel.descriptors.descriptions.liveCount == before)
        #expect(kernel.pipeUsage(PipeIndex(1)).bytes == 0)
        try call(&kernel, task, file, writer, buffer)
        failing += 1
      }
      #expect(failing > 1, "\(name) allocates nothing, so this test shows nothing")
    }
  }
}
