// execve of a file: its headers as bytes, and what is left when an allocation fails on the way.

import KernelStorage
import Testing

@testable import QuireKernel

@Suite("Programs in files, in the kernel")
struct ProgramFileTests {
  private func machine() -> MachineConfiguration {
    var machine = MachineConfiguration()
    machine.ram = 16 << 20
    return machine
  }

  private var headers: ProgramHeaders {
    var headers = ProgramHeaders()
    headers.segments = [
      ProgramSegment(
        at: 0x40_0000, offset: 0, fileSize: 8192, memorySize: 8192, [.read, .execute]),
      ProgramSegment(
        at: 0x40_2000, offset: 8192, fileSize: 5000, memorySize: 20_000, [.read, .write]),
    ]
    return headers
  }

  @Test("headers are what their bytes say")
  func roundTrip() throws {
    var kernel = try Kernel(machine())
    let task = try kernel.spawn(named: "linker", by: kernel.initTask)
    var wanted = headers
    wanted.isRelocatable = true
    wanted.stack = [.read, .write, .execute]
    wanted.interpreter = "/file1"
    for architecture in [Architecture.x86_64, .x86_32] {
      let bytes = wanted.bytes(for: architecture)
      #expect(bytes.prefix(4) == [0x7f, 0x45, 0x4c, 0x46])
      let header = Array(bytes[0..<ProgramHeaders.headerSize(architecture)])
      let isWide = architecture == .x86_64
      let place = try ProgramHeaders.table(of: header, for: architecture)
      #expect(place.offset == (isWide ? 64 : 52) && place.size == 4 * (isWide ? 56 : 32))
      let table = Array(bytes[Int(place.offset)..<(Int(place.offset) + place.size)])
      let decoded = try ProgramHeaders.decode(header, table, for: architecture)
      #expect(decoded.headers.segments == wanted.segments)
      #expect(decoded.headers.isRelocatable && decoded.headers.stack == wanted.stack)
      let path = try #require(decoded.path)
      let text = bytes[Int(path.offset)..<Int(path.offset + path.fileSize - 1)]
      #expect(String(decoding: text, as: UTF8.self) == "/file1")
      for damage in [0, 16, 18, isWide ? 54 : 42, isWide ? 56 : 44] {
        var broken = header
        broken[damage] = 0xee
        #expect(throws: Errno.ENOEXEC) {
          _ = try ProgramHeaders.table(of: broken, for: architecture)
        }
      }
    }
    let file = try kernel.makeProgram(wanted, size: 16_000, mode: .program, by: task)
    #expect(try kernel.fileUsage(file).size == 16_384)
    #expect(kernel.checkInvariants().isEmpty)
  }

  @Test("every allocation fails in turn: the old program stays, or SIGSEGV awaits the new one")
  func failures() throws {
    var (kept, killed) = (0, 0)
    for failing in 1..<120 {
      var kernel = try Kernel(machine())
      let task = try kernel.spawn(named: "old", by: kernel.initTask)
      let file = try kernel.makeProgram(headers, size: 16_384, fill: 7, mode: .program, by: task)
      let space = kernel.tasks[task].space
      kernel.failAllocation(after: failing)
      let isDone = try? kernel.execute(named: "new", program: file, arguments: 5000, by: task)
      let isOver = kernel.memory.injection.failures == 0
      kernel.failAllocation(after: 0)
      #expect(kernel.checkInvariants().isEmpty, "allocation \(failing)")
      if isDone == nil {
        kept += 1
        #expect(kernel.tasks[task].space == space && kernel.tasks[task].name == TaskName("old"))
        #expect(kernel.virtual.objects[file.object].executions == 0)
      } else if kernel.tasks[task].pending.contains(.SIGSEGV) {
        killed += 1
        #expect(kernel.deliverSignals(to: task) == .died(.SIGSEGV))
        #expect(kernel.checkInvariants().isEmpty, "death after allocation \(failing)")
      } else if isOver {
        #expect(kept > 0 && killed > 0)
        #expect(kernel.spaces[kernel.tasks[task].space].anonPages == 3)
        return
      }
    }
    Issue.record("it never succeeds")
  }

  @Test("fork runs the same program, and the last who runs it lets it be written again")
  func inherited() throws {
    var kernel = try Kernel(machine())
    let task = try kernel.spawn(named: "old", by: kernel.initTask)
    let file = try kernel.makeProgram(headers, size: 16_384, mode: .program, by: task)
    #expect(try kernel.execute(named: "new", program: file, by: task))
    let child = try kernel.fork(task)
    #expect(kernel.virtual.objects[file.object].executions == 2)
    let status = kernel.statusText(of: child)
    #expect(status.contains("VmExe:\t       8 kB"), "\(status)")
    // Five pages of the program are data; the break may add one more.
    try kernel.setLimit(on: .data, to: 24 << 10, of: child)
    let start = kernel.brk(0, by: child)
    #expect(kernel.brk(start + 8192, by: child) == start)
    #expect(kernel.brk(start + 4096, by: child) == start + 4096)
    kernel.exit(child, .exited(0))
    #expect(throws: Errno.ETXTBSY) { try kernel.truncate(file, to: 0, by: kernel.initTask) }
    try kernel.unlink(file, by: task)
    #expect(kernel.checkInvariants().isEmpty)
    _ = try kernel.execute(named: "empty", by: task)
    #expect(kernel.checkInvariants().isEmpty)
  }
}
