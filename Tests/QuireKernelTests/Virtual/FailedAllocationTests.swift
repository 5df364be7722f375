// Every allocation of every call is made to fail in turn: the call refuses, and nothing has changed.

import Testing

@testable import QuireKernel

@Suite("Virtual memory without memory")
struct FailedAllocationTests {
  /// What a process can see of its memory: what is mapped how, what is in it, and the totals.
  struct View: Equatable {
    struct Run: Equatable {
      var start: UInt64
      var end: UInt64
      var flags: VMAFlags
    }
    var runs: [Run] = []
    var total: UInt64
    var data: UInt64
    var resident: UInt64
    var committed: UInt64
    var breakEnd: UInt64

    init(_ kernel: borrowing Kernel, _ task: TaskIndex) {
      let space = kernel.spaces[kernel.tasks[task].space]
      total = space.totalPages
      data = space.dataPages
      resident = space.residentPages
      committed = kernel.committedPages
      breakEnd = space.currentBreak
      // A cut that a later failure made useless stays, as in the kernel; it changes nothing.
      for area in kernel.regions(of: kernel.tasks[task].space) {
        if let last = runs.last, last.end == area.start, last.flags == area.flags {
          runs[runs.count - 1].end = area.end
        } else {
          runs.append(Run(start: area.start, end: area.end, flags: area.flags))
        }
      }
    }
  }

  static let base: UInt64 = 0x6000_0000

  /// A process with written, read-only, shared and untouched regions side by side.
  private func prepare(_ kernel: inout Kernel) throws -> TaskIndex {
    let task = try kernel.spawn(named: "tight", by: kernel.initTask)
    let rights: [(Protection, MapFlags)] = [
      ([.read, .write], .private), (.read, .private), ([.read, .write], .shared),
      ([.read, .write], .private), ([], .private),
    ]
    for (number, right) in rights.enumerated() {
      _ = try kernel.mmap(
        MapRequest(
          at: Self.base + UInt64(number) * 8 * Page.size, length: 8 * Page.size, right.0,
          [right.1, .fixed, .anonymous]), by: task)
    }
    for page in [0, 3, 16, 20] as [UInt64] {
      #expect(kernel.storeByte(Self.base + page * Page.size, UInt8(page + 1), by: task) == .done)
    }
    #expect(kernel.brk(kernel.layout.defaultBreak + 2 * Page.size, by: task) != 0)
    try kernel.mprotect(kernel.layout.defaultBreak + Page.size, Page.size, .read, by: task)
    return task
  }

  /// FAULT-15: on x86_32 who finds no page for a fault dies of it.
  private static func kills(_ machine: MachineConfiguration, _ progress: Progress) -> Bool {
    machine.architecture == .x86_32 && progress == .killed
  }

  /// x86_64, and both kinds of x86_32.
  static let machines = [(Architecture.x86_64, false), (.x86_32, false), (.x86_32, true)]
    .map { architecture, pae in
      var machine = MachineConfiguration()
      machine.architecture = architecture
      machine.pae = pae
      machine.ram = 32 << 20
      return machine
    }

  /// Runs a call with its first, second, … allocation failing until it succeeds, each time from
  /// the same state.
  ///
  /// - Parameter leavesParts: Linux keeps what it had done when memory ran out; then only the audit
  ///   and what the call itself expects are held against it. `earlyLeavesParts`: so does 2.6.11,
  ///   whose calls x86_32 has.
  ///   `isRepeatable`: the same call makes sense again after it failed half-way.
  private func exhaust(
    _ name: String, on version: KernelVersion = .linux6_12, leavesParts: Bool = false,
    earlyLeavesParts: Bool = false, isRepeatable: Bool = true,
    _ call: (inout Kernel, TaskIndex) -> Bool
  ) throws {
    for var machine in Self.machines where version == .linux6_12 || machine.architecture == .x86_64
    {
      machine.kernel = version
      try exhaust(
        name, on: machine,
        leavesParts: leavesParts || earlyLeavesParts && machine.architecture == .x86_32,
        isRepeatable: isRepeatable, call)
    }
  }

  private func exhaust(
    _ name: String, on machine: MachineConfiguration, leavesParts: Bool, isRepeatable: Bool,
    _ call: (inout Kernel, TaskIndex) -> Bool
  ) throws {
    for failing in 1..<200 {
      var kernel = try Kernel(machine)
      let task = try prepare(&kernel)
      let before = View(kernel, task)
      kernel.failAllocation(after: failing)
      let succeeded = call(&kernel, task)
      kernel.failAllocation(after: 0)
      #expect(kernel.checkInvariants().isEmpty, "\(name), allocation \(failing)")
      if succeeded {
        #expect(failing > 1, "\(name) allocates nothing, so this test shows nothing")
        return
      }
      #expect(leavesParts || View(kernel, task) == before, "\(name), allocation \(failing)")
      // With memory again, the same call succeeds, whatever the first left behind.
      if isRepeatable {
        #expect(call(&kernel, task), "\(name) again, after allocation \(failing)")
      }
      #expect(kernel.checkInvariants().isEmpty, "\(name) again, after allocation \(failing)")
    }
    Issue.record("\(name) never succeeds")
  }

