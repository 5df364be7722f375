// QuireProgram
