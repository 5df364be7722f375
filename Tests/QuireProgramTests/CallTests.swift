// What the resolver says about calls before anything runs.

import QuireProgram
import Testing

@Suite("Calls")
struct CallTests {
  @Test("missing, extra and misspelt arguments are found")
  func builtins() {
    #expect(
      messages("sleep\nsleep tme: 3\nsleep 1, 2\ngetpid 1\nsleep 1, time: 2") == """
        1:1: 'sleep' needs 'time'
          note: it is called as sleep(time)
        2:7: 'sleep' has no parameter 'tme'
          note: its labels are time
          fix-it: did you mean 'time'? 'tme' → 'time'
        3:10: 'sleep' takes 1 argument
          note: it is called as sleep(time)
        4:8: 'getpid' takes no arguments
          note: it is called as getpid()
        5:10: 'time' is given twice
        """)
  }

  @Test("labelled parameters want their labels, and labels come last")
  func labels() {
    #expect(
      messages("swapon 64MiB, 5\nswapon priority: 5, 64MiB") == """
        1:15: 'swapon' takes 1 argument without a label
          note: it is called as swapon(size, [priority: …])
          fix-it: is this 'priority:'? '' → 'priority: '
        2:21: arguments without a label come before those with one
          note: it is called as swapon(size, [priority: …])
        """)
  }

  @Test("script functions are checked like builtins")
  func scriptFunctions() {
    #expect(
      messages("fn f(a, b = 2) { a + b }\nf()\nf(1, 2, 3)\nf(1, c: 2)\nf(b: 1, a: 2)") == """
        2:1: 'f' needs 'a'
          note: it is called as f(a, [b])
        3:9: 'f' takes 1 to 2 arguments
          note: it is called as f(a, [b])
        4:6: 'f' has no parameter 'c'
          note: its labels are a, b
        """)
  }

  @Test("closures that are certainly known are checked too")
  func closures() {
    #expect(
      messages("let add = { a, b in a + b }\nprint add(1)\nprint add(1, 2)") == """
        2:7: 'add' needs 'b'
          note: it is called as add(a, b)
        """)
    #expect(messages("let any = { 3 }\nprint any(1, 2)") == "")
    #expect(
      messages("fn apply(f) { f(a: 1) }") == """
        1:17: 'a:' needs a function whose parameters are known here
          fix-it: remove the label 'a: ' → ''
        """)
  }

  @Test("host functions look like builtins")
  func hostFunctions() {
    let report = Signature(
      "report", [.init("value", .any, "What."), .init("tag", .string, .labelled, "A tag.")],
      "Tells the host.")
    #expect(messages("report 3, tag: \"a\"\nreport(1)", hostFunctions: [report]) == "")
    #expect(
      messages("reprot 3\nreport 3, tagg: 1", hostFunctions: [report]) == """
        1:1: cannot find 'reprot'
          fix-it: did you mean 'report'? 'reprot' → 'report'
        2:11: 'report' has no parameter 'tagg'
          note: its labels are value, tag
          fix-it: did you mean 'tag'? 'tagg' → 'tag'
        """)
  }

  @Test("a minus with a space before it and none after calls; what is no function says so")
  func spaces() {
    #expect(
      messages("let x = 4\nx -4\nlet xs = [1]\nprint(xs[0])\nxs [0]\nx 3") == """
        2:1: 'x' is no function
          fix-it: write 'x - …' to subtract '-' → '- '
        5:1: 'xs' is no function
          fix-it: write 'xs[…]' to index ' ' → ''
        6:1: 'x' is no function
        """)
    #expect(
      messages("fn f(n) { n -1 }") == """
        1:11: 'n -…' looks like a call of 'n'
          fix-it: write 'n - …' to subtract '-' → '- '
        """)
    #expect(messages("sbrk -4KiB\nlet f = { n in n }\nf -1") == "")
  }

  @Test("a bare name of a function as a statement calls it")
  func bareNames() throws {
    #expect(
      messages("wait\nyield\nfn f(a) { }\nf") == """
        4:1: 'f' needs 'a'
          note: it is called as f(a)
        """)
    #expect(messages("self\nvmstat\nlet f = { 1 }\nf") == "")
    #expect(try listing("yield").contains("yield r0"))
    // In parentheses it is the function itself.
    #expect(try listing("(yield)").contains("loadFunction"))
  }

  @Test("blocks go to functions that take one")
  func blocks() {
    #expect(messages("fork { }\non_signal SIGUSR1 { n in print n }\nfork()") == "")
    #expect(messages("sleep 3 { }") == "1:9: 'sleep' takes no block")
    #expect(messages("fn twice(f) { f(); f() }\ntwice { print 1 }") == "")
  }
}
