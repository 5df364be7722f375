// `quire test`: every script is run or named, and the exit status tells the worst of it.

import Foundation
import Testing

@Suite("quire test")
struct TestCommandTests {
  @Test("a folder stands for every script in it; none stops the others")
  func folder() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write("let x = \"abc\n", to: "a-bad.quire")
    _ = try folder.write(
      "test \"one\" { expect 1 == 1 }\ntest \"two\" { expect 1 == 2 }", to: "b-mixed.quire")
    _ = try folder.write("print 1", to: "below/c-none.quire")
    _ = try folder.write("test \"three\" { exit 3 }", to: "below/d-exit.quire")
    let path = folder.root.path
    let result = try QuireProcess.run(["test", path])
    #expect(result.status == 2)
    #expect(
      result.output == """
        FAILED  \(path)/a-bad.quire cannot be started
        ok  \(path)/b-mixed.quire: one
        FAILED  \(path)/b-mixed.quire: two
        --  \(path)/below/c-none.quire has no tests
        FAILED  \(path)/below/d-exit.quire: three
        1 passed, 2 failed, 1 script not started

        """)
    #expect(result.errors.contains("error: the test ended with code 3"))
  }

  @Test("0 when all pass, 1 when one fails, 2 when a script cannot be started, 64 for no scripts")
  func statuses() throws {
    let folder = try TemporaryFolder()
    let good = try folder.write("test \"yes\" { expect true }", to: "good.quire")
    let bad = try folder.write("test \"no\" { expect false }", to: "bad.quire")
    #expect(try QuireProcess.run(["test", good]).status == 0)
    #expect(try QuireProcess.run(["test", good, bad]).status == 1)
    #expect(try QuireProcess.run(["test", good, folder.url("none.quire").path]).status == 2)
    let empty = try TemporaryFolder()
    let nothing = try QuireProcess.run(["test", empty.root.path])
    #expect(nothing.status == 64)
    #expect(nothing.errors.contains("There is no script"))
  }
}
