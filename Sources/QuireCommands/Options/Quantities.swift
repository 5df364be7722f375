// Sizes and times on the command line, written as in the language: 64MiB, 20ms.

public import ArgumentParser

/// A number with the suffix of a unit, multiplied out; nil for anything else or an overflow.
private func quantity(_ text: String, units: [(suffix: String, factor: UInt64)]) -> UInt64? {
  let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == "_") }
  guard let number = UInt64(digits.filter { $0 != "_" }) else { return nil }
  let suffix = text.dropFirst(digits.count)
  guard let unit = units.first(where: { $0.suffix == suffix }) else { return nil }
  let (product, overflow) = number.multipliedReportingOverflow(by: unit.factor)
  return overflow ? nil : product
}

/// Bytes: `4096`, `64KiB`, `1GiB`.
public struct ByteSize: ExpressibleByArgument, Hashable, Sendable {
  public var bytes: UInt64

  public init?(argument: String) {
    let units: [(String, UInt64)] = [
      ("", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
    ]
    guard let bytes = quantity(argument, units: units) else { return nil }
    self.bytes = bytes
  }
}

/// Simulated time: `500`, `500ns`, `20ms`, `1s`.
public struct VirtualDuration: ExpressibleByArgument, Hashable, Sendable {
  public var nanoseconds: UInt64

  public init?(argument: String) {
    let units: [(String, UInt64)] = [
      ("", 1), ("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000),
    ]
    guard let nanoseconds = quantity(argument, units: units) else { return nil }
    self.nanoseconds = nanoseconds
  }
}

/// A seed: decimal, hexadecimal with `0x`, or `random`, which is chosen by the host and reported.
public enum SeedArgument: ExpressibleByArgument, Hashable, Sendable {
  case number(UInt64)
  case random

  public init?(argument: String) {
    if argument == "random" {
      self = .random
    } else if argument.hasPrefix("0x"), let number = UInt64(argument.dropFirst(2), radix: 16) {
      self = .number(number)
    } else if let number = UInt64(argument) {
      self = .number(number)
    } else {
      return nil
    }
  }
}
