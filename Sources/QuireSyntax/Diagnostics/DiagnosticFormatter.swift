// Draws diagnostics as text. Knows no terminal: the caller says whether to colour.

/// Draws diagnostics the way compilers do: a first line that editors understand, the source line,
/// a caret under the place, then notes and repairs.
///
///     demo.quire:2:11: error: '(' is never closed
///     2 | let m = f(1, 2
///       |          ^
///     help: close it
///     2 | let m = f(1, 2)
///       |               +
public struct DiagnosticFormatter: Sendable {
  private let files: [SourceFile]
  private let coloured: Bool

  /// - Parameters:
  ///   - files: the files that spans may point into; a span into another file is drawn without
  ///     its source line.
  ///   - coloured: whether to use ANSI colours.
  public init(files: [SourceFile], coloured: Bool = false) {
    self.files = files
    self.coloured = coloured
  }

  public init(file: SourceFile, coloured: Bool = false) {
    self.init(files: [file], coloured: coloured)
  }

  /// All diagnostics, one after the other, each ending in a new line.
  public func format(_ diagnostics: some Sequence<Diagnostic>) -> String {
    diagnostics.map { format($0) }.joined()
  }

  /// One diagnostic with its notes and repairs; ends in a new line.
  public func format(_ diagnostic: Diagnostic) -> String {
    let style: Style = diagnostic.severity == .error ? .error : .warning
    var text = header(
      diagnostic.span, diagnostic.severity.rawValue, diagnostic.message, style)
    text += excerpt(diagnostic.span, style)
    for note in diagnostic.notes { text += format(note) }
    for fixIt in diagnostic.fixIts { text += format(fixIt) }
    return text
  }

  private func format(_ note: Diagnostic.Note) -> String {
    guard let span = note.span else {
      return paint("note: ", .note) + paint(note.message, .strong) + "\n"
    }
    return header(span, "note", note.message, .note) + excerpt(span, .note)
  }

  private func format(_ fixIt: Diagnostic.FixIt) -> String {
    var text = paint("help: ", .help) + paint(fixIt.message, .strong) + "\n"
    if let preview = preview(fixIt.edits) { text += preview }
    return text
  }

  // MARK: Lines

  private func header(
    _ span: SourceSpan, _ label: String, _ message: String, _ style: Style
  ) -> String {
    let place: String
    if let file = file(of: span) {
      let location = file.location(of: span.start)
      place = "\(file.name):\(location.line):\(location.column): "
    } else {
      place = ""
    }
    return paint(place, .strong) + paint("\(label): ", style) + paint(message, .strong) + "\n"
  }

  /// The line where a span begins with its part marked; the mark of a longer span stops at the
  /// end of that line.
  private func excerpt(_ span: SourceSpan, _ style: Style) -> String {
    guard let file = file(of: span) else { return "" }
    let index = file.lineIndex(of: span.start)
    let start = file.byteRange(ofLine: index).lowerBound
    let mark = (Int(span.start) - start)..<(Int(span.end) - start)
    let line = SourceLine(file.text(ofLine: index + 1), marking: mark)
    let tildes = String(repeating: "~", count: line.marked.count - 1)
    return draw(line.text, "^" + tildes, at: line.marked.lowerBound, number: index + 1, style)
  }

  /// The line of the first edit as the repair leaves it, with what was put in marked `+`; nil if
  /// nothing would be left of it. Edits of other lines are not drawn.
  private func preview(_ edits: [Diagnostic.Edit]) -> String? {
    guard let first = edits.first, let file = file(of: first.span) else { return nil }
    let index = file.lineIndex(of: first.span.start)
    let range = file.byteRange(ofLine: index)
    var line: [UInt8] = []
    var position = range.lowerBound
    var marks: [Range<Int>] = []
    for edit in edits where edit.span.file == file.id {
      let start = Int(edit.span.start)
      guard start >= position, start <= range.upperBound else { continue }
      line += file.bytes[position..<start]
      // A replacement of several lines is shown by its first one.
      let inserted = edit.replacement.prefix { $0 != "\n" }
      if !inserted.isEmpty { marks.append(line.count..<line.count + inserted.utf8.count) }
      line += inserted.utf8
      position = min(max(start, Int(edit.span.end)), range.upperBound)
    }
    line += file.bytes[position..<range.upperBound]
    let text = String(decoding: line, as: UTF8.self)
    return text.isEmpty ? nil : draw(text, marks, number: index + 1)
  }

  private func draw(_ text: String, _ marks: [Range<Int>], number: Int) -> String {
    let line = SourceLine(text, marking: marks.first ?? 0..<0)
    var signs = ""
    for mark in marks {
      let columns = SourceLine(text, marking: mark).marked
      guard columns.lowerBound >= line.marked.lowerBound + signs.count else { continue }
      let gap = columns.lowerBound - line.marked.lowerBound - signs.count
      signs += String(repeating: " ", count: gap) + String(repeating: "+", count: columns.count)
    }
    return draw(line.text, signs, at: line.marked.lowerBound, number: number, .help)
  }

  private func draw(
    _ text: String, _ signs: String, at column: Int, number: Int, _ style: Style
  ) -> String {
    let number = String(number)
    let margin = String(repeating: " ", count: number.count) + " | "
    var drawn = paint("\(number) | ", .margin) + text + "\n"
    if !signs.isEmpty {
      let padding = String(repeating: " ", count: column)
      drawn += paint(margin, .margin) + padding + paint(signs, style) + "\n"
    }
    return drawn
  }

  private func file(of span: SourceSpan) -> SourceFile? {
    files.first { $0.id == span.file }
  }

  // MARK: Colour

  /// The parameters of the ANSI "select graphic rendition" sequence for each role.
  private enum Style: String {
    case error = "1;31"
    case warning = "1;35"
    case note = "1;36"
    case help = "1;32"
    case strong = "1"
    case margin = "34"
  }

  private func paint(_ text: String, _ style: Style) -> String {
    guard coloured, !text.isEmpty else { return text }
    return "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m"
  }
}
