// Runs one script: `quire FILE [seed]`. The real command line takes this place.

import Glibc
import Quire

/// The bytes of a file, nil when it cannot be read.
func contents(of path: String) -> [UInt8]? {
  let descriptor = unsafe open(path, O_RDONLY)
  if descriptor < 0 { return nil }
  defer { close(descriptor) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = unsafe read(descriptor, &buffer, buffer.count)
    if count <= 0 { return bytes }
    bytes += buffer[..<count]
  }
}

func write(_ bytes: [UInt8], to descriptor: Int32) {
  unsafe _ = write(descriptor, bytes, bytes.count)
}

let arguments = CommandLine.arguments
guard arguments.count > 1, let source = contents(of: arguments[1]) else {
  write(Array("usage: quire FILE [seed]\n".utf8), to: 2)
  exit(64)
}
do {
  let program = try Program(bytes: source, named: arguments[1])
  var settings = program.settings
  if arguments.count > 2 { settings.run.seed = UInt64(arguments[2]) ?? 0 }
  if program.testNames.isEmpty {
    let outcome = try program.run(on: settings) { write($0, to: 1) }
    write(Array(outcome.report.utf8), to: 2)
    exit(outcome.exitStatus)
  }
  var status: Int32 = 0
  for test in try program.runTests(on: settings) {
    write(test.outcome.output, to: 1)
    write(Array("\(test.passed ? "ok" : "FAILED") \(test.name)\n\(test.outcome.report)".utf8), to: 2)
    status = max(status, test.outcome.exitStatus)
  }
  exit(status)
} catch {
  write(Array("\(error)\n".utf8), to: 2)
  exit(2)
}
