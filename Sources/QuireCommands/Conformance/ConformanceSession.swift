// A run over the scenarios of a folder: each is parsed, run on the model and compared.

internal import QuireKernel

/// Compares the model with one folder of recordings.
struct ConformanceSession {
  let folder: ConformanceFolder
  private let machine: MachineConfiguration

  init(folder: ConformanceFolder) throws(ConformanceError) {
    self.folder = folder
    machine = try RecordedMachine.configuration(of: folder)
  }

  /// The outcomes of the named scenarios, in that order.
  func run(_ names: [String]) throws(ConformanceError) -> ConformanceReport {
    let baselines: Baselines
    do {
      baselines = try Baselines(on: machine)
    } catch {
      throw ConformanceError("the model cannot run scenarios: \(error)")
    }
    return ConformanceReport(
      cases: names.map { .init(name: $0, outcome: outcome(of: $0, baselines)) })
  }

  private func outcome(of name: String, _ baselines: Baselines) -> ConformanceOutcome {
    do throws(ConformanceError) {
      let scenario = try scenario(name)
      let recording = try folder.recording(name)
      if let mismatch = recording.mismatch(with: scenario) {
        throw ConformanceError("\(folder.recordingPath(name)): \(mismatch)")
      }
      return compare(scenario, recording, baselines)
    } catch {
      return .invalid(error.description)
    }
  }

  private func scenario(_ name: String) throws(ConformanceError) -> Scenario {
    let text = try folder.scenarioText(name)
    do {
      return try ScenarioParser.parse(text, name: name)
    } catch {
      throw ConformanceError("\(folder.scenarioPath(name)):\(error)")
    }
  }

  private func compare(
    _ scenario: Scenario, _ recording: Recording, _ baselines: Baselines
  ) -> ConformanceOutcome {
    let missing = ModelSupport.missing(for: scenario)
    if !missing.isEmpty { return .unsupported(missing) }
    do {
      var runner = try ScenarioRunner.booted(machine, baselines: baselines)
      let answer = try runner.run(scenario)
      let comparison = LeafComparison(unstable: recording.unstable)
      let difference = comparison.firstDifference(expected: recording.leaves, got: answer)
      return difference.map { .disagree($0) } ?? .agree
    } catch {
      switch error {
      case .unsupported(let what): return .unsupported([what])
      case .skipped(let what), .failed(let what): return .invalid(what)
      }
    }
  }
}
