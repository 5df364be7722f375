// Holds the parser against `grammar/quire.ebnf`, the normative grammar.

import SwarmSeeds
import Testing

@testable import QuireSyntax

@Suite struct GrammarTests {
  /// What the header of the grammar lists as beyond it.
  private static let beyondGrammar: Set<String> = [
    "number-too-large", "fraction-of-unit", "invalid-code-point", "unsupported-language",
    "module-without-name", "nested-too-deeply",
  ]

  private static func refusals(_ source: SourceFile) -> [Diagnostic] {
    parse(source).diagnostics.filter { !beyondGrammar.contains($0.code.name) }
  }

  private static func recognises(_ grammar: Grammar, _ source: SourceFile) -> Bool {
    var lexer = Lexer(source)
    let text = lexer.lex()
    guard text.problems.isEmpty else { return false }
    var recogniser = Recogniser(grammar, text, in: source)
    return recogniser.accepts()
  }

  @Test("every name that a production mentions is defined")
  func grammarIsClosed() throws {
    let grammar = try Repository.grammar()
    let undefined = grammar.mentionedNames.filter { grammar.productions[$0] == nil }
    #expect(undefined == [])
  }

  @Test("the words of the grammar are the keywords of the lexer")
  func keywordsAgree() throws {
    let words = try Repository.grammar().syntaxLiterals.filter { $0.first?.isLetter == true }
    let contextual = ["as", "language"]
    #expect(
      words.filter { !contextual.contains($0) }.sorted()
        == TokenKind.keywords.map(\.word).sorted())
  }

  @Test("sentences of the grammar parse without a diagnostic", arguments: swarmSeeds(8))
  func sentencesParse(batch: Int) throws {
    let grammar = try Repository.grammar()
    for seed in UInt64(batch * 100)..<UInt64(batch * 100 + 60) {
      var generator = SentenceGenerator(grammar, seed: seed, size: 40)
      let text = render(generator.sentence(), &generator.random)
      let source = SourceFile(name: "seed \(seed)", text: text)
      let refusals = Self.refusals(source)
      #expect(
        refusals.isEmpty,
        "seed \(seed):\n\(text)\n\(DiagnosticFormatter(file: source).format(refusals))")
      #expect(Self.recognises(grammar, source), "seed \(seed), the recogniser:\n\(text)")
    }
  }

  @Test("parser and grammar agree on sentences with a mistake", arguments: swarmSeeds(8))
  func mutationsAgree(batch: Int) throws {
    let grammar = try Repository.grammar()
    for seed in UInt64(batch * 1000)..<UInt64(batch * 1000 + 40) {
      var generator = SentenceGenerator(grammar, seed: seed, size: 20)
      let sentence = generator.sentence()
      for _ in 0..<3 {
        let text = render(mutated(sentence, &generator), &generator.random)
        let source = SourceFile(name: "seed \(seed)", text: text)
        let refusals = Self.refusals(source)
        let isSentence = Self.recognises(grammar, source)
        #expect(
          refusals.isEmpty == isSentence,
          """
          seed \(seed): the grammar says \(isSentence), the parser:
          \(text)
          \(DiagnosticFormatter(file: source).format(refusals))
          """)
      }
    }
  }

  /// Deletes, doubles, swaps or replaces a few tokens.
  private func mutated(_ sentence: [Piece], _ generator: inout SentenceGenerator) -> [Piece] {
    var pieces = sentence
    for _ in 0...generator.random.below(2) where !pieces.isEmpty {
      let place = generator.random.below(pieces.count)
      switch generator.random.below(4) {
      case 0: pieces.remove(at: place)
      case 1: pieces.insert(pieces[place], at: place)
      case 2: pieces.swapAt(place, generator.random.below(pieces.count))
      default: pieces[place] = pieces[generator.random.below(pieces.count)]
      }
    }
    return pieces
  }

  @Test("every script of the repository is a sentence", arguments: Repository.scripts.indices)
  func scriptsAreSentences(index: Int) throws {
    let source = Repository.scripts[index]
    let parsed = parse(source)
    #expect(
      parsed.diagnostics.isEmpty, "\(DiagnosticFormatter(file: source).format(parsed.diagnostics))")
    #expect(Self.recognises(try Repository.grammar(), source), "\(source.name)")
  }
}
