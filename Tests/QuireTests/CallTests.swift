// Kernel verbs as scripts call them: labels, words, handles, and what is refused.

import Quire
import Testing

@Suite("Calls")
struct CallTests {
  @Test("mmap takes Swift-like labels and the kernel's words")
  func mmap() throws {
    try expectAllHold(
      """
      let a = mmap 10000
      expect a.length == 12KiB
      let b = mmap 4KiB, prot: PROT_READ, flags: MAP_PRIVATE | MAP_ANONYMOUS
      expect SIGSEGV { store b.start, 1 }
      expect load(b.start) == 0
      let c = mmap 8KiB, "rw", at: 0x4000_0000, fixed: true
      expect c.start == address(0x4000_0000)
      expect EINVAL { mmap 0 }
      let d = mmap 64KiB, "rw", populate: true
      expect self.rss == 64KiB
      munmap d
      expect self.rss == 0
      munmap c.start, 4KiB
      expect SIGSEGV { load(c.start) }
      expect load(c.start + 4KiB) == 0
      mprotect a, ""
      expect SIGSEGV { load(a.start) }
      mprotect a, "rw", length: 4KiB
      store a.start, 5
      expect SIGSEGV { load(a.start + 4KiB) }
      """)
  }

  @Test("shared memory is shared by parent and child, private memory is not")
  func shared() throws {
    try expectAllHold(
      """
      let s = mmap 4KiB, "rw", shared: true
      let p = mmap 4KiB, "rw"
      store p.start, 1
      let child = fork { store s.start, 7
       store p.start, 7 }
      wait child
      expect load(s.start) == 7
      expect load(p.start) == 1
      """)
  }

  @Test("write fills, touch keeps, load reads words that straddle pages")
  func access() throws {
    try expectAllHold(
      """
      let m = mmap 8KiB, "rw"
      write m, value: 0x11
      expect load(m.start) == 0x1111_1111_1111_1111
      touch m
      expect load(m.start) == 0x1111_1111_1111_1111
      store m.start + 4092, 0x0102_0304_0506_0708
      expect load(m.start + 4092) == 0x0102_0304_0506_0708
      store m.start, -1
      expect load(m.start) == -1
      expect vmstat.pgfault == 2
      """)
  }

  @Test("brk answers, sbrk moves or raises")
  func brk() throws {
    try expectAllHold(
      """
      let start = brk()
      expect sbrk(8KiB) == start
      expect brk() == start + 8KiB
      store start, 3
      expect sbrk(-8KiB) == start + 8KiB
      expect SIGSEGV { load(start) }
      expect brk(0x1000) == start
      expect ENOMEM { sbrk 1TiB }
      """)
  }

  @Test("page frames by name")
  func pages() throws {
    try expectAllHold(
      """
      let free = vmstat.nr_free_pages
      let p = alloc_pages GFP_KERNEL, 3
      expect p.order == 3
      expect p.refcount == 1
      expect vmstat.nr_free_pages == free - 8
      expect page_address(p) == p.address
      free_pages p
      expect vmstat.nr_free_pages == free
      let a = get_zeroed_page()
      free_pages a, 0
      expect vmstat.nr_free_pages == free
      try { free_pages p
       expect false } catch e { print e.message }
      try { alloc_pages GFP_KERNEL, 11
       expect false } catch e { print e.message }
      """)
  }

  @Test("kernel objects and caches")
  func objects() throws {
    try expectAllHold(
      """
      let c = kmem_cache_create "toys", 100, align: 32
      expect c.name == "toys"
      let o = kmem_cache_alloc c
      expect o.address % 32 == 0
      expect slabs["toys"].active == 1
      expect EBUSY { kmem_cache_destroy c }
      kmem_cache_free c, o
      kmem_cache_shrink c
      kmem_cache_destroy c
      try { kmem_cache_alloc c
       expect false } catch e { print e.message }
      expect ENOMEM { kmalloc 1GiB }
      kfree nil
      expect EINVAL { kmem_cache_create "", 10 }
      """)
  }

