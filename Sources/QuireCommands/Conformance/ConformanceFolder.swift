// The files of a conformance folder: `scenarios/` and one folder per recording.

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// Why a comparison cannot be made.
struct ConformanceError: Error, Hashable, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

/// Reads the files of a folder of scenarios.
struct ConformanceFolder {
  /// The folder that holds `scenarios/`.
  let path: String
  /// The name of the folder of recordings beside it.
  let results: String

  /// The folder's own name: it says what the recorded machine had.
  var name: String { URL(fileURLWithPath: path).lastPathComponent }

  /// The names of all scenarios, sorted.
  func scenarioNames() throws(ConformanceError) -> [String] {
    let names = try entries(of: path + "/scenarios").filter { $0.hasSuffix(".scenario") }
    if names.isEmpty { throw ConformanceError("\(path)/scenarios holds no .scenario file") }
    _ = try entries(of: path + "/" + results)
    return names.map { String($0.dropLast(".scenario".count)) }.sorted()
  }

  func scenarioPath(_ name: String) -> String { "\(path)/scenarios/\(name).scenario" }

  func recordingPath(_ name: String) -> String { "\(path)/\(results)/\(name).json" }

  func scenarioText(_ name: String) throws(ConformanceError) -> String {
    String(decoding: try Self.bytes(of: scenarioPath(name)), as: UTF8.self)
  }

  func recording(_ name: String) throws(ConformanceError) -> Recording {
    let path = recordingPath(name)
    guard FileManager.default.fileExists(atPath: path) else {
      throw ConformanceError("there is no recording \(path)")
    }
    do {
      return try Recording(json: try Self.bytes(of: path))
    } catch {
      throw ConformanceError("\(path): \(error)")
    }
  }

  /// The names that a file lists, one per line; `#` starts a comment.
  static func names(in file: String) throws(ConformanceError) -> [String] {
    String(decoding: try bytes(of: file), as: UTF8.self).split(whereSeparator: \.isNewline)
      .compactMap { line in
        line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace).first.map(String.init)
      }
  }

  private func entries(of folder: String) throws(ConformanceError) -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder)
    } catch {
      throw ConformanceError("\(folder) is no folder that can be read")
    }
  }

  private static func bytes(of file: String) throws(ConformanceError) -> [UInt8] {
    do {
      return Array(try Data(contentsOf: URL(fileURLWithPath: file)))
    } catch {
      throw ConformanceError("\(file) cannot be read")
    }
  }
}
