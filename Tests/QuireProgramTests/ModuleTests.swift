// Imports, the prelude, and sessions that grow by entries.

import QuireProgram
import QuireSyntax
import Testing

@Suite("Modules")
struct ModuleTests {
  @Test("members of modules are resolved before running")
  func members() throws {
    let modules = [
      "m": "let size = 4MiB\nfn twice(n) { 2 * n }\nimport \"n\"", "n": "fn f() { 1 }",
    ]
    let text = "import \"m\"\nprint m.twice(m.size), m.n.f()"
    let code = try listing(text, modules: modules)
    #expect(code.contains("twice#"))
    #expect(code.contains("← size"))
    #expect(
      messages("import \"m\" as k\nk.twise 3\nk.twice()\nk.size = 4", modules: modules) == """
        2:3: module 'k' has no 'twise'
          note: it has size, twice, n
          fix-it: did you mean 'twice'? 'twise' → 'twice'
        3:1: 'twice' needs 'n'
          note: it is called as twice(n)
        4:3: 'size' belongs to a module, which alone may assign it
        """)
  }

  @Test("a module is no value")
  func moduleValues() {
    let modules = ["m": "import \"n\"\nfn f() { 1 }", "n": "fn g() { 1 }"]
    #expect(
      messages("import \"m\"\nprint m, m.n, m.n.g()\nm()\nlet k = m", modules: modules) == """
        2:7: a module is no value; name something in it
        2:10: a module is no value; name something in it
        3:1: a module is no value; name something in it
        4:9: a module is no value; name something in it
        """)
  }

  @Test("a module runs once, before the script, what it imports before itself")
  func order() throws {
    let modules = ["a": "import \"b\"\nlet x = b.y", "b": "let y = 1"]
    let program = try #require(
      compile("import \"a\"\nimport \"b\"\nprint a.x", modules: modules).program)
    #expect(program.modules.map(\.name) == ["b.quire", "a.quire", "main.quire"])
    let calls = program.disassemble(program.entry).split(separator: "\n").filter {
      $0.contains(" call ")
    }
    #expect(calls.count == 2)
    #expect(calls[0].contains("b.quire") && calls[1].contains("a.quire"))
  }

  @Test("a missing module names the places that were searched, and says nothing more")
  func missing() {
    #expect(
      messages("import \"nowhere\"\nprint nowhere.x, nowhere.f(1)") == """
        1:1: cannot find module 'nowhere'
          note: searched: nowhere.quire
        """)
  }

  @Test("imports in a circle are refused with the chain")
  func cycle() {
    let modules = ["a": "import \"b\"", "b": "import \"a\""]
    #expect(
      messages("import \"a\"", modules: modules) == """
        b.quire:1:1: imports go in a circle: a.quire → b.quire → a.quire
        """)
  }

  @Test("mistakes in modules are reported with the script's own")
  func mistakes() {
    #expect(
      messages("import \"m\"\nprint y, m.f(1)", modules: ["m": "fn f(a) { a + zz }"]) == """
        2:7: cannot find 'y'
        m.quire:1:15: cannot find 'zz'
        """)
  }

  @Test("the prelude is there without an import, when it is named, and can be hidden")
  func prelude() throws {
    let prelude = "fn map(list, transform) { list }\nfn sum(list) { 0 }"
    let used = try #require(compile("print sum([1])", prelude: prelude).program)
    #expect(used.files.map(\.name) == ["main.quire", "<prelude>"])
    let unused = try #require(compile("print 1", prelude: prelude).program)
    #expect(unused.files.map(\.name) == ["main.quire"])
    #expect(messages("fn sum(a, b) { a + b }\nprint sum(1, 2)", prelude: prelude) == "")
    #expect(messages("print summ([1])", prelude: prelude).contains("did you mean 'sum'?"))
  }
}

@Suite("Sessions")
struct SessionTests {
  private func append(_ text: String, to session: inout ProgramSession) -> String {
    describe(session.append(SourceFile(name: "main.quire", text: text)))
  }

  @Test("entries see what came before, and earlier code stays where it is")
  func growth() throws {
    var session = ProgramSession()
    #expect(append("var n = 1\nfn f(a) { a + n }", to: &session) == "")
    let before = session.program
    #expect(append("n = f(2)\nlet g = { n }", to: &session) == "")
    let after = session.program
    #expect(Array(after.code[..<before.code.count]) == before.code)
    #expect(after.functions[Int(after.entry)].entry >= UInt32(before.code.count))
    #expect(append("f()", to: &session).hasPrefix("1:1: 'f' needs 'a'"))
    #expect(append("g() + _", to: &session) == "")
    checkCode(of: session.program)
  }

  @Test("a mistake leaves the session as it was")
  func mistakes() {
    var session = ProgramSession()
    #expect(append("let a = 1", to: &session) == "")
    let code = session.program.code
    #expect(append("let b = zz", to: &session) == "1:9: cannot find 'zz'")
    #expect(session.program.code == code)
    #expect(append("print b", to: &session) == "1:7: cannot find 'b'")
    #expect(append("a = 2", to: &session).hasPrefix("1:1: 'a' cannot be assigned"))
  }

  @Test("a name can be declared anew, also from its old value")
  func redeclaration() {
    var session = ProgramSession()
    #expect(append("let a = 1", to: &session) == "")
    #expect(append("let a = a + 1", to: &session) == "")
    #expect(append("fn a(x) { x }", to: &session) == "")
    #expect(append("a(3)", to: &session) == "")
    #expect(session.program.globals.map(\.name) == ["_", "a", "a"])
  }

  @Test("the value of the last entry is kept")
  func lastValue() {
    var session = ProgramSession()
    #expect(append("1 + 2", to: &session) == "")
    let code = session.program.disassemble(session.program.entry)
    #expect(code.contains("_ ← r0"))
  }

  @Test("the machine is described before it runs")
  func machine() {
    var session = ProgramSession()
    #expect(append("machine { ram: 64MiB }", to: &session) == "")
    #expect(session.program.machine?[.ram]?.value == .integer(64 << 20))
    #expect(
      append("machine { cpus: 1 }", to: &session)
        == "1:1: the machine is running; it can only be described before it starts")
  }

  @Test("names are offered with how they are called and what they do")
  func names() throws {
    var session = ProgramSession()
    #expect(
      append("## Twice a number.\nfn twice(n) { 2 * n }\n## How many.\nlet c = 1", to: &session)
        == "")
    let names = session.names
    let twice = try #require(names.first { $0.name == "twice" })
    #expect(twice.synopsis == "twice(n)")
    #expect(twice.documentation == "Twice a number.")
    #expect(names.first { $0.name == "c" }?.documentation == "How many.")
    #expect(names.first { $0.name == "mmap" }?.kind == .builtin)
    #expect(names.map(\.name) == names.map(\.name).sorted())
  }
}
