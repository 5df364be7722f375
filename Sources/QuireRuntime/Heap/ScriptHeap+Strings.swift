// Strings: a word with the number of bytes, then the bytes, UTF-8, eight to a word.
//
// Characters are Unicode scalars. The top bit of the first word says that all are ASCII, so that a
// character's place is its number.

internal import KernelStorage

extension ScriptHeap {
  private static var asciiBit: UInt64 { 1 << 63 }

  /// More bytes than any heap may hold: 2^40.
  static var maximumBytes: Int { 1 << 40 }

  /// Words that a string of so many bytes needs.
  package static func stringWords(bytes: Int) -> Int { 2 + (bytes + 7) / 8 }

  /// A string of zero bytes, to be filled; ASCII as long as nobody says otherwise.
  mutating func emptyString(bytes: Int) -> Value {
    let object = allocate(.string, length: 1 + (bytes + 7) / 8)
    setRaw(object, 0, UInt64(bytes) | Self.asciiBit)
    return object
  }

  mutating func markNotASCII(_ string: Value) {
    setRaw(string, 0, raw(string, 0) & ~Self.asciiBit)
  }

  /// A string of these bytes, which are UTF-8.
  package mutating func string(utf8 bytes: Span<UInt8>) -> Value {
    let object = emptyString(bytes: bytes.count)
    words.setBytes(bytes, atWord: object.index + 2)
    for index in bytes.indices where bytes[index] >= 0x80 {
      markNotASCII(object)
      break
    }
    return object
  }

  package mutating func string(_ bytes: [UInt8]) -> Value { string(utf8: bytes.span) }

  package mutating func string(_ text: String) -> Value { string(Array(text.utf8)) }

  package func byteCount(of string: Value) -> Int {
    Int(truncatingIfNeeded: raw(string, 0) & ~Self.asciiBit)
  }

  func isASCII(_ string: Value) -> Bool { raw(string, 0) & Self.asciiBit != 0 }

  /// The bytes of a string.
  package func withUTF8<Result>(_ string: Value, _ body: (Span<UInt8>) -> Result) -> Result {
    words.withBytes(byteCount(of: string), atWord: string.index + 2, body)
  }

  package func bytes(of string: Value) -> [UInt8] {
    var bytes: [UInt8] = []
    append(string, count: byteCount(of: string), to: &bytes)
    return bytes
  }

  /// Adds the first `count` bytes of a string to an array.
  func append(_ string: Value, count: Int, to bytes: inout [UInt8]) {
    words.append(count, atWord: string.index + 2, to: &bytes)
  }

  /// The text that `value` is, or nil.
  package func asString(_ value: Value) -> String? {
    value.has(.string) ? String(decoding: bytes(of: value), as: UTF8.self) : nil
  }

  /// Puts the bytes of `source` into `target`, which was made with `emptyString`.
  mutating func copyBytes(of source: Value, into target: Value, at offset: Int) {
    words.copyBytes(
      byteCount(of: source), fromWord: source.index + 2, toWord: target.index + 2,
      byteOffset: offset)
    if !isASCII(source) { markNotASCII(target) }
  }

  /// Fills `target`, made with `emptyString`, with copies of `pattern`, which is not empty.
  mutating func fill(_ target: Value, repeating pattern: Value) {
    let total = byteCount(of: target)
    var filled = min(byteCount(of: pattern), total)
    copyBytes(of: pattern, into: target, at: 0)
    while filled < total {
      let more = min(filled, total - filled)
      words.copyBytes(
        more, fromWord: target.index + 2, toWord: target.index + 2, byteOffset: filled)
      filled += more
    }
  }

  /// Orders strings by their bytes, which is the order of their characters.
  func compareStrings(_ a: Value, _ b: Value) -> Int {
    words.compareBytes(
      byteCount(of: a), atWord: a.index + 2, with: byteCount(of: b), atWord: b.index + 2)
  }

  /// A digest of the bytes, equal for equal strings.
  func hash(ofString string: Value) -> UInt64 {
    var digest = Digest()
    digest.mix(UInt64(byteCount(of: string)))
    let first = string.index + 2
    words.mix(first..<string.index + 1 + length(of: string), into: &digest)
    return digest.value
  }

  // MARK: Characters

  func characterCount(of string: Value) -> Int {
    if isASCII(string) { return byteCount(of: string) }
    return withUTF8(string) { bytes in
      var count = 0
      for index in bytes.indices where bytes[index] & 0xc0 != 0x80 { count += 1 }
      return count
    }
  }

  /// The byte at which character `number` begins; the end for the number after the last.
  func byteOffset(ofCharacter number: Int, in string: Value) -> Int {
    if isASCII(string) { return number }
    return withUTF8(string) { bytes in
      var seen = 0
      for index in bytes.indices where bytes[index] & 0xc0 != 0x80 {
        if seen == number { return index }
        seen += 1
      }
      return bytes.count
    }
  }

  /// The bytes of the character that begins at byte `start`.
  func characterLength(at start: Int, in string: Value) -> Int {
    if isASCII(string) { return 1 }
    return withUTF8(string) { bytes in
      var end = start + 1
      while end < bytes.count && bytes[end] & 0xc0 == 0x80 { end += 1 }
      return end - start
    }
  }

  /// Part of a string, which must begin and end between characters.
  mutating func substring(of string: Value, bytes range: Range<Int>) -> Value {
    var part: [UInt8] = []
    part.reserveCapacity(range.count)
    withUTF8(string) { bytes in
      for index in range { part.append(bytes[index]) }
    }
    return self.string(part)
  }
}