  private func maps(_ request: MapRequest) -> (inout Kernel, TaskIndex) -> Bool {
    { kernel, task in (try? kernel.mmap(request, by: task)) != nil }
  }

  @Test("mmap: alone, over others, shared")
  func map() throws {
    let page = Page.size
    try exhaust(
      "a new region", maps(MapRequest(length: 4 * page, [.read], [.private, .anonymous])))
    try exhaust(
      "a region inside of another", earlyLeavesParts: true,
      maps(
        MapRequest(
          at: Self.base + 2 * page, length: 3 * page, [.read],
          [.private, .anonymous, .fixed])))
    try exhaust(
      "a region over three others", earlyLeavesParts: true,
      maps(
        MapRequest(
          at: Self.base + 6 * page, length: 14 * page, [.read, .write],
          [.private, .anonymous, .fixed])))
    try exhaust("shared memory", maps(MapRequest(length: page, [.read], [.shared, .anonymous])))
  }

  @Test("munmap, mprotect and brk")
  func change() throws {
    let page = Page.size
    try exhaust("a hole") { kernel, task in
      (try? kernel.munmap(Self.base + page, page, by: task)) != nil
    }
    try exhaust("a hole from one region into the next") { kernel, task in
      (try? kernel.munmap(Self.base + 4 * page, 8 * page, by: task)) != nil
    }
    try exhaust("other rights in the middle") { kernel, task in
      (try? kernel.mprotect(Self.base + page, 2 * page, .read, by: task)) != nil
    }
    try exhaust("heap behind a read-only page") { kernel, task in
      let end = kernel.spaces[kernel.tasks[task].space].currentBreak
      return kernel.brk(end + 4 * page, by: task) == end + 4 * page
    }
  }

  @Test("mremap: elsewhere, over another region, and leaving the old place mapped")
  func remap() throws {
    let page = Page.size
    /// Of no table that the regions have.
    func far(_ kernel: borrowing Kernel) -> UInt64 {
      (kernel.layout == .x86_64 ? Self.base + 1 << 40 : 0x9000_0000) + 3 * page
    }
    try exhaust("a longer region elsewhere") { kernel, task in
      let request = RemapRequest(Self.base, 8 * page, to: 12 * page, .mayMove)
      return (try? kernel.mremap(request, by: task)) != nil
    }
    try exhaust("a part of a region, far away") { kernel, task in
      let request = RemapRequest(
        Self.base + 2 * page, 3 * page, to: 3 * page, [.mayMove, .fixed], at: far(kernel))
      return (try? kernel.mremap(request, by: task)) != nil
    }
    for version in KernelVersion.allCases {
      try exhaust("over another region", on: version, leavesParts: true) { kernel, task in
        let request = RemapRequest(
          Self.base + page, 3 * page, to: 3 * page, [.mayMove, .fixed],
          at: Self.base + 25 * page)
        return (try? kernel.mremap(request, by: task)) != nil
      }
    }
    try exhaust("several regions", on: .linux6_18, leavesParts: true, isRepeatable: false) {
      kernel, task in
      let request = RemapRequest(
        Self.base + 4 * page, 16 * page, to: 16 * page, [.mayMove, .fixed], at: far(kernel))
      return (try? kernel.mremap(request, by: task)) != nil
    }
    try exhaust("shared memory once more") { kernel, task in
      let request = RemapRequest(Self.base + 16 * page, 0, to: 8 * page, .mayMove)
      return (try? kernel.mremap(request, by: task)) != nil
    }
    try exhaust("the old place stays") { kernel, task in
      let request = RemapRequest(
        Self.base, 4 * page, to: 4 * page, [.mayMove, .dontUnmap], at: far(kernel))
      return (try? kernel.mremap(request, by: task)) != nil
    }
  }

  @Test("remap_file_pages: a hole of other pages, and across regions")
  func remapPages() throws {
    let page = Page.size
    try exhaust("other pages in the middle", earlyLeavesParts: true) { kernel, task in
      let request = PageRemapRequest(Self.base + 18 * page, 3 * page, page: 0)
      return (try? kernel.remapFilePages(request, by: task)) != nil
    }
    try exhaust("from one piece into the next", leavesParts: true) { kernel, task in
      let first = PageRemapRequest(Self.base + 16 * page, 4 * page, page: 4, [], .nonBlock)
      if (try? kernel.remapFilePages(first, by: task)) == nil { return false }
      let second = PageRemapRequest(Self.base + 18 * page, 4 * page, page: 1)
      return (try? kernel.remapFilePages(second, by: task)) != nil
    }
  }

