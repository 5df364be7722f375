// What the kinds of values are called, in `type(x)` and in messages.

extension ScriptHeap {
  /// "integer", "swap area" …
  package func kindName(of value: Value) -> String {
    guard let tag = value.tag else { return value.isSmallInteger ? "integer" : "float" }
    switch tag {
    case .absent: return "missing argument"
    case .none: return "nil"
    case .true, .false: return "boolean"
    case .address, .wideAddress: return "address"
    case .wideInteger: return "integer"
    case .wideFloat: return "float"
    case .function, .closure: return "function"
    case .swapArea: return "swap area"
    case .perCPU: return "per-CPU variable"
    case .storage, .slots, .cell: return "internal object"
    default: return String(describing: tag)
    }
  }

  /// "an integer", "a list", "nil".
  package func kindPhrase(of value: Value) -> String {
    let name = kindName(of: value)
    if value.isNone { return name }
    let vowels: Set<Character> = ["a", "e", "i", "o"]
    return (name.first.map { vowels.contains($0) } ?? false ? "an " : "a ") + name
  }
}
