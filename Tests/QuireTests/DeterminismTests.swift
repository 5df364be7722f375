// The same script, machine and seed give the same bytes: whatever the host does, however long its
// slices are, with a queue or without.

import Quire
import Testing

@Suite("Determinism")
struct DeterminismTests {
  private func options(slice: Int) -> RunOptions {
    var options = RunOptions()
    options.slice = slice
    options.recordsEvents = true
    return options
  }

  @Test("slices are no input", arguments: corpus.indices)
  func slices(index: Int) throws {
    let script = corpus[index]
    let reference = try run(script.source, options: options(slice: 10_000))
    #expect(reference.exitStatus == 0, "\(script.name): \(reference.report)")
    for slice in [1, 7, 1_000_000] {
      let outcome = try run(script.source, options: options(slice: slice))
      #expect(outcome.text == reference.text, "\(script.name), slice \(slice)")
      #expect(outcome.digest == reference.digest, "\(script.name), slice \(slice)")
      #expect(outcome.steps == reference.steps, "\(script.name), slice \(slice)")
      #expect(outcome.time == reference.time, "\(script.name), slice \(slice)")
    }
  }

  @Test("a queue changes nothing", arguments: corpus.indices)
  func queue(index: Int) throws {
    let program = try Program(corpus[index].source)
    let direct = try program.run(options: options(slice: 10_000))
    let queued = try Machine(program, options: options(slice: 97)).runToEnd()
    #expect(queued.text == direct.text)
    #expect(queued.digest == direct.digest)
  }

  @Test("auditing and recording events change nothing", arguments: corpus.indices)
  func watching(index: Int) throws {
    var watched = RunOptions()
    watched.audits = true
    watched.recordsEvents = true
    let plain = try run(corpus[index].source)
    let audited = try run(corpus[index].source, options: watched)
    #expect(audited.ending == .finished)
    #expect(audited.text == plain.text)
    #expect(audited.counters == plain.counters)
    #expect(audited.time == plain.time)
  }

  @Test("the random scheduler makes different runs of different seeds")
  func seeds() throws {
    let digests = try (0..<8).map { seed in
      try run(corpus[0].source, options: options(slice: 10_000)) {
        $0.run.seed = UInt64(seed)
      }.digest
    }
    #expect(Set(digests).count == digests.count)
  }

  @Test("round-robin does not depend on the seed")
  func roundRobin() throws {
    let source = """
      machine { ram: 16MiB, quantum: 1us }
      let m = mmap 4KiB, "rw", shared: true
      fork { repeat 100 { store m.start, load(m.start) + 1 } }
      repeat 100 { store m.start, load(m.start) + 1 }
      wait
      print load(m.start), now()
      """
    let texts = try (0..<4).map { seed in
      try run(source) { $0.run.seed = UInt64(seed) }.text
    }
    #expect(Set(texts).count == 1)
  }

  @Test("a draw of one process does not move another's")
  func streams() throws {
    let source = { (extra: String) in
      """
      let p = fork { \(extra)
       exit 0 }
      wait p
      print rand(1_000_000)
      fork { print rand(1_000_000) }
      wait
      """
    }
    let quiet = try run(source(""))
    let busy = try run(source("repeat 10 { rand(6) }"))
    #expect(quiet.text == busy.text)
  }
}
