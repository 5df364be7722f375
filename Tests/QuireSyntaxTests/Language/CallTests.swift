// The one rule about parentheses: the outermost call of a statement, or right of `=` or `return`,
// may leave them out.

import Testing

@testable import QuireSyntax

@Suite struct CallTests {
  @Test(
    "calls",
    arguments: [
      Case("f()", "(call f)"),
      Case("f(a, b, label: c)", "(call f a b label: c)"),
      Case("f(a, b,)", "(call f a b)"),
      Case("touch heap, pattern: p", "(command touch heap pattern: p)"),
      Case("let r = mmap 4MiB, \"rw\"", "(let r (command mmap 4194304:size \"rw\"))"),
      Case("var r = mmap 1", "(var r (command mmap 1))"),
      Case("x = wait child", "(= x (command wait child))"),
      Case("x += len xs", "(+= x (command len xs))"),
      Case("return len xs", "(return (command len xs))"),
      Case("return", "(return)"),
      Case("wait", "wait"),
      Case("(wait)", "(paren wait)"),
      Case("a.b.c 1", "(command (. c (. b a)) 1)"),
      Case("f x: 1", "(command f x: 1)"),
      Case("f nil", "(command f nil)"),
      Case("f \"\\(x)\"", "(command f (string x))"),
      Case("f g(x) + 1", "(command f (+ (call g x) 1))"),
      Case("f a == b", "(command f (== a b))"),
      Case("wait process \"p\" { }", "(command wait (process \"p\" {}))"),
    ])
  func calls(_ test: Case) {
    #expect(tree(test.text) == test.expected)
  }

  @Test(
    "a block after the arguments is passed as the last one",
    arguments: [
      Case("fork { wait }", "(command fork (closure {wait}) trailing)"),
      Case("let c = fork { }", "(let c (command fork (closure {}) trailing))"),
      Case("on \"x\" { e in e }", "(command on \"x\" (closure e {e}) trailing)"),
      Case("f(a) { b }", "(call f a (closure {b}) trailing)"),
      Case("f() { b }", "(call f (closure {b}) trailing)"),
      Case("f(g() { a })", "(call f (call g (closure {a}) trailing))"),
      Case("x + f() { a } + y", "(+ (+ x (call f (closure {a}) trailing)) y)"),
      Case("f(a) { b }.c", "(. c (call f a (closure {b}) trailing))"),
      Case("f g(x) { a }", "(command f (call g x) (closure {a}) trailing)"),
      Case("sort xs, { a, b in a < b }", "(command sort xs (closure a b {(< a b)}))"),
      Case("sort xs, by: { a in a }", "(command sort xs by: (closure a {a}))"),
      Case("f a, { b } { c }", "(command f a (closure {b}) (closure {c}) trailing)"),
      Case("f({ b }, 1)", "(call f (closure {b}) 1)"),
      Case("xs.each { x in x }", "(command (. each xs) (closure x {x}) trailing)"),
      Case("f(\na\n)\n{ b }", "(call f a)\n(closure {b})"),
    ])
  func blocks(_ test: Case) {
    #expect(tree(test.text) == test.expected)
  }

  @Test(
    "only the outermost call may drop its parentheses",
    arguments: [
      "expect len xs == 3", "if len xs { }", "while len xs > 1 { }", "let x = 1 + len xs",
      "f(len xs)", "f a, len xs", "[len xs]", "(len xs)", "let x = [a: len xs]", "x[len xs]",
      "for i in range 3 { }", "repeat len xs { }", "let x = a and fork { }", "f(fork { })",
      "\"\\(len xs)\"",
    ])
  func nestedCommands(text: String) {
    #expect(codes(text) == ["nested-command"])
  }

  @Test(
    "in a head a brace begins the body",
    arguments: [
      Case("if f(x) { a }", "(if (call f x) {a})"),
      Case("if f { a }", "(if f {a})"),
      Case("while f(x) { a }", "(while (call f x) {a})"),
      Case("for i in f(x) { a }", "(for i (call f x) {a})"),
      Case("repeat f(x) { a }", "(repeat (call f x) {a})"),
      Case("if (f(x) { b }) { a }", "(if (paren (call f x (closure {b}) trailing)) {a})"),
      Case("if f({ b }) { a }", "(if (call f (closure {b})) {a})"),
      Case("if [{ b }] == x { a }", "(if (== (list (closure {b})) x) {a})"),
      Case("process f(x) { a }", "(process (call f x) {a})"),
    ])
  func heads(_ test: Case) {
    #expect(tree(test.text) == test.expected)
  }

  @Test("spaces where none belong")
  func spaces() {
    #expect(codes("let y = (f (1))") == ["space-before-bracket"])
    #expect(codes("expect x [0] == 1") == ["space-before-bracket"])
    #expect(codes("f (1, 2)") == ["tuple"])
    #expect(codes("let y = (a -b)") == ["sign-after-operand"])
    #expect(codes("let y = - 4") == ["sign-with-space"])
  }
}
