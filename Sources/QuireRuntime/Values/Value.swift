// The value of a script: one trivial 64-bit word.
//
// The low bits say what the word is:
//   …0        a small integer, 63 bits, in the upper bits
//   …01       a float whose exponent is an ordinary one, see Value+Float.swift
//   tag 11    everything else: six bits of tag, then 56 bits of payload
// A payload is the value itself (an address, a handle) or the index of an object in the heap of
// the process. A value means something only together with the heap it came from.

/// What the low byte of a tagged word says.
///
/// Tags from 32 on have an object in the heap; their payload is its index.
package enum ValueTag: UInt8, CaseIterable, Sendable, BitwiseCopyable {
  /// No value at all: an argument that was not given, a hole in a map. Never seen by a script.
  case absent = 0
  case none = 1
  case `false` = 2
  case `true` = 3
  /// An address whose upper nine bits agree; any other one is a `wideAddress`.
  case address = 4
  /// A function of the script that captures nothing; the payload is its number.
  case function = 5
  /// Something of the kernel that is looked at by members, such as `vmstat` or `self`.
  case view = 7
  case process = 8
  case page = 9
  case cache = 10
  case object = 11
  case file = 12
  case swapArea = 13
  case event = 14
  case semaphore = 15
  case barrier = 16
  case device = 17
  case perCPU = 18

  /// An integer that needs the 64th bit.
  case wideInteger = 32
  case wideAddress = 33
  /// A float that does not fit inline: zero is inline, very large and very small ones are not.
  case wideFloat = 34
  case string = 35
  case range = 36
  case region = 37
  /// The slots of a map's hash index.
  case slots = 38
  case list = 39
  case map = 40
  /// A function of the script with what it captured.
  case closure = 41
  /// A variable that a closure captured and somebody assigns.
  case cell = 42
  case error = 43
  case status = 44
  /// Several values in a row: the elements of a list, the entries of a map, the globals.
  case storage = 45
}

/// One value of a script.
package struct Value: BitwiseCopyable, Sendable {
  package let bits: UInt64

  @inline(__always)
  package init(bits: UInt64) { self.bits = bits }

  @inline(__always)
  package init(_ tag: ValueTag, payload: UInt64 = 0) {
    bits = (payload << 8) | (UInt64(tag.rawValue) << 2) | 3
  }

  @inline(__always) package static var absent: Value { Value(.absent) }
  @inline(__always) package static var none: Value { Value(.none) }
  @inline(__always)
  package static func boolean(_ value: Bool) -> Value { Value(value ? .true : .false) }

  /// The same word: same small value or same object in the same heap.
  @inline(__always)
  package func isIdentical(to other: Value) -> Bool { bits == other.bits }

  /// Whether the value is a tagged word, neither a small integer nor an inline float.
  @inline(__always) package var isTagged: Bool { bits & 3 == 3 }

  /// The tag; meaningless unless `isTagged`.
  @inline(__always) private var rawTag: UInt8 { UInt8(truncatingIfNeeded: bits) >> 2 }

  /// The tag of a tagged word, nil for small integers and inline floats.
  package var tag: ValueTag? { isTagged ? ValueTag(rawValue: rawTag) : nil }

  @inline(__always)
  package func has(_ tag: ValueTag) -> Bool {
    UInt8(truncatingIfNeeded: bits) == (tag.rawValue << 2) | 3
  }

  /// The upper 56 bits of a tagged word.
  @inline(__always) package var payload: UInt64 { bits >> 8 }

  /// Whether the payload is the index of an object in the heap.
  @inline(__always) package var isReference: Bool { bits & 0x83 == 0x83 }

  /// The index of the object; meaningless unless `isReference`.
  @inline(__always) package var index: Int { Int(truncatingIfNeeded: bits >> 8) }

  @inline(__always) package var isAbsent: Bool { has(.absent) }
  @inline(__always) package var isNone: Bool { has(.none) }

  /// The truth value of a boolean, nil for anything else.
  @inline(__always) package var asBoolean: Bool? {
    has(.true) ? true : has(.false) ? false : nil
  }
}

// MARK: - Small integers

extension Value {
  /// Largest and smallest integer that fit inline.
  package static var smallIntegers: ClosedRange<Int64> { -(1 << 62)...(1 << 62) - 1 }

  @inline(__always) package var isSmallInteger: Bool { bits & 1 == 0 }

  /// The integer of a word for which `isSmallInteger` holds.
  @inline(__always) package var smallInteger: Int64 { Int64(bitPattern: bits) >> 1 }

  /// An integer known to fit: a count, an index, a line number.
  @inline(__always)
  package init(small value: Int) { bits = UInt64(bitPattern: Int64(value)) << 1 }

  /// The inline form of an integer, nil when it needs the 64th bit.
  @inline(__always)
  package init?(inline value: Int64) {
    let (doubled, overflow) = value.addingReportingOverflow(value)
    if overflow { return nil }
    bits = UInt64(bitPattern: doubled)
  }
}

// MARK: - Addresses

extension Value {
  /// The inline form of an address, nil when its upper nine bits differ.
  package init?(inline address: UInt64) {
    let signed = Int64(bitPattern: address)
    guard (signed << 8) >> 8 == signed else { return nil }
    self.init(.address, payload: address)
  }

  /// The address of a word tagged `.address`.
  @inline(__always) package var inlineAddress: UInt64 {
    UInt64(bitPattern: Int64(bitPattern: bits) >> 8)
  }
}
