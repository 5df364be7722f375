// Objects of fixed size: numbers that do not fit inline, ranges, regions, cells, closures.

internal import QuireKernel

extension ScriptHeap {
  /// Words that any number may need.
  package static var numberWords: Int { 2 }

  // MARK: Numbers

  package mutating func integer(_ value: Int64) -> Value {
    if let small = Value(inline: value) { return small }
    return box(.wideInteger, UInt64(bitPattern: value))
  }

  package mutating func address(_ value: UInt64) -> Value {
    Value(inline: value) ?? box(.wideAddress, value)
  }

  package mutating func float(_ value: Double) -> Value {
    Value(inline: value) ?? box(.wideFloat, value.bitPattern)
  }

  private mutating func box(_ tag: ValueTag, _ word: UInt64) -> Value {
    let object = allocate(tag, length: 1)
    setRaw(object, 0, word)
    return object
  }

  /// The integer that `value` is, or nil.
  @inline(__always)
  package func asInteger(_ value: Value) -> Int64? {
    if value.isSmallInteger { return value.smallInteger }
    return value.has(.wideInteger) ? Int64(bitPattern: raw(value, 0)) : nil
  }

  /// The address that `value` is, or nil.
  package func asAddress(_ value: Value) -> UInt64? {
    if value.has(.address) { return value.inlineAddress }
    return value.has(.wideAddress) ? raw(value, 0) : nil
  }

  /// The float that `value` is, or nil.
  package func asFloat(_ value: Value) -> Double? {
    if value.isInlineFloat { return value.inlineFloat }
    return value.has(.wideFloat) ? Double(bitPattern: raw(value, 0)) : nil
  }

  // MARK: Ranges and regions

  package static var rangeWords: Int { 4 }

  /// `lower ..< upper`, or `lower ... upper` if closed.
  package mutating func range(_ range: IntegerRange) -> Value {
    let object = allocate(.range, length: 3)
    setRaw(object, 0, UInt64(bitPattern: range.lower))
    setRaw(object, 1, UInt64(bitPattern: range.upper))
    setRaw(object, 2, range.isClosed ? 1 : 0)
    return object
  }

  package func asRange(_ value: Value) -> IntegerRange? {
    guard value.has(.range) else { return nil }
    return IntegerRange(
      lower: Int64(bitPattern: raw(value, 0)), upper: Int64(bitPattern: raw(value, 1)),
      isClosed: raw(value, 2) != 0)
  }

  package static var regionWords: Int { 3 }

  package mutating func region(start: UInt64, length: UInt64) -> Value {
    let object = allocate(.region, length: 2)
    setRaw(object, 0, start)
    setRaw(object, 1, length)
    return object
  }

  @inline(__always)
  package func asRegion(_ value: Value) -> HeapRegion? {
    value.has(.region) ? HeapRegion(start: raw(value, 0), length: raw(value, 1)) : nil
  }

  // MARK: Cells, closures, statuses

  package static var cellWords: Int { 2 }

  mutating func cell(_ content: Value) -> Value {
    let object = allocate(.cell, length: 1)
    self[object, 0] = content
    return object
  }

  static func closureWords(captures: Int) -> Int { 2 + captures }

  /// A closure whose captures are still to be set: they are fields 1, 2, ….
  mutating func closure(function: Int, captures: Int) -> Value {
    let object = allocate(.closure, length: 1 + captures)
    self[object, 0] = Value(small: function)
    return object
  }

  /// The number of the script function that a function value runs, or nil.
  func functionIndex(of value: Value) -> Int? {
    if value.has(.closure) { return Int(self[value, 0].smallInteger) }
    return value.has(.function) ? value.index : nil
  }

  package static var statusWords: Int { 4 }

  private static var coreMark: Int64 { 0x100 }

  /// How a process ended: its handle, its exit code, the number of the signal or 0, and whether
  /// that left a core dump.
  package mutating func status(
    process: Value, code: Int, signal: Int, dumpedCore: Bool = false
  ) -> Value {
    let object = allocate(.status, length: 3)
    self[object, 0] = process
    self[object, 1] = Value(small: code)
    self[object, 2] = Value(small: signal | (dumpedCore ? Int(Self.coreMark) : 0))
    return object
  }

  /// Whether a status tells of a core dump.
  package func dumpedCore(_ status: Value) -> Bool {
    self[status, 2].smallInteger & Self.coreMark != 0
  }

  /// The parts of a status, or nil.
  package func asStatus(_ value: Value) -> (process: Value, code: Int, signal: Int)? {
    guard value.has(.status) else { return nil }
    let (code, signal) = (self[value, 1].smallInteger, self[value, 2].smallInteger)
    return (self[value, 0], Int(code), Int(signal & ~Self.coreMark))
  }
}

/// The bounds of a range, as written.
package struct IntegerRange: Hashable, Sendable {
  package var lower: Int64
  /// Exclusive unless the range is closed.
  package var upper: Int64
  package var isClosed: Bool

  package init(lower: Int64, upper: Int64, isClosed: Bool) {
    self.lower = lower
    self.upper = upper
    self.isClosed = isClosed
  }

  package var isEmpty: Bool { isClosed ? upper < lower : upper <= lower }

  /// The greatest number in the range; meaningless when it is empty.
  package var last: Int64 { isClosed ? upper : upper - 1 }

  package func contains(_ value: Int64) -> Bool {
    lower <= value && (isClosed ? value <= upper : value < upper)
  }

  /// How many numbers it has; nil when that exceeds 64 bits.
  package var count: Int64? {
    if isEmpty { return 0 }
    let (span, overflow) = last.subtractingReportingOverflow(lower)
    let (count, more) = span.addingReportingOverflow(1)
    return overflow || more ? nil : count
  }
}

/// A region as a script has it.
package struct HeapRegion: Hashable, Sendable {
  package var start: UInt64
  /// In bytes.
  package var length: UInt64

  /// Whole or begun pages, counted from the start.
  package var pageCount: UInt64 { length / Page.size + (length % Page.size == 0 ? 0 : 1) }

  /// The number that a field names.
  @inline(__always)
  subscript(field: RegionField) -> UInt64 {
    switch field {
    case .start: start
    case .end: start &+ length
    case .length: length
    case .pages: pageCount
    }
  }

  /// The same as a value; nil if that would need a box.
  @inline(__always)
  func inlineValue(of field: RegionField) -> Value? {
    field.isAddress ? Value(inline: self[field]) : Value(inline: Int64(clamping: self[field]))
  }
}

/// A member of a region that is a number.
enum RegionField: UInt8, BitwiseCopyable, Sendable {
  case start, end, length, pages

  /// Whether the number is an address.
  @inline(__always) var isAddress: Bool { rawValue <= RegionField.end.rawValue }
}
