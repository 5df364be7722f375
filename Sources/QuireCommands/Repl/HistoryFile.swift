// The history of earlier sessions, in the place that the XDG base directories give it.
//
// One entry per line, oldest first; an entry of several lines keeps them, its line ends written
// as `\n` and its backslashes doubled. Only the owner may read it. It is written beside itself and
// renamed, so an interrupted write loses nothing.

internal import Foundation

/// Why the history cannot be kept, in words.
struct HistoryRefusal: LocalizedError {
  var reason: String
  var errorDescription: String? { reason }
}

/// Entries that outlive a session.
struct HistoryFile {
  static let maximumEntries = 1_000

  let path: String

  /// `$QUIRE_HISTORY`, else `$XDG_STATE_HOME/quire/history`, else `~/.local/state/quire/history`;
  /// nil when the environment names no home.
  init?(environment: [String: String]) {
    if let path = environment["QUIRE_HISTORY"], !path.isEmpty {
      self.path = path
    } else if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") {
      path = state + "/quire/history"
    } else if let home = environment["HOME"], !home.isEmpty {
      path = home + "/.local/state/quire/history"
    } else {
      return nil
    }
  }

  /// The entries, oldest first; none when there is no file yet.
  func load() throws -> [String] {
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
    return text.split(separator: "\n").suffix(Self.maximumEntries).map(Self.decode)
  }

  func save(_ entries: [String]) throws {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
    do {
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw HistoryRefusal(reason: "its folder cannot be made")
    }
    let text = entries.suffix(Self.maximumEntries).map { Self.encode($0) + "\n" }.joined()
    let scratch = path + ".new"
    let attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o600]
    guard
      FileManager.default.createFile(
        atPath: scratch, contents: Data(text.utf8), attributes: attributes),
      unsafe rename(scratch, path) == 0
    else { throw HistoryRefusal(reason: "its folder cannot be written, or the disk is full") }
  }

  static func encode(_ entry: String) -> String {
    entry.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\n", with: "\\n")
  }

  static func decode(_ line: some StringProtocol) -> String {
    var entry = ""
    var escaped = false
    for character in line {
      if escaped {
        entry.append(character == "n" ? "\n" : character)
        escaped = false
      } else if character == "\\" {
        escaped = true
      } else {
        entry.append(character)
      }
    }
    return entry
  }
}
