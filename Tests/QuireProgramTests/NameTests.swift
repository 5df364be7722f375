// What the resolver says about names. Each text is shown as a user meets it.

import QuireProgram
import Testing

@Suite("Names")
struct NameTests {
  @Test("a misspelt name is answered with the nearest one")
  func unknownName() {
    #expect(
      messages("let conter = 1\nprint counter") == """
        2:7: cannot find 'counter'
          fix-it: did you mean 'conter'? 'counter' → 'conter'
        """)
    #expect(
      messages("tuch mmap(4MiB)") == """
        1:1: cannot find 'tuch'
          fix-it: did you mean 'touch'? 'tuch' → 'touch'
        """)
    #expect(messages("print quuxington") == "1:7: cannot find 'quuxington'")
  }

  @Test("a verb without its mechanism is known and refused")
  func absentVerb() {
    #expect(messages("trace 3") == "1:1: 'trace' is not there yet in this version")
    #expect(messages("vmalloc 1") == "1:1: 'vmalloc' is not there yet in this version")
  }

  @Test("a name is declared once in a block, and hides outer ones")
  func duplicates() {
    #expect(
      messages("let x = 1\nvar x = 2\nif true { let x = 3; print x }") == """
        2:5: 'x' is already declared in this block
          note: the first one (line 1)
        """)
    #expect(
      messages("fn f(a, a) { a }\nfn f() { }") == """
        1:9: 'a' is already declared in this block
          note: the first one (line 1)
        2:4: 'f' is already declared in this block
          note: the first one (line 1)
        """)
  }

  @Test("builtins can be hidden, also by their own value")
  func hiding() {
    #expect(messages("let swap = swap.areas\nlet len = 3\nprint len, swap") == "")
    #expect(messages("if true { let event = event()\n event.wait() }") == "")
  }

  @Test("the top level runs from top to bottom, functions see all of it")
  func earlyUse() {
    #expect(messages("fn f() { g() + x }\nlet x = 1\nfn g() { x }\nprint f()") == "")
    #expect(
      messages("print x\nlet x = 1") == """
        1:7: 'x' is used before it is declared
          note: declared here (line 2)
        """)
    #expect(messages("if true { print y\n let y = 1 }") == "1:17: cannot find 'y'")
  }

  @Test("only a var can be assigned")
  func assignment() {
    #expect(
      messages("let x = 1\nx = 2\nx += 1") == """
        2:1: 'x' cannot be assigned: it is a constant; 'var' declares a variable
          note: declared here (line 1)
        3:1: 'x' cannot be assigned: it is a constant; 'var' declares a variable
          note: declared here (line 1)
        """)
    #expect(
      messages("fn f(n) { n = 1 }") == """
        1:11: 'n' cannot be assigned: it is a parameter; 'var n = n' makes a variable of it
          note: declared here (line 1)
        """)
    #expect(messages("fn f(n) { var n = n\n n += 1 }") == "")
    #expect(
      messages("for i in 0 ..< 3 { i += 1 }") == """
        1:20: 'i' cannot be assigned: it is the constant of a loop
          note: declared here (line 1)
        """)
    #expect(messages("mmap = 3") == "1:1: 'mmap' is not a variable")
    #expect(
      messages("total = 3") == """
        1:1: cannot find 'total'
          note: 'var total = …' declares it
        """)
  }

  @Test("return, break and continue do not leave a process block")
  func leaving() {
    #expect(
      messages("process \"a\" { return 3 }\nrepeat 2 { fork { break } }") == """
        1:15: 'return' does not leave a process block: it is the life of a process
          fix-it: end the process with 'exit' 'return' → 'exit'
        2:19: 'break' does not leave a process block: it is the life of a process
          fix-it: end the process with 'exit' 'break' → 'exit'
        """)
    #expect(messages("process \"a\" { fn f() { return 3 }\n repeat 2 { break } }") == "")
  }

  @Test("return, break and continue stand where they mean something")
  func misplaced() {
    #expect(
      messages("return 1\nbreak\nfor i in 0 ..< 3 { on_signal 10 { continue } }") == """
        1:1: 'return' stands in a function or a closure
          note: 'exit' ends the process
        2:1: 'break' stands in a loop
        3:35: 'continue' does not leave a closure; 'return' does
        """)
  }

  @Test("members are checked where the value leaves no doubt")
  func members() {
    #expect(
      messages("let r = mmap 4MiB\nprint r.strat") == """
        2:9: a region has no member 'strat'
          note: it has start, end, length, len, pages, page
          fix-it: did you mean 'start'? 'strat' → 'start'
        """)
    #expect(messages("var r = mmap 4MiB\nr = [strat: 1]\nprint r.strat") == "")
    #expect(
      messages("try { sbrk 1 } catch e { print e.errno, e.code }").hasPrefix("1:43: an error"))
  }

  @Test("expectations name an errno or a signal")
  func failureNames() {
    #expect(
      messages("expect ENOMEN { }\nexpect SIGSEGV { }") == """
        1:8: 'ENOMEN' is neither an errno nor a signal
          fix-it: did you mean 'ENOMEM'? 'ENOMEN' → 'ENOMEM'
        """)
  }

  @Test("views are known by name")
  func views() {
    let views = ShowView.allCases.map(\.rawValue).joined(separator: ", ")
    #expect(
      messages("show mapz\nshow memory 3\nshow maps self") == """
        1:6: there is no view 'mapz'
          note: the views are \(views)
          fix-it: did you mean 'maps'? 'mapz' → 'maps'
        2:13: 'show memory' takes no argument
        """)
  }

  @Test("what is certainly no condition is refused as one")
  func conditions() {
    #expect(
      messages("expect ENOMEM\nif fork() { }\nwhile 1 { }\nlet m = [:]\nif m.a { }") == """
        1:8: a condition is true or false, not a string
          note: 'expect ENOMEM { … }' expects a failure
        2:4: a condition is true or false, not a process
          note: compare it: 'fork() == …'
        3:7: a condition is true or false, not an integer
        """)
  }

  @Test("words that only some strings can be are checked where they are written out")
  func words() {
    let names = Builtin.sysctl.signature.parameters[0].words.joined(separator: ", ")
    #expect(
      messages("sysctl \"vm.swappines\", 3") == """
        1:8: 'sysctl' knows no name "vm.swappines"
          note: it knows \(names)
          fix-it: did you mean '"vm.swappiness"'? '"vm.swappines"' → '"vm.swappiness"'
        """)
    #expect(messages("let name = \"vm.swappines\"\nsysctl name, 3") == "")
  }

  @Test("a line that cannot be read says so once")
  func noCascades() {
    #expect(messages("let = 4\nprint 3").split(separator: "\n").count <= 2)
    #expect(!messages("let x = = 4\nprint x").contains("cannot find 'x'"))
  }
}
