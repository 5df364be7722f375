// Mappings of devices as scripts make them: what VM_IO and VM_PFNMAP refuse, and what they share.

import Quire
import Testing

@Suite("Device mappings")
struct DeviceTests {
  @Test("registers are mapped at once, shared by all, and nowhere resident")
  func shared() throws {
    try expectAllHold(
      """
      let card = device 3pages
      let free = vmstat.nr_free_pages
      let before = self.minflt
      let m = mmap 3pages, "rw", shared: true, file: card
      store m.start + 8, 42
      expect load(m.start + 8) == 42
      expect self.minflt == before
      expect self.rss == 0
      let words = "rd wr sh mr mw me ms pf io de dd sd"
      expect vma(m).flags == split(words, " ")
      expect vma(m).rss == 0
      expect contains(vma(m).name, "/dev/device")
      let other = mmap 4KiB, "r", shared: true, file: card, offset: 4096
      expect vma(other).offset == 4096
      store m.start + 4096, 7
      expect load(other.start) == 7
      expect SIGSEGV { store other.start, 1 }
      let entry = pte(m.start)
      let bits = "present write user nocache accessed dirty special noexec"
      expect entry.flags == split(bits, " ")
      expect page(m.start) == nil
      expect pagemap(m.start)[0] >> 63 == 1
      expect pagemap(m.start)[0] & (1 << 61 | 1 << 56) == address(0)
      let child = fork {
          expect self.minflt == 0
          expect load(m.start + 8) == 42
          expect self.minflt == 0
          store m.start + 8, 43
      }
      wait child
      expect load(m.start + 8) == 43
      """)
  }

  @Test("a private mapping copies a page on a write, and keeps the copy for itself (FORK-2)")
  func copied() throws {
    try expectAllHold(
      """
      let card = device 4pages
      let all = mmap 4pages, "rw", shared: true, file: card
      write all, value: 5
      let mine = mmap 2pages, "rw", file: card, offset: 4096
      expect load(mine.start) == 0x0505_0505_0505_0505
      expect self.rss == 0
      store mine.start, 1
      expect self.rss == 4KiB
      expect self.cow_faults == 1
      expect load(mine.start + 8) == 0x0505_0505_0505_0505
      expect load(all.start + 4096) == 0x0505_0505_0505_0505
      expect vma(mine).anonymous == 4KiB
      let child = fork {
          expect load(mine.start) == 1
          store mine.start, 2
          expect load(mine.start + 4096) == 0x0505_0505_0505_0505
      }
      wait child
      expect load(mine.start) == 1
      mprotect mine, "r"
      mprotect mine, "rw"
      store mine.start + 4096, 3
      expect self.rss == 8KiB
      munmap mine
      expect self.rss == 0
      """)
  }

  @Test("mmap beyond the end is EINVAL; the mode of the descriptor counts as ever")
  func mapping() throws {
    try expectAllHold(
      """
      expect EINVAL { device 0 }
      let card = device 5000
      expect card.size == 8KiB
      expect EINVAL { mmap 3pages, "rw", shared: true, file: card }
      expect EINVAL { mmap 2pages, "rw", shared: true, file: card, offset: 4096 }
      let reader = open card, "r"
      expect EACCES { mmap 4KiB, "rw", shared: true, file: reader }
      let m = mmap 4KiB, "r", shared: true, file: reader
      expect EACCES { mprotect m, "rw" }
      let old = mmap 4KiB, "rw"
      touch old
      expect EINVAL { mmap 3pages, "rw", shared: true, file: card, at: old.start, fixed: true }
      expect SIGSEGV { touch old }
      let locked = mmap 2pages, "rw", shared: true, file: card, locked: true
      expect self.locked == 0
      mlock locked
      expect self.locked == 0
      expect not contains(vma(locked).flags, "lo")
      unlink card
      store locked.start, 4
      expect load(locked.start) == 4
      expect contains(vma(locked).name, "(deleted)")
      """)
  }

  @Test("no growth, no advice that takes pages away, no msync; moving is allowed")
  func refusals() throws {
    try expectAllHold(
      """
      let card = device 4pages
      let m = mmap 2pages, "rw", shared: true, file: card
      store m.start, 9
      expect EFAULT { mremap m, 3pages }
      expect EFAULT { mremap m, 3pages, maymove: true }
      expect EFAULT { mremap m.start, 2pages, length: 0, maymove: true }
      expect EINVAL { mremap m, 2pages, dontunmap: true }
      for advice in ["dontneed", "free", "cold", "pageout", "dofork", "wipeonfork", "dodump",
          "populate_read", "populate_write"] {
          expect EINVAL { madvise m, advice }
      }
      expect ENODEV { madvise m, "remove" }
      madvise m, "willneed"
      madvise m, "dontfork"
      madvise m, "sequential"
      expect EINVAL { msync m, flags: MS_SYNC }
      msync m, flags: MS_ASYNC
      expect mincore(m) == [true, true]
      let moved = mremap m, 2pages, to: 0x5000_0000
      expect load(moved.start) == 9
      let tail = mremap moved, 4KiB
      expect SIGSEGV { load tail.end }
      expect EINVAL { truncate card, 0 }
      expect ENODEV { fallocate card, 0, 4096 }
      expect EINVAL { fsync card }
      let buffer = mmap 4KiB, "rw"
      expect EINVAL { pread card, buffer }
      let file = file 0
      expect pwrite(file, tail) == 4096
      expect pread(file, tail) == 4096
      expect copy_from_user(tail.start, 1) == [9]
      """)
  }

  @Test("regions of a device never join, and what is not mapped from the start never is")
  func apart() throws {
    try expectAllHold(
      """
      let card = device 2pages
      let low = mmap 4KiB, "rw", shared: true, file: card, at: 0x4000_0000, fixed: true
      let high = mmap 4KiB, "rw", shared: true, file: card, offset: 4096, at: 0x4000_1000,
          fixed: true
      expect vma(low).region.length == 4096
      mprotect low, ""
      expect SIGSEGV { load low.start }
      mprotect low, "rw"
      store low.start, 1
      expect load(low.start) == 1
      expect EINVAL { device 5GiB }
      """)
  }
}
