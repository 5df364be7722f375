// The operands of scenario lines: numbers, addresses, names and flags.

extension WordCursor {
  mutating func number(
    _ what: String
  ) throws(ScenarioDiagnostic) -> UInt64 {
    let word = try next(what)
    guard let value = ScenarioNumber.parse(word.text) else {
      throw refuse(word, "\(what) is not a number: '\(word.text)'")
    }
    return value
  }

  mutating func address() throws(ScenarioDiagnostic) -> AddressExpression {
    let word = try next("the address")
    guard let address = ScenarioNumber.parseAddress(word.text) else {
      throw refuse(word, "'\(word.text)' is no address")
    }
    let anchors = ["T", "A", "B", "S", "stack"]
    if let name = address.name, !anchors.contains(name),
      !ScenarioParser.isNumbered(Substring(name), "r")
    {
      throw refuse(word, "'\(name)' is no anchor (T A B S stack) and no region (r1, r2, …)")
    }
    return address
  }

  mutating func range() throws(ScenarioDiagnostic) -> AddressRange {
    AddressRange(start: try address(), length: try number("the length"))
  }

  mutating func name(
    _ letter: Character
  ) throws(ScenarioDiagnostic) -> String {
    let word = try next("a name like \(letter)1")
    guard ScenarioParser.isNumbered(word.text, letter) else {
      throw refuse(word, "'\(word.text)' should be a name like \(letter)1")
    }
    return String(word.text)
  }

  mutating func descriptor() throws(ScenarioDiagnostic) -> DescriptorOperand {
    let word = try next("the descriptor")
    if ScenarioParser.isNumbered(word.text, "f") { return .file(String(word.text)) }
    guard let number = ScenarioNumber.parse(word.text) else {
      throw refuse(word, "'\(word.text)' is no file and no descriptor number")
    }
    return .number(Int64(bitPattern: number))
  }

  /// Letters, `none` or a number.
  mutating func protection() throws(ScenarioDiagnostic) -> UInt64 {
    let word = try next("the protection")
    if word.text == "none" { return 0 }
    if let number = ScenarioNumber.parse(word.text) { return number }
    var bits: UInt64 = 0
    for letter in word.text {
      guard let match = LinuxNames.protection.first(where: { $0.name == String(letter) }) else {
        throw refuse(word, "'\(word.text)' is no protection: letters of rwxdu, or none")
      }
      bits |= match.value
    }
    return bits
  }

  /// A comma list of names, or a number.
  mutating func flags(
    _ names: LinuxNames.Names
  ) throws(ScenarioDiagnostic) -> UInt64 {
    let word = try next("the flags")
    if let number = ScenarioNumber.parse(word.text) { return number }
    var bits: UInt64 = 0
    for part in word.text.split(separator: ",", omittingEmptySubsequences: false) {
      bits |= try value(of: part, in: names, at: word)
    }
    return bits
  }

  /// One name, or a number.
  mutating func named(
    _ names: LinuxNames.Names
  ) throws(ScenarioDiagnostic) -> UInt64 {
    let word = try next("the advice")
    if let number = ScenarioNumber.parse(word.text) { return number }
    return try value(of: word.text, in: names, at: word)
  }

  private func value(
    of part: Substring, in names: LinuxNames.Names, at word: ScenarioWord
  ) throws(ScenarioDiagnostic) -> UInt64 {
    guard let match = names.first(where: { $0.name == part }) else {
      let known = names.map(\.name).joined(separator: " ")
      throw refuse(word, "'\(part)' is none of \(known)")
    }
    return match.value
  }
}
