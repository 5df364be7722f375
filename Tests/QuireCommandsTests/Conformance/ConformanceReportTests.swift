// The outcome of a comparison as text, JSON and exit status.

import Foundation
import Testing

@testable import QuireCommands

@Suite("Conformance report")
struct ConformanceReportTests {
  private let difference = LeafDifference(
    path: "results[4].vmas[0].Pss", expected: .integer(4), got: nil)

  private var mixed: ConformanceReport {
    ConformanceReport(cases: [
      .init(name: "one", outcome: .agree),
      .init(name: "two", outcome: .disagree(difference)),
      .init(name: "three", outcome: .unsupported(["mremap", "file"])),
      .init(name: "four", outcome: .invalid("four.scenario:1:1: 'x' is no operation")),
    ])
  }

  @Test("only agreement everywhere gives the exit status 0")
  func exitStatus() {
    #expect(ConformanceReport(cases: [.init(name: "one", outcome: .agree)]).exitStatus == 0)
    #expect(ConformanceReport(cases: []).exitStatus != 0)
    for one in mixed.cases.dropFirst() {
      let report = ConformanceReport(cases: [.init(name: "zero", outcome: .agree), one])
      #expect(report.exitStatus != 0, "\(one.name)")
    }
  }

  @Test("the text names the first differing leaf, the missing operations and the fault")
  func text() {
    #expect(
      mixed.text == """
        agree        one
        disagree     two: results[4].vmas[0].Pss: expected 4, got nothing
        unsupported  three: mremap; file
        invalid      four: four.scenario:1:1: 'x' is no operation
        4 scenarios: 1 agree, 1 disagree, 1 unsupported, 1 invalid
        """)
  }

  @Test("the JSON has the counts and the same keys for every case")
  func json() throws {
    let text = try mixed.json()
    let leaves = try #require(
      try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(leaves["total"] as? Int == 4)
    #expect(leaves["agree"] as? Int == 1)
    #expect(leaves["disagree"] as? Int == 1)
    #expect(leaves["unsupported"] as? Int == 1)
    #expect(leaves["invalid"] as? Int == 1)
    let cases = try #require(leaves["cases"] as? [[String: Any]])
    let keys: Set<String> = [
      "name", "outcome", "path", "expected", "got", "missing", "message",
    ]
    for one in cases { #expect(Set(one.keys) == keys) }
    #expect(cases[1]["path"] as? String == "results[4].vmas[0].Pss")
    #expect(cases[1]["expected"] as? Int == 4)
    #expect(cases[1]["got"] is NSNull)
    #expect(cases[2]["missing"] as? [String] == ["mremap", "file"])
  }
}
