// The language, script by script: what goes in and what is printed.

import Testing

/// A script and the lines that it prints.
struct Sample: CustomTestStringConvertible, Sendable {
  var script: String
  var expected: [String]

  init(_ script: String, _ expected: String...) {
    self.script = script
    self.expected = expected
  }

  var testDescription: String { script }
}

@Suite("What scripts print") struct LanguageTests {
  @Test(
    "arithmetic",
    arguments: [
      Sample("print 1 + 2 * 3, 7 / 2, -7 / 2, -7 % 3, 7 % -3", "7 3 -3 -1 1"),
      Sample("print 1 << 10, 5 & 3, 5 | 3, 5 ^ 3, ~0, -1 >> 3", "1024 1 7 6 -1 -1"),
      Sample("print 1.5 + 1, 3 * 0.5, 7.0 / 2, 7.5 % 2, -1.5", "2.5 1.5 3.5 1.5 -1.5"),
      Sample("print 4_611_686_018_427_387_903 + 1", "4611686018427387904"),
      Sample("print 9_223_372_036_854_775_807 - 1 + 1", "9223372036854775807"),
      Sample("print -9_223_372_036_854_775_807 - 1", "-9223372036854775808"),
      Sample(
        "let x = 1 << 62\nprint x, x - 1, x * -2, -x - x, x / 2",
        "4611686018427387904 4611686018427387903 -9223372036854775808 -9223372036854775808 "
          + "2305843009213693952"),
      Sample(
        "print 3037000499 * 3037000499, -3037000499 * 3037000500 / 3",
        "9223372030926249001 -3074457344654416500"),
      Sample(
        "let m = -9_223_372_036_854_775_807 - 1\nprint m % -1, m / 2", "0 -4611686018427387904"),
      Sample(
        "print 0.1 + 0.2, 1e300 * 1e10, 1e-320, 100.0, 0.0, -0.0, 1e16",
        "0.30000000000000004 inf 1e-320 100.0 0.0 -0.0 1e+16"),
      Sample(
        "print 1 == 1.0, 1 < 1.5, 2.5 > 2, 9007199254740993 == 9007199254740992.0",
        "true true true false"),
      Sample(
        "print 9007199254740993 > 9007199254740992.0, 9223372036854775807 < 9223372036854775808.0",
        "true true"),
    ])
  func arithmetic(_ sample: Sample) throws { try check(sample) }

  @Test(
    "addresses",
    arguments: [
      Sample(
        "let a = address(0x4000_0000)\nprint a, a + 16, 16 + a, a - 16, (a + 16) - a",
        "0x40000000 0x40000010 0x40000010 0x3ffffff0 16"),
      Sample(
        "print 0xffff_8880_0000_0000, 0xffff_8880_0000_0000 + 4KiB",
        "0xffff888000000000 0xffff888000001000"),
      Sample(
        "print 0x8000_0000_0000_0000 - 1, 0x8000_0000_0000_0000 + 1",
        "0x7fffffffffffffff 0x8000000000000001"),
      Sample(
        "let a = address(0x12345)\nprint a & ~0xfff, a | 1, a >> 12, a % 4096, a / 4096",
        "0x12000 0x12345 18 837 18"),
      Sample(
        "let a = address(16)\nprint a == 16, a != 17, a < 17, 15 < a, a <= a, a == 16.0",
        "true true true true true false"),
      Sample("print 0xffff_ffff_ffff_ffff == -1, 0xffff_ffff_ffff_ffff > 1", "false true"),
    ])
  func addresses(_ sample: Sample) throws { try check(sample) }

