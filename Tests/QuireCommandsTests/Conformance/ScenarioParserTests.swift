// Scenario files become steps, or a diagnostic with its line and column.

import Testing

@testable import QuireCommands

@Suite("Scenario parser")
struct ScenarioParserTests {
  static let numbers: [(text: String, value: UInt64)] = [
    ("0", 0), ("12", 12), ("0x40", 64), ("4p", 16384), ("0x2k", 2048), ("8m-1p", 8_384_512),
    ("-1p", 0 &- 4096), ("1g+1", 1_073_741_825), ("2t", 2_199_023_255_552),
  ]

  @Test("numbers have units, sums and wrap at 64 bits", arguments: numbers)
  func number(_ text: String, _ value: UInt64) {
    #expect(ScenarioNumber.parse(Substring(text)) == value)
  }

  @Test(
    "what is no number is refused",
    arguments: ["", "+", "4q", "4p5", "0x", "1++2", "p", "99999999999999999999", "16777216t"])
  func notANumber(_ text: String) {
    #expect(ScenarioNumber.parse(Substring(text)) == nil)
  }

  @Test("addresses are numbers or names with offsets")
  func addresses() {
    #expect(
      ScenarioNumber.parseAddress("r1+2p") == AddressExpression(name: "r1", offset: 8192))
    #expect(
      ScenarioNumber.parseAddress("A+1g-1p")
        == AddressExpression(name: "A", offset: (1 << 30) - 4096))
    #expect(ScenarioNumber.parseAddress("0x1000") == AddressExpression(name: nil, offset: 4096))
    #expect(ScenarioNumber.parseAddress("r1*2") == nil)
    #expect(ScenarioNumber.parseAddress("r1+") == nil)
  }

  @Test("a step keeps its line, its text without comment, its process and its name")
  func steps() throws {
    let scenario = try ScenarioParser.parse(
      """
      # a comment

        r1 = mmap 4p rw private,anon at A  # here
      @c1 write r1 1p 7 every 2m
      """, name: "sample")
    #expect(scenario.steps.map(\.line) == [3, 4])
    #expect(scenario.steps[0].text == "r1 = mmap 4p rw private,anon at A")
    #expect(scenario.steps[0].binding == "r1")
    #expect(scenario.steps[0].process == nil)
    #expect(scenario.steps[1].process == "c1")
    guard case .mmap(let arguments) = scenario.steps[0].operation,
      case .write(_, let stride, let value) = scenario.steps[1].operation
    else {
      Issue.record("other operations: \(scenario.steps)")
      return
    }
    #expect(arguments.length == 16384)
    #expect(arguments.protection == 3)
    #expect(arguments.flags == 0x22)
    #expect(arguments.address == AddressExpression(name: "A", offset: 0))
    #expect(stride == 2 << 20)
    #expect(value == 7)
  }

  @Test("every operation of the format is read")
  func everyOperation() throws {
    let text = """
      r1 = mmap 4p rwdu 0x22 fd 99 off 1p
      f1 = file 4p wo sparse tmpfs
      f2 = memfd 4p sparse
      r2 = mmap 4p r shared fd f1 at 0x1000
      munmap r1 -1p
      mprotect r1 1p 0x40
      r3 = mremap r1 4p 8p maymove,fixed to A
      mremap r1 1p 1p none
      brk +4p
      brk -1
      brk =-1p
      madvise r1 4p dontneed
      madvise r1 4p 77
      mlock r1 1p
      mlock2 r1 1p onfault
      munlock r1 1p
      mlockall current,future
      munlockall
      mincore r1 1p
      msync r1 1p async,sync
      mseal r1 1p
      mseal r1 1p 1
      read r1 4p
      write r1 4p
      run_at r1
      truncate f1 0x1800
      punch f1 1p 2p
      fsync f1
      drop f1
      pread f1 1p
      pwrite f1 1p 300
      sysread f1 0 r1 1p
      syswrite f1 0 r1 1p
      s1 = shmget private 4p create,excl
      s2 = shmget 0x77 4p none
      r4 = shmat s1 flags rdonly,rnd at A+1
      shmat 9
      shmdt r4
      shmstat s1
      shmrm s1
      fork c1 {
      exit 256
      }
      vfork c2 {
      execve
      }
      c3 = fork
      wait c3
      rlimit as +4p
      rlimit stack inf
      dropcaps
      sleep 5
      observe stack
      @p0 observe
      """
    let scenario = try ScenarioParser.parse(text, name: "all")
    #expect(scenario.steps.count == 54)
  }

  static let faults: [(text: String, place: String)] = [
    ("frobnicate r1", "1:1: 'frobnicate' is no operation"),
    ("observe\n  munmap r1", "2:12: the length is missing"),
    ("munmap r1 4q", "1:11: the length is not a number: '4q'"),
    ("munmap r1 4p 5p", "1:14: '5p' is one operand too many"),
    ("munmap X 4p", "1:8: 'X' is no anchor (T A B S stack) and no region (r1, r2, …)"),
    ("r1 = mmap 4p rz private", "1:14: 'rz' is no protection: letters of rwxdu, or none"),
    ("x1 = mmap 4p rw private", "1:1: 'x1' is no name for a result; use r1, f1, s1 or c1"),
    ("f1 = mmap 4p rw private", "1:1: the result of 'mmap' is called r1, r2, …"),
    ("file 4p", "1:1: 'file' needs a name for its result: f1 = …"),
    ("r1 = munmap r1 4p", "1:1: 'munmap' gives nothing to name"),
    ("@x observe", "1:1: '@x' is no process; they are @p0, @c1, @c2, …"),
    ("fork c1 {\nobserve", "1:1: this block is never closed"),
    ("observe\n}", "2:1: '}' closes no block"),
    ("fork c1 (", "1:9: the block of 'fork' opens with '{' on its line"),
    ("brk 4p", "1:5: the break is +N, -N or =N, not '4p'"),
    ("read r1 4p every 0", "1:18: a step of 0 never ends"),
    ("rlimit nproc 4", "1:8: 'nproc' is no resource: as, data, stack or memlock"),
  ]

  @Test("a fault is reported at its line and column", arguments: faults)
  func fault(_ text: String, _ place: String) {
    #expect {
      try ScenarioParser.parse(text, name: "faulty")
    } throws: { error in
      (error as? ScenarioDiagnostic)?.description == place
    }
  }

  @Test("an unknown flag is reported with the flags that exist")
  func unknownFlag() {
    #expect {
      try ScenarioParser.parse("r1 = mmap 4p rw private,turbo", name: "faulty")
    } throws: { error in
      let text = (error as? ScenarioDiagnostic)?.description ?? ""
      return text.hasPrefix("1:17: 'turbo' is none of none shared private")
    }
  }
}
