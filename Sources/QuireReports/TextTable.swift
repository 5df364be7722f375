// Tables of text: columns as wide as their widest cell, numbers on the right.

/// A table for people to read.
public struct TextTable: Sendable {
  /// Where the cells of a column stand.
  public enum Alignment: Sendable { case left, right }

  private let titles: [String]
  private let alignments: [Alignment]
  private var rows: [[String]] = []

  /// A table without rows.
  public init(_ columns: [(title: String, alignment: Alignment)]) {
    titles = columns.map(\.title)
    alignments = columns.map(\.alignment)
  }

  /// Adds a row; a missing cell is empty, one too many is left out.
  public mutating func add(_ cells: [String]) {
    var row = cells.prefix(titles.count).map(Self.escaped)
    while row.count < titles.count { row.append("") }
    rows.append(row)
  }

  /// The lines of the table; columns without a single cell are left out.
  public var text: String {
    let used = titles.indices.filter { column in
      !titles[column].isEmpty || rows.contains { !$0[column].isEmpty }
    }
    let hasTitles = titles.contains { !$0.isEmpty }
    let lines = (hasTitles ? [titles] : []) + rows
    let widths = titles.indices.map { column in
      lines.reduce(0) { max($0, $1[column].count) }
    }
    var text = ""
    for line in lines {
      var cells: [String] = []
      for column in used {
        let padding = String(repeating: " ", count: widths[column] - line[column].count)
        cells.append(alignments[column] == .left ? line[column] + padding : padding + line[column])
      }
      text += Self.withoutTrailingSpace(cells.joined(separator: "  ")) + "\n"
    }
    return text
  }

  /// Names are the choice of whoever gave them: control characters must not break a line. They are
  /// written as /proc writes them, in octal.
  private static func escaped(_ cell: String) -> String {
    guard cell.unicodeScalars.contains(where: isControl) else { return cell }
    var text = ""
    for scalar in cell.unicodeScalars {
      if isControl(scalar) {
        let digits = String(scalar.value, radix: 8)
        text += "\\" + String(repeating: "0", count: max(0, 3 - digits.count)) + digits
      } else {
        text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.generalCategory == .control
  }

  private static func withoutTrailingSpace(_ line: String) -> String {
    var end = line.endIndex
    while end > line.startIndex, line[line.index(before: end)] == " " {
      end = line.index(before: end)
    }
    return String(line[..<end])
  }
}

/// Sizes as people read them.
public enum Size {
  /// "4 KiB", "1.5 MiB": the largest unit that leaves at least 1, with one digit if it is not
  /// whole.
  public static func text(_ bytes: UInt64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
    var unit = 0
    var scale: UInt64 = 1
    while unit + 1 < units.count && bytes >= scale << 10 {
      scale <<= 10
      unit += 1
    }
    let (whole, rest) = bytes.quotientAndRemainder(dividingBy: scale)
    // Rounded down: a report must not show more than there is.
    let tenth = rest / (scale / 10 == 0 ? 1 : scale / 10)
    return rest == 0 || unit == 0
      ? "\(whole) \(units[unit])" : "\(whole).\(min(tenth, 9)) \(units[unit])"
  }

  /// The size of a number of pages.
  public static func text(pages: Int) -> String { text(UInt64(max(pages, 0)) << 12) }
}
