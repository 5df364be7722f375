// A run of 64-bit words: the storage of script values, registers and frames.
//
// Unlike a table it costs nothing while it is empty and little while it is small, because there is
// one for every process of a simulation; its memory comes from the host's allocator. Every index is
// checked.

internal import Glibc

/// An owned, growable, bounds-checked run of words.
@safe
public struct WordArena: ~Copyable {
  /// Valid for `capacity` words; a dangling non-null pointer while that is 0.
  @usableFromInline var base: UnsafeMutablePointer<UInt64>
  /// Number of words that may be indexed.
  public private(set) var count: Int
  @usableFromInline private(set) var capacity: Int

  /// No words, no memory.
  public init() {
    unsafe base = Self.nowhere
    count = 0
    capacity = 0
  }

  deinit {
    if capacity > 0 { unsafe free(base) }
  }

  @inlinable
  public subscript(index: Int) -> UInt64 {
    @inline(__always) get {
      precondition(holds(index), "WordArena: index out of range")
      return unsafe base[index]
    }
    @inline(__always) set {
      precondition(holds(index), "WordArena: index out of range")
      unsafe base[index] = newValue
    }
  }

  /// Whether an index is from 0 up to the count, in one comparison.
  @inlinable @inline(__always)
  func holds(_ index: Int) -> Bool { UInt(bitPattern: index) < UInt(bitPattern: count) }

  /// Adds `extra` zero words and returns the index of the first one.
  @discardableResult
  public mutating func extend(by extra: Int) -> Int {
    precondition(extra >= 0, "WordArena: extend by \(extra)")
    let start = count
    let end = count + extra
    if end > capacity { grow(to: end) }
    unsafe _ = memset(base + start, 0, extra * 8)
    count = end
    return start
  }

  /// Drops the last words so that `newCount` remain; their memory is kept for later.
  public mutating func truncate(to newCount: Int) {
    precondition(newCount >= 0 && newCount <= count, "WordArena: truncate to \(newCount)")
    count = newCount
  }

  /// Sets a run of words to zero.
  public mutating func clear(_ range: Range<Int>) {
    check(range)
    unsafe _ = memset(base + range.lowerBound, 0, range.count * 8)
  }

  /// Copies words inside the arena; the runs may overlap.
  public mutating func move(_ range: Range<Int>, to target: Int) {
    check(range)
    check(target..<target + range.count)
    unsafe _ = memmove(base + target, base + range.lowerBound, range.count * 8)
  }

  /// Adds a copy of words of another arena and returns the index of the first one.
  public mutating func append(_ range: Range<Int>, of other: borrowing WordArena) -> Int {
    other.check(range)
    let start = count
    if start + range.count > capacity { grow(to: start + range.count) }
    unsafe _ = memcpy(base + start, other.base + range.lowerBound, range.count * 8)
    count = start + range.count
    return start
  }

  /// An independent copy of the first `length` words.
  public borrowing func copy(first length: Int) -> WordArena {
    var result = WordArena()
    _ = result.append(0..<length, of: self)
    return result
  }

  /// An independent copy.
  public borrowing func copy() -> WordArena { copy(first: count) }

  /// Folds a run of words into `digest`.
  public borrowing func mix(_ range: Range<Int>, into digest: inout Digest) {
    check(range)
    for index in range { digest.mix(unsafe base[index]) }
  }

  @usableFromInline
  func check(_ range: Range<Int>) {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= count, "WordArena: words out of range")
  }

  private static var nowhere: UnsafeMutablePointer<UInt64> {
    guard let place = unsafe UnsafeMutablePointer<UInt64>(bitPattern: 8) else {
      preconditionFailure("WordArena: 8 is an address")
    }
    return unsafe place
  }

  /// Grows by half, so that appending costs constant time on average.
  private mutating func grow(to needed: Int) {
    let words = max(needed, capacity + capacity / 2, 32)
    let (bytes, overflow) = words.multipliedReportingOverflow(by: 8)
    let old: UnsafeMutableRawPointer? = capacity > 0 ? unsafe UnsafeMutableRawPointer(base) : nil
    guard !overflow, let memory = unsafe realloc(old, bytes) else {
      preconditionFailure("WordArena: the host has no memory for \(words) words")
    }
    unsafe base = memory.bindMemory(to: UInt64.self, capacity: words)
    capacity = words
  }
}

// MARK: - Bytes

extension WordArena {
  /// Copies bytes of the arena to another place in it, from word `target`, byte `offset` on.
  public mutating func copyBytes(
    _ length: Int, fromWord source: Int, toWord target: Int, byteOffset offset: Int
  ) {
    check(source..<source + (length + 7) / 8)
    check(target..<target + (offset + length + 7) / 8)
    unsafe _ = memmove(
      UnsafeMutableRawPointer(base + target) + offset, base + source, length)
  }

  /// Stores bytes from word `target` on; the rest of the last word is left as it is.
  public mutating func setBytes(
    _ bytes: Span<UInt8>, atWord target: Int, byteOffset offset: Int = 0
  ) {
    check(target..<target + (offset + bytes.count + 7) / 8)
    unsafe bytes.withUnsafeBufferPointer { source in
      guard let first = source.baseAddress else { return }
      unsafe _ = memcpy(UnsafeMutableRawPointer(base + target) + offset, first, bytes.count)
    }
  }

  /// The bytes from word `source` on.
  public borrowing func withBytes<Result>(
    _ length: Int, atWord source: Int, _ body: (Span<UInt8>) -> Result
  ) -> Result {
    check(source..<source + (length + 7) / 8)
    let bytes = unsafe UnsafeRawBufferPointer(start: base + source, count: length)
    return body(unsafe Span<UInt8>(_unsafeBytes: bytes))
  }

  /// Adds the bytes from word `source` on to the end of an array.
  public borrowing func append(_ length: Int, atWord source: Int, to bytes: inout [UInt8]) {
    check(source..<source + (length + 7) / 8)
    unsafe bytes.append(contentsOf: UnsafeRawBufferPointer(start: base + source, count: length))
  }

  /// Orders two runs of bytes as memcmp(3) and length do: negative, zero or positive.
  public borrowing func compareBytes(
    _ length: Int, atWord first: Int, with otherLength: Int, atWord second: Int
  ) -> Int {
    check(first..<first + (length + 7) / 8)
    check(second..<second + (otherLength + 7) / 8)
    let order = unsafe memcmp(base + first, base + second, min(length, otherLength))
    return order != 0 ? Int(order) : length - otherLength
  }
}
