// Signatures in words: for messages, completion and the reference.

extension Signature {
  /// One line: `mmap(length, [protection], [shared: …])`.
  package var synopsis: String {
    let parts = parameters.map { parameter in
      switch parameter.style {
      case .required: parameter.name
      case .optional: "[\(parameter.name)]"
      case .labelled: "[\(parameter.name): …]"
      case .variadic: "\(parameter.name)…"
      }
    }
    return "\(name)(\(parts.joined(separator: ", ")))"
  }

  /// Several lines: the sentence, then what each parameter means, then each way to fail and when.
  package var reference: String {
    let width = (parameters.map(\.name) + failures.map(\.name)).map(\.utf8.count).max() ?? 0
    func line(_ name: String, _ text: String) -> String {
      "  \(name)\(String(repeating: " ", count: width - name.utf8.count))  \(text)"
    }
    var lines = [summary] + parameters.map { line($0.name, "\($0.kindText)\($0.summary)") }
    if !failures.isEmpty {
      lines.append("fails with")
      lines += failures.map { line($0.name, $0.when) }
    }
    return lines.joined(separator: "\n")
  }

  /// "no arguments", "1 argument", "1 to 3 arguments", without those that need a label.
  var countPhrase: String {
    let unlabelled = parameters.filter { $0.style == .required || $0.style == .optional }
    let least = parameters.count { $0.style == .required }
    let most = unlabelled.count
    switch (least, most) {
    case (_, 0): return "no arguments"
    case (1, 1): return "1 argument"
    case (0, 1): return "at most 1 argument"
    default: return least == most ? "\(most) arguments" : "\(least) to \(most) arguments"
    }
  }
}

extension Signature.Parameter {
  /// The kind before a parameter's sentence, where it says more than the sentence does.
  fileprivate var kindText: String {
    switch kind {
    case .any, .block, .processBlock, .list, .map, .object, .cache: ""
    default: "(\(kind.rawValue)) "
    }
  }
}
