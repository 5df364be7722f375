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
  // `TIOCSPTLCK` and `TIOCGPTN` of Linux, which the C library does not offer to Swift.
  private static let setLock: UInt = 0x4004_5431
  private static let getNumber: UInt = 0x8004_5430

  init(_ arguments: [String], environment: [String: String] = [:]) throws {
    master = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY)
    var (locked, number): (Int32, Int32) = (0, 0)
    guard master >= 0, unsafe ioctl(master, Self.setLock, &locked) == 0,
      unsafe ioctl(master, Self.getNumber, &number) == 0
    else { throw Failure(description: "no pseudo-terminal: errno \(errno)") }
    let name = "/dev/pts/\(number)"
    var size = winsize(ws_row: 24, ws_col: 200, ws_xpixel: 0, ws_ypixel: 0)
    _ = unsafe ioctl(master, UInt(TIOCSWINSZ), &size)

    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    // The child is a session leader, so the first terminal it opens becomes its own.
    unsafe posix_spawn_file_actions_addopen(&actions, 0, name, O_RDWR, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, 0, 1)
    unsafe posix_spawn_file_actions_adddup2(&actions, 0, 2)
    unsafe posix_spawn_file_actions_addclose(&actions, master)
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    let setSession: Int16 = 0x80
    unsafe posix_spawnattr_setflags(&attributes, setSession)

    let variables = ProcessInfo.processInfo.environment
      .merging(["TERM": "xterm", "INPUTRC": "/dev/null"]) { $1 }.merging(environment) { $1 }
    let path = QuireProcess.executable.path
    var argv: [UnsafeMutablePointer<CChar>?] = unsafe ([path] + arguments).map { unsafe strdup($0) }
    var envp: [UnsafeMutablePointer<CChar>?] = unsafe variables.map {
      unsafe strdup("\($0.key)=\($0.value)")
    }
    unsafe argv.append(nil)
    unsafe envp.append(nil)
    defer {
      unsafe (argv + envp).forEach { unsafe free($0) }
      unsafe posix_spawn_file_actions_destroy(&actions)
      unsafe posix_spawnattr_destroy(&attributes)
    }
    var pid: pid_t = 0
    let error = unsafe posix_spawn(&pid, path, &actions, &attributes, argv, envp)
    guard error == 0 else { throw Failure(description: "cannot start \(path): errno \(error)") }
    process = pid
  }

  deinit {
    close(master)
    kill(process, SIGKILL)
    var status: Int32 = 0
    _ = unsafe waitpid(process, &status, WNOHANG)
  }

  /// Types `text`; "\u{3}" is Ctrl-C, "\u{4}" is Ctrl-D, "\t" is Tab.
  func type(_ text: String) throws {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = unsafe bytes.withUnsafeBytes { unsafe write(master, $0.baseAddress, $0.count) }
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
    guard unsafe waitpid(process, &status, 0) == process else {
      throw Failure(description: "waitpid: errno \(errno)")
    }
    return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
  }

  private func readMore() throws -> Bool {
    var poller = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
    guard unsafe poll(&poller, 1, Self.patience) > 0 else {
      throw Failure(description: "no answer; the screen shows:\n\(screen)")
    }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = unsafe read(master, &buffer, buffer.count)
    // Linux answers EIO once the other end is closed.
    guard count > 0 else { return false }
    received += buffer[..<count]
    return true
  }
}
