// Where a script comes from (a file, standard input, the command line) and where its imports are.

internal import Foundation
internal import Quire

/// The text of a script and what to call it.
struct ScriptSource {
  var name: String
  var bytes: [UInt8]

  /// Reads the script that the command line names: `-e TEXT`, `-` for standard input, or a file.
  ///
  /// - Throws: `UnreadableScript`.
  init(file: String?, text: String?) throws {
    if let text {
      (name, bytes) = ("<command line>", Array(text.utf8))
    } else if let file, file != "-" {
      (name, bytes) = (file, try Self.read(file))
    } else {
      (name, bytes) = ("<stdin>", (try? FileHandle.standardInput.readScript()) ?? [])
    }
  }

  /// The scripts in a folder and below it, in alphabetical order; nil when `path` is no folder.
  static func scripts(inFolder path: String) throws -> [String]? {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    guard attributes?[.type] as? FileAttributeType == .typeDirectory else { return nil }
    let folder = path.hasSuffix("/") ? path : path + "/"
    return try FileManager.default.subpathsOfDirectory(atPath: path)
      .filter { $0.hasSuffix(".quire") }.sorted().map { folder + $0 }
  }

  private static func read(_ path: String) throws -> [UInt8] {
    if let bytes = try? FileHandle(forReadingAtPath: path)?.readScript() { return bytes }
    throw UnreadableScript(path: path, reason: reason(for: path))
  }

  /// Why a file cannot be read.
  private static func reason(for path: String) -> String {
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else {
      return "no such file"
    }
    let isFolder = attributes[.type] as? FileAttributeType == .typeDirectory
    return isFolder ? "it is a folder" : "permission denied"
  }
}

/// A script that cannot be read at all.
struct UnreadableScript: Error, CustomStringConvertible {
  var path: String
  var reason: String
  var description: String { "error: cannot read \(path): \(reason)\n" }
}

/// Finds `name.quire` beside the script that imports it, then in the search path.
struct FileModules: ModuleResolver {
  /// Folders to search, in order.
  var searchPath: [String]

  /// `--module-path` first, then `QUIRE_PATH`, whose folders are separated by colons.
  init(
    options: [String], environment: [String: String] = ProcessInfo.processInfo.environment
  ) {
    let inherited = environment["QUIRE_PATH"]?.split(separator: ":").map(String.init) ?? []
    searchPath = options + inherited
  }

  func module(_ path: String, importedBy importer: String) -> ModuleSource? {
    for candidate in placesSearched(path, importedBy: importer) {
      if let bytes = try? FileHandle(forReadingAtPath: candidate)?.readScript() {
        return ModuleSource(name: candidate, text: bytes)
      }
    }
    return nil
  }

  func placesSearched(_ path: String, importedBy importer: String) -> [String] {
    let isFile = !importer.hasPrefix("<")
    let beside =
      isFile ? URL(fileURLWithPath: importer).deletingLastPathComponent().relativePath : "."
    return ([beside] + searchPath).map { folder in
      folder == "." ? path + ".quire" : folder + "/" + path + ".quire"
    }
  }
}

extension FileHandle {
  /// What is left to read; of a file that is too large for a script only so much that it shows: a
  /// stream without an end must not fill the host's memory.
  fileprivate func readScript() throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count <= SourceFile.maximumByteCount {
      guard let next = try read(upToCount: 1 << 20), !next.isEmpty else { break }
      bytes += next
    }
    return bytes
  }
}
