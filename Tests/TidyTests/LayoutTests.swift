// The form of the sources: columns, lengths, and what a file opens with.

import Foundation
import Testing

@Suite("Form of the sources")
struct LayoutTests {
  static let columns = 100
  static let linesPerFile = 400
  static let linesPerFunction = 70

  /// Tables and generated files may be longer; each is named here with its reason.
  static let longFiles: Set<String> = []
  /// The dispatch switch of the interpreter is one function by design.
  static let longFunctions: Set<String> = [
    "Sources/QuireRuntime/Interpreter/World+Loop.swift:runLoop"
  ]

  @Test("no line is longer than 100 columns")
  func columnLimit() throws {
    for file in try Repository.sources() + Repository.swiftFiles(below: "Tests") {
      for (number, line) in file.lines.enumerated() where line.count > Self.columns {
        // A golden text in a test is as wide as what it repeats.
        if file.path.hasPrefix("Tests/") { continue }
        Issue.record("\(file.path):\(number + 1): \(line.count) columns")
      }
    }
  }

  @Test("no file is longer than 400 lines")
  func fileLength() throws {
    for file in try Repository.sources() where !Self.longFiles.contains(file.path) {
      let count = file.lines.count - 1
      #expect(count <= Self.linesPerFile, "\(file.path) has \(count) lines")
    }
  }

  @Test("no function is longer than 70 lines")
  func functionLength() throws {
    for file in try Repository.sources() {
      for function in functions(of: file)
      where !Self.longFunctions.contains("\(file.path):\(function.name)") {
        #expect(
          function.length <= Self.linesPerFunction,
          "\(file.path):\(function.line): \(function.name) has \(function.length) lines")
      }
    }
  }

  @Test("a file opens by saying what it is")
  func fileHeader() throws {
    for file in try Repository.sources() {
      let opening = file.lines.first ?? ""
      #expect(opening.hasPrefix("// "), "\(file.path) opens with: \(opening)")
    }
  }

  struct Function {
    var name: String
    var line: Int
    var length: Int
  }

  /// Functions by indentation: the formatter's layout puts the closing brace under the `func`.
  private func functions(of file: SourceText) -> [Function] {
    var result: [Function] = []
    for (start, line) in file.lines.enumerated() {
      guard let range = line.range(of: "func ") else { continue }
      let indent = line.prefix { $0 == " " }
      let lead = line[..<range.lowerBound]
      guard !lead.contains("//"), !lead.contains("\"") else { continue }
      let name = String(line[range.upperBound...].prefix { $0 != "(" && $0 != "<" })
      let closing = indent + "}"
      guard !line.hasSuffix("}"),
        let end = file.lines[(start + 1)...].firstIndex(where: { $0 == closing })
      else { continue }
      result.append(Function(name: name, line: start + 1, length: end - start - 1))
    }
    return result
  }
}
