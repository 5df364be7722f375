// The heap of one process: an arena of words in which strings, lists, maps, closures and boxed
// numbers live, addressed by index.
//
// Objects are allocated one after the other and moved by the collector, which runs only between
// instructions, when every live value is in a register, a frame, a global or another object. So an
// index is good until the next instruction that may ask for room, and no longer.
//
// Room is asked for first: `reserve` says whether the allowance covers what is about to be
// allocated, and whoever is refused gives up before changing anything and lets the world make room
// (see World+Room.swift). `fork` copies the arena as it is.

internal import KernelStorage

/// Strings, lists, maps, closures and boxed numbers of one process.
///
/// An object is a header, `length << 8 | tag`, and `length` words. In an object of a traced tag
/// each word is a value; in one of a raw tag no word is.
package struct ScriptHeap: ~Copyable {
  /// The objects, after one unused word: index 0 is no object.
  var words = WordArena()
  /// Words that may be in use before the world has to be asked for more; all of them are charged.
  package internal(set) var allowance = 0
  /// The storage object with the values of the globals, 0 before there are any.
  var globals = 0
  /// The storage object with the constants this process has used so far, 0 before there are any.
  var constants = 0
  /// The storage object with the names after a dot that were used as keys, 0 before there are any.
  var names = 0
  /// What `prepare` was last called for.
  private(set) var preparation = Preparation()
  /// Fibers that run on this heap: more than one when threads share it.
  package var sharers = 1
  /// Collections so far.
  package internal(set) var collections = 0

  package init() {}

  /// Words in use, garbage included.
  @inline(__always) package var used: Int { words.count }

  /// Whether `count` more words fit the allowance; the header of each object counts as one.
  ///
  /// Nothing may be allocated without this having said yes.
  @inline(__always)
  package func reserve(_ count: Int) -> Bool { count <= allowance &- words.count }

  /// The copy that a forked child gets. Its allowance is what it uses; the caller has charged that.
  package borrowing func copy() -> ScriptHeap {
    var child = ScriptHeap()
    child.words = words.copy()
    child.allowance = words.count
    child.globals = globals
    child.constants = constants
    child.names = names
    child.preparation = preparation
    return child
  }

  // MARK: Globals and constants

  var globalStorage: Value { Value(.storage, payload: UInt64(globals)) }
  var constantStorage: Value { Value(.storage, payload: UInt64(constants)) }

  var nameStorage: Value { Value(.storage, payload: UInt64(names)) }

  /// How many globals, constants and names after a dot a heap has places for.
  struct Preparation: Equatable, BitwiseCopyable {
    var globals: UInt32 = 0
    var constants: UInt32 = 0
    var names: UInt32 = 0

    /// Words that `prepare` may need for it.
    var words: Int { 4 + Int(globals) + Int(constants) + Int(names) }
  }

  /// Makes places for the globals, constants and names of a program. Those that are there already
  /// keep their values: the program of a session grows.
  mutating func prepare(for wanted: Preparation) {
    globals = grownStorage(globals, to: Int(wanted.globals))
    constants = grownStorage(constants, to: Int(wanted.constants))
    names = grownStorage(names, to: Int(wanted.names))
    preparation = wanted
  }

  private mutating func grownStorage(_ index: Int, to count: Int) -> Int {
    let old = Value(.storage, payload: UInt64(index))
    let kept = index == 0 ? 0 : length(of: old)
    if index != 0 && kept >= count { return index }
    let new = allocate(.storage, length: count)
    for field in 0..<count { self[new, field] = field < kept ? self[old, field] : .absent }
    return new.index
  }

  // MARK: Objects

  /// Tags whose objects hold no values.
  static func isRaw(_ tag: ValueTag) -> Bool { tag.rawValue <= ValueTag.slots.rawValue }

  /// A new object of `length` zero words (as values: the integer 0).
  mutating func allocate(_ tag: ValueTag, length: Int) -> Value {
    if words.count == 0 { words.extend(by: 1) }
    let index = words.extend(by: length + 1)
    words[index] = (UInt64(length) << 8) | UInt64(tag.rawValue)
    return Value(tag, payload: UInt64(index))
  }

  /// Number of words of an object, its header not counted.
  @inline(__always)
  func length(of object: Value) -> Int { Int(truncatingIfNeeded: words[object.index] >> 8) }

  /// A word of a traced object.
  @inline(__always)
  subscript(object: Value, field: Int) -> Value {
    get { Value(bits: words[object.index &+ 1 &+ field]) }
    set { words[object.index &+ 1 &+ field] = newValue.bits }
  }

  /// A word of a raw object.
  @inline(__always)
  func raw(_ object: Value, _ word: Int) -> UInt64 { words[object.index &+ 1 &+ word] }

  @inline(__always)
  mutating func setRaw(_ object: Value, _ word: Int, _ bits: UInt64) {
    words[object.index &+ 1 &+ word] = bits
  }
}
