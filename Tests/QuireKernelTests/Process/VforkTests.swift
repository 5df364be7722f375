// vfork and execve: memory that is borrowed, and memory that is replaced.

import KernelStorage
import Testing

@testable import QuireKernel

@Suite("vfork and execve")
struct VforkTests {
  static let page = Page.size

  /// A process with a few written pages, and where they are.
  private func prepare(_ kernel: inout Kernel) throws -> (task: TaskIndex, start: UInt64) {
    let task = try kernel.spawn(named: "parent", by: kernel.initTask)
    let start = try kernel.mmap(
      MapRequest(length: 8 * Self.page, [.read, .write], [.private, .anonymous]), by: task)
    for page in 0..<UInt64(4) {
      #expect(kernel.storeByte(start + page * Self.page, UInt8(page + 1), by: task) == .done)
    }
    return (task, start)
  }

  private func machine() -> MachineConfiguration {
    var machine = MachineConfiguration()
    machine.ram = 16 << 20
    return machine
  }

  @Test("FORK-5: the child lives in the same memory and the parent sleeps until it exits")
  func borrowed() throws {
    var kernel = try Kernel(machine())
    let (parent, start) = try prepare(&kernel)
    let free = kernel.memory.freeFrames
    let child = try kernel.vfork(parent)
    #expect(kernel.tasks[child].space == kernel.tasks[parent].space)
    #expect(kernel.tasks[parent].state == .uninterruptible)
    #expect(kernel.tasks[child].minorFaults == 0)
    #expect(kernel.storeByte(start, 9, by: child) == .done)
    #expect(kernel.storeByte(start + 5 * Self.page, 9, by: child) == .done)
    #expect(kernel.tasks[child].minorFaults == 1)
    #expect(kernel.tasks[parent].minorFaults == 4)
    // A signal is no reason to wake: the parent's memory is in use.
    try kernel.kill(kernel.tasks[parent].pid, Int32(Signal.SIGTERM.rawValue), by: child)
    #expect(kernel.tasks[parent].state == .uninterruptible)
    #expect(kernel.checkInvariants().isEmpty)
    kernel.exit(child, .exited(3))
    #expect(kernel.tasks[parent].state == .running)
    var value: UInt8 = 0
    #expect(kernel.loadByte(start, into: &value, by: parent) == .done && value == 9)
    _ = try kernel.wait(for: .any, by: parent)
    // No table and no page was copied; the record of the child is all it took, and the new page.
    #expect(kernel.memory.freeFrames <= free && free - kernel.memory.freeFrames < 8)
    #expect(kernel.checkInvariants().isEmpty)
  }

  @Test("a parent that is killed leaves its memory to the child, which init adopts")
  func killedParent() throws {
    var kernel = try Kernel(machine())
    let (parent, start) = try prepare(&kernel)
    let child = try kernel.vfork(parent)
    try kernel.kill(kernel.tasks[parent].pid, Int32(Signal.SIGKILL.rawValue), by: child)
    #expect(kernel.tasks[parent].state == .running)
    #expect(kernel.deliverSignals(to: parent) == .died(.SIGKILL))
    #expect(kernel.tasks[child].parent == kernel.initTask)
    var value: UInt8 = 0
    #expect(kernel.loadByte(start, into: &value, by: child) == .done && value == 1)
    #expect(kernel.checkInvariants().isEmpty)
    kernel.exit(child, .exited(0))
    #expect(kernel.checkInvariants().isEmpty)
  }

  @Test("LAYOUT-6: execve wakes the parent, leaves the memory, and keeps what belongs to the task")
  func execute() throws {
    var kernel = try Kernel(machine())
    let (parent, start) = try prepare(&kernel)
    try kernel.setSignalAction(.handler(4), for: .SIGUSR1, by: parent)
    try kernel.setSignalAction(.ignore, for: .SIGUSR2, by: parent)
    try kernel.mlockall(.future, by: parent)
    let segment = try kernel.shmget(key: 0, size: 1, [], by: parent)
    _ = try kernel.shmat(segment, by: parent)
    kernel.dropPrivileges(of: parent)
    let child = try kernel.vfork(parent)
    let pid = kernel.tasks[child].pid
    try kernel.execute(named: "image", by: child)
    #expect(kernel.tasks[parent].state == .running)
    #expect(kernel.tasks[child].space != kernel.tasks[parent].space)
    #expect(kernel.tasks[child].pid == pid && kernel.tasks[child].name.description == "image")
    #expect(!kernel.tasks[child].isPrivileged)
    #expect(kernel.signalAction(for: .SIGUSR1, of: child) == .byDefault)
    #expect(kernel.signalAction(for: .SIGUSR2, of: child) == .ignore)
    #expect(kernel.signalAction(for: .SIGUSR1, of: parent) == .handler(4))
    #expect(kernel.regions(of: kernel.tasks[child].space).count == 1)
    #expect(kernel.spaces[kernel.tasks[child].space].defaultFlags.isEmpty)
    #expect(kernel.virtual.segments[SegmentIndex(1)].attachCount == 1)
    try kernel.execute(named: "image", by: parent)
    #expect(kernel.virtual.segments[SegmentIndex(1)].attachCount == 0)
    let gone = kernel.access(start, .read, by: parent)
    #expect(gone == .signal(SignalInfo(.SIGSEGV, .mapError, at: start)))
    #expect(kernel.checkInvariants().isEmpty)
  }

