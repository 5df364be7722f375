// What is said when something is wrong: the operation, the operands, and why.

import Testing

@Suite("Messages of errors") struct FailureMessageTests {
  @Test(
    "each names the operation and the operands",
    arguments: [
      ("print \"abc\" + 1", #"cannot add a string and an integer: "abc" + 1"#),
      ("print 1 - \"a\"", #"cannot subtract an integer and a string: 1 - "a""#),
      ("print [1] < [2]", "cannot compare a list with a list: [1] < [2]"),
      ("print nil * 2", "cannot multiply nil by an integer: nil * 2"),
      ("print 9_223_372_036_854_775_807 + 1", "overflow: 9223372036854775807 + 1 exceeds 64 bits"),
      ("print 1 << 64", "cannot shift by 64, only by 0 ... 63: 1 << 64"),
      (
        "let n = -63\nprint 12 * (n * 15_372_286_728_091_293)",
        "overflow: 12 * -968454063869751459 exceeds 64 bits"
      ),
      ("let s = \"a\"\nprint 4 + s", #"cannot add an integer and a string: 4 + "a""#),
      ("let s = \"a\"\nprint s + 4", #"cannot add a string and an integer: "a" + 4"#),
      ("print 3 << 62", "overflow: 3 << 62 exceeds 64 bits"),
      ("let z = 0\nprint 7 % z", "division by zero: 7 % 0"),
      ("print address(1) * 2", "cannot multiply an address by an integer: 0x1 * 2"),
      ("print address(1) - 2", "overflow: 0x1 - 2 exceeds 64 bits"),
      ("print -\"a\"", #"cannot negate a string: -"a""#),
      ("let a = [1, 2]\nprint a[2]", "index 2 is out of range of the list, which has 0 ..< 2"),
      ("print [][0]", "index 0 is out of range of the list, which is empty"),
      ("let a = [1]\na[-1] = 2", "index -1 is out of range of the list, which has 0 ..< 1"),
      ("print [1, 2, 3][1 ..< 5]", "index 1 ..< 5 is out of range of the list, which has 0 ..< 3"),
      ("print [1][\"x\"]", #"the index of a list is an integer or a range, not a string: "x""#),
      ("let m = [a: 1]\nprint m.b", #"the map has no key "b": [a: 1]"#),
      ("print [a: 1][2]", "the map has no key 2: [a: 1]"),
      ("let m = [:]\nm[[1]] = 2", "a list can change and cannot be a key: [1]"),
      ("print 5[0]", "an integer has no elements: 5[0]"),
      ("let x = [3]\nlet y = x[0]\ny()", "an integer is not a function: 3"),
      ("let f = [{ a, b in a }]\nlet g = f[0]\ng(1)", "closure takes 2 arguments, not 1"),
      ("let x = [1]\nif x[0] { }", "a condition must be true or false, not an integer: 1"),
      (
        "for x in 5 { }",
        "cannot walk through an integer: 5; lists, maps, strings, ranges and regions have elements"
      ),
      (
        "for i in 0 ..< \"x\" { }",
        #"a range goes from integer to integer, not from an integer to a string: 0 ..< "x""#
      ),
      (
        "let m = [a: 1]\nfor k in m { m[\"\\(k)x\"] = 1 }",
        "a key was added to the map while a loop walks through it"
      ),
      ("fn f() { return g }\nprint f()\nlet g = 1", "'g' is used before it has a value"),
      ("print \"abc\".size", #"a string has no 'size': "abc".size"#),
      ("pop []", "pop: the list is empty"),
      ("print int(\"x\")", #"int: "x" is not the text of an integer"#),
      ("len 5", "len: takes a list, map, string, range or region, not an integer: 5"),
      ("raise \"custom\"", "custom"),
    ])
  func message(_ script: String, _ expected: String) throws {
    #expect(try failure(of: script) == expected)
  }
}
