// `quire conformance` on folders that are as they should be, and on folders that are not.

import ArgumentParser
import Foundation
import Testing

@testable import QuireCommands

/// A folder of scenarios that is gone when the test is.
final class ScratchFolder {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("quire-conformance-\(UUID().uuidString)")
    path = url.path
    for folder in ["scenarios", "linux-6.12"] {
      try FileManager.default.createDirectory(
        at: url.appendingPathComponent(folder), withIntermediateDirectories: true)
    }
  }

  func makeFolder(_ name: String) throws {
    try FileManager.default.createDirectory(
      atPath: path + "/" + name, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path + "/" + name))
  }
}

@Suite("quire conformance")
struct ConformanceCommandTests {
  /// The data that the repository keeps.
  static let kept = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Conformance").path

  private func compare(_ arguments: [String]) throws -> ConformanceReport {
    try #require(try ConformanceCommand.parseAsRoot(arguments) as? ConformanceCommand).compare()
  }

  private func message(_ arguments: [String]) -> String {
    do {
      return try compare(arguments).text
    } catch {
      return "\(error)"
    }
  }

  @Test("a process whose parent has ended is reaped by init, whenever it ends")
  func orphan() throws {
    let folder = try ScratchFolder()
    for (name, exit) in [("late", ""), ("early", "@c2 exit 3")] {
      let steps = ["fork c1 {", "c2 = fork", "}", exit, "wait c2"]
      try folder.write(steps.joined(separator: "\n"), to: "scenarios/\(name).scenario")
      let ended = exit.isEmpty ? "c2 exit 0" : "c2 exit 3"
      let results = [("p0", "c1"), ("c1", "c2"), ("c1", "c1 exit 0"), ("c2", "3"), ("p0", ended)]
      let lines = zip(steps, results).enumerated().filter { $1.0 != "" }.map { line, step in
        let answer = step.1.1 == "3" ? "3" : "\"\(step.1.1)\""
        return #"{"line": \#(line + 1), "proc": "\#(step.1.0)", "op": "\#(step.0)", "#
          + #""ret": \#(answer)}"#
      }
      try folder.write(
        #"{"not_stable": ["/T", "/A", "/B", "/S", "/stack_base", "/child_base_minflt"], "#
          + #""results": [\#(lines.joined(separator: ","))]}"#, to: "linux-6.12/\(name).json")
    }
    for one in try compare([folder.path]).cases { #expect(one.outcome == .agree, "\(one)") }
  }

  @Test(
    "every recording that is kept agrees in every leaf",
    arguments: [
      ("", "linux-6.12", 267), ("", "linux-6.18", 267), ("/swap", "linux-6.12", 18),
      ("/swap", "linux-6.12-page-cluster-0", 18), ("/readahead", "linux-6.12", 11),
      ("/further", "linux-6.18", 125),
    ])
  func keptRecordings(folder: String, results: String, count: Int) throws {
    let recordings = try FileManager.default.contentsOfDirectory(
      atPath: "\(Self.kept)\(folder)/\(results)")
    let scratch = try ScratchFolder()
    let names = recordings.map { $0.replacing(".json", with: "\n") }.sorted().joined()
    try scratch.write(names, to: "names")
    let report = try compare([
      Self.kept + folder, "--results", results, "--only", scratch.path + "/names",
    ])
    #expect(report.cases.count >= count)
    for one in report.cases { #expect(one.outcome == .agree, "\(one.name): \(one.outcome)") }
    #expect(report.exitStatus == 0)
  }

  @Test("a changed leaf is reported as a disagreement with its path")
  func changedLeaf() throws {
    let folder = try ScratchFolder()
    let name = "cow_child_writes"
    let scenario = try String(
      contentsOfFile: "\(Self.kept)/scenarios/\(name).scenario", encoding: .utf8)
    let recording = try String(
      contentsOfFile: "\(Self.kept)/linux-6.12/\(name).json", encoding: .utf8)
    try folder.write(scenario, to: "scenarios/\(name).scenario")
    let changed = recording.replacing("\"vals\": \"2x4 1x4\"", with: "\"vals\": \"2x8\"")
    try folder.write(changed, to: "linux-6.12/\(name).json")
    let report = try compare([folder.path])
    #expect(
      report.cases == [
        .init(
          name: name,
          outcome: .disagree(
            LeafDifference(
              path: "results[7].vals", expected: .text("2x8"), got: .text("2x4 1x4"))))
      ])
    #expect(report.exitStatus != 0)
  }

  @Test("what the model lacks is unsupported, never agreement")
  func unsupported() throws {
    let folder = try ScratchFolder()
    try folder.write("madvise A 1p 100\n", to: "scenarios/lack.scenario")
    try folder.write(
      """
      {"results": [{"line": 1, "proc": "p0", "op": "madvise A 1p 100", "ret": 0}]}
      """, to: "linux-6.12/lack.json")
    let report = try compare([folder.path])
    #expect(report.cases.map(\.outcome) == [.unsupported(["madvise 100"])])
    #expect(report.exitStatus != 0)
  }

  @Test("a fault in one scenario is reported with its place; the others still run")
  func syntaxError() throws {
    let folder = try ScratchFolder()
    try folder.write("observe\nfly r1\n", to: "scenarios/bad.scenario")
    try folder.write("brk +0\n", to: "scenarios/good.scenario")
    try folder.write(
      "{\"results\": [{\"line\": 1, \"proc\": \"p0\", \"op\": \"brk +0\", \"ret\": [\"B\", 0]}]}",
      to: "linux-6.12/good.json")
    let report = try compare([folder.path])
    #expect(report.cases.map(\.name) == ["bad", "good"])
    #expect(
      report.cases[0].outcome
        == .invalid("\(folder.path)/scenarios/bad.scenario:2:1: 'fly' is no operation"))
    guard case .disagree(let difference) = report.cases[1].outcome else {
      Issue.record("\(report.cases[1].outcome)")
      return
    }
    #expect(difference.path == "T", "this recording names no anchors")
    #expect(report.exitStatus != 0)
  }

  @Test("a recording that is missing or of another scenario is reported")
  func wrongRecording() throws {
    let folder = try ScratchFolder()
    try folder.write("brk +0\n", to: "scenarios/alone.scenario")
    try folder.write("brk +1\n", to: "scenarios/other.scenario")
    try folder.write(
      "{\"results\": [{\"line\": 1, \"proc\": \"p0\", \"op\": \"brk +0\", \"ret\": [\"B\", 0]}]}",
      to: "linux-6.12/other.json")
    let report = try compare([folder.path])
    #expect(
      report.cases.map(\.outcome) == [
        .invalid("there is no recording \(folder.path)/linux-6.12/alone.json"),
        .invalid(
          "\(folder.path)/linux-6.12/other.json: line 1: the recording is of 'brk +0', "
            + "not of 'brk +1'"),
      ])
  }

