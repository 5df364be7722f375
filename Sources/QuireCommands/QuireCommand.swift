// The `quire` program: one binary, a command for each thing it does.

public import ArgumentParser

/// The root of the command line.
public struct QuireCommand: ParsableCommand {
  public static let configuration = CommandConfiguration(
    commandName: "quire",
    abstract: "Run workload scripts on a simulated Linux memory subsystem.",
    discussion: """
      The exit status is 0 when all held; 1 when an expectation failed, the script ended non-zero, \
      or a process that nobody waited for died of an error or a signal; 2 when the script could \
      not be started; 3 when a limit was reached; 64 for wrong usage; 130 when interrupted.
      """,
    version: "0.1.0",
    subcommands: [
      RunCommand.self, CheckCommand.self, TestCommand.self, ReplCommand.self,
      ConformanceCommand.self,
    ])

  public init() {}

  /// Does what the command line says; `arguments` are those after the name of the program.
  ///
  /// `quire run FILE`, without options, is understood here: the general way of reading a command
  /// line takes several times as long as an empty script.
  public static func start(_ arguments: [String]) {
    guard let file = plainRun(arguments) else { return main(arguments) }
    do {
      try ScriptRun(file: file).run()
    } catch {
      exit(withError: error)
    }
  }

  /// The FILE of `run FILE`.
  static func plainRun(_ arguments: [String]) -> String? {
    guard arguments.count == 2, arguments[0] == "run", !arguments[1].hasPrefix("-") else {
      return nil
    }
    return arguments[1]
  }
}
