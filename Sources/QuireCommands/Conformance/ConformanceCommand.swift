// `quire conformance`: the facts of the real kernel, asked of the model.

package import ArgumentParser

/// Compares the model with recordings of a real kernel.
package struct ConformanceCommand: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "conformance",
    abstract: "Compare the model with what a real kernel answered.",
    discussion: """
      DIR holds scenarios/NAME.scenario and a folder of recordings with NAME.json for each. \
      The exit status is 0 only when every scenario agrees in every leaf; a scenario that needs \
      what the model does not have is unsupported, which is not agreement.
      """)

  @Argument(help: "The folder that holds scenarios/ and the recordings.")
  var directory: String

  @Option(name: .long, help: "The folder of recordings to compare with.")
  var results = "linux-6.12"

  @Option(name: .long, help: "A file naming the scenarios to run, one per line.")
  var only: String?

  @Flag(name: .long, help: "Print the outcome as JSON.")
  var json = false

  package init() {}

  package func run() throws {
    let report = try compare()
    print(json ? try report.json() : report.text)
    if report.exitStatus != 0 { throw ExitCode(report.exitStatus) }
  }

  /// Runs the scenarios, without printing anything.
  func compare() throws(ConformanceError) -> ConformanceReport {
    let folder = ConformanceFolder(path: directory, results: results)
    var names = try folder.scenarioNames()
    if let only { names = try Self.select(try ConformanceFolder.names(in: only), from: names) }
    return try ConformanceSession(folder: folder).run(names)
  }

  /// The wanted names in their own order; each must exist.
  private static func select(
    _ wanted: [String], from names: [String]
  ) throws(ConformanceError) -> [String] {
    if wanted.isEmpty { throw ConformanceError("--only names no scenario") }
    let known = Set(names)
    let unknown = wanted.filter { !known.contains($0) }
    if !unknown.isEmpty {
      throw ConformanceError("--only names no such scenario: \(unknown.joined(separator: ", "))")
    }
    return wanted
  }
}
