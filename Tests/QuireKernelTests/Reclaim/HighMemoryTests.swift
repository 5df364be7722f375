// Memory that the kernel has no addresses for: users fill it, fork and swap go through it, and what
// is short in low memory is not sought there.

import KernelStorage
import Testing

@testable import QuireKernel

@Suite("High memory")
struct HighMemoryTests {
  static let megabyte: UInt64 = 1 << 20

  /// 1 GiB, 128 MiB of it high, and a swap area.
  static func boot(pae: Bool) throws -> Kernel {
    var machine = NarrowMachineTests.machine(pae: pae, ram: 1 << 30)
    machine.swap = [SwapConfiguration(size: 512 << 20)]
    machine.tunables.overcommitMemory = 1
    return try Kernel(machine)
  }

  static func touch(
    _ kernel: inout Kernel, _ start: UInt64, megabytes: UInt64, _ byte: UInt8, by task: TaskIndex
  ) -> Progress {
    var walk = RangeAccess(.fill(byte), from: start, to: start + megabytes * megabyte)
    while true {
      let progress = kernel.perform(&walk, by: task)
      if case .blocked(let until) = progress {
        kernel.now = until
        continue
      }
      if progress != .again { return progress }
    }
  }

  static func map(
    _ kernel: inout Kernel, megabytes: UInt64, by task: TaskIndex
  ) throws -> UInt64 {
    try kernel.mmap(
      MapRequest(length: megabytes * megabyte, [.read, .write], [.private, .anonymous]), by: task)
  }

  /// Frames of a range that are high.
  static func highFrames(
    _ kernel: borrowing Kernel, _ start: UInt64, megabytes: UInt64, of task: TaskIndex
  ) -> Int {
    let root = kernel.spaces[kernel.tasks[task].space].root
    return (start >> 12..<(start + megabytes * megabyte) >> 12).count { page in
      let entry = kernel.memory.pageEntry(below: root, of: page << 12)
      return entry.isPresent && kernel.memory.zoneKind(of: entry.frame) == .highMem
    }
  }

  @Test(
    "FORK-3, FAULT-10: a copy of a high page is high too, and everything goes back",
    arguments: [false, true])
  func copies(pae: Bool) throws {
    var kernel = try Self.boot(pae: pae)
    let free = kernel.memory.zones[ZoneKind.highMem.index].free
    let task = try kernel.spawn(named: "high", by: kernel.initTask)
    let start = try Self.map(&kernel, megabytes: 16, by: task)
    #expect(Self.touch(&kernel, start, megabytes: 16, 7, by: task) == .done)
    #expect(Self.highFrames(kernel, start, megabytes: 16, of: task) == 4096)
    let child = try kernel.fork(task)
    #expect(Self.touch(&kernel, start, megabytes: 8, 9, by: child) == .done)
    #expect(Self.highFrames(kernel, start, megabytes: 16, of: child) == 4096)
    #expect(kernel.memory.zones[ZoneKind.highMem.index].free == free - 4096 - 2048)
    #expect(kernel.counters.pgalloc_high == 4096 + 2048)
    var byte: UInt8 = 0
    #expect(kernel.loadByte(start, into: &byte, by: task) == .done && byte == 7)
    #expect(kernel.loadByte(start, into: &byte, by: child) == .done && byte == 9)
    #expect(kernel.loadByte(start + 12 << 20, into: &byte, by: child) == .done && byte == 7)
    #expect(kernel.checkInvariants().isEmpty)
    kernel.exit(child, .exited(0))
    kernel.exit(task, .exited(0))
    #expect(kernel.memory.zones[ZoneKind.highMem.index].free == free)
    #expect(kernel.checkInvariants().isEmpty)
  }

  @Test(
    "ZONE-3, SWAP-9, SWAP-14: pages that are swapped out come back, wherever there is room",
    arguments: [false, true])
  func swap(pae: Bool) throws {
    var kernel = try Self.boot(pae: pae)
    let task = try kernel.spawn(named: "large", by: kernel.initTask)
    let start = try Self.map(&kernel, megabytes: 1200, by: task)
    // High memory first, then low memory as far as it is not kept for the kernel, then the disk.
    #expect(Self.touch(&kernel, start, megabytes: 100, 1, by: task) == .done)
    #expect(Self.highFrames(kernel, start, megabytes: 100, of: task) == 25_600)
    #expect(Self.touch(&kernel, start, megabytes: 1200, 2, by: task) == .done)
    #expect(kernel.counters.pswpout > 0 && kernel.counters.oom_kill == 0)
    #expect(kernel.checkInvariants().isEmpty)
    var byte: UInt8 = 0
    for place in stride(from: start, to: start + 1200 << 20, by: 16 << 20) {
      while true {
        let progress = kernel.loadByte(place, into: &byte, by: task)
        if case .blocked(let until) = progress {
          kernel.now = until
          continue
        }
        if progress != .again {
          #expect(progress == .done && byte == 2)
          break
        }
      }
    }
    try kernel.munmap(start + 400 << 20, 800 << 20, by: task)
    #expect(kernel.checkInvariants().isEmpty)
    kernel.exit(task, .exited(0))
    #expect(kernel.checkInvariants().isEmpty)
  }

  @Test("SCAN-2: whoever needs low memory gets it from low memory", arguments: [false, true])
  func low(pae: Bool) throws {
    var kernel = try Self.boot(pae: pae)
    let task = try kernel.spawn(named: "low", by: kernel.initTask)
    let first = try Self.map(&kernel, megabytes: 96, by: task)
    #expect(Self.touch(&kernel, first, megabytes: 96, 1, by: task) == .done)
    let high = Self.highFrames(kernel, first, megabytes: 96, of: task)
    let second = try Self.map(&kernel, megabytes: 700, by: task)
    #expect(Self.touch(&kernel, second, megabytes: 700, 2, by: task) == .done)
    // The kernel takes what is left of low memory, and more.
    let steals = kernel.counters.pgsteal_direct
    for _ in 0..<60_000 {
      let frame = try kernel.allocatePages(.kernel, order: 0, for: task)
      #expect(kernel.memory.zoneKind(of: frame) != .highMem)
    }
    #expect(kernel.counters.pgsteal_direct > steals && kernel.counters.oom_kill == 0)
    // The oldest pages of all are high, and still where they were.
    #expect(Self.highFrames(kernel, first, megabytes: 96, of: task) == high)
  }
}
