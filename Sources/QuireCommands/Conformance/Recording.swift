// What a real kernel answered to a scenario, as its JSON file says.

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// The recorded results of one scenario.
struct Recording: Sendable {
  /// All that is compared: the anchors, the base lines and every step's result.
  var leaves: Leaf
  /// JSON pointers of leaves that differed between repetitions.
  var unstable: Set<String>
  /// One result per step of the scenario.
  var results: [Leaf]

  init(json: [UInt8]) throws(ConformanceError) {
    let document: Leaf
    do {
      document = try JSONDecoder().decode(Leaf.self, from: Data(json))
    } catch {
      throw ConformanceError("the recording is not the JSON of a scenario's results")
    }
    guard case .object(let members) = document, let results = document["results"]?.elements else {
      throw ConformanceError("the recording has no results")
    }
    self.results = results
    unstable = Set((document["not_stable"]?.elements ?? []).compactMap(\.string))
    leaves = .object(members.filter { $0.key != "kernel" && $0.key != "not_stable" })
  }

  /// Says what is wrong if the results are those of another scenario.
  func mismatch(with scenario: Scenario) -> String? {
    if results.count != scenario.steps.count {
      return
        "the recording has \(results.count) results, the scenario \(scenario.steps.count) steps"
    }
    for (step, result) in zip(scenario.steps, results) {
      if result["line"] != .integer(Int64(step.line)) {
        let line = result["line"].map(\.description) ?? "none"
        return "line \(step.line): the recording's result here is that of line \(line)"
      }
      let recorded = result["op"]?.string
      if recorded != step.recordedText {
        return "line \(step.line): the recording is of '\(recorded ?? "observe")', "
          + "not of '\(step.text)'"
      }
    }
    return nil
  }
}

extension ScenarioStep {
  /// What a recording repeats of the step: nothing for `observe`.
  var recordedText: String? {
    if case .observe = operation { return nil }
    return text
  }
}
