// QuireRuntime
