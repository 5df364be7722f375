// One line of source prepared for a terminal: tabs spread out, control characters made visible,
// long lines cut to the part that matters. Never lets a script speak to the terminal.

/// A source line as drawn, with the columns that a span covers on it.
struct SourceLine {
  /// A line is cut to this many columns around what is marked.
  static let maximumColumns = 120
  private static let tabStop = 4

  private(set) var text: String
  /// The columns, counted from 0, that the marked bytes take; never empty.
  private(set) var marked: Range<Int>

  /// Draws `line`, marking the characters that begin at byte offsets inside `mark` (relative to
  /// the start of the line).
  init(_ line: String, marking mark: Range<Int>) {
    var cells: [(text: String, width: Int)] = []
    // The column of the first cell: a line may be megabytes long, and only what is near the mark
    // is drawn.
    var firstColumn = 0
    var column = 0
    var offset = 0
    var markStart: Int?
    var markEnd = 0
    for character in line {
      if offset >= mark.lowerBound, markStart == nil { markStart = column }
      if let markStart, column > markStart + SourceLine.maximumColumns { break }
      if markStart == nil, cells.count > 3 * SourceLine.maximumColumns {
        firstColumn += cells.prefix(SourceLine.maximumColumns).reduce(0) { $0 + $1.width }
        cells.removeFirst(SourceLine.maximumColumns)
      }
      let cell = SourceLine.cell(for: character, at: column)
      column += cell.width
      offset += character.utf8.count
      if offset <= mark.upperBound || markStart == nil { markEnd = column }
      cells.append(cell)
    }
    let start = markStart ?? column
    marked = start..<max(start + 1, markEnd)
    text = cells.map(\.text).joined()
    if column > SourceLine.maximumColumns { cut(cells, from: firstColumn) }
  }

  private static func cell(for character: Character, at column: Int) -> (text: String, width: Int) {
    if character == "\t" {
      let width = tabStop - column % tabStop
      return (String(repeating: " ", count: width), width)
    }
    if let scalar = character.unicodeScalars.first, scalar.properties.generalCategory == .control {
      return ("\u{FFFD}", 1)
    }
    return (String(character), displayWidth(of: character))
  }

  /// Keeps the marked columns and what fits around them; an ellipsis stands for each cut end.
  private mutating func cut(_ cells: [(text: String, width: Int)], from firstColumn: Int) {
    let first = max(0, marked.lowerBound - SourceLine.maximumColumns / 2)
    let last = first + SourceLine.maximumColumns
    var column = firstColumn
    var kept = first > 0 ? "…" : ""
    for cell in cells {
      if column >= first, column + cell.width <= last { kept += cell.text }
      column += cell.width
    }
    if column > last { kept += "…" }
    let shift = first > 0 ? first - 1 : 0
    let start = marked.lowerBound - shift
    marked = start..<max(start + 1, min(marked.upperBound, last) - shift)
    text = kept
  }
}
