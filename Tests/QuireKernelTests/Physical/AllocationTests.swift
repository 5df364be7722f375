import Testing

@testable import QuireKernel

/// Allocating and freeing through the kernel's front door.
struct AllocationTests {
  static func machine(_ mebibytes: UInt64) -> MachineConfiguration {
    var machine = MachineConfiguration()
    machine.ram = mebibytes << 20
    return machine
  }

  @Test("BOOT-1: what is left of RAM is all but descriptors and the reserved region")
  func managed() throws {
    let memory = try PhysicalMemory(Self.machine(64))
    #expect(memory.managedFrames == 16384 - 256 - 1024)
    #expect(memory.freeFrames == memory.managedFrames)
  }

  @Test("PAGE-2: the last put frees the page, and it comes back empty")
  func putFrees() throws {
    var kernel = try Kernel(Self.machine(64))
    let free = kernel.memory.freeFrames
    let frame = try kernel.allocatePages(.highUserMovable, order: 0, for: .none)
    #expect(kernel.memory.frames[frame].referenceCount == 1)
    kernel.memory.setByte(frame, 100, to: 7)
    kernel.get(frame)
    kernel.put(frame)
    #expect(kernel.memory.byte(frame, 100) == 7)
    kernel.put(frame)
    #expect(kernel.memory.freeFrames == free)
    let again = try kernel.allocatePages(.highUserMovable, order: 0, for: .none)
    #expect(again == frame)
    #expect(kernel.memory.byte(frame, 100) == 0)
  }
}
