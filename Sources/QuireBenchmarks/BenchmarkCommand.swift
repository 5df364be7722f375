// The command line and the two forms of the table.

internal import ArgumentParser
internal import Foundation

/// Measures Quire beside its peers.
struct BenchmarkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quire-bench",
    abstract: "Measure Quire beside the real kernel of this machine and Lua.",
    discussion: """
      Each line is the same work done by Quire and by a peer, measured in turn; the figures are \
      the minimum of the rounds, in nanoseconds of CPU time per operation. What the simulated \
      kernel copies or clears moves no bytes: the ratio says how soon the same bookkeeping is done.
      """)

  @Flag(name: .long, help: "Print an array of {name, ours_ns, peer, peer_ns, ratio}.")
  var json = false

  @Option(name: .long, help: "Measure only this line; may be given several times.")
  var only: [String] = []

  @Option(name: .long, help: "Rounds of each pair.")
  var rounds = 5

  @Flag(name: .long, help: "Measure our side only, as under a profiler.")
  var alone = false

  @Flag(name: .long, help: "Print the names of the lines and what each measures.")
  var list = false

  func validate() throws {
    if rounds < 1 { throw ValidationError("at least one round is needed") }
    let names = Self.all.map(\.name)
    for name in only where !names.contains(name) {
      throw ValidationError("there is no line '\(name)'; --list shows them")
    }
  }

  func run() throws {
    let chosen = Self.all.filter { only.isEmpty || only.contains($0.name) }
    if list {
      for line in chosen { print(line.name.padded(to: 24) + line.summary) }
      return
    }
    if !json { print(Self.heading) }
    var measurements: [Measurement] = []
    var failed = false
    for benchmark in chosen {
      do {
        let measurement = try benchmark.measure(rounds: rounds, withPeer: !alone)
        measurements.append(measurement)
        if !json { print(measurement.line) }
      } catch {
        failed = true
        FileHandle.standardError.write(Data("quire-bench: \(benchmark.name): \(error)\n".utf8))
      }
    }
    if json { print(try Self.json(measurements)) }
    if failed { throw ExitCode.failure }
  }

  /// In the order of the table.
  static var all: [Benchmark] {
    LanguageBenchmarks.all + ScriptBenchmarks.all + KernelBenchmarks.all
      + SwapBenchmarks.all + MachineBenchmarks.all
  }

  private static var heading: String {
    "line".padded(to: 24) + "ours".leftPadded(to: 14) + "peer's".leftPadded(to: 14)
      + "ratio".leftPadded(to: 12) + "  peer"
  }

  private static func json(_ measurements: [Measurement]) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    return String(decoding: try encoder.encode(measurements), as: UTF8.self)
  }
}

extension Measurement {
  /// The line of the table for people.
  fileprivate var line: String {
    name.padded(to: 24) + ours.duration.leftPadded(to: 14)
      + (peerTime?.duration ?? "-").leftPadded(to: 14)
      + (ratio?.threeDigits ?? "-").leftPadded(to: 12) + "  " + (peer ?? "") + memory
  }

  private var memory: String {
    hostBytes.map { "\($0 >> 10) KiB of the host's memory" } ?? ""
  }
}

extension Double {
  /// Nanoseconds in the unit that suits them.
  fileprivate var duration: String {
    switch self {
    case ..<1e3: threeDigits + " ns"
    case ..<1e6: (self / 1e3).threeDigits + " us"
    case ..<1e9: (self / 1e6).threeDigits + " ms"
    default: (self / 1e9).threeDigits + " s"
    }
  }

  /// Three digits that count, or all before the point.
  fileprivate var threeDigits: String {
    let digits = self >= 100 ? 0 : self >= 10 ? 1 : self >= 1 ? 2 : self >= 0.01 ? 3 : 5
    return String(format: "%.\(digits)f", self)
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(1, width - count))
  }

  fileprivate func leftPadded(to width: Int) -> String {
    String(repeating: " ", count: max(1, width - count)) + self
  }
}
