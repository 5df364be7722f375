// Arithmetic and comparison of addresses: the loop's short way and the general one give the same
// answers, and the same errors, as 64 bits without a sign do.

import Testing

@Suite("Arithmetic of addresses") struct AddressArithmeticTests {
  /// Around every place where an address changes its form or its half.
  private static let addresses: [UInt64] = {
    let low: [UInt64] = [0, 1, 4095, 4096, 0x7fff_ffff_f000, 0x8000_0000_0000]
    let edges: [UInt64] = [1 << 55, 1 << 63, 0 &- (1 << 55)]
    return low.flatMap { [$0, ~$0] } + edges.flatMap { [$0 - 4096, $0 - 1, $0, $0 + 1] }
  }()

  private static let numbers: [Int64] = {
    let positive: [Int64] = [1, 4096, 32_767, 32_768, 1 << 54, 1 << 55, 1 << 56, 1 << 61, 1 << 62]
    return positive.flatMap { [$0, -$0, $0 - 1, 1 - $0] } + [.max, -.max, .min]
  }()

  /// Numbers that fit into an instruction, and those next to them.
  private static let immediates: [Int64] = [
    0, 1, -1, 4096, -4096, 32_767, -32_768, 32_768, -32_769,
  ]

  private func literal(_ address: UInt64) -> String {
    address >> 63 == 0 ? "address(\(address))" : "~address(\(~address))"
  }

  private func literal(_ number: Int64) -> String {
    number == .min ? "(\(number + 1) - 1)" : "(\(number))"
  }

  /// What every pair gives, in the order of the lists.
  private func results(
    _ statements: [String], addresses: Bool = false,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> [String] {
    let attempts = statements.map { "try { \($0) } catch e { print e.message }" }
    let others = addresses ? Self.addresses.map(literal) : Self.numbers.map(literal)
    return try lines(
      """
      let xs = [\(Self.addresses.map(literal).joined(separator: ", "))]
      let ys = [\(others.joined(separator: ", "))]
      for x in xs { for y in ys {
      \(attempts.joined(separator: "\n"))
      } }
      """, sourceLocation: sourceLocation)
  }

  /// `x OP y` in 64 bits without a sign.
  private func moved(_ x: UInt64, _ symbol: String, _ y: Int64) -> String {
    let (result, overflow) =
      (symbol == "-") == (y < 0)
      ? x.addingReportingOverflow(y.magnitude) : x.subtractingReportingOverflow(y.magnitude)
    return overflow
      ? "overflow: 0x\(String(x, radix: 16)) \(symbol) \(y) exceeds 64 bits"
      : "0x\(String(result, radix: 16))"
  }

  private func distance(_ x: UInt64, _ y: UInt64) -> String {
    let (magnitude, isDown) = x >= y ? (x - y, false) : (y - x, true)
    let limit: UInt64 = isDown ? 1 << 63 : (1 << 63) - 1
    if magnitude > limit {
      return "overflow: 0x\(String(x, radix: 16)) - 0x\(String(y, radix: 16)) exceeds 64 bits"
    }
    return (isDown && magnitude > 0 ? "-" : "") + "\(magnitude)"
  }

  @Test("address + integer, integer + address, address - integer")
  func moving() throws {
    var expected: [String] = []
    for x in Self.addresses {
      for y in Self.numbers {
        expected += [moved(x, "+", y), moved(x, "+", y), moved(x, "-", y)]
      }
    }
    #expect(try results(["print x + y", "print y + x", "print x - y"]) == expected)
  }

  @Test("an address and a constant", arguments: immediates)
  func constants(_ number: Int64) throws {
    let script = """
      let xs = [\(Self.addresses.map(literal).joined(separator: ", "))]
      for x in xs {
      try { print x + \(literal(number)) } catch e { print e.message }
      try { print x - \(literal(number)) } catch e { print e.message }
      }
      """
    let expected = Self.addresses.flatMap { [moved($0, "+", number), moved($0, "-", number)] }
    #expect(try lines(script) == expected)
  }

  @Test("address - address")
  func distances() throws {
    let expected = Self.addresses.flatMap { x in Self.addresses.map { distance(x, $0) } }
    #expect(try results(["print x - y"], addresses: true) == expected)
  }

  @Test("comparisons of addresses, as values and as branches")
  func comparisons() throws {
    let expected = Self.addresses.flatMap { x in
      Self.addresses.flatMap { y in
        let answers = [x < y, x <= y, x > y, x >= y, x == y, x != y].map { "\($0)" }
        return [answers.joined(separator: " ")] + answers
      }
    }
    let symbols = ["<", "<=", ">", ">=", "==", "!="]
    let values = symbols.map { "x \($0) y" }.joined(separator: ", ")
    let branches = symbols.map { "if x \($0) y { print true } else { print false }" }
    #expect(try results(["print \(values)"] + branches, addresses: true) == expected)
  }

  @Test("an address beside an integer is compared by size")
  func mixed() throws {
    let expected = Self.addresses.flatMap { x in
      Self.numbers.map { y in y < 0 ? "false false" : "\(x < UInt64(y)) \(x == UInt64(y))" }
    }
    #expect(try results(["print x < y, x == y"]) == expected)
  }

  @Test("the numbers of a region, inline and beyond")
  func regions() throws {
    let script = """
      for r in [region(address(4096), 10000), region(address(0), 0), region(address(1), 4097),
          region(address(\(1 << 55)), 4096), region(~address(4095), 4095),
          region(address(0), 9_223_372_036_854_775_807)] {
          print r.start, r.end, r.length, r.len, r.pages
      }
      """
    #expect(
      try lines(script) == [
        "0x1000 0x3710 10000 10000 3", "0x0 0x0 0 0 0", "0x1 0x1002 4097 4097 2",
        "0x80000000000000 0x80000000001000 4096 4096 1",
        "0xfffffffffffff000 0xffffffffffffffff 4095 4095 1",
        "0x0 0x7fffffffffffffff 9223372036854775807 9223372036854775807 2251799813685248",
      ])
  }
}
