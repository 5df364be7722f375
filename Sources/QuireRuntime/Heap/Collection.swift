// The collector: copies what can be reached from the roots to a new arena, and drops the old one.
//
// Objects are copied breadth first; the copied but not yet scanned part of the new arena is the
// work list, so the depth of a structure does not matter. A copied object leaves a forwarding
// header. The order of the roots and of the words decides every new index: the same history gives
// the same heap.

internal import KernelStorage

/// One collection under way: the old arena and the new one.
package struct Collection: ~Copyable {
  private var from: WordArena
  private var to = WordArena()
  private var scanned = 1

  /// The tag byte of a header that says where the object went. No `ValueTag` has it.
  private static let forwarded: UInt64 = 0xff

  fileprivate init(of words: consuming WordArena) {
    from = words
    to.extend(by: 1)
  }

  /// The value as it is in the new arena; the object is copied if it has not been yet.
  package mutating func forward(_ value: Value) -> Value {
    if !value.isReference { return value }
    let header = from[value.index]
    if header & 0xff == Self.forwarded { return Value(bits: value.bits & 0xff | header & ~0xff) }
    let length = Int(truncatingIfNeeded: header >> 8)
    let index = to.append(value.index..<value.index + 1 + length, of: from)
    from[value.index] = UInt64(index) << 8 | Self.forwarded
    return Value(bits: value.bits & 0xff | UInt64(index) << 8)
  }

  /// Forwards the values of a run of words.
  mutating func forward(_ range: Range<Int>, of words: inout WordArena) {
    for index in range {
      words[index] = forward(Value(bits: words[index])).bits
    }
  }

  /// Copies all that the copied objects refer to.
  fileprivate mutating func finish() {
    while scanned < to.count {
      let header = to[scanned]
      let length = Int(truncatingIfNeeded: header >> 8)
      let isRaw = UInt8(truncatingIfNeeded: header) <= ValueTag.slots.rawValue
      if !isRaw {
        for index in scanned + 1..<scanned + 1 + length {
          to[index] = forward(Value(bits: to[index])).bits
        }
      }
      scanned += 1 + length
    }
  }

  fileprivate consuming func result() -> WordArena { to }
}

extension ScriptHeap {
  /// Keeps what the globals, the constants and `roots` refer to, and drops the rest.
  package mutating func collect(_ roots: (inout Collection) -> Void) {
    guard words.count > 0 else { return }
    var old = WordArena()
    swap(&old, &words)
    var collection = Collection(of: old)
    if globals != 0 { globals = collection.forward(globalStorage).index }
    if constants != 0 { constants = collection.forward(constantStorage).index }
    if names != 0 { names = collection.forward(nameStorage).index }
    roots(&collection)
    collection.finish()
    words = collection.result()
    collections += 1
  }
}
