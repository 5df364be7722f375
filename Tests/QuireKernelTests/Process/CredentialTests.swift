// Users and capabilities: what each is asked for, who hands them on, and what execve leaves.

import KernelStorage
import Testing

@testable import QuireKernel

@Suite("Credentials")
struct CredentialTests {
  private func boot() throws -> Kernel {
    var machine = MachineConfiguration()
    machine.ram = 32 << 20
    return try Kernel(machine)
  }

  @Test("a user changes with \"setuid\" alone, and nobody keeps what he does not hold")
  func change() throws {
    var kernel = try boot()
    let task = try kernel.spawn(named: "user", by: kernel.initTask)
    try kernel.setCredentials(of: task, user: 1000, keeping: [.ipcLock, .setUser])
    #expect(kernel.tasks[task].credentials == Credentials(user: 1000, [.ipcLock, .setUser]))
    #expect(throws: Errno.EPERM) { try kernel.setCredentials(of: task, keeping: .resource) }
    try kernel.setCredentials(of: task, user: 1001, keeping: .ipcLock)
    #expect(throws: Errno.EPERM) { try kernel.setCredentials(of: task, user: 1000) }
    #expect(kernel.tasks[task].credentials == Credentials(user: 1001, .ipcLock))
    try kernel.setCredentials(of: task)
    #expect(kernel.tasks[task].credentials == Credentials(user: 1001, []))
    #expect(kernel.checkInvariants().isEmpty)
  }

  @Test(
    "children and threads have them; execve takes an ordinary user's, and gives the superuser all")
  func inheritance() throws {
    var kernel = try boot()
    let task = try kernel.spawn(named: "user", by: kernel.initTask)
    let thread = try kernel.startThread(by: task)
    try kernel.setCredentials(of: thread, user: 7, keeping: .ipcLock)
    let expected = Credentials(user: 7, .ipcLock)
    #expect(kernel.tasks[task].credentials == expected)
    let child = try kernel.fork(task)
    let fresh = try kernel.spawn(named: "fresh", by: task)
    #expect(kernel.tasks[child].credentials == expected)
    #expect(kernel.tasks[fresh].credentials == expected)
    try kernel.execute(named: "next", by: child)
    #expect(kernel.tasks[child].credentials == Credentials(user: 7, []))
    let root = try kernel.spawn(named: "root", by: kernel.initTask)
    try kernel.setCredentials(of: root, user: 0)
    #expect(throws: Errno.EPERM) { try kernel.swapOn(size: 1 << 20, by: root) }
    try kernel.execute(named: "next", by: root)
    #expect(kernel.tasks[root].credentials == .superuser)
    #expect(kernel.checkInvariants().isEmpty)
  }

  @Test("signals go to one's own processes, and anywhere with \"kill\"")
  func signals() throws {
    var kernel = try boot()
    let tasks = try (0..<3).map { _ in try kernel.spawn(named: "user", by: kernel.initTask) }
    try kernel.setCredentials(of: tasks[0], user: 1000)
    try kernel.setCredentials(of: tasks[1], user: 1000)
    try kernel.setCredentials(of: tasks[2], user: 1001, keeping: .kill)
    let pids = tasks.map { kernel.tasks[$0].pid }
    try kernel.kill(pids[1], 0, by: tasks[0])
    #expect(throws: Errno.EPERM) { try kernel.kill(pids[2], 0, by: tasks[0]) }
    try kernel.kill(pids[0], 0, by: tasks[2])
    try kernel.kill(pids[2], Int32(Signal.SIGCONT.rawValue), by: tasks[0])
  }

  @Test("TASK-4: RLIMIT_NPROC counts the tasks of a user, and does not bind who may exceed it")
  func processLimit() throws {
    var kernel = try boot()
    let task = try kernel.spawn(named: "user", by: kernel.initTask)
    try kernel.setLimit(on: .processes, to: 2, of: task)
    let other = try kernel.fork(task)
    try kernel.setCredentials(of: other, user: 1001)
    try kernel.setCredentials(of: task, user: 1000, keeping: .resource)
    let children = try (0..<3).map { _ in try kernel.fork(task) }
    try kernel.setCredentials(of: task)
    #expect(throws: Errno.EAGAIN) { try kernel.fork(task) }
    _ = try kernel.fork(other)
    #expect(throws: Errno.EAGAIN) { try kernel.fork(other) }
    kernel.exit(children[0], .exited(0))
    kernel.exit(children[1], .exited(0))
    #expect(throws: Errno.EAGAIN) { try kernel.fork(task) }
    kernel.exit(children[2], .exited(0))
    for _ in children { _ = try kernel.wait(for: .any, by: task) }
    _ = try kernel.fork(task)
    #expect(kernel.checkInvariants().isEmpty)
  }

