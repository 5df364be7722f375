// What the kernel does to a process's memory, and to its own: copies with a fix-up, and oopses.

import Quire
import Testing

@Suite("Kernel mode")
struct KernelModeTests {
  @Test("copies take the process's faults, and say how many bytes are left (FAULT-2)")
  func copies() throws {
    try expectAllHold(
      """
      let m = mmap 2pages, "rw"
      let before = self.minflt
      expect copy_to_user(m.start + 4094, "hello") == 0
      expect self.minflt == before + 2
      expect copy_from_user(m.start + 4094, 5) == [104, 101, 108, 108, 111]
      expect copy_to_user(m.start + 4095, [1, 2, 3]) == 0
      expect load(m.start + 4096) & 0xffff == 0x302
      let end = m.start + 8190
      expect copy_to_user(end, "abcdef") == 4
      expect copy_from_user(end, 6) == [97, 98]
      munmap m.start + 4096, 4KiB
      expect copy_from_user(m, 8192) == copy_from_user(m.start, 4096)
      """)
  }

  @Test("a right that is missing ends a copy; addresses of the kernel are no user addresses")
  func refusals() throws {
    try expectAllHold(
      """
      let m = mmap 3pages, "rw"
      write m, value: 1
      mprotect m[1pages ..< 2pages], "r"
      expect copy_to_user(m, [0, 0], length: 2) == 0
      expect copy_to_user(m.start + 4095, [7, 7]) == 1
      expect len(copy_from_user(m)) == 12288
      expect copy_to_user(address(0xffff_8880_0000_0000), "x") == 1
      expect copy_to_user(address(0x8000_0000_0000), "x") == 1
      expect copy_to_user(address(0x7fff_ffff_efff), "xy") == 2
      expect copy_from_user(address(0), 4) == []
      expect EFAULT { get_user 0 }
      expect EFAULT { put_user m.start + 4096, 5 }
      expect EFAULT { put_user m.start + 4092, 5 }
      expect get_user(m.start + 4092) == 0x0101_0101_0701_0101
      put_user m.start, -2, size: 2
      expect get_user(m.start, size: 4) == 0x0101_fffe
      expect get_user(m.start, size: 1) == 0xfe
      """)
  }

  @Test("the kernel's writes break copy-on-write, count, and let the stack grow")
  func kernelFaults() throws {
    try expectAllHold(
      """
      let m = mmap 4KiB, "rw"
      write m, value: 1
      let child = fork {
          expect copy_to_user(m, "x") == 0
          expect self.cow_faults == 1
          expect self.minflt == 1
      }
      wait child
      expect get_user(m.start, size: 1) == 1
      let low = self.stack.start
      expect copy_to_user(low - 4096, "y") == 0
      expect self.stack.start == low - 4096
      let file = file(8KiB, fill: 3)
      let map = mmap 8KiB, "r", file: file
      let major = self.majflt
      expect copy_from_user(map.start, 2) == [3, 3]
      expect self.majflt == major + 1
      let fresh = mmap 4KiB, "rw"
      expect copy_to_user(fresh, "z", atomic: true) == 1
      touch fresh
      expect copy_to_user(fresh, "z", atomic: true) == 0
      """)
  }

  @Test("the kernel's side may be its own memory; what could not be read becomes zeros")
  func kernelMemory() throws {
    try expectAllHold(
      """
      let buffer = kmalloc 64
      let m = mmap 4KiB, "rw"
      write m, value: 9
      expect copy_from_user(m.end - 16, 64, to: buffer) == 48
      kernel {
          expect load(buffer.address) == 0x0909_0909_0909_0909
          expect load(buffer.address + 16) == 0
          store buffer.address + 24, 77
      }
      expect copy_from_user(m.end - 16, 64, to: address(0xffff_ffff_ffff_fff0)) == 64
      expect copy_to_user(m, buffer) == 0
      expect load(m.start + 24) == 77
      expect copy_to_user(m, page_address(alloc_page()), length: 4096) == 0
      expect load(m.start + 24) == 0
      kfree buffer
      """)
  }

