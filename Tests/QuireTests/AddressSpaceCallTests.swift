// The calls that resize, advise on, lock, inspect and seal memory, as scripts make them. What the
// kernel answers is tested with the kernel; here it is labels, words, values and refusals.

import Quire
import Testing

@Suite("Address space calls")
struct AddressSpaceCallTests {
  @Test("every option of mmap has a label")
  func mmapOptions() throws {
    try expectAllHold(
      """
      let a = mmap 4KiB, "rw", at: 0x1000_0000, noreplace: true
      expect a.start == address(0x1000_0000)
      expect EEXIST { mmap 4KiB, "rw", at: a.start, noreplace: true }
      let hint = mmap 4KiB, "rw", at: 0x2000_0000
      expect hint.start == address(0x2000_0000)
      let low = mmap 4KiB, "rw", map_32bit: true
      expect low.start == address(0x4000_0000)
      let stack = mmap 64KiB, "rw", at: 0x3000_0000, fixed: true, growsdown: true, stack: true
      touch stack.start - 4KiB
      expect vma(stack.start).region.start == stack.start - 4KiB
      let locked = mmap 64KiB, "rw", locked: true
      expect vma(locked).rss == 64KiB
      expect self.locked == 64KiB
      let later = mmap 64KiB, "rw", populate: true, nonblock: true
      expect vma(later).rss == 0
      sysctl "vm.overcommit_memory", 2
      sysctl "vm.overcommit_kbytes", 1024
      expect ENOMEM { mmap 512MiB, "rw" }
      sysctl "vm.overcommit_memory", 0
      let free = mmap 64MiB, "rw", noreserve: true
      expect contains(vma(free).flags, "nr")
      """)
  }

  @Test("mremap takes labels or words; where to go implies that it may")
  func mremap() throws {
    try expectAllHold(
      """
      let a = mmap 16KiB, "rw"
      write a, value: 7
      let b = mremap a, 5000
      expect b.start == a.start
      expect b.length == 8KiB
      let c = mremap b, 8KiB, to: 0x5000_0000
      expect c.start == address(0x5000_0000)
      expect load(c.start) == 0x0707_0707_0707_0707
      expect EINVAL { mremap c, 8KiB, to: 0x6000_0000, maymove: false }
      let d = mremap c, 8KiB, dontunmap: true
      expect load(c.start) == 0
      expect load(d.start) == 0x0707_0707_0707_0707
      let e = mremap d.start, 12KiB, length: 8KiB, flags: MREMAP_MAYMOVE
      expect e.length == 12KiB
      expect EINVAL { mremap e, 12KiB, flags: MREMAP_FIXED, to: 0x6000_0000 }
      expect EFAULT { mremap 0x7000_0000, 8KiB, length: 4KiB }
      """)
  }

