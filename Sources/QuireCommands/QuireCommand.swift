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
}
