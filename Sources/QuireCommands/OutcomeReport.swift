// Outcomes as JSON, for programs that call `quire`.

internal import Foundation
internal import Quire

/// A diagnostic with its place, lines and columns counted from 1.
struct DiagnosticReport: Encodable {
  var severity: String
  var code: String
  var message: String
  var file: String?
  var line: Int?
  var column: Int?
  var notes: [String]

  init(_ diagnostic: Diagnostic, in files: [SourceFile]) {
    severity = diagnostic.severity.rawValue
    code = diagnostic.code.name
    message = diagnostic.message
    notes = diagnostic.notes.map(\.message)
    if let source = files.first(where: { $0.id == diagnostic.span.file }) {
      let location = source.location(of: diagnostic.span.start)
      (file, line, column) = (source.name, location.line, location.column)
    }
  }

  init(message: String) {
    (severity, code, notes) = ("error", "machine", [])
    self.message = message
  }

  init(_ unreadable: UnreadableScript) {
    (severity, code, notes) = ("error", "unreadable", [])
    (message, file) = ("cannot read the script: \(unreadable.reason)", unreadable.path)
  }
}

/// What `quire run --json` prints.
struct OutcomeReport: Encodable {
  struct Process: Encodable {
    var pid: Int32
    var name: String
    var parent: Int32
    var code: UInt8?
    var signal: String?
    var born_ns: UInt64
    var ended_ns: UInt64?
  }

  var exit_status: Int32
  var output: String?
  var diagnostics: [DiagnosticReport]
  var counters: [String: UInt64]?
  var processes: [Process]?
  var expectations_held: UInt64?
  var expectations_failed: UInt64?
  var steps: UInt64?
  var time_ns: UInt64?
  var switches: UInt64?
  var digest: String?

  /// A run that was made.
  init(_ outcome: Outcome) {
    exit_status = outcome.exitStatus
    output = outcome.text
    diagnostics = outcome.diagnostics.map { DiagnosticReport($0, in: outcome.files) }
    counters = Dictionary(
      uniqueKeysWithValues: Counters.fields.map { ($0.name, $0.value(outcome.counters)) })
    processes = outcome.processes.map { process in
      Process(
        pid: process.pid, name: process.name, parent: process.parent, code: process.status?.code,
        signal: process.status?.signal?.name, born_ns: process.born, ended_ns: process.ended)
    }
    expectations_held = outcome.expectationsHeld
    expectations_failed = outcome.expectationsFailed
    steps = outcome.steps
    time_ns = outcome.time
    switches = outcome.switches
    digest = hexadecimal(outcome.digest)
  }

  /// A script that could not be started.
  init(_ diagnostics: [Diagnostic], in files: [SourceFile], exitStatus: Int32) {
    exit_status = exitStatus
    self.diagnostics = diagnostics.map { DiagnosticReport($0, in: files) }
  }

  /// A machine that could not be built.
  init(refusal messages: [String], exitStatus: Int32) {
    exit_status = exitStatus
    diagnostics = messages.map(DiagnosticReport.init(message:))
  }

  /// A script that could not be read.
  init(refusal: UnreadableScript, exitStatus: Int32) {
    exit_status = exitStatus
    diagnostics = [DiagnosticReport(refusal)]
  }

  var json: String { encodeJSON(self) }
}

/// JSON with its keys in order and a line end after it.
func encodeJSON(_ value: some Encodable) -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  do {
    return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
  } catch {
    preconditionFailure("encodeJSON: a report cannot be encoded: \(error)")
  }
}