  @Test("every allocation of vfork and execve fails in turn, and nothing changes")
  func failures() throws {
    for isVfork in [true, false] {
      var failing = 1
      while failing < 60 {
        var kernel = try Kernel(machine())
        let (task, _) = try prepare(&kernel)
        let before = (kernel.mapsText(of: task), kernel.committedPages, kernel.tasks.count)
        kernel.failAllocation(after: failing)
        let succeeded =
          isVfork
          ? (try? kernel.vfork(task)) != nil
          : (try? kernel.execute(named: "new", by: task)) != nil
        kernel.failAllocation(after: 0)
        #expect(kernel.checkInvariants().isEmpty, "allocation \(failing)")
        if succeeded { break }
        #expect(before == (kernel.mapsText(of: task), kernel.committedPages, kernel.tasks.count))
        #expect(kernel.tasks[task].state == .running)
        failing += 1
      }
      #expect(failing > 2 && failing < 60)
    }
  }

  @Test("LAYOUT-1, LAYOUT-2, LAYOUT-8, LAYOUT-9: where an image puts code, data, heap and stack")
  func image() throws {
    var kernel = try Kernel(machine())
    let (task, _) = try prepare(&kernel)
    var image = ProgramImage()
    (image.text, image.data, image.bss, image.arguments) = (5000, 100, 4000, 5000)
    let faults = kernel.tasks[task].minorFaults
    try kernel.execute(named: "image", image, by: task)
    let areas = kernel.regions(of: kernel.tasks[task].space)
    #expect(areas.map(\.start) == [0x40_0000, 0x40_2000, Layout.x86_64.stackTop - 34 * Self.page])
    #expect(areas.map(\.end) == [0x40_2000, 0x40_4000, Layout.x86_64.stackTop])
    let space = kernel.spaces[kernel.tasks[task].space]
    #expect(space.startBreak == 0x40_4000 && space.mapBase == 0x7fff_f7ff_f000)
    // The arguments are there, and nobody has faulted for them.
    #expect(space.anonPages == 2 && kernel.tasks[task].minorFaults == faults)
    image.layout = .classical
    try kernel.execute(named: "image", image, by: task)
    let span = 2 * EntryPage.span
    let request = MapRequest(length: span, .read, [.private, .anonymous])
    let first = try kernel.mmap(request, by: task)
    #expect(first % EntryPage.span == 0 && first > Layout.x86_64.legacyMapBase)
    #expect(try kernel.mmap(request, by: task) == first + span)
    let child = try kernel.fork(task)
    #expect(try kernel.mmap(request, by: child) == first + 2 * span)
    #expect(kernel.checkInvariants().isEmpty)
  }

  @Test("LAYOUT-6: what execve refuses, allocations that fail among it, leaves the old program")
  func refusedImages() throws {
    var kernel = try Kernel(machine())
    let (task, start) = try prepare(&kernel)
    let maps = kernel.mapsText(of: task)
    func expect(_ error: Errno, _ change: (inout ProgramImage) -> Void) {
      var image = ProgramImage()
      change(&image)
      #expect(throws: error) { try kernel.execute(named: "no", image, by: task) }
      #expect(kernel.mapsText(of: task) == maps)
    }
    expect(.E2BIG) { $0.arguments = 2 << 20 + 1 }
    expect(.EINVAL) { $0.base += 1 }
    expect(.EINVAL) { $0.base = Layout.x86_64.taskSize - Self.page }
    expect(.EINVAL) { $0.text = .max }
    expect(.ENOMEM) { $0.data = 1 << 40 }
    var image = ProgramImage()
    (image.text, image.bss, image.arguments) = (4096, 4096, 9000)
    var failing = 1
    while failing < 80 {
      kernel.failAllocation(after: failing)
      let succeeded = (try? kernel.execute(named: "new", image, by: task)) != nil
      kernel.failAllocation(after: 0)
      let violations = kernel.checkInvariants()
      #expect(violations.isEmpty, "allocation \(failing): \(violations)")
      if succeeded { break }
      #expect(kernel.mapsText(of: task) == maps, "allocation \(failing)")
      var value: UInt8 = 0
      #expect(kernel.loadByte(start, into: &value, by: task) == .done && value == 1)
      failing += 1
    }
    #expect(failing > 5 && failing < 80)
  }

  @Test("AUDIT-17: the users of an address space, and the parent of a vfork")
  func audit() throws {
    func expect(_ rule: String, _ corrupt: (inout Kernel, TaskIndex) -> Void) throws {
      var kernel = try Kernel(machine())
      let (parent, _) = try prepare(&kernel)
      _ = try kernel.vfork(parent)
      corrupt(&kernel, parent)
      let rules = kernel.checkInvariants().map(\.rule)
      #expect(rules.contains(rule), "\(rules)")
    }
    try expect("space.users") { $0.spaces[$0.tasks[$1].space].users += 1 }
    try expect("task.vfork-parent") { $0.tasks[$1].state = .running }
  }
}
