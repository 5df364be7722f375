// Arithmetic and comparison of small integers: the cases that the loop does itself.
//
// A small integer is its number doubled, so sums and differences of words are words of sums and
// differences, and the overflow of the processor is the overflow of 63 bits. Each function of the
// world answers whether it did the instruction; if not, nothing has changed and `perform` does it.

internal import KernelStorage
internal import QuireProgram

/// Arithmetic on the words of small integers: the word of the result, or nil when it is not small.
enum SmallArithmetic {
  @inline(__always)
  static func sum(_ x: Int64, _ y: Int64) -> Int64? {
    let (sum, overflow) = x.addingReportingOverflow(y)
    return overflow ? nil : sum
  }

  @inline(__always)
  static func difference(_ x: Int64, _ y: Int64) -> Int64? {
    let (difference, overflow) = x.subtractingReportingOverflow(y)
    return overflow ? nil : difference
  }

  @inline(__always)
  static func product(_ x: Int64, _ y: Int64) -> Int64? {
    let (product, overflow) = x.multipliedReportingOverflow(by: y >> 1)
    return overflow ? nil : product
  }

  @inline(__always)
  static func quotient(_ x: Int64, _ y: Int64) -> Int64? { y > 0 ? (x / y) << 1 : nil }

  @inline(__always)
  static func remainder(_ x: Int64, _ y: Int64) -> Int64? { y > 0 ? x % y : nil }

  @inline(__always)
  static func conjunction(_ x: Int64, _ y: Int64) -> Int64? { x & y }

  @inline(__always)
  static func disjunction(_ x: Int64, _ y: Int64) -> Int64? { x | y }

  @inline(__always)
  static func exclusiveDisjunction(_ x: Int64, _ y: Int64) -> Int64? { x ^ y }

  @inline(__always)
  static func shiftedRight(_ x: Int64, _ y: Int64) -> Int64? {
    y >> 1 < 63 && y >= 0 ? ((x >> 1) &>> (y >> 1)) << 1 : nil
  }
}

extension World {
  @inline(__always)
  func load(_ base: Int, _ register: Int) -> UInt64 {
    current.execution.registers[base &+ register]
  }

  @inline(__always)
  mutating func store(_ base: Int, _ register: Int, _ bits: UInt64) {
    current.execution.registers[base &+ register] = bits
  }

  /// Whether both words are small integers.
  @inline(__always)
  func areSmall(_ x: UInt64, _ y: UInt64) -> Bool { (x | y) & 1 == 0 }

  /// The words of two registers as numbers to compare, if both hold small integers, or both inline
  /// addresses, which have no sign: their upper half is moved above the lower one.
  @inline(__always)
  func comparable(_ a: Int, _ b: Int, _ base: Int) -> (Int64, Int64)? {
    let (x, y) = (load(base, a), load(base, b))
    if areSmall(x, y) { return (Int64(bitPattern: x), Int64(bitPattern: y)) }
    guard Value(bits: x).has(.address) && Value(bits: y).has(.address) else { return nil }
    return (Int64(bitPattern: x) ^ .min, Int64(bitPattern: y) ^ .min)
  }

  /// The small integer of a register.
  @inline(__always)
  func smallInteger(_ a: Int, _ base: Int) -> Int64? {
    let value = Value(bits: load(base, a))
    return value.isSmallInteger ? value.smallInteger : nil
  }

  /// An instruction of arithmetic on two registers.
  @inline(__always)
  mutating func did(
    _ operation: (Int64, Int64) -> Int64?, _ i: LoopInstruction, _ base: Int
  ) -> Bool {
    did(operation, i, load(base, i.c), base)
  }

  /// An instruction of arithmetic on a register and a number of its own.
  @inline(__always)
  mutating func didImmediate(
    _ operation: (Int64, Int64) -> Int64?, _ i: LoopInstruction, _ base: Int
  ) -> Bool {
    did(operation, i, UInt64(bitPattern: i.immediateC << 1), base)
  }

  @inline(__always)
  private mutating func did(
    _ operation: (Int64, Int64) -> Int64?, _ i: LoopInstruction, _ y: UInt64, _ base: Int
  ) -> Bool {
    let x = load(base, i.b)
    guard areSmall(x, y),
      let result = operation(Int64(bitPattern: x), Int64(bitPattern: y))
    else { return false }
    store(base, i.a, UInt64(bitPattern: result))
    return true
  }

  /// An instruction that compares two registers.
  @inline(__always)
  mutating func didCompare(
    _ relation: (Int64, Int64) -> Bool, _ i: LoopInstruction, _ base: Int
  ) -> Bool {
    guard let (x, y) = comparable(i.b, i.c, base) else { return false }
    store(base, i.a, Value.boolean(relation(x, y)).bits)
    return true
  }
}
