// Every allocation of every call on files is made to fail in turn, and of every fault on their maps.

import KernelStorage
import Testing

@testable import QuireKernel

@Suite("Files without memory")
struct FileFailureTests {
  private static let at: UInt64 = 0x6000_0000_0000
  private static let buffer: UInt64 = 0x5000_0000_0000
  private static let pages: UInt64 = 8

  /// A file of eight pages, page i full of byte i + 1, that is mapped and not in memory as far as
  /// its kind allows.
  private struct Scene: ~Copyable {
    var kernel: Kernel
    let task: TaskIndex
    let file: OpenFile

    static func boot(_ kind: FileKind, _ sharing: MapFlags) throws -> Scene {
      var machine = MachineConfiguration()
      machine.ram = 32 << 20
      var kernel = try Kernel(machine)
      let task = try kernel.spawn(named: "files", by: kernel.initTask)
      let file = try kernel.makeFile(kind, by: task)
      try kernel.fillFile(file, pages: pages, by: task) { UInt8($0) + 1 }
      _ = try kernel.fsync(file, by: task)
      kernel.dropCaches()
      let maps = [
        MapRequest(
          at: at, length: pages << 12, [.read, .write], [sharing, .fixed], file: file),
        MapRequest(
          at: buffer, length: pages << 12, [.read, .write], [.private, .anonymous, .fixed]),
      ]
      for map in maps { _ = try kernel.mmap(map, by: task) }
      return Scene(kernel: kernel, task: task, file: file)
    }

    private init(kernel: consuming Kernel, task: TaskIndex, file: OpenFile) {
      self.kernel = kernel
      self.task = task
      self.file = file
    }

    /// What a call that is refused must leave as it was.
    var usage: [UInt64] {
      [kernel.virtual.objects[file.object].size, UInt64(kernel.virtual.objects.records.liveCount)]
    }

    mutating func expect(_ byte: UInt8, at offset: UInt64) throws {
      let found = try kernel.fileByte(file, at: offset, by: task)
      #expect(found == byte, "byte \(offset) of the file")
    }

    /// Runs one step until it needs no more of the disk.
    mutating func settle(_ step: (inout Kernel, TaskIndex) -> Progress) -> Progress {
      while true {
        let progress = step(&kernel, task)
        guard case .blocked(let until) = progress else { return progress }
        kernel.now = max(kernel.now, until)
      }
    }
  }

  /// Runs a call with its first, second, … allocation failing, until it makes no more of them.
  ///
  /// - Parameter check: what has to hold after the call has succeeded at last.
  private func exhaust(
    _ name: String, on kinds: [FileKind] = [.disk, .memory], _ sharing: MapFlags = .shared,
    _ call: (inout Scene) -> Bool, check: (inout Scene) throws -> Void = { _ in }
  ) throws {
    for kind in kinds {
      for failing in 1..<100 {
        var scene = try Scene.boot(kind, sharing)
        let before = scene.usage
        scene.kernel.failAllocation(after: failing)
        let succeeded = call(&scene)
        let hasFailed = scene.kernel.memory.injection.failures > 0
        scene.kernel.failAllocation(after: 0)
        #expect(scene.kernel.checkInvariants() == [], "\(name), allocation \(failing)")
        if !succeeded {
          #expect(scene.usage == before, "\(name), allocation \(failing)")
          let again = call(&scene)
          #expect(again, "\(name) again, after allocation \(failing)")
          #expect(scene.kernel.checkInvariants() == [], "\(name) again, allocation \(failing)")
        }
        try check(&scene)
        if !hasFailed {
          #expect(failing > 1, "\(name) allocates nothing, so this test shows nothing")
          break
        }
      }
    }
  }

  @Test("a file is made whole or not at all")
  func make() throws {
    for kind in [FileKind.disk, .memory] {
      try exhaust("a new file", on: [kind]) { scene in
        (try? scene.kernel.makeFile(kind, size: 1 << 20, by: scene.task)) != nil
      }
    }
  }

  @Test("what is cut of a page becomes zeros, once there is memory to read it into")
  func cut() throws {
    try exhaust("truncate into a page", on: [.disk]) { scene in
      (try? scene.kernel.truncate(scene.file, to: 3 << 12 + 100, by: scene.task)) != nil
    } check: { scene in
      #expect(scene.usage[0] == 3 << 12 + 100)
      try scene.expect(4, at: 3 << 12 + 99)
    }
    try exhaust("a hole that begins inside a page", on: [.disk]) { scene in
      (try? scene.kernel.punchHole(scene.file, at: 100, length: 8000, by: scene.task)) != nil
    } check: { scene in
      try scene.expect(1, at: 99)
      try scene.expect(0, at: 100)
    }
  }

  @Test("room in a file of memory is set aside whole or not at all")
  func preallocate() throws {
    try exhaust("fallocate", on: [.memory]) { scene in
      (try? scene.kernel.preallocate(
        scene.file, at: 0, length: 12 << 12, keepsSize: false, by: scene.task)) != nil
    } check: { scene in
      #expect(scene.usage[0] == 12 << 12)
      try scene.expect(8, at: 7 << 12)
    }
  }

  @Test("reading and writing move what they can; a second attempt moves all")
  func transfer() throws {
    for isWrite in [false, true] {
      try exhaust("a transfer, writing: \(isWrite)") { scene in
        var transfer = FileTransfer(
          scene.file, at: 100, Self.buffer + 200, 3 << 12, isWrite: isWrite)
        let progress = scene.settle { kernel, task in kernel.perform(&transfer, by: task) }
        return progress == .done && transfer.moved == 3 << 12
      } check: { scene in
        let expected: UInt8 = isWrite ? 0 : 2
        let place = UInt64(4096)
        if isWrite {
          try scene.expect(expected, at: place)
        } else {
          var byte: UInt8 = 0
          let from = Self.buffer + 200 + place - 100
          let progress = scene.settle { $0.loadByte(from, into: &byte, by: $1) }
          #expect(progress == .done && byte == expected)
        }
      }
    }
  }

  @Test("a fault on a file's page without memory is tried again, and finds the file's bytes")
  func fault() throws {
    for sharing in [MapFlags.shared, .private] {
      try exhaust("a load", sharing) { scene in
        var byte: UInt8 = 0
        let progress = scene.settle { $0.loadByte(Self.at + 5 << 12, into: &byte, by: $1) }
        return progress == .done && byte == 6
      }
      try exhaust("a store", sharing) { scene in
        scene.settle { $0.storeByte(Self.at + 5 << 12 + 1, 99, by: $1) } == .done
      } check: { scene in
        let own: UInt8 = sharing == .shared ? 99 : 6
        try scene.expect(own, at: 5 << 12 + 1)
        try scene.expect(6, at: 5 << 12)
      }
    }
  }
}