  @Test("folders and names that are not there are refused in words")
  func refusals() throws {
    let folder = try ScratchFolder()
    #expect(message([folder.path]).contains("holds no .scenario file"))
    #expect(message(["/nowhere"]).contains("/nowhere/scenarios is no folder that can be read"))
    try folder.write("observe\n", to: "scenarios/a.scenario")
    #expect(message([folder.path, "--results", "linux-6.12-x/y"]).contains("is no folder"))
    try folder.makeFolder("linux-7.0")
    #expect(
      message([folder.path, "--results", "linux-7.0"]).contains("answers as Linux 6.12 and 6.18"))
    try folder.write("a\nzebra # a comment\n\n", to: "names")
    let names = folder.path + "/names"
    #expect(message([folder.path, "--only", names]).contains("no such scenario: zebra"))
    try folder.write("# nothing\n", to: "names")
    #expect(message([folder.path, "--only", names]).contains("names no scenario"))
    #expect(message([folder.path, "--only", names + "x"]).contains("cannot be read"))
  }

  @Test("--only runs the named scenarios in their order")
  func only() throws {
    let folder = try ScratchFolder()
    try folder.write("stack_cow\nnoop\n", to: "names")
    let report = try compare([Self.kept, "--only", folder.path + "/names"])
    #expect(report.cases.map(\.name) == ["stack_cow", "noop"])
  }
}
