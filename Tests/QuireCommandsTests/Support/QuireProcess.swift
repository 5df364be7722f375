// Runs the built `quire` as a user would: with arguments and pipes, and looks at what came out.

import Foundation

/// What a finished process left.
struct ProcessResult {
  var status: Int32
  var output: String
  var errors: String
}

enum QuireProcess {
  /// The program that the package built beside the test bundle.
  static let executable: URL = {
    let bundle = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    return bundle.appendingPathComponent("quire")
  }()

  /// Runs `quire` to its end.
  static func run(
    _ arguments: [String], input: String = "", environment: [String: String] = [:],
    in directory: URL? = nil
  ) throws -> ProcessResult {
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    if let directory { process.currentDirectoryURL = directory }
    let scratch = try TemporaryFolder()
    // Files instead of pipes: no reader has to keep up, however much is written.
    let (stdin, stdout, stderr) = (
      scratch.url("stdin"), scratch.url("stdout"), scratch.url("stderr")
    )
    try Data(input.utf8).write(to: stdin)
    for file in [stdout, stderr] { try Data().write(to: file) }
    process.standardInput = try FileHandle(forReadingFrom: stdin)
    process.standardOutput = try FileHandle(forWritingTo: stdout)
    process.standardError = try FileHandle(forWritingTo: stderr)
    try process.run()
    process.waitUntilExit()
    return ProcessResult(
      status: process.terminationStatus,
      output: String(decoding: try Data(contentsOf: stdout), as: UTF8.self),
      errors: String(decoding: try Data(contentsOf: stderr), as: UTF8.self))
  }
}

/// A folder that goes away with its owner.
final class TemporaryFolder {
  let root: URL

  init() throws {
    root = FileManager.default.temporaryDirectory
      .appendingPathComponent("quire-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: root) }

  func url(_ name: String) -> URL { root.appendingPathComponent(name) }

  /// Writes `text` to a new file and gives its path.
  func write(_ text: String, to name: String) throws -> String {
    let file = url(name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
    return file.path
  }
}
