// QuireCommands