  @Test("advice, locks and seals in the middle of a region")
  func marks() throws {
    let page = Page.size
    for advice in [Advice.dontFork, .random, .dontDump, .wipeOnFork] {
      try exhaust("madvise \(advice)") { kernel, task in
        do throws(Errno) {
          try kernel.madvise(Self.base + page, 2 * page, advice.rawValue, by: task)
          return true
        } catch {
          #expect(error == .EAGAIN, "MADV-5")
          return false
        }
      }
    }
    try exhaust("madvise populate", leavesParts: true) { kernel, task in
      (try? kernel.madvise(
        Self.base, 8 * page, Advice.populateWrite.rawValue, by: task)) != nil
    }
    try exhaust("guards", on: .linux6_18, leavesParts: true) { kernel, task in
      (try? kernel.madvise(
        Self.base + 25 * page, 2 * page, Advice.guardInstall.rawValue, by: task)) != nil
    }
    try exhaust("a lock for later") { kernel, task in
      (try? kernel.mlock(Self.base + page, 2 * page, flags: 1, by: task)) != nil
    }
    try exhaust("a lock with its pages", leavesParts: true) { kernel, task in
      (try? kernel.mlock(Self.base + page, 4 * page, by: task)) != nil
    }
    try exhaust("a seal") { kernel, task in
      (try? kernel.mseal(Self.base + page, 2 * page, by: task)) != nil
    }
  }

  @Test("munlock, brk and munmap that have to cut a region")
  func cuts() throws {
    let page = Page.size
    try exhaust("munlock", leavesParts: true) { kernel, task in
      guard (try? kernel.mlock(Self.base, 8 * page, by: task)) != nil else { return false }
      return (try? kernel.munlock(Self.base + 2 * page, 3 * page, by: task)) != nil
    }
    try exhaust("a heap that shrinks inside of a region", leavesParts: true) { kernel, task in
      let end = kernel.layout.defaultBreak + 4 * page
      let high = end + 2 * page
      guard kernel.brk(high, by: task) == high else { return false }
      return kernel.brk(end, by: task) == end
    }
  }

  @Test(
    "a fault makes tables of every level; whichever fails, the next attempt goes on",
    arguments: machines)
  func tables(machine: MachineConfiguration) throws {
    let far: UInt64 = machine.architecture == .x86_64 ? 0x1000_0000_0000 : 0x1000_0000
    for flags in [MapFlags.private, .shared] {
      for kind in [AccessKind.read, .write] {
        for failing in 1..<16 {
          var kernel = try Kernel(machine)
          let task = try prepare(&kernel)
          _ = try kernel.mmap(
            MapRequest(at: far, length: Page.size, [.read, .write], [flags, .fixed, .anonymous]),
            by: task)
          let faults = kernel.tasks[task].minorFaults
          kernel.failAllocation(after: failing)
          var progress = kernel.access(far, kind, by: task)
          kernel.failAllocation(after: 0)
          #expect(kernel.checkInvariants().isEmpty, "\(kind), allocation \(failing)")
          if Self.kills(machine, progress) { continue }
          if progress == .again { progress = kernel.access(far, kind, by: task) }
          #expect(progress == .done && kernel.tasks[task].minorFaults == faults + 1)
        }
      }
    }
  }

  @Test("fork leaves no child and the parent as it was")
  func fork() throws {
    try exhaust("fork") { kernel, task in
      let count = kernel.tasks.count
      let succeeded = (try? kernel.fork(task)) != nil
      #expect(succeeded || kernel.tasks.count == count)
      return succeeded
    }
  }

  @Test("a fault without a frame is tried again, and then served", arguments: machines)
  func fault(machine: MachineConfiguration) throws {
    let layout = machine.architecture.layout
    let deep = layout.stackTop - 64 * Page.size
    let places: [(UInt64, AccessKind)] = [
      (Self.base + Page.size, .write), (Self.base + 8 * Page.size, .read),
      (Self.base + 17 * Page.size, .read), (Self.base + 18 * Page.size, .write),
      (layout.defaultBreak, .write), (deep, .write),
    ]
    for (address, kind) in places {
      for failing in 1..<12 {
        var kernel = try Kernel(machine)
        let task = try prepare(&kernel)
        kernel.failAllocation(after: failing)
        var progress = kernel.access(address, kind, by: task)
        kernel.failAllocation(after: 0)
        #expect(kernel.checkInvariants().isEmpty, "\(address), allocation \(failing)")
        // A stack that cannot grow for want of memory is a fault that cannot be served.
        if case .signal = progress, address == deep { continue }
        if Self.kills(machine, progress) { continue }
        #expect(progress == .done || progress == .again)
        progress = kernel.access(address, kind, by: task)
        #expect(progress == .done)
      }
    }
  }

  @Test("a copy without a frame leaves the shared page shared", arguments: machines)
  func copyOnWrite(machine: MachineConfiguration) throws {
    var kernel = try Kernel(machine)
    let task = try prepare(&kernel)
    let child = try kernel.fork(task)
    kernel.failAllocation(after: 1)
    let progress = kernel.storeByte(Self.base, 9, by: child)
    #expect(kernel.checkInvariants().isEmpty)
    var value: UInt8 = 0
    if !Self.kills(machine, progress) {
      #expect(progress == .again)
      #expect(kernel.loadByte(Self.base, into: &value, by: child) == .done && value == 1)
      #expect(kernel.storeByte(Self.base, 9, by: child) == .done)
    }
    #expect(kernel.loadByte(Self.base, into: &value, by: task) == .done && value == 1)
  }
}
