// exec of a file: segments from the page cache, zeros behind them, and every way to be refused.

import Quire
import Testing

@Suite("Programs in files")
struct ProgramTests {
  /// A program with code, data that is written, and zeros behind it.
  private static let program = """
    let program = executable [
        [at: 0x40_0000, rights: "rx", size: 8KiB],
        [at: 0x40_3000 - 1000, rights: "rw", offset: 12KiB - 1000, size: 5000, memory: 20_000],
    ], fill: 7

    """

  @Test("code is mapped from the file, data too, and the zeros end its last page (LAYOUT-7)")
  func segments() throws {
    try expectAllHold(
      Self.program + """
        let child = fork {
            exec "prog", file: program
            let parts = self.maps
            expect parts[0].start == address(0x40_0000) and parts[0].length == 8KiB
            expect vma(parts[0]).permissions == "r-xp"
            expect vma(parts[0]).offset == 0
            expect vma(parts[0]).name == vma(parts[1]).name
            expect parts[1].start == address(0x40_2000) and parts[1].length == 8KiB
            expect vma(parts[1]).permissions == "rw-p" and vma(parts[1]).offset == 8KiB
            expect parts[2].start == address(0x40_4000) and parts[2].length == 16KiB
            expect vma(parts[2]).name == ""
            # The header is the first page of the code: a magic number.
            expect load(0x40_0000) & 0xffff_ffff == 0x464c_457f
            expect load(0x40_1000) == 0x0707_0707_0707_0707
            let end = address(0x40_3000 - 1000 + 5000)
            expect copy_from_user(end - 1, 2) == [7, 0]
            expect load(0x40_4000) == 0
            expect SIGSEGV { store 0x40_0000, 1 }
            store 0x40_2000, 5
            fetch 0x40_1000
            expect sbrk(4KiB) == address(0x40_8000)
            expect self.stack.length == 132KiB
        }
        expect wait(child).code == 0
        """)
  }

  @Test("processes that run one program share its code, and each has its own data")
  func shared() throws {
    try expectAllHold(
      Self.program + """
        let ready = event()
        let first = fork {
            exec "one", file: program
            fetch 0x40_1000
            store 0x40_3000, 1
            ready.wait()
            expect load(0x40_3000) == 1
        }
        let second = fork {
            sleep 20ms
            exec "two", file: program
            let major = self.majflt
            fetch 0x40_1000
            expect self.majflt == major
            expect page(0x40_1000).mapcount == 2
            expect load(0x40_3000) != 1
            ready.signal()
        }
        expect wait(first).code == 0 and wait(second).code == 0
        """)
  }

  @Test("ENOENT, EACCES, ENOEXEC, ETXTBSY, E2BIG leave the old program as it was")
  func refusals() throws {
    try expectAllHold(
      Self.program + """
        let mark = mmap 4KiB, "rw"
        store mark.start, 77
        expect EACCES { exec "x", file: file(4KiB) }
        expect EACCES { exec "x", file: device(4KiB) }
        let script = executable([[at: 0x40_0000, size: 4KiB]], mode: "644")
        expect EACCES { exec "x", file: script }
        expect E2BIG { exec "x", file: program, arguments: 7MiB }
        let map = mmap 4KiB, "rw", shared: true, file: program
        expect ETXTBSY { exec "x", file: program }
        store map.start, 0
        munmap map
        expect ENOEXEC { exec "x", file: program }
        let gone = open program, "r"
        unlink program
        expect ENOENT { exec "x", file: gone }
        expect load(mark.start) == 77
        expect self.name == "main"
        """)
  }

  @Test("a program that runs cannot be written, and can again afterwards")
  func busy() throws {
    try expectAllHold(
      Self.program + """
        let buffer = mmap 4KiB, "rw"
        let begun = event()
        let done = event()
        let child = fork {
            exec "prog", file: program
            begun.signal()
            done.wait()
        }
        begun.wait()
        expect ETXTBSY { pwrite program, buffer }
        expect ETXTBSY { truncate program, 0 }
        expect ETXTBSY { fallocate program, 0, 4KiB, punch: true }
        expect ETXTBSY { open program, "rw" }
        expect ETXTBSY { mmap 4KiB, "rw", shared: true, file: program }
        let reader = open program, "r"
        mmap 4KiB, "r", file: reader
        done.signal()
        wait child
        expect pwrite(program, buffer) == 4096
        """)
  }

