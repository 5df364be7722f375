// The short way of an access and the general one: the same memory, counters, errors and time.

import Testing

@Suite("Accesses of one word or one page") struct QuickAccessTests {
  /// Pages to access: fresh, present, read-only, without access, not mapped, at both ends of the
  /// address space, not canonical, and not at the start of a page.
  private static let places = """
    let fresh = mmap 64KiB, "rw"
    let present = mmap 4pages, "rw"
    write present, value: 7
    let fixed = mmap 1pages, "r"
    let closed = mmap 1pages, ""
    let gone = mmap 1pages, "rw"
    munmap gone
    let regions = [fresh.page(1), present.page(1), fixed, closed, gone, region(fresh.start + 9, 8),
        region(fresh.start, 8192)]
    let places = [fresh.start, fresh.start + 4096, present.start + 8, fresh.start + 8188,
        fixed.start, closed.start, gone.start, address(0), address(4096), address(0x7fff_ffff_f000),
        address(0x8000_0000_0000), ~address(0x7fff_ffff_ffff), ~address(4095), ~address(0)]
    """

  private static let report = """
    print vmstat.pgfault, self.rss, self.minor_faults
    for p in 0 ..< 4 { print load(present.start + p * 4096), load(fresh.start + p * 4096) }
    """

  private func script(_ statement: String, over list: String) -> String {
    """
    \(Self.places)
    for p in \(list) {
        try { \(statement) } catch e { print e.message, e.signal, e.address, e.access }
    }
    \(Self.report)
    """
  }

  /// The second statement is the first with an argument that keeps it off the short way.
  @Test(
    "a page",
    arguments: [
      ("touch p", "touch p, 4096"), ("read p", "read p, 4096"), ("write p", "write p, 4096"),
    ], ["places", "regions"])
  func pages(_ statements: (String, String), _ list: String) throws {
    let isRegion = list == "regions"
    // A region's own length is what the general way gets.
    let general = isRegion ? "\(statements.1.dropLast(4))p.length" : statements.1
    for slice in [1, 7, 10_000] {
      let quick = try run(script(statements.0, over: list), RunOptions(slice: slice))
      let slow = try run(script(general, over: list), RunOptions(slice: slice))
      #expect(quick.output == slow.output)
      #expect(quick.messages == slow.messages)
      #expect(quick.steps == slow.steps)
      #expect(quick.now == slow.now)
      #expect(quick.output.contains("SIGSEGV"))
    }
  }

  /// An integer that is an address keeps a call off the short way.
  @Test("a word", arguments: [("print load(p)", "print load(q)"), ("store p, 5", "store q, 5")])
  func words(_ statements: (String, String)) throws {
    // Integers have no numbers for the upper half.
    let lower = "places[0 ..< 11]"
    for slice in [1, 7, 10_000] {
      let quick = try run(
        script("let q = int(p)\n\(statements.0)", over: lower), RunOptions(slice: slice))
      let slow = try run(
        script("let q = int(p)\n\(statements.1)", over: lower), RunOptions(slice: slice))
      #expect(quick.output == slow.output)
      #expect(quick.steps == slow.steps)
      #expect(quick.now == slow.now)
      #expect(quick.output.contains("SIGSEGV"))
    }
  }

  @Test("a small machine that swaps: what blocks goes on where it was")
  func blocking() throws {
    func script(_ statement: String) -> String {
      """
      machine { ram: 16MiB, cpus: 1 }
      swapon 64MiB
      let heap = mmap 24MiB, "rw"
      for turn in 0 ..< 2 { for p in heap { \(statement) } }
      print vmstat.pgfault, vmstat.pgmajfault, vmstat.pswpin, vmstat.pswpout, self.rss
      """
    }
    for (quick, slow) in [("touch p", "touch p, 4096"), ("write p", "write p, 4096")] {
      let results = try [1, 10_000].map { try run(script(quick), RunOptions(slice: $0)) }
      let general = try run(script(slow))
      for result in results {
        #expect(result.messages == [])
        #expect(result.output == general.output)
        #expect(result.steps == general.steps)
        #expect(result.now == general.now)
      }
    }
  }
}
