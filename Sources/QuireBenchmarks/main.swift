// quire-bench: one table of ratios.

internal import ArgumentParser

BenchmarkCommand.main()
