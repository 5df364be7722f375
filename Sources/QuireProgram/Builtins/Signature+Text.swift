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
