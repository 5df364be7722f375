// What a host reads when a run is over: variables, the last value, the digest.

import Quire
import Testing

@Suite("Outcomes")
struct OutcomeTests {
  @Test("the variables of the top level and the last value are in the outcome")
  func variables() throws {
    let outcome = try run(
      """
      let name = "probe"
      var total = 0
      fn add(n) { total = total + n }
      for i in 1 ... 4 { add(i) }
      let pages = [1, 2.5, nil, true]
      let table = [a: 1, "b c": [2]]
      let m = mmap 8KiB, "rw"
      var seen = 0
      let bump = { seen = seen + 1 }
      bump()
      if total > 0 { let hidden = 1 }
      total * 2
      """)
    #expect(
      outcome.variables.map(\.name) == [
        "name", "total", "pages", "table", "m", "seen", "bump",
      ])
    #expect(outcome["name"] == .string("probe"))
    #expect(outcome.value(of: "total") == 10)
    #expect(outcome["pages"] == .list([.integer(1), .float(2.5), .none, .boolean(true)]))
    #expect(
      outcome["table"]
        == .map([
          .init(key: .string("a"), value: .integer(1)),
          .init(key: .string("b c"), value: .list([.integer(2)])),
        ]))
    if case .region(_, let length) = outcome["m"] {
      #expect(length == 8192)
    } else {
      Issue.record("m is \(String(describing: outcome["m"]))")
    }
    #expect(outcome.value(of: "seen", as: Int.self) == 1)
    #expect(outcome["hidden"] == nil)
    #expect(outcome.value(of: "name", as: Int.self) == nil)
    #expect(outcome.value == .integer(20))
  }

  @Test("what is not declared yet is left out, however the run ends")
  func early() throws {
    let source = { (end: String) in
      "let a = 1\nfn f() { \(end) }\nvar b = 2\nlet c = f()\nlet d = 4\nd"
    }
    for end in ["exit 3", "raise \"no\"", "kill self, SIGKILL", "while true { }"] {
      var limits = Limits()
      limits.steps = 1_000
      let outcome = try run(source(end), limits: limits)
      #expect(outcome.variables.map(\.name) == ["a", "b"], "\(end)")
      #expect(outcome.value(of: "b") == 2, "\(end)")
      #expect(outcome.value == .none)
    }
  }

  @Test("a top level that waits while another process meets a limit has its variables")
  func waiting() throws {
    var limits = Limits()
    limits.virtualTime = 5_000_000
    let outcome = try run("let a = [1]\nfork { while true { } }\nwait\nlet b = 2", limits: limits)
    #expect(outcome.ending == .limitReached(.virtualTime))
    #expect(outcome.variables.map(\.name) == ["a"])
    #expect(outcome["a"] == .list([.integer(1)]))
  }

  @Test("copies are bounded, and a list that contains itself ends")
  func bounded() throws {
    let outcome = try run(
      """
      let ring = [1]
      push ring, ring
      var long = []
      repeat 100_001 { push long, 7 }
      var text = "x"
      repeat 21 { text = text + text }
      let short = 5
      """)
    guard case .list(let elements) = outcome["ring"] else {
      Issue.record("ring is \(String(describing: outcome["ring"]))")
      return
    }
    #expect(elements.first == .integer(1))
    guard case .other(let long) = outcome["long"], case .other(let text) = outcome["text"] else {
      Issue.record("a long value was copied")
      return
    }
    #expect(long.hasPrefix("[7, 7, 7"))
    #expect(text.hasPrefix("\"xxx"))
    #expect(outcome["short"] == .integer(5))
  }

  @Test("the digest knows what memory holds, in frames and in swap")
  func digest() throws {
    var watched = RunOptions()
    watched.recordsEvents = true
    let digest = { (word: Int) in
      try run(
        """
        machine { ram: 16MiB, swap: [32MiB], costs: ["step": 1] }
        let m = mmap 12MiB, "rw"
        store m.start, \(word)
        touch m
        sleep 1ms
        """, options: watched
      ).digest
    }
    #expect(try digest(1) == digest(1))
    #expect(try digest(1) != digest(2))
  }
}
