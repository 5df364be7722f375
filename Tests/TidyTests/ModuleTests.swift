// The rooms and the doors between them: who may import whom, and who may say `unsafe`.

import Foundation
import Testing

@Suite("Modules")
struct ModuleTests {
  /// What each module may import. The core sees no Foundation and no clock.
  static let doors: [String: Set<String>] = [
    "QuireSyntax": [],
    "QuireProgram": ["QuireSyntax"],
    "KernelStorage": ["Glibc", "Synchronization"],
    "QuireKernel": ["KernelStorage"],
    "QuireRuntime": [
      "QuireProgram", "QuireSyntax", "QuireReports", "QuireKernel", "KernelStorage",
    ],
    "QuireReports": ["QuireKernel", "KernelStorage"],
    "stdlib": [],
    "Quire": [
      "QuireSyntax", "QuireProgram", "QuireKernel", "QuireRuntime", "QuireReports",
      "QuireStandardLibrary", "KernelStorage", "Dispatch", "Synchronization",
    ],
  ]

  @Test("a module imports only what the architecture gives it")
  func imports() throws {
    for file in try Repository.sources() {
      guard let allowed = Self.doors[file.module] else { continue }
      for name in file.imports {
        #expect(allowed.contains(name), "\(file.path) imports \(name)")
      }
    }
  }

  @Test("only the storage module, and the file that speaks to readline, say unsafe")
  func unsafeCode() throws {
    for file in try Repository.sources()
    where file.module != "KernelStorage" && !Self.speaksToC.contains(file.path) {
      for (number, line) in file.lines.enumerated() {
        let code = line.components(separatedBy: "//")[0]
        let words = code.split { !$0.isLetter && $0 != "_" }
        #expect(!words.contains("unsafe"), "\(file.path):\(number + 1): \(line)")
      }
    }
  }

  /// The files that call C with pointers.
  static let speaksToC: Set<String> = [
    "Sources/QuireCommands/Repl/ReadlineEditor.swift",
    "Sources/QuireCommands/Repl/HistoryFile.swift",
    "Sources/QuireCommands/Terminal/Terminal.swift",
  ]

  /// What makes a run differ from the next: hash order, clocks, the host's randomness.
  static let hazards = [
    "Hasher", "hashValue", "SystemRandomNumberGenerator", "ContinuousClock", "SuspendingClock",
    "ObjectIdentifier", "randomElement", "shuffled(", "Date(", "ProcessInfo",
  ]

  @Test("the deterministic modules name no hazard of determinism")
  func determinism() throws {
    let core: Set<String> = [
      "QuireSyntax", "QuireProgram", "KernelStorage", "QuireKernel", "QuireRuntime",
    ]
    for file in try Repository.sources() where core.contains(file.module) {
      for (number, line) in file.lines.enumerated() {
        let code = line.components(separatedBy: "//")[0]
        for hazard in Self.hazards where code.contains(hazard) {
          Issue.record("\(file.path):\(number + 1): \(hazard)")
        }
      }
    }
  }
}