  @Test("a block in kernel mode gives its value, also from a loop, a function and an error")
  func blocks() throws {
    try expectAllHold(
      """
      let page = get_zeroed_page()
      fn peek(at) { return kernel { load at } }
      var sum = 0
      for i in 0 ..< 3 {
          kernel { store page + 8 * i, i }
          sum = sum + peek(page + 8 * i)
      }
      expect sum == 3
      var caught = ""
      try { kernel { raise "no" } } catch e { caught = e.message }
      expect caught == "no"
      expect SIGSEGV { load page }
      let nested = kernel { 1 + kernel({ peek(page + 16) }) }
      expect nested == 3
      expect SIGSEGV { load page }
      let other = mmap 4KiB, "rw"
      kernel { store other.start, 5 }
      expect load(other.start) == 5
      expect self.minflt > 0
      """)
  }

  @Test(
    "an oops ends the task and nothing else (FAULT-1)",
    arguments: [
      ("load 8", "a null pointer is read at 0x8", "SIGKILL"),
      (
        "store 0xffff_c900_0000_0000, 1", "the kernel writes 0xffffc90000000000, and no page",
        "SIGKILL"
      ),
      ("store 0xffff_ffff_8100_0000, 1", "which does not allow it", "SIGKILL"),
      ("fetch 0xffff_8880_0010_0000", "the kernel executes 0xffff888000100000", "SIGKILL"),
      ("load 0x8000_0000_0000", "general protection", "SIGSEGV"),
    ])
  func oopses(_ access: String, _ sentence: String, _ signal: String) throws {
    let outcome = try run(
      """
      let child = fork { try { kernel { \(access) } } catch e { print "caught" } }
      let status = wait child
      expect status.signal == \(signal)
      print "goes on"
      """)
    #expect(String(decoding: outcome.output, as: UTF8.self) == "goes on\n")
    #expect(outcome.exitStatus == 0)
    #expect(outcome.report.contains("kernel oops: "), "\(outcome.report)")
    #expect(outcome.report.contains(sentence), "\(outcome.report)")
  }

  @Test("user memory that is not mapped is an oops without a fix-up, and executing it always is")
  func userMemory() throws {
    let outcome = try run(
      """
      let m = mmap 4KiB, "rx"
      let first = fork { kernel { load m.end } }
      expect wait(first).signal == SIGKILL
      let second = fork { kernel { fetch m } }
      expect wait(second).signal == SIGKILL
      kernel { load m.start }
      """)
    #expect(outcome.exitStatus == 0, "\(outcome.report)")
    #expect(outcome.report.contains("oops number 2 since boot"), "\(outcome.report)")
  }

  @Test("kernel.panic_on_oops and kernel.oops_limit stop the machine")
  func panics() throws {
    let first = try run(
      "sysctl \"kernel.panic_on_oops\", 1\nfork { kernel { load 0 } }\nwait\nprint 1")
    #expect(first.report.contains("Fatal exception"), "\(first.report)")
    #expect(first.output.isEmpty && first.exitStatus == 1)
    let second = try run(
      """
      sysctl "kernel.oops_limit", 2
      repeat 3 { wait(fork({ kernel { load 0 } })) }
      """)
    #expect(second.report.contains("Oopsed too often (kernel.oops_limit is 2)"))
    #expect(second.exitStatus == 1)
  }

  @Test("what the model keeps elsewhere cannot be written through the kernel's map")
  func protected() throws {
    for store in [
      "store address(0xffff_8880_0000_0000) + (walk(0).levels[0].table - address(0)), 1",
      "store page_address(p), 1",
    ] {
      let outcome = try run(
        """
        let p = alloc_page()
        let at = page_address(p)
        free_pages p
        kernel { \(store.replacing("page_address(p)", with: "at")) }
        """)
      #expect(outcome.exitStatus == 1)
      #expect(!outcome.report.contains("oops"), "\(outcome.report)")
      #expect(outcome.report.contains("frame "), "\(outcome.report)")
    }
  }
}
