// Values: what fits into a word comes out of it again.

import QuireRuntime
import Testing

@Suite("Values") struct ValueTests {
  private static let edges: [Int64] = [
    0, 1, -1, 2, .max, .min, 1 << 62, (1 << 62) - 1, -(1 << 62), -(1 << 62) - 1, 1 << 32,
  ]

  @Test("integers of 64 bits survive, inline or boxed", arguments: edges)
  func integers(_ number: Int64) {
    var heap = ScriptHeap()
    let value = heap.integer(number)
    let isTheInteger = heap.asInteger(value) == number
    #expect(isTheInteger)
    #expect(value.isReference == !Value.smallIntegers.contains(number))
  }

  @Test(
    "addresses survive; canonical ones are inline",
    arguments: [
      0, 0x1000, 0x7fff_ffff_ffff, 0xffff_8880_0000_0000, .max, 1 << 63, 1 << 56,
      0x80_0000_0000_0000,
    ] as [UInt64])
  func addresses(_ address: UInt64) {
    var heap = ScriptHeap()
    let value = heap.address(address)
    let isTheAddress = heap.asAddress(value) == address
    #expect(isTheAddress)
    let isNoInteger = heap.asInteger(value) == nil
    #expect(isNoInteger)
    let isCanonical = address >> 47 == 0 || address >> 47 == 0x1_ffff
    #expect(!isCanonical || !value.isReference)
  }

  @Test("every float survives with all its bits")
  func floats() {
    var heap = ScriptHeap()
    var random = RandomStream(seed: 3)
    var patterns: [UInt64] = [
      0, 1 << 63, Double.infinity.bitPattern, Double.nan.bitPattern, Double.pi.bitPattern,
      Double.leastNonzeroMagnitude.bitPattern, 0x3000_0000_0000_0000,
    ]
    for _ in 0..<10_000 { patterns.append(random.next()) }
    for pattern in patterns {
      let value = heap.float(Double(bitPattern: pattern))
      let isTheFloat = heap.asFloat(value)?.bitPattern == pattern
      #expect(isTheFloat)
      let isNothingElse = heap.asInteger(value) == nil && heap.asAddress(value) == nil
      #expect(isNothingElse)
    }
  }

  @Test("ordinary floats need no box", arguments: [0.0, 1.0, -1.0, 0.1, 1e9, -1e-9, 123456.789])
  func ordinaryFloats(_ number: Double) {
    var heap = ScriptHeap()
    let isInline = !heap.float(number).isReference
    #expect(isInline)
  }

  @Test("equal keys have equal hashes")
  func hashes() {
    var heap = ScriptHeap()
    let pairs = [
      (heap.integer(3), heap.float(3)), (heap.integer(1 << 62), heap.float(4.611686018427388e18)),
      (heap.integer(4096), heap.address(4096)), (heap.string("ab"), heap.string("ab")),
      (heap.float(0), heap.float(-0.0)),
      (heap.region(start: 1, length: 2), heap.region(start: 1, length: 2)),
    ]
    for (a, b) in pairs {
      let areEqual = heap.areEqual(a, b)
      #expect(areEqual)
      let shareTheirHash = heap.hash(of: a) == heap.hash(of: b)
      #expect(shareTheirHash)
    }
  }

  @Test("floats have fixed digits by their exact value")
  func fixedDigits() {
    let cases: [(Double, Int, String)] = [
      (0.5, 0, "0"), (1.5, 0, "2"), (2.5, 0, "2"), (0.125, 2, "0.12"), (0.375, 2, "0.38"),
      (1e22, 0, "10000000000000000000000"), (0.1, 20, "0.10000000000000000555"),
      (Double.leastNonzeroMagnitude, 3, "0.000"),
      (99.999, 2, "100.00"), (-1.005, 2, "-1.00"), (123.456, 1, "123.5"),
    ]
    for (number, digits, text) in cases {
      #expect(ValueText.float(number, digits: digits) == text)
    }
  }
}
