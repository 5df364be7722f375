// `quire repl`: a live machine, explored line by line.

package import ArgumentParser
internal import Foundation
internal import Quire

/// Starts the REPL.
package struct ReplCommand: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "repl", abstract: "Explore a live machine line by line.",
    discussion: """
      The same machine lives on between lines. The history is kept in \
      $XDG_STATE_HOME/quire/history; $QUIRE_HISTORY names another file. When standard input \
      is no terminal there is no prompt, and the exit status says whether all went well.
      """)

  @Argument(
    help: "A script to run first, in the session.", completion: .file(extensions: ["quire"]))
  var file: String?

  @OptionGroup(title: "Machine") var machine: MachineArguments
  @OptionGroup(title: "Limits") var limits: LimitArguments
  @OptionGroup var messages: MessageArguments

  package init() {}

  package func run() throws {
    try checkMachine()
    let interrupt = Interrupt()
    let isInteractive = isatty(STDIN_FILENO) == 1
    let hook = CompletionHook()
    let editor = isInteractive ? ReadlineEditor(interrupt: interrupt, complete: hook.complete) : nil
    let repl = Repl(
      reader: editor ?? PlainLineReader(), interrupt: interrupt, messages: messages,
      isInteractive: isInteractive, makeSession: makeSession)
    hook.repl = repl
    if let file { try run(file, in: repl) }
    if let editor { talk(repl, editor) } else { repl.run() }
    if !isInteractive && repl.hasFailed { throw ExitCode(CommandStatus.failed) }
  }

  /// Runs the script that the session begins with.
  private func run(_ file: String, in repl: Repl) throws {
    do {
      let source = try ScriptSource(file: file, text: nil)
      repl.evaluate(String(decoding: source.bytes, as: UTF8.self), named: file)
    } catch let error as UnreadableScript {
      Console.writeError(error.description)
      throw ExitCode(CommandStatus.notStarted)
    }
  }

  /// A session between the history of earlier ones and that of later ones.
  private func talk(_ repl: Repl, _ editor: ReadlineEditor) {
    let history = HistoryFile(environment: ProcessInfo.processInfo.environment)
    do {
      try history?.load().forEach(editor.remember)
    } catch {
      warn("cannot read the history", history, error)
    }
    Console.write("Quire \(QuireCommand.configuration.version). :help lists the commands.\n")
    repl.run()
    do {
      try history?.save(editor.history)
    } catch {
      warn("cannot write the history", history, error)
    }
  }

  private func warn(_ what: String, _ history: HistoryFile?, _ error: any Error) {
    let path = history?.path ?? ""
    Console.writeError("warning: \(what) (\(path)): \(error.localizedDescription)\n")
  }

  /// Refuses a machine that can never be, before anybody types.
  private func checkMachine() throws {
    do {
      try machine.apply(to: MachineSettings()).validate()
    } catch let error as ProgramError {
      messages.report(error.diagnostics, in: error.files)
      throw ExitCode(CommandStatus.notStarted)
    } catch let error as MachineError {
      Console.writeError("error: the machine cannot be built: \(error.key): \(error.message)\n")
      throw ExitCode(CommandStatus.notStarted)
    }
  }

  private func makeSession() -> Session {
    Session(
      overriding: machine.set, seed: machine.chosenSeed, limits: limits.limits,
      modules: messages.modules)
  }
}

/// Lets the editor, which exists first, ask the REPL.
private final class CompletionHook {
  weak var repl: Repl?

  func complete(_ line: String, _ start: Int, _ word: String) -> [String] {
    repl?.completer.candidates(line: line, start: start, word: word) ?? []
  }
}
