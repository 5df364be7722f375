// System V shared memory as scripts use it: labels, words, answers, and what is refused.

import Quire
import Testing

@Suite("Calls of System V shared memory")
struct SegmentCallTests {
  @Test("SHM-1: shmget takes labels and the kernel's words")
  func get() throws {
    try expectAllHold(
      """
      let a = shmget 10000, key: 7, create: true, mode: "640"
      expect a == 0
      expect shmget(1, key: 7) == a
      expect shmget(1, key: 7, flags: IPC_CREAT | 0x180) == a
      expect EEXIST { shmget 1, key: 7, create: true, exclusive: true }
      expect EEXIST { shmget 1, key: 7, flags: IPC_CREAT | IPC_EXCL }
      expect EINVAL { shmget 20000, key: 7 }
      expect ENOENT { shmget 1, key: 8 }
      expect EINVAL { shmget 0 }
      expect ENOMEM { shmget 1TiB }
      let b = shmget 1TiB, noreserve: true
      expect shmget(1) != shmget(1)
      let s = shmctl a, "stat"
      expect s.size == 10000 and s.mode == "640" and s.key == 7 and s.shmid == a
      expect s.cpid == getpid() and s.lpid == 0 and s.nattch == 0 and not s.dest
      expect shmctl(0, IPC_STAT) == s
      """)
  }

  @Test("SHM-2, SHM-3: shmat and shmdt")
  func attach() throws {
    try expectAllHold(
      """
      let id = shmget 10000
      let a = shmat id
      expect a.length == 12KiB
      expect EINVAL { shmat id, at: a.start }
      expect EINVAL { shmat id, at: 0x4000_0001 }
      expect shmat(id, at: 0x4000_0001, round: true).start == address(0x4000_0000)
      expect shmat(id, at: 0x4000_0001, flags: SHM_RND | SHM_REMAP).start == address(0x4000_0000)
      expect EINVAL { shmat id, remap: true }
      expect EINVAL { shmat 77 }
      expect EINVAL { shmat -1 }
      expect EINVAL { shmat 1 << 40 }
      fetch shmat(id, exec: true).start
      expect SIGSEGV { fetch a }
      expect shmctl(id, "stat").nattch == 3
      shmdt a.start
      expect EINVAL { shmdt a }
      expect EINVAL { shmdt a.start + 1 }
      expect SIGSEGV { load(a.start) }
      """)
  }

  @Test("SHM-4, SHM-5: shmctl removes, sets, locks, and tells of all")
  func control() throws {
    try expectAllHold(
      """
      let id = shmget 64KiB
      let a = shmat id
      write a[0 ..< 8KiB]
      expect shmctl(id, "totals").shm_tot == 16 and shmctl(0, SHM_INFO).shm_rss == 2
      expect shmctl(id, "limits").shmmni == 4096 and shmctl(0, IPC_INFO).shmmin == 1
      shmctl id, "lock"
      expect shmctl(id, "stat").locked
      shmctl id, SHM_UNLOCK
      expect not shmctl(id, "stat").locked
      shmctl id, "set", mode: "400"
      expect shmctl(id, "stat").mode == "400"
      shmctl id, IPC_RMID
      expect shmctl(id, "stat").dest
      shmdt a
      expect EINVAL { shmctl id, "stat" }
      expect EINVAL { shmctl id, 99 }
      sysctl "kernel.shmmax", 4096
      expect EINVAL { shmget 4097 }
      sysctl "kernel.shmmni", 0
      expect ENOSPC { shmget 1 }
      """)
  }

  @Test("a detach by the exit of a process, and /proc/sysvipc/shm")
  func exit() throws {
    try expectAllHold(
      """
      let id = shmget 4KiB
      let child = fork { let a = shmat id
       store a.start, 5
       expect shmctl(id, "stat").nattch == 1 }
      wait child
      expect shmctl(id, "stat").nattch == 0 and shmctl(id, "stat").lpid == child.pid
      expect load(shmat(id).start) == 5
      cat "/proc/sysvipc/shm"
      """)
  }

  @Test("what makes no sense is refused with the argument's name")
  func misuse() throws {
    for (call, message) in [
      ("shmget 1, mode: \"9\"", "'mode' is three digits from 0 to 7"),
      ("shmget 1, create: true, flags: 0", "create"),
      ("shmctl 0, \"set\"", "add 'mode:'"),
    ] {
      let outcome = try run(call)
      #expect(outcome.diagnostics.contains { $0.message.contains(message) }, "\(call)")
    }
  }
}
