// The program while it grows, with the reverse look-ups that keep its tables free of duplicates.

import QuireSyntax

/// A program under construction. Indices that were given out stay valid for ever, which is what
/// lets a session add entries to a running program.
struct ProgramTables {
  var program: Program
  private var constantIndex: [Constant: Int] = [:]
  private var memberIndex: [String: Int] = [:]

  init(hostFunctions: [Signature]) {
    program = Program()
    program.builtins += hostFunctions
    for (index, name) in program.memberNames.enumerated() { memberIndex[name] = index }
  }

  mutating func index(of constant: Constant) -> Int {
    if let index = constantIndex[constant] { return index }
    constantIndex[constant] = program.constants.count
    program.constants.append(constant)
    return program.constants.count - 1
  }

  mutating func index(ofMember name: String) -> Int {
    if let index = memberIndex[name] { return index }
    memberIndex[name] = program.memberNames.count
    program.memberNames.append(name)
    return program.memberNames.count - 1
  }
}

extension Constant {
  // Floats are told apart by their bits, so that 0.0 and -0.0 are two constants and NaN is one.
  package static func == (left: Constant, right: Constant) -> Bool {
    switch (left, right) {
    case (.integer(let left), .integer(let right)): left == right
    case (.address(let left), .address(let right)): left == right
    case (.float(let left), .float(let right)): left.bitPattern == right.bitPattern
    case (.string(let left), .string(let right)): left.utf8.elementsEqual(right.utf8)
    default: false
    }
  }
}
