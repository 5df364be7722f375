// Settings as text: `ram=1GiB`, as the command line gives them.

internal import QuireProgram
public import QuireRuntime
internal import QuireSyntax

extension MachineSettings {
  /// Changes one entry, written as in a script's `machine { … }` but with `=`: `swap=[64MiB]`.
  ///
  /// A word needs no quotes, which a shell would take away: `arch=x86_32`.
  ///
  /// - Throws: `ProgramError` when the entry is not one of a machine's, or its value makes no
  ///   sense.
  public mutating func set(_ assignment: String) throws(ProgramError) {
    let parts = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    var entry = assignment
    if parts.count == 2 {
      let words = MachineKey(rawValue: String(parts[0]))?.words ?? []
      let isWord = words.contains(String(parts[1]))
      entry = "\(parts[0]): " + (isWord ? "\"\(parts[1])\"" : parts[1])
    }
    let source = SourceFile(name: assignment, text: "machine { \(entry) }")
    let compilation = QuireProgram.Program.compile(source)
    guard let block = compilation.program?.machine else {
      throw ProgramError(compilation.diagnostics, compilation.files)
    }
    for entry in block.entries {
      do throws(MachineError) { try set(entry.key, to: entry.value) } catch {
        let problem = Diagnostic(.error, "bad-machine", error.message, at: entry.valueSpan)
        throw ProgramError([problem], compilation.files)
      }
    }
  }
}
