// Lua as a peer: its own clock around its own code, so that its start is not counted.

internal import Foundation
internal import KernelPeer

/// The `lua5.4` of this machine, where it is installed.
enum LuaPeer {
  static let program = "/usr/bin/lua5.4"

  /// CPU time per operation of a piece of Lua, or nil without Lua.
  static func time(per operations: UInt64, _ work: String) throws -> Double? {
    guard FileManager.default.isExecutableFile(atPath: program) else { return nil }
    let script = """
      local before = os.clock()
      \(work)
      io.write(string.format("%.9f", os.clock() - before))
      """
    let output = try Subprocess.output(of: program, ["-e", script])
    guard let seconds = Double(output) else {
      throw BenchmarkError(description: "\(program) answered '\(output)'")
    }
    return seconds * 1e9 / Double(operations)
  }
}

/// Programs that are started and waited for.
enum Subprocess {
  /// What a program prints, provided that it succeeds.
  static func output(of program: String, _ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let bytes = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw BenchmarkError(description: "\(program) ended with \(process.terminationStatus)")
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// CPU time of a program from its start to its end, or nil if it is not there.
  static func cpuTime(of program: String, _ arguments: [String]) throws -> Double? {
    guard FileManager.default.isExecutableFile(atPath: program) else { return nil }
    let before = peer_children_cpu_time()
    _ = try output(of: program, arguments)
    return Double(peer_children_cpu_time() - before)
  }
}