  @Test(
    "a change to a user with too many tasks succeeds, and execve then fails until there is room")
  func exceeded() throws {
    var kernel = try boot()
    let first = try kernel.spawn(named: "user", by: kernel.initTask)
    try kernel.setLimit(on: .processes, to: 1, of: first)
    let second = try kernel.fork(first)
    kernel.dropPrivileges(of: first)
    try kernel.execute(named: "alone", by: first)
    kernel.dropPrivileges(of: second)
    #expect(throws: Errno.EAGAIN) { try kernel.execute(named: "second", by: second) }
    kernel.exit(first, .exited(0))
    try kernel.execute(named: "second", by: second)
    #expect(kernel.checkInvariants().isEmpty)
  }

  @Test("a capability for each right: locks, limits, low addresses, segments, /proc")
  func rights() throws {
    var kernel = try boot()
    let root = try kernel.spawn(named: "root", by: kernel.initTask)
    let segment = try kernel.shmget(key: 0, size: 1, .create, by: root)
    let user = try kernel.fork(root)
    try kernel.setLimit(on: .lockedMemory, to: 0, of: user)
    func allowed(
      _ capability: Capabilities, _ call: (inout Kernel, TaskIndex) throws(Errno) -> Void
    ) throws -> Bool {
      let with = try kernel.fork(user)
      try kernel.setCredentials(of: with, user: 1000, keeping: capability)
      let without = try kernel.fork(user)
      try kernel.setCredentials(
        of: without, user: 1000, keeping: Capabilities.all.subtracting(capability))
      let isAllowed = (try? call(&kernel, with)) != nil
      return isAllowed && (try? call(&kernel, without)) == nil
    }
    #expect(
      try allowed(.ipcLock) { kernel, task throws(Errno) in try kernel.mlockall(.current, by: task)
      })
    #expect(
      try allowed(.resource) { kernel, task throws(Errno) in
        try kernel.setLimit(on: .lockedMemory, to: 0, hard: .max, of: task)
      })
    #expect(
      try allowed(.rawIO) { kernel, task throws(Errno) in
        _ = try kernel.mmap(
          MapRequest(at: 4096, length: 1, .read, [.private, .anonymous, .fixed]), by: task)
      })
    #expect(
      try allowed(.ipcOwner) { kernel, task throws(Errno) in
        _ = try kernel.shmat(segment, by: task)
      })
    #expect(
      try allowed(.dacOverride) { kernel, task throws(Errno) in
        _ = try kernel.procFile("/proc/slabinfo", by: task)
      })
    #expect(
      try allowed(.ptrace) { kernel, task throws(Errno) in
        _ = try kernel.procFile("/proc/1/maps", by: task)
      })
    #expect(
      try allowed(.admin) { kernel, task throws(Errno) in
        _ = try kernel.swapOn(size: 1 << 20, by: task)
      })
    #expect(kernel.checkInvariants().isEmpty)
  }

  @Test(
    "a file has an owner and a mode; others learn of its cache what they could learn by writing")
  func files() throws {
    var kernel = try boot()
    let root = try kernel.spawn(named: "root", by: kernel.initTask)
    let hidden = try kernel.makeFile(.disk, size: 4096, mode: FileMode(rawValue: 0o600), by: root)
    let common = try kernel.makeFile(.disk, size: 4096, mode: FileMode(rawValue: 0o666), by: root)
    let user = try kernel.fork(root)
    kernel.dropPrivileges(of: user)
    let own = try kernel.makeFile(.disk, size: 4096, mode: FileMode(rawValue: 0o200), by: user)
    #expect(throws: Errno.EACCES) { try kernel.open(hidden, for: .read, by: user) }
    _ = try kernel.open(common, for: .readWrite, by: user)
    _ = try kernel.open(own, for: .write, by: user)
    #expect(throws: Errno.EACCES) { try kernel.open(own, for: .read, by: user) }
    _ = try kernel.open(own, for: .read, by: root)
    for (file, learns) in [(hidden, false), (common, true), (own, true)] {
      let request = MapRequest(length: 4096, .read, .private, file: file)
      let start = try kernel.mmap(request, by: user)
      #expect(try kernel.mincore(start, 4096, by: user) == [!learns])
    }
  }
}
