// The library inside an application: host functions, machines side by side, pausing, cancelling.

import Quire
import Synchronization
import Testing

@Suite("Embedding")
struct EmbeddingTests {
  /// A refusal of a host function.
  private struct Refusal: Error, CustomStringConvertible {
    var description: String { "the host says no" }
  }

  @Test("host functions look like built-in ones")
  func hostFunctions() throws {
    let logged = Mutex<[String]>([])
    let functions = [
      HostFunction("log", "message") { (message: String) in
        logged.withLock { $0.append(message) }
      },
      HostFunction("add", "a", "b") { (a: Int, b: Int) in a + b },
      HostFunction("refuse") { () throws -> Int in throw Refusal() },
      HostFunction("reversed_list", "list") { (list: [Int]) in Array(list.reversed()) },
    ]
    let outcome = try run(
      """
      log "hello"
      print add(2, b: 3) + 1
      print reversed_list([1, 2, 3])
      try { refuse() } catch e { print e.message }
      try { add("x", 1) } catch e { print e.message }
      """, hostFunctions: functions)
    #expect(outcome.report == "")
    #expect(logged.withLock { $0 } == ["hello"])
    #expect(
      outcome.text == """
        6
        [3, 2, 1]
        refuse: the host says no
        add: a: expected integer, found a string

        """)
  }

  @Test("plain arguments and results cross as they are, however large, and mistakes are named")
  func plainValues() throws {
    let functions = [
      HostFunction("largest") { Int64.max },
      HostFunction("echo", "number") { (number: Int64) in number },
      HostFunction("half", "number") { (number: Double) in number / 2 },
      HostFunction("next_page", "place") { (place: UInt64) in place + 4096 },
      HostFunction("both", "a", "b") { (a: Bool, b: Bool) in a && b },
      HostFunction("total", "a", "b", "c") { (a: Int, b: Int, c: Int) in a + b + c },
      HostFunction("refuse", "number") { (_: Int) throws -> Int in throw Refusal() },
    ]
    let outcome = try run(
      """
      expect largest() == 9_223_372_036_854_775_807
      expect echo(largest()) == largest()
      expect echo(-largest()) == -largest()
      expect half(3) == 1.5
      expect half(2.0e300) == 1.0e300
      expect next_page(address(0x1000)) == address(0x2000)
      expect both(true, true) and not both(true, false)
      expect total(1, 2, 3) == 6
      try { refuse(1) } catch e { print e.message }
      try { total(1, 2, "x") } catch e { print e.message }
      try { echo(1.5) } catch e { print e.message }
      """, hostFunctions: functions)
    #expect(outcome.report == "")
    #expect(
      outcome.text == """
        refuse: the host says no
        total: c: expected integer, found a string
        echo: number: expected integer, found a float

        """)
  }

  @Test("calls of host functions are checked before the script runs")
  func checkedCalls() {
    #expect(throws: ProgramError.self) {
      try Program(
        "lag \"x\"", hostFunctions: [HostFunction("log", "message") { (_: String) in }])
    }
    #expect(throws: ProgramError.self) {
      try Program("log 1, 2", hostFunctions: [HostFunction("log", "message") { (_: Int) in }])
    }
  }

  @Test("two machines on two queues at once do not disturb each other")
  func sideBySide() async throws {
    let program = try Program(corpus[0].source)
    let expected = try program.run()
    let outcomes = try await withThrowingTaskGroup(of: Outcome.self) { group in
      for _ in 0..<4 {
        let machine = try Machine(program)
        group.addTask {
          await withCheckedContinuation { continuation in
            machine.start { continuation.resume(returning: $0) }
          }
        }
      }
      var outcomes: [Outcome] = []
      for try await outcome in group { outcomes.append(outcome) }
      return outcomes
    }
    for outcome in outcomes {
      #expect(outcome.text == expected.text)
      #expect(outcome.digest == expected.digest)
    }
  }

  @Test("cancelling ends an endless script")
  func cancel() async throws {
    let machine = try Machine(try Program("while true { }"))
    let outcome = await withCheckedContinuation { continuation in
      machine.start { continuation.resume(returning: $0) }
      machine.cancel()
    }
    #expect(outcome.ending == .cancelled)
    #expect(outcome.exitStatus == 130)
  }

  @Test("cancelling reaches a paused machine, and completion comes once")
  func cancelPaused() async throws {
    let machine = try Machine(try Program("while true { }"))
    let completions = Mutex(0)
    let outcome = await withCheckedContinuation { continuation in
      machine.start { outcome in
        completions.withLock { $0 += 1 }
        continuation.resume(returning: outcome)
      }
      machine.pause()
      machine.resume()
      machine.pause()
      machine.cancel()
    }
    #expect(outcome.ending == .cancelled)
    machine.inspect { _ in }
    #expect(completions.withLock { $0 } == 1)
  }

  @Test("a paused machine can be looked at and goes on as if nothing had been")
  func pauseAndInspect() async throws {
    let source = """
      let m = mmap 1MiB, "rw"
      while vmstat.pgfault < 256 { touch m.start + vmstat.pgfault * 4KiB }
      print vmstat.pgfault, now()
      """
    let program = try Program(source)
    let expected = try program.run()
    var options = RunOptions()
    options.slice = 50
    let machine = try Machine(program, options: options)
    machine.pause()
    let outcome = await withCheckedContinuation { continuation in
      machine.start { continuation.resume(returning: $0) }
      for _ in 0..<20 {
        machine.resume()
        machine.pause()
        let faults = machine.inspect { $0.counters.pgfault }
        #expect(faults <= 256)
      }
      machine.resume()
    }
    #expect(outcome.text == expected.text)
    #expect(outcome.digest == expected.digest)
  }

  @Test("output can be taken as it comes")
  func output() throws {
    var chunks: [[UInt8]] = []
    var options = RunOptions()
    options.slice = 10
    let program = try Program("for i in 0 ..< 30 { print i }")
    let outcome = try program.run(options: options) { chunks.append($0) }
    let expected = (0..<30).map { "\($0)\n" }.joined()
    #expect(chunks.count > 1)
    #expect(String(decoding: chunks.joined(), as: UTF8.self) == expected)
    #expect(outcome.output.isEmpty)
  }

  @Test("modules come from the host, then from the standard library")
  func modules() throws {
    struct Shelf: ModuleResolver {
      func module(_ path: String, importedBy importer: String) -> ModuleSource? {
        guard path == "shapes" else { return nil }
        return ModuleSource(name: "shapes", text: Array("fn area(w, h) { return w * h }".utf8))
      }
      func placesSearched(_ path: String, importedBy importer: String) -> [String] { ["shelf"] }
    }
    let program = try Program(
      "import \"shapes\"\nimport \"report\"\nprint shapes.area(2, 3), report.bytes(4096)",
      modules: Shelf())
    #expect(try program.run().text == "6 4 KiB\n")
    do {
      _ = try Program("import \"nowhere\"", modules: Shelf())
      Issue.record("a missing module is accepted")
    } catch {
      #expect(error.description.contains("shelf"), "\(error.description)")
    }
  }

  @Test("tests run each in a machine of its own")
  func tests() throws {
    let program = try Program(
      """
      let size = 4
      test "first" { expect getpid() == 3
       fork { nil }
       wait }
      test "second" { expect size == 5 }
      test "third" { expect size == 4 }
      """)
    let outcomes = try program.runTests()
    #expect(outcomes.map(\.name) == ["first", "second", "third"])
    #expect(outcomes.map(\.passed) == [true, false, true])
    #expect(try program.runTests { $0 == "third" }.count == 1)
  }
}
