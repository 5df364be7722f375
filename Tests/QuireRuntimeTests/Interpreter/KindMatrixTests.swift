// Every operator, index, member and builtin with values of every kind: whatever a script does, it
// gets a value or an error that can be caught.

import QuireProgram
import Testing

@Suite("Values of every kind everywhere") struct KindMatrixTests {
  /// One value of each kind, and those at the edges of numbers.
  private static let values = [
    "nil", "true", "0", "1", "-1", "63", "4_611_686_018_427_387_904", "9_223_372_036_854_775_807",
    "-9_223_372_036_854_775_807 - 1", "0.0", "1.5", "-2.5", "1e300", "1e300 * 1e300",
    "1e300 * 1e300 - 1e300 * 1e300", "address(0)", "address(4096)", "0xffff_ffff_ffff_ffff",
    "0x8000_0000_0000_0000", "\"\"", "\"héllo\"", "\"12\"", "[]", "[1, [2], \"x\"]", "[:]",
    "[a: 1, (2): [3]]", "0 ..< 3", "5 ... 2",
    "-9_223_372_036_854_775_807 ... 9_223_372_036_854_775_807",
    "region(address(4096), 10000)", "{ 1 }", "{ a, b in a }", "error(\"e\", errno: \"ENOMEM\")",
  ]

  /// All values in a list, and a loop over all pairs of them around a statement.
  private func script(_ values: [String], _ statements: [String], pairs: Bool) -> String {
    let attempts = statements.map { "try {\n\($0)\n} catch e { s = len(e.message) }" }
    let inner = attempts.joined(separator: "\n")
    let loop = pairs ? "for y in vs {\n\(inner)\n}" : inner
    return """
      let vs = [\(values.joined(separator: ", "))]
      var s = nil
      for x in vs {
      \(loop)
      }
      print "done"
      """
  }

  private func check(_ statements: [String], pairs: Bool = true) throws {
    #expect(try lines(script(Self.values, statements, pairs: pairs)) == ["done"])
    // Collecting before every allocation takes its time; every third value has to do.
    let some = Self.values.enumerated().filter { $0.offset % 3 == 1 }.map { $0.element }
    let stressed = try run(
      script(some, statements, pairs: pairs), RunOptions(collectsAlways: true))
    #expect(stressed.output == "done\n")
  }

  @Test(
    "binary operators",
    arguments: [
      "+", "-", "/", "%", "<<", ">>", "&", "|", "^", "==", "!=", "<", "<=", ">", ">=",
    ])
  func operators(_ symbol: String) throws { try check(["s = x \(symbol) y"]) }

  @Test("multiplication; a string times a large number is no error but a limit")
  func multiplication() throws {
    try check(["if type(x) == \"string\" { s = x * 3 } else { s = x * y }"])
  }

  @Test("operators with a constant on one side")
  func constants() throws {
    try check(
      ["+", "-", "*", "/", "%", "<<", ">>", "&"].map { "s = x \($0) 3" }
        + ["==", "!=", "<", "<=", ">", ">="].map { "if x \($0) 1 { s = 1 }" }
        + ["s = -x", "s = ~x", "s = not x", "s = x and true", "if x { s = 1 }"],
      pairs: false)
  }

  @Test("indices, members and calls")
  func reaching() throws {
    try check(["s = x[y]", "let c = [x]\nc[0][y] = 1", "s = x(y)", "s = \"\\(x)\\(y)\""])
    try check(
      [
        "s = x.len", "s = x.start", "s = x.keys", "s = x.code", "s = x.message", "s = x.a",
        "s = x.page(1)", "s = x[0]", "s = x[1 ..< 2]", "for z in 0 ..< x { break }",
        "repeat x { break }",
      ], pairs: false)
  }

  @Test("walking through anything")
  func walking() throws {
    try check(["var n = 0\nfor z in x {\nn = n + 1\nif n > 9 { break }\n}"], pairs: false)
  }

  @Test("builtins on values, with all pairs of arguments")
  func builtins() throws {
    try check([
      "s = str(x)", "s = int(x)", "s = float(x)", "s = address(x)", "s = region(x, y)",
      "s = type(x)", "s = len(x)", "s = abs(x)", "s = min(x, y)", "s = max(x, y)", "s = min(x)",
      "s = contains(x, y)", "s = join(x, y)", "s = split(x, y)", "s = keys(x)", "s = values(x)",
      "s = error(x)", "raise x", "assert_eq x, y", "s = format(x, width: y)",
      "s = format(x, base: y)", "s = format(x, digits: y)", "s = rand(x)", "s = choose(x)",
    ])
  }

  @Test("builtins that change collections, on copies")
  func changes() throws {
    try check([
      "push copy(x), y", "insert copy(x), 0, y", "insert copy(x), y, 0", "remove copy(x), y",
      "pop copy(x)", "shuffle copy(x)",
    ])
  }
}