  @Test(
    "strings",
    arguments: [
      Sample(#"print "a" + "b", "ab" * 3, "" * 5 == "", "x" * 0 == """#, "ab ababab true true"),
      Sample(
        #"let n = 3; print "n is \(n), \(n * 2) and \([n, "x"])""#, #"n is 3, 6 and [3, "x"]"#),
      Sample(#"let s = "héllo"; print len(s), s[1], s[1 ..< 3], s[0 ..< 0] == """#, "5 é él true"),
      Sample(#"print "a" < "b", "abc" < "abd", "a" < "ab", "é" > "z""#, "true true true true"),
      Sample(
        #"print split("a b  c"), split("a,b,,c", ",")"#,
        #"["a", "b", "c"] ["a", "b", "", "c"]"#),
      Sample(
        #"print join([1, "x", [2]], "-"), join([]) == "", join(["a", "b"])"#, "1-x-[2] true ab"),
      Sample(
        #"print contains("hello", "ell"), contains("hello", "xyz"), contains("x", "")"#,
        "true false true"),
      Sample(#"for c in "aé" { print c }"#, "a", "é"),
      Sample(#"print ["q\"b\\s\n\t\u{1}"]"#, #"["q\"b\\s\n\t\u{1}"]"#),
      Sample(
        #"print int("42"), int("-0x1f"), int(" 1_000 "), int(2.9), float("1.5")"#,
        "42 -31 1000 2 1.5"),
      Sample(
        #"print format(255, base: 16), format(7, width: 4), format(7, width: -4) + "|""#,
        "ff    7 7   |"),
      Sample(
        "print format(2.5, digits: 0), format(0.125, digits: 2), format(1e21, digits: 1)",
        "2 0.12 1000000000000000000000.0"),
      Sample(
        "print format(-0.001, digits: 2), format(999.995, digits: 2), format(3, digits: 2)",
        "0.00 1000.00 3.00"),
    ])
  func strings(_ sample: Sample) throws { try check(sample) }

  @Test(
    "lists",
    arguments: [
      Sample(
        "let a = [1, 2, 3]\nprint a, len(a), a[0], a[1 ..< 3], a[0 ... 0], a + [4]",
        "[1, 2, 3] 3 1 [2, 3] [1] [1, 2, 3, 4]"),
      Sample(
        "let a = []\npush a, 1\npush a, 2\nprint a\nprint pop(a), a, len(a)", "[1, 2]", "2 [1] 1"),
      Sample(
        "let a = [1, 3]\ninsert a, 1, 2\ninsert a, 3, 4\nprint a\nprint remove(a, 0), a",
        "[1, 2, 3, 4]", "1 [2, 3, 4]"),
      Sample(
        "let a = [1]\nlet b = a\npush b, 2\nlet c = copy(a)\npush c, 3\nprint a, c",
        "[1, 2] [1, 2, 3]"),
      Sample(
        "print [1, [2, 3]] == [1, [2, 3]], [1] == [2], [] == [:], [1] == [1, 2]",
        "true false false false"),
      Sample("let a = [1]\npush a, a\nprint a", "[1, [...]]"),
      Sample("let a = []\npush a, a\nlet b = []\npush b, b\nprint a == b, a == [1]", "true false"),
      Sample(
        "print contains([1, [2]], [2]), contains([1], 2), min([3, 1, 2]), max(3, 7, 5)",
        "true false 1 7"),
      Sample("var s = 0\nfor x in [1, 2, 3] { s = s + x }\nprint s", "6"),
      Sample(
        "let a = [1, 2]\nfor x in a { if len(a) < 5 { push a, x } }\nprint a", "[1, 2, 1, 2, 1]"),
      Sample("let a = [[1, 2], [3]]\na[0][1] = 5\nprint a", "[[1, 5], [3]]"),
    ])
  func lists(_ sample: Sample) throws { try check(sample) }

  @Test(
    "maps",
    arguments: [
      Sample(
        #"let m = [b: 1, a: 2, "x y": 3, (4): 5]; print m"#, #"[b: 1, a: 2, "x y": 3, (4): 5]"#),
      Sample(
        #"let m = [:]; m["k"] = 1; m.z = 2; m.k = 3; print m, len(m), m.k, m["z"]"#,
        "[k: 3, z: 2] 2 3 2"),
      Sample(
        "let m = [a: 1, b: 2, c: 3]\nprint remove(m, \"b\"), m, keys(m), values(m)",
        #"2 [a: 1, c: 3] ["a", "c"] [1, 3]"#),
      Sample(
        "print [a: 1, b: 2] == [b: 2, a: 1], [a: 1] == [a: 2], [a: [1]] == [a: [1]]",
        "true false true"),
      Sample(
        "let m = [(1): \"one\", (true): \"yes\", (nil): \"nil\"]\nprint m[1], m[1.0], m[true], m[nil]",
        "one one yes nil"),
      Sample(
        "let m = [:]\nfor i in 0 ..< 100 { m[i] = i * i }\nfor i in 0 ..< 90 { remove m, i }\nprint m",
        "[(90): 8100, (91): 8281, (92): 8464, (93): 8649, (94): 8836, (95): 9025, (96): 9216, "
          + "(97): 9409, (98): 9604, (99): 9801]"),
      Sample("let m = [a: 1, b: 2]\nfor k in m { remove m, k }\nprint m, len(m)", "[:] 0"),
      Sample("let m = [f: { x in x + 1 }, len: 7]\nprint m.f(2), m.len", "3 7"),
      Sample(
        "let m = [(0 ..< 3): 1, (0xffff_8880_0000_0000): 2]\nprint m[0 ..< 3], m[0xffff_8880_0000_0000]",
        "1 2"),
    ])
  func maps(_ sample: Sample) throws { try check(sample) }

  @Test(
    "control flow",
    arguments: [
      Sample("for i in 0 ..< 3 { print i }", "0", "1", "2"),
      Sample("for i in 1 ... 3 { if i == 2 { continue }\nprint i }", "1", "3"),
      Sample("for i in 5 ..< 2 { print i }\nprint \"end\"", "end"),
      Sample("var n = 0\nrepeat 3 { n = n + 2 }\nrepeat 0 { n = 9 }\nprint n", "6"),
      Sample("var i = 0\nwhile true { i = i + 1\nif i > 4 { break } }\nprint i", "5"),
      Sample(
        "let m = 9_223_372_036_854_775_807\nfor i in m - 1 ... m { print i }",
        "9223372036854775806", "9223372036854775807"),
      Sample(
        "let r = 2 ..< 5\nfor i in r { print i }\nprint r, r.lower, len(r), contains(r, 4), r[1]",
        "2", "3", "4", "2 ..< 5 2 3 true 3"),
      Sample("print true and not false, false or nil == nil, 1 < 2 and 2 < 3", "true true true"),
      Sample(
        "let r = region(address(0x10000), 10000)\nfor p in r { print p }\nprint r.pages, r.page(1).start",
        "0x10000 ..< 0x11000", "0x11000 ..< 0x12000", "0x12000 ..< 0x12710", "3 0x11000"),
      Sample(
        "let r = region(address(0x10000), 64KiB)\nprint r.start, r.end, r.length, r[4KiB ..< 8KiB], r[16]",
        "0x10000 0x20000 65536 0x11000 ..< 0x12000 0x10010"),
    ])
  func controlFlow(_ sample: Sample) throws { try check(sample) }

  @Test(
    "functions and closures",
    arguments: [
      Sample("fn add(a, b = 10) { return a + b }\nprint add(1), add(1, b: 2)", "11 3"),
      Sample(
        "fn f(n) {\nif n < 2 { return n }\nreturn f(n - 1) + f(n - 2)\n}\nprint f(20)", "6765"),
      Sample(
        "fn counter() {\nvar n = 0\nreturn { n = n + 1\nn }\n}\nlet c = counter()\nlet d = counter()\nprint c(), c(), d()",
        "1 2 1"),
      Sample(
        "let fs = []\nfor i in 0 ..< 3 { push fs, { i * 10 } }\nprint fs[0](), fs[1](), fs[2]()",
        "0 10 20"),
      Sample("fn apply(f, x) { return f(x) }\nprint apply({ a in a * a }, 7)", "49"),
      Sample("fn f() { }\nlet g = { 5 }\nprint f(), g(), type(f), f", "nil 5 function function f"),
      Sample(
        "fn even(n) { if n == 0 { return true }\nreturn odd(n - 1) }\nfn odd(n) { if n == 0 { return false }\nreturn even(n - 1) }\nprint even(1000)",
        "true"),
    ])
  func functions(_ sample: Sample) throws { try check(sample) }

  @Test(
    "errors are caught",
    arguments: [
      Sample("try { raise \"no\" } catch e { print e.message, e.errno, e }", "no nil no"),
      Sample(
        "try { raise error(\"full\", errno: \"ENOMEM\") } catch e { print e.errno, e.number, e }",
        "ENOMEM 12 ENOMEM: full"),
      Sample(
        "fn f(n) { if n == 0 { return 1 / n }\nreturn f(n - 1) }\ntry { f(50) } catch e { print e }\nprint \"on\"",
        "division by zero: 1 / 0", "on"),
      Sample("try { try { raise \"a\" } catch e { raise \"b\" } } catch e { print e }", "b"),
      Sample(
        "var n = 0\nfor i in 0 ..< 3 { try { if i == 1 { raise \"x\" }\nn = n + 1 } catch e { n = n + 10 } }\nprint n",
        "12"),
      Sample("try { assert_eq 1, 2 } catch e { print e }\nassert_eq [1], [1]", "expected 2, got 1"),
    ])
  func errors(_ sample: Sample) throws { try check(sample) }

  @Test(
    "kinds have names",
    arguments: [
      Sample(
        "print type(nil), type(1), type(1.5), type(\"\"), type([]), type([:]), type(0 ..< 1)",
        "nil integer float string list map range"),
      Sample(
        "print type(address(1)), type(true), type(region(address(0), 1)), type(1 << 62)",
        "address boolean region integer"),
      Sample(
        "print abs(-3), abs(2.5), abs(-2.5), abs(-4_611_686_018_427_387_904)",
        "3 2.5 2.5 4611686018427387904"),
    ])
  func kinds(_ sample: Sample) throws { try check(sample) }

  /// Runs a sample plainly, with a collection before every allocation, and in visits of a few
  /// steps: all must print the same, in the same simulated time.
  private func check(_ sample: Sample) throws {
    #expect(try lines(sample.script) == sample.expected)
    let plain = try run(sample.script)
    let stressed = try run(sample.script, RunOptions(collectsAlways: true))
    #expect(stressed.output == plain.output && stressed.now == plain.now)
    for slice in [1, 7] {
      let sliced = try run(sample.script, RunOptions(slice: slice))
      #expect(sliced.output == plain.output && sliced.now == plain.now)
      #expect(sliced.steps == plain.steps)
    }
  }
}
