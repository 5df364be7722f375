// Which line breaks end a statement, and what white space makes of `(`, `[` and `-`.

import Testing

@testable import QuireSyntax

@Suite struct LayoutTests {
  @Test("a statement ends at the end of its line or at ';'")
  func statementEnds() {
    #expect(tree("a\nb; c;;\n\n;d") == "a\nb\nc\nd")
    #expect(tree("a\r\nb\r\n") == "a\nb")
    #expect(tree("") == "")
    #expect(tree("# nothing but a comment") == "")
  }

  @Test(
    "a line goes on after an operator or a comma",
    arguments: [
      "=", "+", "-", "*", "/", "%", "<<", ">>", "&", "|", "^", "==", "!=", "<", "<=", ">", ">=",
      "..<", "...", "and", "or", ".", "+=",
    ])
  func operatorsContinue(sign: String) {
    #expect(codes("a \(sign)\n\n  # a comment\n  b") == [])
    #expect(kinds("a \(sign)\nb").count == 3)
  }

  @Test("a line goes on after a comma, a colon, a prefix and a dot")
  func othersContinue() {
    #expect(tree("f a,\n  b") == "(command f a b)")
    #expect(tree("f label:\n  b") == "(command f label: b)")
    #expect(tree("let x = not\n  b") == "(let x (not b))")
    #expect(tree("let x = a.\n  b") == "(let x (. b a))")
  }

  @Test("a line goes on inside round and square brackets, not inside a block in them")
  func bracketsContinue() {
    #expect(tree("f(\na\n,\nb\n)") == "(call f a b)")
    #expect(tree("let x = [\n1,\n2,\n]") == "(let x (list 1 2))")
    #expect(tree("let x = (a\n+ b)") == "(let x (paren (+ a b)))")
    #expect(tree("f({\na\nb\n})") == "(call f (closure {a; b}))")
    #expect(tree("f({ (a\n) \n b })") == "(call f (closure {(paren a); b}))")
  }

  @Test("else and catch may stand on the line after the brace")
  func elseOnNextLine() {
    #expect(tree("if a {\n}\nelse if b {\n}\n\n# why\nelse {\n}") == "(if a {} b {} else {})")
    #expect(tree("try {\n}\ncatch e {\n}") == "(try {} catch e {})")
  }

  @Test(
    "white space decides whether '-' is a sign",
    arguments: [
      Case("f -4", "(command f (- 4))"),
      Case("f - 4", "(- f 4)"),
      Case("f-4", "(- f 4)"),
      Case("f- 4", "(- f 4)"),
      Case("sbrk -4KiB", "(command sbrk (- 4096:size))"),
      Case("sbrk - 4KiB", "(- sbrk 4096:size)"),
      Case("(-4)", "(paren (- 4))"),
      Case("[-4, -5]", "(list (- 4) (- 5))"),
      Case("a * -b", "(* a (- b))"),
      Case("a *-b", "(* a (- b))"),
      Case("a - -b", "(- a (- b))"),
      Case("a--b", "(- a (- b))"),
      Case("a(-1)", "(call a (- 1))"),
      Case("a[-1]", "([] a (- 1))"),
      Case("return -1", "(return (- 1))"),
      Case("x = -1", "(= x (- 1))"),
      Case("f ~4", "(command f (~ 4))"),
      Case("f not a", "(command f (not a))"),
    ])
  func signs(_ test: Case) {
    #expect(tree(test.text) == test.expected)
  }

  @Test(
    "a bracket directly after an operand is a call or an index, with a space it begins arguments",
    arguments: [
      Case("f(1)", "(call f 1)"),
      Case("f (1)", "(command f (paren 1))"),
      Case("print (1 + 2) * 3", "(command print (* (paren (+ 1 2)) 3))"),
      Case("print(1 + 2) * 3", "(* (call print (+ 1 2)) 3)"),
      Case("x[0]", "([] x 0)"),
      Case("x [0]", "(command x (list 0))"),
      Case("f(1)(2)[3]", "([] (call (call f 1) 2) 3)"),
      Case("\"abc\"[0]", "([] \"abc\" 0)"),
      Case("[1][0]", "([] (list 1) 0)"),
      Case("{ 3 }()", "(call (closure {3}))"),
      Case("return(1)", "(return (paren 1))"),
      Case("let x = not(a)", "(let x (not (paren a)))"),
    ])
  func brackets(_ test: Case) {
    #expect(tree(test.text) == test.expected)
  }

  @Test("a byte order mark, a '#!' line and comments are no part of the script")
  func prelude() {
    #expect(tree("\u{FEFF}a") == "a")
    #expect(tree("#!/usr/bin/env quire\na # comment\n#b\nc") == "a\nc")
  }

  @Test("keywords are plain names after '.', before ':' and after 'show'")
  func keywordsAsNames() {
    #expect(tree("a.process.in") == "(. in (. process a))")
    #expect(tree("f in: 1, for: 2") == "(command f in: 1 for: 2)")
    #expect(tree("let m = [if: 1]") == "(let m (map \"if\": 1))")
    #expect(tree("show process 3") == "(show process 3)")
    #expect(tree("machine { process: 1 }") == "(machine (process: 1))")
    #expect(codes("let m = [true: 1]") == ["computed-key"])
  }

  @Test("every keyword is one")
  func keywords() {
    for (word, kind) in TokenKind.keywords {
      #expect(kinds(word) == [kind], "\(word)")
      #expect(kinds(word + "x") == [.name] && kinds("x." + word).last == .name, "\(word)")
    }
    #expect(TokenKind.keywords.count == 26)
  }
}
