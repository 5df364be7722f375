// Mappings of devices: no page is counted, fork copies every entry, and failures leave no trace.

import KernelStorage
import Testing

@testable import QuireKernel

@Suite("Device mappings in the kernel")
struct DeviceMappingTests {
  private func machine() -> MachineConfiguration {
    var machine = MachineConfiguration()
    machine.ram = 16 << 20
    return machine
  }

  private func request(_ device: OpenFile, _ pages: UInt64, _ kind: MapFlags) -> MapRequest {
    MapRequest(length: pages * Page.size, [.read, .write], kind, file: device)
  }

  @Test("FORK-2: entries of a device are copied though the region has no anon_vma")
  func forked() throws {
    var kernel = try Kernel(machine())
    let task = try kernel.spawn(named: "driver", by: kernel.initTask)
    let device = try kernel.makeDevice(size: 8 * Page.size, by: task)
    let start = try kernel.mmap(request(device, 8, .shared), by: task)
    #expect(kernel.storeWord(start, 7, by: task) == .done)
    let child = try kernel.fork(task)
    let entry = kernel.memory.pageEntry(
      below: kernel.spaces[kernel.tasks[child].space].root, of: start)
    #expect(entry.isPresent && entry.isSpecial && entry.isWritable && !entry.isDirty)
    #expect(kernel.tasks[child].minorFaults == 0)
    #expect(kernel.spaces[kernel.tasks[child].space].residentPages == 0)
    #expect(kernel.checkInvariants().isEmpty)
    kernel.exit(child, .exited(0))
    try kernel.unlink(device, by: task)
    #expect(kernel.checkInvariants().isEmpty)
    try kernel.munmap(start, 8 * Page.size, by: task)
    #expect(kernel.checkInvariants().isEmpty)
  }

  @Test("registers are part of the digest, and go with the device")
  func digest() throws {
    var kernel = try Kernel(machine())
    let task = try kernel.spawn(named: "driver", by: kernel.initTask)
    // The upper tables stay when what they led to has gone.
    let other = try kernel.mmap(
      MapRequest(length: Page.size, [.read, .write], [.private, .anonymous]), by: task)
    #expect(kernel.storeWord(other, 7, by: task) == .done)
    try kernel.munmap(other, Page.size, by: task)
    var unmapped = Digest()
    kernel.mixContents(into: &unmapped)
    let device = try kernel.makeDevice(size: Page.size, by: task)
    let start = try kernel.mmap(request(device, 1, .shared), by: task)
    var before = Digest()
    kernel.mixContents(into: &before)
    #expect(kernel.storeWord(start, 7, by: task) == .done)
    var after = Digest()
    kernel.mixContents(into: &after)
    #expect(before.value != after.value)
    try kernel.munmap(start, Page.size, by: task)
    try kernel.unlink(device, by: task)
    var gone = Digest()
    kernel.mixContents(into: &gone)
    #expect(gone.value == unmapped.value)
  }

  @Test("every allocation of a mapping and of a private write fails in turn")
  func failures() throws {
    for kind in [MapFlags.shared, .private] {
      var isOver = false
      for failing in 1..<60 where !isOver {
        var kernel = try Kernel(machine())
        let task = try kernel.spawn(named: "driver", by: kernel.initTask)
        let device = try kernel.makeDevice(size: 8 * Page.size, by: task)
        let space = kernel.tasks[task].space
        let before = (kernel.spaces[space].totalPages, kernel.committedPages)
        kernel.failAllocation(after: failing)
        let start = try? kernel.mmap(request(device, 8, kind), by: task)
        let isWritten = start.map { kernel.storeByte($0, 1, by: task) == .done }
        kernel.failAllocation(after: 0)
        #expect(kernel.checkInvariants().isEmpty, "\(kind), allocation \(failing)")
        if start == nil {
          #expect(kernel.spaces[space].totalPages == before.0)
          #expect(kernel.committedPages == before.1)
        }
        isOver = isWritten == true
      }
      #expect(isOver)
    }
    for failing in 1..<10 {
      var kernel = try Kernel(machine())
      let task = try kernel.spawn(named: "driver", by: kernel.initTask)
      kernel.failAllocation(after: failing)
      let device = try? kernel.makeDevice(size: Page.size, by: task)
      kernel.failAllocation(after: 0)
      #expect(kernel.checkInvariants().isEmpty)
      if device != nil { break }
    }
  }
}
