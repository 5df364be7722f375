// One text with a name. Maps byte offsets to lines and columns; knows nothing of the language.

/// The text of one script, as bytes, with the places where its lines begin.
public struct SourceFile: Sendable {
  /// Parsing refuses texts of more than 16 MiB: a token of one byte costs sixteen of its own, and
  /// nobody wrote such a script.
  public static let maximumByteCount = 16 << 20

  /// What diagnostics call the file: a path as the user wrote it, `<stdin>`, `<repl:3>`.
  public let name: String
  public let id: FileID
  /// The text as it was read. Not necessarily UTF-8; parsing refuses what is not.
  public let bytes: [UInt8]
  /// Byte offset of each line's first byte; the first is 0.
  let lineStarts: [UInt32]

  public init(name: String, bytes: [UInt8], id: FileID = FileID(0)) {
    self.name = name
    self.id = id
    self.bytes = bytes
    self.lineStarts = SourceFile.findLineStarts(bytes)
  }

  public init(name: String, text: String, id: FileID = FileID(0)) {
    self.init(name: name, bytes: Array(text.utf8), id: id)
  }

  /// The number of lines; a text that ends in a new line has an empty last one.
  public var lineCount: Int { lineStarts.count }

  /// A place as people name it: both numbers count from 1.
  public struct Location: Hashable, Sendable {
    public let line: Int
    /// Counts characters as a reader sees them, not bytes.
    public let column: Int
  }

  /// The place of a byte offset; offsets beyond the end give the end.
  public func location(of offset: UInt32) -> Location {
    let line = lineIndex(of: offset)
    return Location(line: line + 1, column: text(ofLine: line, upTo: offset).count + 1)
  }

  /// The column that editors speaking UTF-16 expect, counted from 1.
  public func utf16Column(of offset: UInt32) -> Int {
    text(ofLine: lineIndex(of: offset), upTo: offset).utf16.count + 1
  }

  /// The text of line `line` (counted from 1) without its line break; empty for no such line.
  public func text(ofLine line: Int) -> String {
    guard line >= 1, line <= lineCount else { return "" }
    return String(decoding: bytes[byteRange(ofLine: line - 1)], as: UTF8.self)
  }

  /// The text of a span; bytes that are not UTF-8 are shown as replacement characters.
  public func text(of span: SourceSpan) -> String {
    let end = min(Int(span.end), bytes.count)
    return String(decoding: bytes[min(Int(span.start), end)..<end], as: UTF8.self)
  }

  /// The index, from 0, of the line that holds a byte offset.
  func lineIndex(of offset: UInt32) -> Int {
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    return low
  }

  /// The bytes of a line (index from 0) without `\n` or `\r\n`.
  func byteRange(ofLine index: Int) -> Range<Int> {
    let start = Int(lineStarts[index])
    var end = index + 1 < lineStarts.count ? Int(lineStarts[index + 1]) - 1 : bytes.count
    if index + 1 < lineStarts.count, end > start, bytes[end - 1] == 0x0D { end -= 1 }
    return start..<end
  }

  private func text(ofLine index: Int, upTo offset: UInt32) -> String {
    let start = Int(lineStarts[index])
    return String(decoding: bytes[start..<max(start, min(Int(offset), bytes.count))], as: UTF8.self)
  }

  private static func findLineStarts(_ bytes: [UInt8]) -> [UInt32] {
    // A longer text is never parsed; its one diagnostic points at its beginning.
    guard bytes.count <= maximumByteCount else { return [0] }
    var starts: [UInt32] = [0]
    let text = bytes.span
    for index in text.indices where text[index] == 0x0A {
      starts.append(UInt32(index + 1))
    }
    return starts
  }
}
