// The program: everything it does is in QuireCommands.

import QuireCommands

QuireCommand.start(Array(CommandLine.arguments.dropFirst()))
