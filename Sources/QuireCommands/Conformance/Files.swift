// The files that a scenario has made, by name.

internal import QuireKernel

/// The files of a running scenario, oldest first.
struct Files {
  private var files: [(name: String, file: OpenFile)] = []

  /// Sets a name; setting it again gives it to another file.
  mutating func bind(_ name: String, to file: OpenFile) {
    files.removeAll { $0.name == name }
    files.append((name, file))
  }

  /// The file of a name that was set.
  func named(_ name: String) throws(StepStop) -> OpenFile {
    guard let found = files.first(where: { $0.name == name }) else {
      throw .skipped("undefined name")
    }
    return found.file
  }

  /// The name of a file by its object.
  func name(of object: MemoryObjectIndex) -> String? {
    files.last { $0.file.object == object }?.name
  }
}