  @Test("swap areas come, are used, and go")
  func swap() throws {
    try expectAllHold(
      """
      machine { ram: 16MiB, swap: [[size: 8MiB, priority: 3]] }
      expect len(swap.areas) == 1
      let area = swap.areas[0]
      expect area.priority == 3
      expect area.size == 8MiB - 4KiB
      expect swap.areas[0] == area
      let second = swapon 8MiB, priority: 9
      let m = mmap 14MiB, "rw"
      write m, value: 1
      expect second.used > 0
      expect swap.used == second.used + area.used
      munmap m[0 ..< 8MiB]
      swapoff second
      swapoff area
      expect swap.total == 0
      expect load(m.end - 8) == 0x0101_0101_0101_0101
      try { print second.used
       expect false } catch e { print e.message }
      expect EINVAL { swapon 4KiB }
      """)
  }

  @Test("sysctl reads and sets, setrlimit limits")
  func tuning() throws {
    try expectAllHold(
      """
      machine { sysctl: ["vm.swappiness": 10] }
      expect sysctl("vm.swappiness") == 10
      expect sysctl("vm.swappiness", 100) == 100
      expect sysctl("vm.swappiness") == 100
      expect EINVAL { sysctl "vm.swappiness", 201 }
      let unknown = "vm.nothing"
      expect ENOENT { sysctl unknown }
      setrlimit "as", 8MiB
      expect ENOMEM { mmap 16MiB }
      setrlimit "as", nil
      mmap 16MiB
      let resource = "happiness"
      expect EINVAL { setrlimit resource, 1 }
      """)
  }

  @Test("arguments that make no sense are refused with a sentence, never a trap")
  func nonsense() throws {
    let outcome = try run(
      """
      let cases = [
          { mmap(-1) }, { mmap("x") }, { mmap(1 << 62) }, { mmap(4KiB, "q") },
          { munmap(0xffff_ffff_ffff_f000, 1 << 62) }, { read(0xffff_ffff_ffff_0000, 1 << 40) },
          { sleep(-1) }, { rand(0) }, { rand(5 ..< 5) }, { choose([]) }, { kill(-1) },
          { kill(self, 1 << 40) }, { exit("x") }, { semaphore(-1) }, { barrier(0) },
          { alloc_pages(GFP_KERNEL, -1) }, { kmalloc(-1) }, { kfree(5) },
          { kfree(address(0xffff_8880_0000_0001)) }, { free_pages(address(8), 0) },
          { swapon(1) }, { swapon(1 << 62) }, { swapoff(nil) }, { nice("x") }, { wait(7) },
          { kmem_cache_create("x", 1 << 62) }, { load("x") }, { store(0, "x") },
          { touch(0x1000, 0, count: 5) }, { cat("/etc/passwd") }, { cat("/proc/99/maps") },
          { cat("") }, { on_signal(99, { nil }) }, { vmstat.nothing }, { meminfo["nothing"] },
          { self.nothing }, { fork(7) },
      ]
      for c in cases {
          try { c()
           print "accepted" } catch e { print e.message }
      }
      """)
    #expect(outcome.report == "")
    #expect(!outcome.text.contains("accepted"), "\(outcome.text)")
    #expect(outcome.text.split(separator: "\n").count == 37, "\(outcome.text)")
  }

  @Test("now, getpid, nice and yield")
  func smallCalls() throws {
    try expectAllHold(
      """
      expect getpid() == self.pid
      expect nice(5) == 5
      expect nice(-100) == -20
      expect self.nice == -20
      let before = now()
      sleep 3ms
      expect now() >= before + 3ms
      yield
      """)
  }

  @Test("an endless sleep does not let the clock run over")
  func endOfTime() throws {
    let outcome = try run("while true { sleep 0x7fff_ffff_ffff_ffff }")
    #expect(outcome.ending == .deadlocked)
  }

  @Test("diagnostics do not fill the host's memory")
  func manyDiagnostics() throws {
    let outcome = try run("repeat 5_000 { expect false }")
    #expect(outcome.expectationsFailed == 5_000)
    #expect(outcome.diagnostics.count == 1_001)
    #expect(outcome.report.hasSuffix("^~~~~~~~~~~~\n"))
    #expect(outcome.report.contains("and 4000 more"))
  }
}
