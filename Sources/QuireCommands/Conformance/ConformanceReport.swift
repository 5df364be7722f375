// What a comparison found, as text, as JSON and as an exit status.

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// The outcome of one scenario.
enum ConformanceOutcome: Hashable, Sendable {
  /// Every leaf is as recorded.
  case agree
  /// The first leaf that is not.
  case disagree(LeafDifference)
  /// What the model does not have; never counted as agreement.
  case unsupported([String])
  /// There is nothing to compare: the scenario or its recording is at fault.
  case invalid(String)
}

/// The outcomes of a run over a folder.
struct ConformanceReport: Sendable {
  struct Case: Hashable, Sendable {
    var name: String
    var outcome: ConformanceOutcome
  }
  var cases: [Case]

  var agree: Int { count { $0 == .agree } }
  var disagree: Int {
    count { outcome in
      guard case .disagree = outcome else { return false }
      return true
    }
  }
  var unsupported: Int {
    count { outcome in
      guard case .unsupported = outcome else { return false }
      return true
    }
  }
  var invalid: Int { cases.count - agree - disagree - unsupported }

  /// 0 only when there was something to compare and all of it agrees.
  var exitStatus: Int32 { !cases.isEmpty && agree == cases.count ? 0 : 1 }

  private func count(_ isMeant: (ConformanceOutcome) -> Bool) -> Int {
    cases.reduce(0) { $0 + (isMeant($1.outcome) ? 1 : 0) }
  }
}

extension ConformanceReport {
  /// One line per scenario and a summary.
  var text: String {
    var lines = cases.map(\.line)
    var summary = "\(cases.count) scenarios: \(agree) agree, \(disagree) disagree, "
    summary += "\(unsupported) unsupported"
    if invalid > 0 { summary += ", \(invalid) invalid" }
    lines.append(summary)
    return lines.joined(separator: "\n")
  }

  /// The machine-readable form.
  func json() throws(ConformanceError) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      return String(decoding: try encoder.encode(JSONReport(self)), as: UTF8.self)
    } catch {
      throw ConformanceError("the report has no JSON form: \(error)")
    }
  }
}

extension ConformanceReport.Case {
  fileprivate var line: String {
    switch outcome {
    case .agree:
      return "agree        \(name)"
    case .disagree(let difference):
      let expected = difference.expected.map(\.description) ?? "nothing"
      let got = difference.got.map(\.description) ?? "nothing"
      return "disagree     \(name): \(difference.path): expected \(expected), got \(got)"
    case .unsupported(let missing):
      return "unsupported  \(name): \(missing.joined(separator: "; "))"
    case .invalid(let message):
      return "invalid      \(name): \(message)"
    }
  }
}

/// The shape of the JSON form.
private struct JSONReport: Encodable {
  var total: Int
  var agree: Int
  var disagree: Int
  var unsupported: Int
  var invalid: Int
  var cases: [JSONCase]

  init(_ report: ConformanceReport) {
    total = report.cases.count
    agree = report.agree
    disagree = report.disagree
    unsupported = report.unsupported
    invalid = report.invalid
    cases = report.cases.map(JSONCase.init)
  }
}

/// One case: `path`, `expected` and `got` of a disagreement, `missing` of an unsupported one,
/// `message` of an invalid one; null where they do not apply.
private struct JSONCase: Encodable {
  var name: String
  var outcome: String
  var path: String?
  var expected: Leaf?
  var got: Leaf?
  var missing: [String]?
  var message: String?

  init(_ one: ConformanceReport.Case) {
    name = one.name
    switch one.outcome {
    case .agree:
      outcome = "agree"
    case .disagree(let difference):
      outcome = "disagree"
      (path, expected, got) = (difference.path, difference.expected, difference.got)
    case .unsupported(let missing):
      outcome = "unsupported"
      self.missing = missing
    case .invalid(let message):
      outcome = "invalid"
      self.message = message
    }
  }

  private enum CodingKeys: CodingKey { case name, outcome, path, expected, got, missing, message }

  /// Every case has the same keys, so that readers need not ask for them.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(outcome, forKey: .outcome)
    try container.encode(path, forKey: .path)
    try container.encode(expected, forKey: .expected)
    try container.encode(got, forKey: .got)
    try container.encode(missing, forKey: .missing)
    try container.encode(message, forKey: .message)
  }
}
