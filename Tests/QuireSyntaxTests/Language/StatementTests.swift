// Every form of statement, and documentation.

import Testing

@testable import QuireSyntax

@Suite struct StatementTests {
  @Test(
    "statements",
    arguments: [
      Case("let a = 1", "(let a 1)"),
      Case("var a = nil", "(var a nil)"),
      Case("a = 1", "(= a 1)"),
      Case("a[0] = 1", "(= ([] a 0) 1)"),
      Case("a.b = 1", "(= (. b a) 1)"),
      Case("f(x).b[2] -= 1", "(-= ([] (. b (call f x)) 2) 1)"),
      Case("a *= 2; a /= 2; a %= 2", "(*= a 2)\n(/= a 2)\n(%= a 2)"),
      Case("fn f() { }", "(fn f {})"),
      Case("fn f(a, b = 3, c = a + 1,) { return a }", "(fn f a b =3 c =(+ a 1) {(return a)})"),
      Case("if a { b }", "(if a {b})"),
      Case("if a { } else { }", "(if a {} else {})"),
      Case("if a { } else if b { } else if c { }", "(if a {} b {} c {})"),
      Case("while true { break; continue }", "(while true {break; continue})"),
      Case("for i in 0 ..< 3 { f i }", "(for i (..< 0 3) {(command f i)})"),
      Case("repeat 3 { }", "(repeat 3 {})"),
      Case("import \"patterns\"", "(import patterns \"patterns\")"),
      Case("import \"lib/patterns\"", "(import patterns \"lib/patterns\")"),
      Case("import \"lib/a-b\" as p", "(import p \"lib/a-b\")"),
      Case("machine { }", "(machine)"),
      Case("machine { ram: 64MiB, swap: [1] }", "(machine (ram: 67108864:size) (swap: (list 1)))"),
      Case("machine {\n  cpus: 2\n\n  seed: 7,\n  a: 1\n}", "(machine (cpus: 2) (seed: 7) (a: 1))"),
      Case("test \"a\" { b }", "(test \"a\" {b})"),
      Case("process \"a\" { b }", "(process \"a\" {b})"),
      Case("let p = process name { }", "(let p (process name {}))"),
      Case("expect a == b", "(expect (== a b))"),
      Case("expect ENOMEM { f }", "(expect ENOMEM {f})"),
      Case("try { a } catch { b }", "(try {a} catch {b})"),
      Case("try { a } catch e { b }", "(try {a} catch e {b})"),
      Case("show maps", "(show maps)"),
      Case("show maps child", "(show maps child)"),
      Case("show slab \"kmalloc-64\"", "(show slab \"kmalloc-64\")"),
      Case("show pte a.start + 4KiB", "(show pte (+ (. start a) 4096:size))"),
      Case("let as = 1; let language = as", "(let as 1)\n(let language as)"),
    ])
  func statements(_ test: Case) {
    #expect(tree(test.text) == test.expected)
  }

  @Test(
    "statements that are none",
    arguments: [
      Case("let x", "variable-without-value"), Case("let x 3", "variable-without-value"),
      Case("let = 3", "expected-name"), Case("let if = 3", "reserved-word"),
      Case("let x == 3", "equality-for-assignment"), Case("let x: Int = 3", "type-annotation"),
      Case("int x = 3", "foreign-keyword"), Case("const x = 3", "foreign-keyword"),
      Case("def f(x) { }", "foreign-keyword"), Case("1 = x", "invalid-target"),
      Case("f(x) = 1", "invalid-target"), Case("(x) = 1", "invalid-target"),
      Case("x = y = 1", "assignment-as-value"), Case("if x = 1 { }", "assignment-as-value"),
      Case("expect x = 1", "assignment-as-value"), Case("fn f { }", "function-without-parameters"),
      Case("fn (a) { }", "expected-name"), Case("fn f(1) { }", "expected-name"),
      Case("fn f(a b) { }", "expected-separator"), Case("fn f(a) -> b { }", "type-annotation"),
      Case("if { }", "expected-value"), Case("if x", "expected-block"),
      Case("if x: y", "expected-block"), Case("if x then y", "expected-block"),
      Case("if x\n{ y }", "brace-on-next-line"), Case("else { }", "misplaced-word"),
      Case("catch { }", "misplaced-word"), Case("in", "misplaced-word"),
      Case("if a { } elif b { }", "foreign-keyword"), Case("for { }", "expected-name"),
      Case("for i { }", "for-head"), Case("for (i in x) { }", "for-head"),
      Case("for i = 0 { }", "for-head"), Case("repeat { }", "repeat-without-count"),
      Case("test { }", "test-without-name"), Case("test a { }", "test-without-name"),
      Case("process { }", "process-without-name"), Case("process \"a\"", "expected-block"),
      Case("try { }", "try-without-catch"), Case("try { } catch (e) { }", "caught-in-parentheses"),
      Case("show", "show-without-view"), Case("show \"maps\"", "show-without-view"),
      Case("import a", "import-without-path"), Case("import \"a-b\"", "module-without-name"),
      Case("import \"a\\(b)\"", "import-without-path"), Case("machine 3", "expected-block"),
      Case("machine { a = 3 }", "machine-entry"), Case("machine { 3 }", "machine-entry"),
      Case("machine { a: 1 b: 2 }", "expected-separator"), Case("1 2", "after-statement"),
      Case("a\n  .b", "line-begins-with-operator"), Case("a\n  + b", "line-begins-with-operator"),
      Case("language 2", "unsupported-language"), Case("5 pages", "unit-with-space"),
    ])
  func refused(_ test: Case) {
    #expect(codes(test.text) == [test.expected])
  }

  @Test("a first statement 'language N' is a pin, elsewhere it is a call")
  func languagePin() {
    let pinned = parse(SourceFile(name: "t", text: "# first\nlanguage 1\na")).tree
    #expect(pinned.languageVersion?.version == 1)
    #expect(pinned.dump() == "a\n")
    let call = parse(SourceFile(name: "t", text: "a\nlanguage 1")).tree
    #expect(call.languageVersion == nil)
    #expect(call.dump() == "a\n(command language 1)\n")
  }

  @Test("'##' lines directly above a statement document it")
  func documentation() {
    let text = """
      ## The file.

      ## Doubles.
      ##  Twice as much.
      fn double(x) {
        ## Inner.
        return x * 2
      }
      # plain
      let a = 1 ## behind, not above
      ## far
      # between
      let b = 1
      """
    let tree = parse(SourceFile(name: "t", text: text)).tree
    let statements = Array(tree[tree[tree.root].statements])
    #expect(statements.map(tree.documentation) == ["Doubles.\n Twice as much.", nil, nil])
    let inner = (0..<UInt32(tree.statementCount)).compactMap {
      tree.documentation(of: StatementID($0))
    }
    #expect(inner == ["Inner.", "Doubles.\n Twice as much."])
  }
}
