// The scripts and the grammar of this repository, found from where this file stands.

import Foundation

@testable import QuireSyntax

enum Repository {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static func grammar() throws -> Grammar {
    try Grammar(text: text("grammar/quire.ebnf"))
  }

  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  /// Every script of `samples/` and `stdlib/`, in the order of their names.
  static let scripts: [SourceFile] = ["samples", "stdlib"].flatMap { directory in
    let folder = root.appendingPathComponent(directory)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasSuffix(".quire") }.sorted().compactMap { name -> SourceFile? in
      guard let data = try? Data(contentsOf: folder.appendingPathComponent(name)) else {
        return nil
      }
      return SourceFile(name: "\(directory)/\(name)", bytes: Array(data))
    }
  }
}
