// Precedence, ranges, lists, maps and closures.

import Testing

@testable import QuireSyntax

@Suite struct ExpressionTests {
  @Test(
    "operators bind as in Swift, 'not' between comparisons and 'and'",
    arguments: [
      Case("a + b * c", "(+ a (* b c))"),
      Case("a * b + c", "(+ (* a b) c)"),
      Case("a - b - c", "(- (- a b) c)"),
      Case("a << 1 * 2", "(* (<< a 1) 2)"),
      Case("a | b & c ^ d", "(^ (| a (& b c)) d)"),
      Case("a & m == 0", "(== (& a m) 0)"),
      Case("a ..< b + 1", "(..< a (+ b 1))"),
      Case("a ... b == c", "(== (... a b) c)"),
      Case("a or b and c", "(or a (and b c))"),
      Case("a and b or c", "(or (and a b) c)"),
      Case("not a == b", "(not (== a b))"),
      Case("not a and b", "(and (not a) b)"),
      Case("a and not b", "(and a (not b))"),
      Case("not not a", "(not (not a))"),
      Case("a == (not b)", "(== a (paren (not b)))"),
      Case("-a.b", "(- (. b a))"),
      Case("-a * b", "(* (- a) b)"),
      Case("-~a", "(- (~ a))"),
      Case("a % b / c", "(/ (% a b) c)"),
      Case("a >> b << c", "(<< (>> a b) c)"),
    ])
  func precedence(_ test: Case) {
    #expect(tree("let x = \(test.text)") == "(let x \(test.expected))")
  }

  @Test(
    "what does not chain or nest",
    arguments: [
      Case("a < b < c", "chained-operator"), Case("a == b != c", "chained-operator"),
      Case("a ..< b ..< c", "chained-operator"), Case("a == not b", "not-inside-operation"),
      Case("-not a", "not-inside-operation"), Case("+4", "plus-sign"),
      Case("if a { }", "statement-as-value"), Case("a.", "member-without-name"),
      Case("a.1", "member-without-name"), Case("()", "expected-value"),
      Case("a +", "expected-value"), Case("* a", "expected-value"),
    ])
  func refused(_ test: Case) {
    #expect(codes("let x = \(test.text)") == [test.expected])
  }

  @Test(
    "lists and maps",
    arguments: [
      Case("[]", "(list)"),
      Case("[1, 2,]", "(list 1 2)"),
      Case("[:]", "(map)"),
      Case("[k: 1]", "(map \"k\": 1)"),
      Case("[(k): 1]", "(map computed k: 1)"),
      Case("[\"a b\": 1, c: 2,]", "(map \"a b\": 1 \"c\": 2)"),
      Case("[\"\\(a)b\": 1]", "(map (string a \"b\"): 1)"),
      Case("[a: [b: [1]]]", "(map \"a\": (map \"b\": (list 1)))"),
      Case("[\n a:\n 1\n,\n]", "(map \"a\": 1)"),
      Case("[{ a }, (b)]", "(list (closure {a}) (paren b))"),
      Case("[(a) + b]", "(list (+ (paren a) b))"),
    ])
  func collections(_ test: Case) {
    #expect(tree("let x = \(test.text)") == "(let x \(test.expected))")
  }

  @Test(
    "lists and maps that are none",
    arguments: [
      Case("[1, k: 2]", "computed-key"), Case("[k: 1, 2]", "computed-key"),
      Case("[k: 1, b]", "map-entry"), Case("[f(x): 1]", "computed-key"),
      Case("[1: 2]", "computed-key"), Case("[a = 1]", "assign-in-map"),
      Case("[k: 1, a = 1]", "map-entry"), Case("[a b]", "nested-command"),
      Case("[1 2]", "expected-separator"), Case("[,]", "expected-value"),
      Case("[1,,2]", "expected-value"), Case("{ a: 1 }", "map-in-braces"),
      Case("{\n a: 1\n b: 2\n}", "map-in-braces"),
    ])
  func refusedCollections(_ test: Case) {
    #expect(codes("let x = \(test.text)") == [test.expected])
  }

  @Test(
    "closures",
    arguments: [
      Case("{ }", "(closure {})"),
      Case("{ a }", "(closure {a})"),
      Case("{ a in a }", "(closure a {a})"),
      Case("{ a, b in\n  a\n  b }", "(closure a b {a; b})"),
      Case("{ a, \n b in a }", "(closure a b {a})"),
      Case("{ { a } }", "(closure {(closure {a})})"),
      Case("{ let a = 1; return a }", "(closure {(let a 1); (return a)})"),
    ])
  func closures(_ test: Case) {
    #expect(tree("let x = \(test.text)") == "(let x \(test.expected))")
  }
}
