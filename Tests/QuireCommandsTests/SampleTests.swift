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

  /// What samples print, as a person has read it: Tests/Samples/NAME.txt for samples/NAME.quire, and
  /// NAME.KEY=VALUE.txt for the same on another machine.
  static let outputs = folder.deletingLastPathComponent().appendingPathComponent("Tests/Samples")
  static let golden =
    (try? FileManager.default.contentsOfDirectory(atPath: outputs.path))?.sorted() ?? []

  @Test("a sample prints what a person has read", arguments: golden)
  func prints(_ name: String) throws {
    let expected = try String(
      contentsOf: Self.outputs.appendingPathComponent(name), encoding: .utf8)
    let parts = name.split(separator: ".")
    let setting = parts.count > 2 ? ["--set", String(parts[1])] : []
    let script = Self.folder.appendingPathComponent(parts[0] + ".quire").path
    let result = try QuireProcess.run(["run"] + setting + [script])
    #expect(Self.withoutPlaces(result.output) == Self.withoutPlaces(expected))
  }

  @Test("a sample opens with a sentence on what it shows", arguments: names)
  func explains(_ name: String) throws {
    let text = try String(contentsOf: Self.folder.appendingPathComponent(name), encoding: .utf8)
    #expect(text.hasPrefix("# "), "\(name) opens with \(text.prefix(40))")
  }

  /// Which frame holds what depends on all that was allocated before, and is not the lesson.
  private static func withoutPlaces(_ text: String) -> String {
    text.replacing(/0x([0-9a-f]+)/) { match in
      let digits = match.1
      if digits.count == 16 { return "\(digits.prefix(1)) \(digits.suffix(3))" }
      let isPlace = UInt64(digits, radix: 16).map { (0x1000..<(64 << 20)).contains($0) } ?? false
      return isPlace ? "place" : String(match.0)
    }
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