  @Test("once the old memory is left there is no way back: SIGSEGV (LAYOUT-6)")
  func pointOfNoReturn() throws {
    for part in [
      "[at: 0x40_0000, size: 8KiB, memory: 4KiB]", "[at: 0x40_0000, offset: 100, size: 4KiB]",
      "[at: 0x7fff_ffff_e000, size: 4KiB, rights: \"rw\"]", "[at: 0x8000_0000_0000, size: 4KiB]",
      "[at: 0x40_0000, size: 4KiB], [at: 0xffff_ffff_ffff_f000, memory: 4KiB]",
    ] {
      try expectAllHold(
        """
        let bad = executable [\(part)], size: 16KiB
        let child = fork {
            try { exec "bad", file: bad } catch e { exit 9 }
            exit 8
        }
        let status = wait child
        expect status.signal == SIGSEGV or status.code == 9
        let block = fork { exec "bad", file: bad { exit 7 } }
        expect wait(block).signal == SIGSEGV
        """)
    }
  }

  @Test("what may lie anywhere lies at two thirds with an interpreter, else like a mapping")
  func relocatable() throws {
    try expectAllHold(
      """
      let ld = executable [[at: 0, rights: "rx", size: 8KiB]], relocatable: true
      let pie = executable [
          [at: 0, rights: "rx", size: 4KiB], [at: 0x1000, rights: "rw", offset: 4KiB, size: 4KiB],
      ], relocatable: true, interpreter: ld
      let child = fork {
          exec "pie", file: pie
          let parts = self.maps
          expect parts[0].start == address(0x5555_5555_4000)
          expect parts[1].start == address(0x5555_5555_5000)
          expect parts[2].end == address(0x7fff_f7ff_f000) and parts[2].length == 8KiB
          expect sbrk(0) == address(0x5555_5555_6000)
      }
      expect wait(child).code == 0
      let alone = fork {
          exec "ld", file: ld
          expect self.maps[0].end == address(0x7fff_f7ff_f000)
      }
      expect wait(alone).code == 0
      unlink ld
      expect ENOENT { exec "pie", file: pie }
      """)
  }

  @Test("x86_32 has headers of its own, and its own place for what may lie anywhere")
  func narrow() throws {
    try expectAllHold(
      """
      machine { arch: "x86_32", ram: 64MiB }
      let ld = executable [[at: 0, rights: "rx", size: 4KiB]], relocatable: true
      let program = executable [
          [at: 0x0804_8000, rights: "rx", size: 8KiB],
          [at: 0x0804_a000, rights: "rw", offset: 8KiB, size: 100, memory: 9000],
      ]
      let pie = executable [[at: 0, rights: "rx", size: 4KiB]], relocatable: true, interpreter: ld
      let child = fork {
          exec "old", file: program
          expect self.maps[0].start == address(0x0804_8000)
          expect load(0x0804_8000) & 0xff_ffff_ffff == 0x01_464c_457f
          store 0x0804_a000, 1
          expect sbrk(4KiB) == address(0x0804_d000)
          exec "pie", file: pie
          expect self.maps[0].start == address(0x8000_0000)
      }
      expect wait(child).code == 0
      """)
  }

  @Test("PT_GNU_STACK decides about the stack, the mode about who may execute")
  func rights() throws {
    try expectAllHold(
      """
      let loose = executable [[at: 0x40_0000, rights: "rx", size: 4KiB]], stack: "rwx"
      let mine = executable [[at: 0x40_0000, rights: "rx", size: 4KiB]], mode: "700"
      let child = fork {
          exec "loose", file: loose
          expect vma(self.stack).permissions == "rwxp"
      }
      expect wait(child).code == 0
      let other = fork {
          drop_privileges
          expect EACCES { exec "mine", file: mine }
          exec "loose", file: loose
          let copy = fork { exit 0 }
          expect wait(copy).code == 0
      }
      expect wait(other).code == 0
      """)
  }
}
