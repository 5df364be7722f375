// One mistake gives one message: tried with tokens of every script of the repository.

import Testing

@testable import QuireSyntax

@Suite struct RecoveryTests {
  /// Every so many tokens one is tried; all of them take a minute without optimisation.
  private static let stride = 13

  /// How many messages each text with one token changed gets; those that stay scripts left out.
  private func counts(_ change: (inout [UInt8], Range<Int>) -> Void) -> [Int] {
    var counts: [Int] = []
    for (index, source) in Repository.scripts.enumerated() {
      var lexer = Lexer(source)
      let tokens = lexer.lex().tokens.filter { $0.kind != .newline && $0.end > $0.start }
      for token in Swift.stride(from: index % Self.stride, to: tokens.count, by: Self.stride) {
        var bytes = source.bytes
        change(&bytes, Int(tokens[token].start)..<Int(tokens[token].end))
        counts.append(parse(SourceFile(name: source.name, bytes: bytes)).diagnostics.count)
      }
    }
    return counts.filter { $0 > 0 }
  }

  /// A mistake inside a string with interpolations can look like several; nothing looks like many.
  private func expectOneEach(_ counts: [Int]) {
    #expect(counts.count > 20)
    let several = counts.count { $0 > 1 }
    #expect(several * 12 <= counts.count, "\(several) of \(counts.count)")
    #expect(counts.allSatisfy { $0 <= 5 }, "\(counts)")
  }

  @Test("a token that is lost")
  func lostTokens() {
    expectOneEach(counts { bytes, range in bytes.removeSubrange(range) })
  }

  @Test("a token that is doubled")
  func doubledTokens() {
    expectOneEach(
      counts { bytes, range in
        bytes.insert(contentsOf: [0x20] + bytes[range], at: range.upperBound)
      })
  }
}
