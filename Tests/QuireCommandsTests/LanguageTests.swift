// The scripts of Tests/Language: facts that other test suites check on Linux, restated as tests in
// the language. Each runs in a machine of its own, audited after every quantum.

import Foundation
import Testing

@Suite("Tests in the language")
struct LanguageTests {
  static let folder = SampleTests.folder.deletingLastPathComponent()
    .appendingPathComponent("Tests/Language")

  static let scripts =
    (try? FileManager.default.contentsOfDirectory(atPath: folder.path))?
    .filter { $0.hasSuffix(".quire") && $0 != "mappings.quire" }.sorted() ?? []

  @Test("the tests of a script pass, audited", arguments: scripts)
  func passes(_ script: String) throws {
    let path = Self.folder.appendingPathComponent(script).path
    let result = try QuireProcess.run(["test", "--audit", path])
    let failures = result.output.split(separator: "\n").filter { $0.hasPrefix("FAILED") }
    #expect(result.status == 0, "\(failures.joined(separator: "\n"))\n\(result.errors)")
  }

  @Test("every entry of the catalogue is a test, or listed in gaps.tsv with its reason")
  func catalogue() throws {
    let entries = try Self.table("catalogue.tsv")
    let gaps = try Self.table("gaps.tsv")
    let tests = try Self.scripts.flatMap { try Self.testNames(in: $0) }
    #expect(Set(tests).count == tests.count, "two tests have one name")
    #expect(Set(gaps.map { $0[0] }).count == gaps.count, "a gap is listed twice")
    for gap in gaps { #expect(gap.count == 2 && !gap[1].isEmpty, "\(gap[0]) has no reason") }
    let known = Set(entries.map { $0[0] })
    let open = Set(gaps.map { $0[0] })
    for name in tests where !name.hasPrefix("quire:") {
      #expect(known.contains(name), "\(name) is not in the catalogue")
      #expect(!open.contains(name), "\(name) is a test and a gap")
    }
    for gap in open { #expect(known.contains(gap), "\(gap) is not in the catalogue") }
    let missing = known.subtracting(tests).subtracting(open).sorted()
    #expect(missing.isEmpty, "neither test nor gap: \(missing)")
  }

  /// The fields of a file's lines; `#` begins a comment line.
  private static func table(_ name: String) throws -> [[String]] {
    let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    return text.split(separator: "\n").filter { !$0.hasPrefix("#") }
      .map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
  }

  private static func testNames(in script: String) throws -> [String] {
    let text = try String(contentsOf: folder.appendingPathComponent(script), encoding: .utf8)
    return text.split(separator: "\n").compactMap { line in
      guard line.hasPrefix("test \"") else { return nil }
      return line.dropFirst(6).split(separator: "\"").first.map(String.init)
    }
  }
}
