// `##` comments and the statements they stand before.

extension Parser {
  /// The text of the `##` lines directly above the current token, or nil. A line without comment
  /// in between parts them from what follows.
  mutating func documentationBeforeCurrent() -> String? {
    guard commentCursor < comments.count else { return nil }
    while commentCursor < comments.count, comments[commentCursor].nextToken < position {
      commentCursor += 1
    }
    var end = commentCursor
    while end < comments.count, comments[end].nextToken == position { end += 1 }
    defer { commentCursor = end }
    var line = source.lineIndex(of: current.start)
    var first = end
    while first > commentCursor {
      let comment = comments[first - 1]
      guard comment.isDocumentation, comment.ownLine,
        source.lineIndex(of: comment.start) == line - 1
      else { break }
      line -= 1
      first -= 1
    }
    return first < end ? comments[first..<end].map(text).joined(separator: "\n") : nil
  }

  /// The text of a comment without its signs and one space.
  private func text(_ comment: Comment) -> String {
    var text = bytes[Int(comment.start) + 2..<Int(comment.end)]
    if text.first == Byte.space { text = text.dropFirst() }
    while let last = text.last, last.isBlank { text = text.dropLast() }
    return String(decoding: text, as: UTF8.self)
  }
}
