// Kernel threads: no memory of their own, borrowed page tables, and the memory of a process for as
// long as they use it (MM-4, MM-5).

import Quire
import Testing

@Suite("Kernel threads")
struct KernelThreadTests {
  @Test(
    "a kernel thread is a child of kthreadd, in kernel mode, without memory, and leaves no zombie")
  func life() throws {
    try expectAllHold(
      """
      let page = get_zeroed_page()
      let before = len(processes())
      let worker = kthread "worker" {
          expect self.name == "worker"
          expect self.parent.pid == 2
          expect self.rss == 0
          expect self.mm_users == 0
          store page + 8, 77
          sleep 1ms
          exit 3
      }
      expect len(processes()) == before + 1
      expect self.children == []
      kill worker, SIGKILL
      expect wait(worker).code == 3
      expect len(processes()) == before
      expect kernel({ load page + 8 }) == 77
      """)
  }

  @Test("memory outlives its users while a kernel thread runs on its tables (MM-5)")
  func borrowed() throws {
    try expectAllHold(
      """
      machine { cpus: 1, ram: 32MiB }
      let done = event()
      var count = 0
      let child = fork {
          touch mmap(64KiB, "rw")
          expect self.mm_count == 1
          let worker = kthread "worker" {
              expect self.mm_users == 0
              done.wait()
          }
          yield
          exit 0
      }
      wait child
      done.signal()
      sleep 1ms
      expect self.mm_count == 1
      """)
  }

  @Test("use_mm makes a kernel thread a user of the memory, which then outlives its process")
  func used() throws {
    try expectAllHold(
      """
      let own = mmap 8KiB, "rw"
      write own[0 ..< 4KiB], value: 5
      let owner = self
      let users = self.mm_users
      let worker = kthread "worker" {
          expect copy_from_user(own, atomic: true) != nil
          use_mm owner
          expect self.mm_users == users + 1
          expect copy_from_user(own.start, 2) == [5, 5]
          expect EBUSY { use_mm owner }
          expect copy_to_user(own.start + 4096, "abc") == 0
          expect self.minflt == 1
          unuse_mm
          expect EINVAL { unuse_mm() }
          expect self.mm_users == 0
      }
      wait worker
      expect copy_from_user(own.start + 4096, 3) == [97, 98, 99]
      expect self.mm_users == users
      expect EINVAL { unuse_mm() }
      """)
  }

  @Test("the memory of a process that has exited stays with the kernel thread that uses it")
  func outlived() throws {
    try expectAllHold(
      """
      let go = event()
      let child = process "owner" {
          let own = mmap 4KiB, "rw"
          write own, value: 9
          let me = self
          let ready = event()
          let worker = kthread "worker" {
              use_mm me
              ready.signal()
              go.wait()
              expect copy_from_user(own.start, 1) == [9]
              expect self.rss == 4KiB
              unuse_mm
          }
          ready.wait()
          exit 0
      }
      wait child
      let before = vmstat.nr_anon_pages
      go.signal()
      sleep 1ms
      expect before > vmstat.nr_anon_pages
      """)
  }

  @Test(
    "a kernel thread that touches what is not there oopses; calls that need memory are mistakes")
  func mistakes() throws {
    let outcome = try run(
      """
      let bad = kthread "bad" { load 0 }
      expect wait(bad).signal == SIGKILL
      let worse = kthread "worse" { store 0x7000_0000_0000, 1 }
      expect wait(worse).signal == SIGKILL
      expect copy_to_user(address(0x1000), "x") == 1
      let other = kthread "other" {
          expect copy_to_user(address(0x1000), "x") == 1
          try { mmap 4KiB } catch e { print e.message }
          try { fork { } } catch e { print e.message }
      }
      wait other
      try { use_mm self } catch e { print e.message }
      """)
    let output = String(decoding: outcome.output, as: UTF8.self)
    #expect(outcome.exitStatus == 0, "\(outcome.report)")
    #expect(output.contains("a kernel thread has no memory of its own"))
    #expect(output.contains("a kernel thread starts no processes"))
    #expect(output.contains("only a kernel thread can use the memory of another"))
  }
}
