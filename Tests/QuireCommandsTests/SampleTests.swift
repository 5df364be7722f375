// Every sample runs, holds what it expects, and leaves a kernel whose invariants hold.

import Foundation
import Testing

@Suite("Samples")
struct SampleTests {
  static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("samples")

  static let names =
    (try? FileManager.default.contentsOfDirectory(atPath: folder.path))?
    .filter { $0.hasSuffix(".quire") }.sorted() ?? []

  @Test("there are samples")
  func exist() {
    #expect(Self.names.count >= 8)
  }

  @Test("a sample holds what it expects, audited after every quantum", arguments: names)
  func holds(_ name: String) throws {
    let path = Self.folder.appendingPathComponent(name).path
    let result = try QuireProcess.run(["run", "--audit", path])
    #expect(result.status == 0, "\(result.errors)")
    #expect(!result.errors.contains("error:"), "\(result.errors)")
  }

  @Test("a sample opens with a sentence on what it shows", arguments: names)
  func explains(_ name: String) throws {
    let text = try String(contentsOf: Self.folder.appendingPathComponent(name), encoding: .utf8)
    #expect(text.hasPrefix("# "), "\(name) opens with \(text.prefix(40))")
  }

  @Test("the same seed gives the same bytes whatever the slice; other seeds differ")
  func seeds() throws {
    let path = Self.folder.appendingPathComponent("race.quire").path
    let first = try QuireProcess.run(["run", "--digest", path])
    for slice in ["1", "7", "10000"] {
      let again = try QuireProcess.run(["run", "--digest", "--slice", slice, path])
      #expect(again.output == first.output, "slice \(slice)")
    }
    let digests = try (0..<20).map { seed in
      try QuireProcess.run(["run", "--digest", "--seed", "\(seed)", path]).output
        .split(separator: "\n").last.map(String.init)
    }
    #expect(Set(digests).count >= 2)
  }
}
