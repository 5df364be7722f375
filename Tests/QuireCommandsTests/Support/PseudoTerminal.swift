// A pseudo-terminal with `quire` at the other end: the test types, and reads the screen.
//
// Nothing sleeps: the test waits for what it expects to read, and the operating system wakes it.

import Foundation

/// A process whose standard streams are one terminal, which is its controlling terminal too, so
/// that a typed Ctrl-C raises SIGINT there.
final class PseudoTerminal {
  struct Failure: Error, CustomStringConvertible { var description: String }

  private let master: Int32
  private let process: pid_t
  /// Everything read so far.
  private var received: [UInt8] = []
  /// Where the next `expect` begins to look.
  private var seen = 0
  var screen: String { String(decoding: received, as: UTF8.self) }
  /// No answer of the program takes this long; a test that waits longer has failed.
  private static let patience: Int32 = 60_000

  init(_ arguments: [String], environment: [String: String] = [:]) throws {
    master = posix_openpt(O_RDWR | O_NOCTTY)
    guard master >= 0, grantpt(master) == 0, unlockpt(master) == 0, let name = ptsname(master)
    else { throw Failure(description: "no pseudo-terminal: errno \(errno)") }
    var size = winsize(ws_row: 24, ws_col: 200, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(master, UInt(TIOCSWINSZ), &size)

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    // The child is a session leader, so the first terminal it opens becomes its own.
    posix_spawn_file_actions_addopen(&actions, 0, name, O_RDWR, 0)
    posix_spawn_file_actions_adddup2(&actions, 0, 1)
    posix_spawn_file_actions_adddup2(&actions, 0, 2)
    posix_spawn_file_actions_addclose(&actions, master)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    let setSession: Int16 = 0x80
    posix_spawnattr_setflags(&attributes, setSession)

    let variables = ProcessInfo.processInfo.environment
      .merging(["TERM": "xterm", "INPUTRC": "/dev/null"]) { $1 }.merging(environment) { $1 }
    let path = QuireProcess.executable.path
    var argv: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) }
    var envp: [UnsafeMutablePointer<CChar>?] = variables.map { strdup("\($0.key)=\($0.value)") }
    argv.append(nil)
    envp.append(nil)
    defer {
      for string in argv + envp { free(string) }
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    var pid: pid_t = 0
    let error = posix_spawn(&pid, path, &actions, &attributes, argv, envp)
    guard error == 0 else { throw Failure(description: "cannot start \(path): errno \(error)") }
    process = pid
  }

  deinit {
    close(master)
    kill(process, SIGKILL)
    var status: Int32 = 0
    waitpid(process, &status, WNOHANG)
  }

  /// Types `text`; "\u{3}" is Ctrl-C, "\u{4}" is Ctrl-D, "\t" is Tab.
  func type(_ text: String) throws {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { write(master, $0.baseAddress, $0.count) }
      guard count > 0 else { throw Failure(description: "cannot type: errno \(errno)") }
      bytes = bytes.dropFirst(count)
    }
  }

  /// Reads until `text` appears after what was expected before.
  @discardableResult
  func expect(_ text: String) throws -> String {
    let wanted = Data(text.utf8)
    while true {
      let unseen = Data(received[seen...])
      if let found = unseen.range(of: wanted) {
        seen += found.upperBound
        return String(decoding: unseen[..<found.upperBound], as: UTF8.self)
      }
      guard try readMore() else {
        throw Failure(description: "the program ended before \(text.debugDescription):\n\(screen)")
      }
    }
  }

  /// Reads to the end of the program and gives its exit status.
  func finish() throws -> Int32 {
    while try readMore() {}
    var status: Int32 = 0
    guard waitpid(process, &status, 0) == process else {
      throw Failure(description: "waitpid: errno \(errno)")
    }
    return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
  }

  private func readMore() throws -> Bool {
    var poller = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
    guard poll(&poller, 1, Self.patience) > 0 else {
      throw Failure(description: "no answer; the screen shows:\n\(screen)")
    }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(master, &buffer, buffer.count)
    // Linux answers EIO once the other end is closed.
    guard count > 0 else { return false }
    received += buffer[..<count]
    return true
  }
}
