// Which argument goes to which parameter. Pure, so that resolver and compiler agree.

import QuireSyntax

/// The outcome of holding arguments against a signature.
struct ArgumentMatch {
  /// By argument: the index of its parameter, or nil when there is none for it.
  var parameters: [Int?] = []
  var problems: [Problem] = []

  enum Problem: Equatable {
    /// A required parameter that nothing is given for.
    case missing(parameter: Int)
    case extra(argument: Int)
    case unknownLabel(argument: Int)
    /// The parameter has been given already.
    case repeated(argument: Int, parameter: Int)
    /// An unlabelled argument after a labelled one.
    case unlabelledAfterLabelled(argument: Int)
    /// The next parameter wants its label written.
    case needsLabel(argument: Int, parameter: Int)
    case unwantedBlock(argument: Int)
  }
}

/// Holds the arguments of a call against a signature.
func matchArguments(
  _ arguments: some Collection<Argument>, of tree: SyntaxTree, to signature: Signature,
  hasTrailingBlock: Bool
) -> ArgumentMatch {
  var matcher = ArgumentMatcher(tree: tree, signature: signature)
  for (index, argument) in arguments.enumerated() {
    if hasTrailingBlock, index == arguments.count - 1 {
      matcher.takeBlock(index)
    } else if let label = argument.label {
      matcher.take(index, labelled: tree.text(of: label.name))
    } else {
      matcher.takeUnlabelled(index)
    }
  }
  matcher.finish()
  return matcher.match
}

private struct ArgumentMatcher {
  let tree: SyntaxTree
  let signature: Signature
  var match = ArgumentMatch()
  var given: [Bool]
  /// The parameter that the next unlabelled argument goes to.
  var next = 0
  var hasSeenLabel = false

  init(tree: SyntaxTree, signature: Signature) {
    self.tree = tree
    self.signature = signature
    given = Array(repeating: false, count: signature.parameters.count)
  }

  mutating func take(_ argument: Int, labelled label: String) {
    hasSeenLabel = true
    guard
      let parameter = signature.parameters.firstIndex(where: {
        $0.name == label && $0.style != .variadic
      })
    else {
      match.parameters.append(nil)
      match.problems.append(.unknownLabel(argument: argument))
      return
    }
    give(argument, to: parameter)
  }

  mutating func takeUnlabelled(_ argument: Int) {
    while next < given.count, isSkipped(next) { next += 1 }
    if hasSeenLabel {
      match.parameters.append(nil)
      match.problems.append(.unlabelledAfterLabelled(argument: argument))
    } else if next < given.count, signature.parameters[next].style == .labelled {
      match.parameters.append(nil)
      match.problems.append(.needsLabel(argument: argument, parameter: next))
    } else if next < given.count {
      give(argument, to: next)
    } else {
      match.parameters.append(nil)
      match.problems.append(.extra(argument: argument))
    }
  }

  /// Unlabelled arguments go past what is given, and past labelled parameters to a variadic one.
  private func isSkipped(_ parameter: Int) -> Bool {
    switch signature.parameters[parameter].style {
    case .variadic: false
    case .labelled: given[parameter] || signature.isVariadic
    case .required, .optional: given[parameter]
    }
  }

  /// A block goes to the last parameter that is not given by label only.
  mutating func takeBlock(_ argument: Int) {
    guard
      let parameter = signature.parameters.lastIndex(where: { $0.style != .labelled }),
      !given[parameter] || signature.parameters[parameter].style == .variadic,
      signature.parameters[parameter].kind.takesBlock
    else {
      match.parameters.append(nil)
      match.problems.append(.unwantedBlock(argument: argument))
      return
    }
    give(argument, to: parameter)
  }

  private mutating func give(_ argument: Int, to parameter: Int) {
    let declared = signature.parameters[parameter]
    match.parameters.append(parameter)
    if given[parameter], declared.style != .variadic {
      match.problems.append(.repeated(argument: argument, parameter: parameter))
    }
    given[parameter] = true
  }

  mutating func finish() {
    for (parameter, declared) in signature.parameters.enumerated()
    where declared.style == .required && !given[parameter] {
      match.problems.append(.missing(parameter: parameter))
    }
  }
}

extension ValueKind {
  var takesBlock: Bool {
    switch self {
    case .any, .function, .block, .processBlock: true
    default: false
    }
  }
}
