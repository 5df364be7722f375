// The program: everything it does is in QuireCommands.

import ArgumentParser
import QuireCommands

QuireCommand.main()
