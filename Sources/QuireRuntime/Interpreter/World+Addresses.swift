// Arithmetic of inline addresses: the cases that the loop does itself, beside small integers.
//
// An inline address is the upper 56 bits of its word. A distance shifted to the same place can be
// added to the word, and where that leaves its half of the address space the word changes its sign:
// this and everything else is left to `perform`, which knows what is an overflow.

internal import KernelStorage
internal import QuireProgram

extension Value {
  /// The address `distance` bytes further, if both are in one half of the address space.
  @inline(__always)
  func moved(by distance: Int64) -> Value? {
    let (place, shifted) = (Int64(bitPattern: bits), distance << 8)
    let result = place &+ shifted
    guard shifted >> 8 == distance && result ^ place >= 0 else { return nil }
    return Value(bits: UInt64(bitPattern: result))
  }

  /// How many bytes this address lies behind another one in the same half of the address space.
  @inline(__always)
  func distance(from other: Value) -> Value? {
    let (end, start) = (Int64(bitPattern: bits), Int64(bitPattern: other.bits))
    return end ^ start >= 0 ? Value(bits: UInt64(bitPattern: (end - start) >> 7)) : nil
  }
}

extension World {
  /// `address + integer`, and `integer + address`.
  @inline(__always)
  mutating func didAddToAddress(_ i: LoopInstruction, _ base: Int) -> Bool {
    let (x, y) = (Value(bits: load(base, i.b)), Value(bits: load(base, i.c)))
    if x.has(.address) && y.isSmallInteger { return didMove(x, by: y.smallInteger, i, base) }
    if y.has(.address) && x.isSmallInteger { return didMove(y, by: x.smallInteger, i, base) }
    return false
  }

  /// `address - integer`, and `address - address`.
  @inline(__always)
  mutating func didSubtractFromAddress(_ i: LoopInstruction, _ base: Int) -> Bool {
    let (x, y) = (Value(bits: load(base, i.b)), Value(bits: load(base, i.c)))
    guard x.has(.address) else { return false }
    if y.isSmallInteger { return didMove(x, by: -y.smallInteger, i, base) }
    guard y.has(.address), let distance = x.distance(from: y) else { return false }
    store(base, i.a, distance.bits)
    return true
  }

  /// An address and an immediate operand.
  @inline(__always)
  mutating func didMoveAddress(_ i: LoopInstruction, by distance: Int64, _ base: Int) -> Bool {
    let address = Value(bits: load(base, i.b))
    return address.has(.address) && didMove(address, by: distance, i, base)
  }

  @inline(__always)
  private mutating func didMove(
    _ address: Value, by distance: Int64, _ i: LoopInstruction, _ base: Int
  ) -> Bool {
    guard let result = address.moved(by: distance) else { return false }
    store(base, i.a, result.bits)
    return true
  }

  /// `region.start` and the like, when the answer is an inline value.
  @inline(__always)
  mutating func didGetMember(_ i: LoopInstruction, _ base: Int) -> Bool {
    guard let region = heap.asRegion(Value(bits: load(base, i.b))),
      let field = image.regionFields[i.c], let value = region.inlineValue(of: field)
    else { return false }
    store(base, i.a, value.bits)
    return true
  }
}
