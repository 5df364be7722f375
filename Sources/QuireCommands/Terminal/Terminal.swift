// What the terminal is like: whether there is one, and whether it wants colour.

public import ArgumentParser
internal import Foundation

/// When to colour messages.
public enum ColourChoice: String, ExpressibleByArgument, CaseIterable, Sendable {
  case auto, always, never

  /// Whether text written to `descriptor` is coloured: the option decides, then `NO_COLOR` and
  /// `CLICOLOR_FORCE`, then whether it goes to a terminal that knows colours.
  func isOn(
    for descriptor: Int32, environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> Bool {
    switch self {
    case .always: return true
    case .never: return false
    case .auto:
      if let value = environment["NO_COLOR"], !value.isEmpty { return false }
      if let value = environment["CLICOLOR_FORCE"], !value.isEmpty, value != "0" { return true }
      return isatty(descriptor) == 1 && environment["TERM"] != "dumb"
    }
  }
}

/// Writing to the standard streams.
enum Console {
  /// Writes all of `bytes` to standard output.
  ///
  /// - Returns: false when nobody reads them any more (a closed pipe) or the disk is full.
  @discardableResult
  static func write(_ bytes: [UInt8], to descriptor: Int32 = STDOUT_FILENO) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { buffer in
        unsafe Foundation.write(descriptor, buffer.baseAddress, buffer.count)
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  @discardableResult
  static func write(_ text: String, to descriptor: Int32 = STDOUT_FILENO) -> Bool {
    write(Array(text.utf8), to: descriptor)
  }

  static func writeError(_ text: String) { write(text, to: STDERR_FILENO) }
}

/// The exit statuses of `quire`, as the manual lists them.
enum CommandStatus {
  static let success: Int32 = 0
  static let failed: Int32 = 1
  static let notStarted: Int32 = 2
  static let limitReached: Int32 = 3
  static let interrupted: Int32 = 130
}
