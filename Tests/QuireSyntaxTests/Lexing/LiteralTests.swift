// What numbers and strings are worth.

import Testing

@testable import QuireSyntax

@Suite struct LiteralTests {
  @Test(
    "numbers",
    arguments: [
      Case("0", "0"),
      Case("42", "42"),
      Case("1_000", "1000"),
      Case("0xc000_0000", "3221225472"),
      Case("0b101", "5"),
      Case("0xFF", "255"),
      Case("9223372036854775807", "9223372036854775807"),
      Case("-9223372036854775808", "-9223372036854775808"),
      Case("0x7fff_ffff_ffff_ffff", "9223372036854775807"),
      Case("0xffff_8880_0000_0000", "0xffff888000000000"),
      Case("0x8000_0000_0000_0000", "0x8000000000000000"),
      Case("4KiB", "4096:size"),
      Case("64MiB", "67108864:size"),
      Case("1GiB", "1073741824:size"),
      Case("1TiB", "1099511627776:size"),
      Case("1.5GiB", "1610612736:size"),
      Case("16pages", "16:pages"),
      Case("7ns", "7:time"),
      Case("50us", "50000:time"),
      Case("2ms", "2000000:time"),
      Case("0.5ms", "500000:time"),
      Case("3s", "3000000000:time"),
      Case("0.99", "0.99"),
      Case("1e3", "1000.0"),
      Case("0e7", "0.0"),
      Case("2.5e-3", "0.0025"),
      Case("1E+2", "100.0"),
      Case("1_0.2_5", "10.25"),
      Case("1.pages", "(. pages 1)"),
      Case("1..<2", "(..< 1 2)"),
    ])
  func numbers(_ test: Case) {
    #expect(tree(test.text) == test.expected)
  }

  @Test(
    "numbers that are none",
    arguments: [
      Case("4KB", "unknown-unit"), Case("4MB", "unknown-unit"), Case("4kb", "unknown-unit"),
      Case("4kib", "unknown-unit"), Case("10sec", "unknown-unit"), Case("16page", "unknown-unit"),
      Case("0x10KiB", "digit-out-of-base"), Case("0b102", "digit-out-of-base"),
      Case("0x", "number-without-digits"), Case("0b_", "number-without-digits"),
      Case("0o17", "octal"), Case("017", "leading-zero"), Case("00", "leading-zero"),
      Case("01.5", "leading-zero"), Case("0XFF", "capital-prefix"),
      Case("9223372036854775808", "number-too-large"),
      Case("-9223372036854775809", "number-too-large"),
      Case("18446744073709551616", "number-too-large"),
      Case("0x1_0000_0000_0000_0000", "number-too-large"),
      Case("8388608TiB", "number-too-large"), Case("1e999", "number-too-large"),
      Case("0.3KiB", "fraction-of-unit"), Case("0.5ns", "fraction-of-unit"),
      Case("1.5pages", "fraction-of-unit"), Case("1x", "unknown-unit"),
      Case("0.00000000000000000000001KiB", "number-too-large"),
    ])
  func refusedNumbers(_ test: Case) {
    #expect(codes("let x = \(test.text)") == [test.expected])
  }

  @Test(
    "words and dots behind a number are no fraction of it",
    arguments: ["1let.5", "1x.5", "1e5.5", "1KiB.5", "0x1.5", "1_e+5", "1.5e", "1.5x.5", "1e+5x"])
  func oddNumbers(text: String) {
    #expect(codes("let x = \(text)").count <= 2)
  }

  @Test("a decimal size is repaired to the binary one")
  func sizeFixIts() {
    for (word, meant) in [("KB", "KiB"), ("MB", "MiB"), ("GB", "GiB"), ("TB", "TiB"), ("M", "MiB")]
    {
      let file = SourceFile(name: "t", text: "let m = mmap 4\(word), \"rw\"")
      let edits = parse(file).diagnostics.flatMap(\.fixIts).flatMap(\.edits)
      #expect(
        String(decoding: file.applying(edits), as: UTF8.self) == "let m = mmap 4\(meant), \"rw\"")
    }
  }

  @Test(
    "strings",
    arguments: [
      Case(#""""#, #""""#),
      Case(#""abc""#, #""abc""#),
      Case(#""a\tb\\\"""#, "\"a\tb\\\"\""),
      Case(#""a\nb""#, #""a\nb""#),
      Case(#""\u{e9}\u{1F986}""#, #""é🦆""#),
      Case(#""漢字 # no comment""#, #""漢字 # no comment""#),
      Case(#""\(a)""#, "(string a)"),
      Case(#""x \(a + 1) y""#, #"(string "x " (+ a 1) " y")"#),
      Case(#""\(a)\(b)""#, "(string a b)"),
      Case(#""\(f("\(x)"))""#, "(string (call f (string x)))"),
      Case(#""\({ a; b })""#, "(string (closure {a; b}))"),
    ])
  func strings(_ test: Case) {
    #expect(tree(test.text) == test.expected)
  }

  @Test(
    "strings that are none",
    arguments: [
      Case(#""\q""#, "unknown-escape"), Case(#""\u{}""#, "invalid-code-point"),
      Case(#""\u{D800}""#, "invalid-code-point"), Case(#""\u{110000}""#, "invalid-code-point"),
      Case(#""\u0041""#, "invalid-code-point"), Case(#""\u{000000041}""#, "invalid-code-point"),
      Case(#""abc"#, "unterminated-string"), Case(#""abc\"#, "unterminated-string"),
      Case(#""abc\""#, "unterminated-string"), Case(#""a \(b"#, "unterminated-string"),
      Case(#""a \(b "c"#, "unterminated-string"), Case(#""\()""#, "expected-value"),
      Case(#""\(a b)""#, "nested-command"), Case("'abc'", "single-quotes"),
    ])
  func refusedStrings(_ test: Case) {
    #expect(codes("let x = \(test.text)\nlet y = 1") == [test.expected])
  }
}