  @Test("an address alone does not say how much to remap; words leave no room for labels")
  func mremapMistakes() throws {
    #expect(
      try messages("mremap 0x5000_0000, 8KiB").contains(
        "how long the region at that address is, is missing: add 'length:'"))
    #expect(
      try messages("mremap mmap(4KiB), 8KiB, flags: 1, maymove: true").contains(
        "'flags' says it all; leave out 'maymove'"))
  }

  @Test("madvise takes words and numbers; a misspelt word is found before the run")
  func madvise() throws {
    try expectAllHold(
      """
      let a = mmap 16KiB, "rw"
      write a, value: 1
      madvise a, "dontneed", length: 4KiB
      expect load(a.start) == 0
      expect load(a.start + 4KiB) != 0
      madvise a.start + 4KiB, MADV_DONTNEED
      expect load(a.start + 4KiB) == 0
      expect EINVAL { madvise a, 1212 }
      expect EINVAL { madvise a, -1 }
      madvise a, "wipeonfork"
      expect contains(vma(a).flags, "wf")
      """)
    let failure = #expect(throws: ProgramError.self) {
      try Program("madvise mmap(4KiB), \"dontned\"")
    }
    #expect("\(failure!)".contains("'madvise' knows no advice \"dontned\""))
    #expect("\(failure!)".contains("did you mean '\"dontneed\"'?"))
  }

  @Test("locks count in self.locked, and mincore answers with booleans")
  func locks() throws {
    try expectAllHold(
      """
      let a = mmap 16KiB, "rw"
      expect mincore(a) == [false, false, false, false]
      mlock a.start + 1, 4KiB
      expect mincore(a) == [true, true, false, false]
      expect self.locked == 8KiB
      munlock a
      mlock2 a, onfault: true
      expect mincore(a.start, 16KiB) == [true, true, false, false]
      mlock2 a, flags: MLOCK_ONFAULT
      munlockall
      expect self.locked == 0
      mlockall current: true, future: true, onfault: true
      let b = mmap 8KiB
      expect contains(vma(b).flags, "lf")
      munlockall
      expect EINVAL { mlockall 0 }
      expect EINVAL { mlockall ~(MCL_CURRENT | MCL_FUTURE) }
      expect ENOMEM { mlock 0x1000_0000 }
      expect EINVAL { mincore a.start + 1, 4KiB }
      expect ENOMEM { mincore a.start, 1TiB }
      """)
  }

  @Test("msync and mseal")
  func syncAndSeal() throws {
    try expectAllHold(
      """
      let a = mmap 8KiB, "rw"
      msync a
      msync a, async: true
      expect EINVAL { msync a, flags: MS_ASYNC | MS_SYNC }
      expect EINVAL { msync a, flags: -1 }
      mlock a
      expect EBUSY { msync a, invalidate: true }
      munlock a
      mseal a
      expect EPERM { munmap a }
      expect EPERM { mprotect a, "r" }
      expect EPERM { mremap a, 4KiB }
      """)
  }

  @Test("limits are soft and hard, and nil is none")
  func limits() throws {
    try expectAllHold(
      """
      expect getrlimit("stack") == [soft: 8MiB, hard: nil]
      setrlimit "stack", 1MiB, hard: 2MiB
      expect getrlimit("stack") == [soft: 1MiB, hard: 2MiB]
      setrlimit "stack", 2MiB
      expect getrlimit("stack") == [soft: 2MiB, hard: 2MiB]
      expect EINVAL { setrlimit "stack", 3MiB, hard: 2MiB }
      setrlimit "as", nil
      expect getrlimit("as") == [soft: nil, hard: nil]
      let name = "cores"
      expect EINVAL { getrlimit name }
      setrlimit "data", 64KiB
      expect ENOMEM { mmap 1MiB, "rw" }
      """)
  }

  @Test("read, write, touch and fetch all walk by a pattern")
  func patterns() throws {
    try expectAllHold(
      """
      import "patterns"
      let a = mmap 64KiB, "rwx"
      write a, value: 5, pattern: [3, 1, 3]
      expect load(a.start + 12KiB) == 0x0505_0505_0505_0505
      expect load(a.start + 12KiB + 4088) == 0x0505_0505_0505_0505
      expect vmstat.pgfault == 2
      read a, pattern: "random", count: 200
      fetch a, count: 3
      fetch a, pattern: patterns.strided(4), count: 4
      expect SIGSEGV { fetch mmap(4KiB, "rw") }
      """)
  }

  @Test("vma tells what maps and smaps tell")
  func vma() throws {
    try expectAllHold(
      """
      let a = mmap 64KiB, "r", shared: true
      read a[0 ..< 8KiB]
      let area = vma(a.start + 100)
      expect area.region == a
      expect area.permissions == "r--s"
      expect area.rss == 8KiB
      expect area.name == "/dev/zero (deleted)"
      expect vma(0x1000) == nil
      expect vma(self.stack.start).name == "[stack]"
      let child = fork { munmap a
       sleep 1ms }
      sleep 10us
      expect vma(a.start, process: child) == nil
      expect vma(a.start) != nil
      """)
  }

  private func messages(_ text: String) throws -> String {
    try Program(text).run().diagnostics.map(\.message).joined(separator: "\n")
  }
}
