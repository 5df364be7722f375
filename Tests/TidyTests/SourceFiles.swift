// The sources of this repository, read as text, for rules that no compiler checks.

import Foundation

/// One Swift source file below the repository's root.
struct SourceText: CustomStringConvertible {
  /// Path from the root: "Sources/QuireKernel/Kernel.swift".
  var path: String
  var lines: [String]

  var description: String { path }

  /// The module the file belongs to: the folder below Sources, or "stdlib".
  var module: String {
    let parts = path.split(separator: "/")
    return parts[0] == "Sources" ? String(parts[1]) : String(parts[0])
  }

  /// Names of the modules that the file imports.
  var imports: [String] {
    lines.compactMap { line in
      let words = line.split(separator: " ")
      guard let place = words.firstIndex(of: "import"), place <= 2, place + 1 < words.count,
        words[..<place].allSatisfy({ Self.importModifiers.contains($0) })
      else { return nil }
      return String(words[place + 1])
    }
  }

  private static let importModifiers: Set<Substring> = [
    "public", "package", "internal", "private", "fileprivate", "@preconcurrency", "@testable",
  ]
}

enum Repository {
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Every Swift file below `folder`, in the order of its path.
  static func swiftFiles(below folder: String) throws -> [SourceText] {
    let base = root.appendingPathComponent(folder)
    let names =
      FileManager.default.enumerator(atPath: base.path)?.compactMap { $0 as? String } ?? []
    return try names.filter { $0.hasSuffix(".swift") }.sorted().map { name in
      let url = base.appendingPathComponent(name)
      let text = try String(contentsOf: url, encoding: .utf8)
      return SourceText(path: folder + "/" + name, lines: text.components(separatedBy: "\n"))
    }
  }

  static func sources() throws -> [SourceText] {
    try swiftFiles(below: "Sources") + swiftFiles(below: "stdlib")
  }
}
