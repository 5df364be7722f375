// Whatever is thrown at the compiler, it answers; what it accepts is sound code.

import QuireProgram
import QuireSyntax
import SwarmSeeds
import Testing

@Suite("Fuzz")
struct FuzzTests {
  /// SplitMix64: small, and the same on every host.
  struct Source {
    var state: UInt64

    mutating func next(below bound: Int) -> Int {
      state &+= 0x9e37_79b9_7f4a_7c15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
      return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
    }
  }

  static let words = [
    "let", "var", "fn", "return", "if", "else", "while", "for", "in", "repeat", "break",
    "continue", "import", "machine", "process", "test", "expect", "try", "catch", "show", "and",
    "or", "not", "true", "nil", "(", ")", "{", "}", "[", "]", ",", ":", ".", "\n", "\n", ";", "=",
    "+=", "==", "<", "-", " -", "+", "*", "..<", "...", "x", "y", "f", "g", "self", "mmap",
    "fork", "print", "m", "1", "4MiB", "16pages", "2.5", "\"s\"", "\"a\\(x)b\"", "ENOMEM", "maps",
    "0xffff_8880_0000_0000", "[k: 1]", "{ x in x }", "swap", "wait", "map", "_",
  ]

  static let programs = [
    """
    fn f(a, b = 2) { var n = a; while n < b { n += 1; if n == 3 { break } }; return { n += 1 } }
    let g = f(1, b: 70000)
    for i in 0 ..< 10 { for x in [1, i] { try { g() } catch e { print e.errno } } }
    let child = fork { expect self.rss == 4MiB; exit 3 }
    expect (wait(child)).code == 3
    expect ENOMEM { mmap 1TiB, "rw", populate: true }
    """,
    """
    import "m" as k
    machine { ram: 64MiB, swap: [32MiB] }
    let xs = [1, 2, [a: 3, "b": 4, (k.v): 5]]
    xs[0] += k.f(xs[1], z: 3) * -2
    xs[2].a = "\\(xs) and \\(k.v)"
    process "p" { touch mmap(4MiB), count: 10 }
    test "t" { assert_eq xs[0], 3 }
    on_signal SIGUSR1 { n in print n, not (n > 3 or n < 2 and true) }
    fn outer() { var c = 0; fn bump(k) { c += k; if k > 0 { bump(k - 1) } }; bump 3; return { c } }
    """,
  ]

  private func check(_ text: String) {
    let compilation = compile(
      text, modules: ["m": "let v = 3\nfn f(a, z = 1) { a + z + v }", "s": "import \"s\""],
      prelude: "fn map(list, f) { list }")
    if let program = compilation.program {
      checkCode(of: program)
    } else {
      #expect(!compilation.diagnostics.isEmpty, "\(text)")
    }
    var session = ProgramSession()
    for line in text.split(separator: "\n").prefix(4) {
      _ = session.append(SourceFile(name: "entry", text: String(line)))
    }
    checkCode(of: session.program)
  }

  @Test("soups of words", arguments: swarmSeeds(8))
  func soups(seed: Int) {
    var source = Source(state: UInt64(seed))
    for _ in 0..<60 {
      let count = 1 + source.next(below: 60)
      check(
        (0..<count).map { _ in Self.words[source.next(below: Self.words.count)] }
          .joined(separator: " "))
    }
  }

  @Test("programs with mistakes made on purpose", arguments: swarmSeeds(8))
  func mutations(seed: Int) {
    var source = Source(state: UInt64(1_000 + seed))
    for round in 0..<50 {
      var pieces = Self.programs[round % 2].split(
        separator: " ", omittingEmptySubsequences: false
      ).map(String.init)
      for _ in 0...source.next(below: 3) {
        let place = source.next(below: pieces.count)
        switch source.next(below: 4) {
        case 0: pieces.remove(at: place)
        case 1: pieces[place] = Self.words[source.next(below: Self.words.count)]
        case 2: pieces.insert(Self.words[source.next(below: Self.words.count)], at: place)
        default: pieces.swapAt(place, source.next(below: pieces.count))
        }
        if pieces.isEmpty { pieces = [""] }
      }
      check(pieces.joined(separator: " "))
    }
  }

  @Test("texts cut off anywhere")
  func prefixes() {
    for program in Self.programs {
      let bytes = Array(program.utf8)
      for end in stride(from: 0, to: bytes.count, by: 7) {
        check(String(decoding: bytes[..<end], as: UTF8.self))
      }
    }
  }

  @Test("programs without mistakes are accepted")
  func accepted() {
    let modules = ["m": "let v = 3\nfn f(a, z = 1) { a + z + v }"]
    for program in Self.programs { #expect(messages(program, modules: modules) == "") }
  }

  @Test("nesting has a limit, and native stacks are deep enough for it")
  func nesting() {
    for (open, close) in [("(", ")"), ("[", "]"), ("{ ", " }"), ("-", ""), ("f(", ")")] {
      for depth in [50, 100, 240, 5_000] {
        let text =
          "let f = 1\nprint("
          + String(repeating: open, count: depth) + "1"
          + String(repeating: close, count: depth) + ")"
        check(text)
      }
    }
    check(String(repeating: "if true { ", count: 200) + String(repeating: "}", count: 200))
    check("let x = 1" + String(repeating: " + 1", count: 5_000))
  }
}
