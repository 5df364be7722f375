// Arithmetic and comparison of small integers: the cases that the loop does itself.
//
// A small integer is its number doubled, so sums and differences of words are words of sums and
// differences, and the overflow of the processor is the overflow of 63 bits. Each function answers
// whether it did the instruction; if not, nothing has changed and `perform` does it.

internal import KernelStorage
internal import QuireProgram

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

  @inline(__always)
  mutating func didAdd(_ i: LoopInstruction, _ base: Int) -> Bool {
    let (x, y) = (load(base, i.b), load(base, i.c))
    let (sum, overflow) = Int64(bitPattern: x).addingReportingOverflow(Int64(bitPattern: y))
    if areSmall(x, y) && !overflow {
      store(base, i.a, UInt64(bitPattern: sum))
      return true
    }
    return false
  }

  @inline(__always)
  mutating func didSubtract(_ i: LoopInstruction, _ base: Int) -> Bool {
    let (x, y) = (load(base, i.b), load(base, i.c))
    let (rest, overflow) =
      Int64(bitPattern: x).subtractingReportingOverflow(Int64(bitPattern: y))
    if areSmall(x, y) && !overflow {
      store(base, i.a, UInt64(bitPattern: rest))
      return true
    }
    return false
  }

  @inline(__always)
  mutating func didMultiply(_ i: LoopInstruction, _ base: Int) -> Bool {
    let (x, y) = (load(base, i.b), load(base, i.c))
    let (product, overflow) =
      Int64(bitPattern: x).multipliedReportingOverflow(by: Int64(bitPattern: y) >> 1)
    if areSmall(x, y) && !overflow {
      store(base, i.a, UInt64(bitPattern: product))
      return true
    }
    return false
  }

  @inline(__always)
  mutating func didDivide(_ i: LoopInstruction, _ base: Int) -> Bool {
    let (x, y) = (load(base, i.b), load(base, i.c))
    if areSmall(x, y) && Int64(bitPattern: y) > 0 {
      let quotient = Int64(bitPattern: x) / Int64(bitPattern: y)
      store(base, i.a, UInt64(bitPattern: quotient << 1))
      return true
    }
    return false
  }

  @inline(__always)
  mutating func didRemainder(_ i: LoopInstruction, _ base: Int) -> Bool {
    let (x, y) = (load(base, i.b), load(base, i.c))
    if areSmall(x, y) && Int64(bitPattern: y) > 0 {
      store(base, i.a, UInt64(bitPattern: Int64(bitPattern: x) % Int64(bitPattern: y)))
      return true
    }
    return false
  }

  @inline(__always)
  mutating func didAnd(_ i: LoopInstruction, _ base: Int) -> Bool {
    let (x, y) = (load(base, i.b), load(base, i.c))
    if areSmall(x, y) {
      store(base, i.a, x & y)
      return true
    }
    return false
  }

  @inline(__always)
  mutating func didOr(_ i: LoopInstruction, _ base: Int) -> Bool {
    let (x, y) = (load(base, i.b), load(base, i.c))
    if areSmall(x, y) {
      store(base, i.a, x | y)
      return true
    }
    return false
  }

  @inline(__always)
  mutating func didExclusiveOr(_ i: LoopInstruction, _ base: Int) -> Bool {
    let (x, y) = (load(base, i.b), load(base, i.c))
    if areSmall(x, y) {
      store(base, i.a, x ^ y)
      return true
    }
    return false
  }

  @inline(__always)
  mutating func didAddImmediate(_ i: LoopInstruction, _ base: Int) -> Bool {
    let x = load(base, i.b)
    let (sum, overflow) =
      Int64(bitPattern: x).addingReportingOverflow(i.immediateC << 1)
    if x & 1 == 0 && !overflow {
      store(base, i.a, UInt64(bitPattern: sum))
      return true
    }
    return false
  }

  @inline(__always)
  mutating func didSubtractImmediate(_ i: LoopInstruction, _ base: Int) -> Bool {
    let x = load(base, i.b)
    let (rest, overflow) =
      Int64(bitPattern: x).subtractingReportingOverflow(i.immediateC << 1)
    if x & 1 == 0 && !overflow {
      store(base, i.a, UInt64(bitPattern: rest))
      return true
    }
    return false
  }

  @inline(__always)
  mutating func didMultiplyImmediate(_ i: LoopInstruction, _ base: Int) -> Bool {
    let x = load(base, i.b)
    let (product, overflow) =
      Int64(bitPattern: x).multipliedReportingOverflow(by: i.immediateC)
    if x & 1 == 0 && !overflow {
      store(base, i.a, UInt64(bitPattern: product))
      return true
    }
    return false
  }

  @inline(__always)
  mutating func didDivideImmediate(_ i: LoopInstruction, _ base: Int) -> Bool {
    let (x, divisor) = (load(base, i.b), i.immediateC)
    if x & 1 == 0 && divisor > 0 {
      let quotient = (Int64(bitPattern: x) >> 1) / divisor
      store(base, i.a, UInt64(bitPattern: quotient << 1))
      return true
    }
    return false
  }

  @inline(__always)
  mutating func didRemainderImmediate(_ i: LoopInstruction, _ base: Int) -> Bool {
    let (x, divisor) = (load(base, i.b), i.immediateC)
    if x & 1 == 0 && divisor > 0 {
      store(base, i.a, UInt64(bitPattern: Int64(bitPattern: x) % (divisor << 1)))
      return true
    }
    return false
  }

  @inline(__always)
  mutating func didAndImmediate(_ i: LoopInstruction, _ base: Int) -> Bool {
    let x = load(base, i.b)
    if x & 1 == 0 {
      store(base, i.a, x & UInt64(bitPattern: i.immediateC << 1))
      return true
    }
    return false
  }

  @inline(__always)
  mutating func didShiftRightImmediate(_ i: LoopInstruction, _ base: Int) -> Bool {
    let x = load(base, i.b)
    if x & 1 == 0 && i.c < 63 {
      let shifted = (Int64(bitPattern: x) >> 1) &>> Int64(i.c)
      store(base, i.a, UInt64(bitPattern: shifted << 1))
      return true
    }
    return false
  }

  @inline(__always)
  mutating func didEqual(_ i: LoopInstruction, _ base: Int) -> Bool {
    guard let (x, y) = comparable(i.b, i.c, base) else { return false }
    store(base, i.a, Value.boolean(x == y).bits)
    return true
  }

  @inline(__always)
  mutating func didNotEqual(_ i: LoopInstruction, _ base: Int) -> Bool {
    guard let (x, y) = comparable(i.b, i.c, base) else { return false }
    store(base, i.a, Value.boolean(x != y).bits)
    return true
  }

  @inline(__always)
  mutating func didLess(_ i: LoopInstruction, _ base: Int) -> Bool {
    guard let (x, y) = comparable(i.b, i.c, base) else { return false }
    store(base, i.a, Value.boolean(x < y).bits)
    return true
  }

  @inline(__always)
  mutating func didLessOrEqual(_ i: LoopInstruction, _ base: Int) -> Bool {
    guard let (x, y) = comparable(i.b, i.c, base) else { return false }
    store(base, i.a, Value.boolean(x <= y).bits)
    return true
  }
}
