// Where things are: files by small numbers, text by byte offsets.

/// The number of a file within one run; spans carry it so that a diagnostic can point anywhere.
public struct FileID: Hashable, Comparable, Sendable {
  public let rawValue: UInt32

  public init(_ rawValue: UInt32) {
    self.rawValue = rawValue
  }

  public static func < (left: FileID, right: FileID) -> Bool {
    left.rawValue < right.rawValue
  }
}

/// A half-open range of UTF-8 byte offsets in one file.
///
/// Offsets are bytes because the lexer counts bytes; lines and columns are worked out by
/// `SourceFile` only when somebody is shown a place.
public struct SourceSpan: Hashable, Sendable {
  /// Byte offset of the first byte.
  public let start: UInt32
  /// Byte offset after the last byte; never less than `start`.
  public let end: UInt32
  public let file: FileID

  public init(start: UInt32, end: UInt32, file: FileID) {
    precondition(start <= end, "SourceSpan: start \(start) lies after end \(end)")
    self.start = start
    self.end = end
    self.file = file
  }

  public init(_ offsets: Range<Int>, file: FileID) {
    self.init(start: UInt32(offsets.lowerBound), end: UInt32(offsets.upperBound), file: file)
  }

  /// The number of bytes.
  public var length: Int { Int(end - start) }

  /// The empty span just before this one.
  public var startPoint: SourceSpan { SourceSpan(start: start, end: start, file: file) }

  /// The empty span just after this one.
  public var endPoint: SourceSpan { SourceSpan(start: end, end: end, file: file) }

  /// From the start of this span to the end of `other`, which must not begin earlier.
  public func extended(to other: SourceSpan) -> SourceSpan {
    SourceSpan(start: start, end: max(end, other.end), file: file)
  }
}
