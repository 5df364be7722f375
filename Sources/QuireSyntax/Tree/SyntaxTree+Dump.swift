// The tree as text, for tests and for whoever wonders how a line was read.

extension SyntaxTree {
  /// The statements of the file as nested lists in parentheses, one top-level statement a line.
  public func dump() -> String {
    var printer = TreePrinter(tree: self)
    for id in self[self[root].statements] {
      printer.statement(id)
      printer.text += "\n"
    }
    return printer.text
  }
}

/// Writes nodes as `(word part part)`. Recursion is safe: trees have a greatest depth.
private struct TreePrinter {
  let tree: SyntaxTree
  var text = ""

  // MARK: Statements

  mutating func statement(_ id: StatementID) {
    switch tree[id] {
    case .invalid: text += "<invalid>"
    case .expression(let value): expression(value)
    case .constant(let name, let value): form("let", name) { $0.expression(value) }
    case .variable(let name, let value): form("var", name) { $0.expression(value) }
    case .assignment(let target, let compound, let value):
      form((compound?.rawValue ?? "") + "=") {
        $0.expression(target)
        $0.text += " "
        $0.expression(value)
      }
    case .function(let id): function("fn", tree[id])
    case .returnValue(let value):
      form("return") { printer in
        if let value { printer.expression(value) }
      }
    case .breakLoop: text += "break"
    case .continueLoop: text += "continue"
    case .importModule(let path, let name):
      form("import", name) { $0.quote($0.tree.text(of: path)) }
    default: statementWithBlock(tree[id])
    }
  }

  private mutating func statementWithBlock(_ node: Statement) {
    switch node {
    case .conditional(let branches, let otherwise): conditional(branches, otherwise)
    case .whileLoop(let condition, let body): loop("while", nil, condition, body)
    case .forLoop(let name, let sequence, let body): loop("for", name, sequence, body)
    case .repeatLoop(let count, let body): loop("repeat", nil, count, body)
    case .test(let name, let body): loop("test", nil, name, body)
    case .machine(let entries): machine(entries)
    case .expect(let condition): form("expect") { $0.expression(condition) }
    case .expectFailure(let name, let body): form("expect", name) { $0.block(body) }
    case .tryCatch(let body, let error, let handler):
      form("try") {
        $0.block(body)
        $0.text += " catch "
        if let error { $0.name(error) }
        $0.block(handler)
      }
    case .show(let view, let argument):
      form("show", view) { printer in
        if let argument { printer.expression(argument) }
      }
    default: break
    }
  }

  private mutating func conditional(_ branches: NodeList<Branch>, _ otherwise: BlockID?) {
    form("if") { printer in
      for branch in printer.tree[branches] {
        printer.expression(branch.condition)
        printer.text += " "
        printer.block(branch.body)
        printer.text += " "
      }
      if let otherwise {
        printer.text += "else "
        printer.block(otherwise)
      }
    }
  }

  private mutating func loop(
    _ word: String, _ name: Identifier?, _ head: ExpressionID, _ body: BlockID
  ) {
    form(word, name) {
      $0.expression(head)
      $0.text += " "
      $0.block(body)
    }
  }

  private mutating func machine(_ entries: NodeList<MachineEntry>) {
    form("machine") { printer in
      for entry in printer.tree[entries] {
        printer.form(printer.tree.text(of: entry.key.name) + ":") { $0.expression(entry.value) }
        printer.text += " "
      }
    }
  }

  private mutating func block(_ id: BlockID) {
    text += "{"
    for (index, statement) in tree[tree[id].statements].enumerated() {
      text += index == 0 ? "" : "; "
      self.statement(statement)
    }
    text += "}"
  }

  private mutating func function(_ word: String, _ function: Function) {
    form(word, function.name) { printer in
      for parameter in printer.tree[function.parameters] {
        printer.name(parameter.identifier)
        if let value = parameter.defaultValue {
          printer.text += "="
          printer.expression(value)
          printer.text += " "
        }
      }
      printer.block(function.body)
    }
  }

  // MARK: Expressions

  private mutating func expression(_ id: ExpressionID) {
    switch tree[id] {
    case .invalid: text += "<invalid>"
    case .nilLiteral: text += "nil"
    case .boolean(let value): text += value ? "true" : "false"
    case .integer(let value, let unit): text += "\(value)" + (unit == .none ? "" : ":\(unit)")
    case .address(let value): text += "0x" + String(value, radix: 16)
    case .float(let value): text += "\(value)"
    case .string(let string): quote(tree.text(of: string))
    case .interpolation(let segments): form("string") { $0.expressions(segments) }
    case .name(let name): text += tree.text(of: name)
    case .list(let elements): form("list") { $0.expressions(elements) }
    case .map(let entries): map(entries)
    case .range(let lower, let upper, let isClosed):
      operation(isClosed ? "..." : "..<", lower, upper)
    case .unary(let unary, let operand): form(unary.rawValue) { $0.expression(operand) }
    case .binary(let binary, let left, let right): operation(binary.rawValue, left, right)
    case .logical(let logical, let left, let right): operation(logical.rawValue, left, right)
    case .index(let base, let index): operation("[]", base, index)
    case .member(let base, let name): form(".", name) { $0.expression(base) }
    case .call(let id): call(tree[id])
    case .closure(let id): function("closure", tree[id])
    case .process(let name, let body): loop("process", nil, name, body)
    case .parenthesized(let inner): form("paren") { $0.expression(inner) }
    }
  }

  private mutating func operation(_ word: String, _ left: ExpressionID, _ right: ExpressionID) {
    form(word) {
      $0.expression(left)
      $0.text += " "
      $0.expression(right)
    }
  }

  private mutating func call(_ call: Call) {
    form(call.style == .command ? "command" : "call") { printer in
      printer.expression(call.callee)
      for argument in printer.tree[call.arguments] {
        printer.text += " "
        if let label = argument.label { printer.text += printer.tree.text(of: label.name) + ": " }
        printer.expression(argument.value)
      }
      if call.hasTrailingBlock { printer.text += " trailing" }
    }
  }

  private mutating func map(_ entries: NodeList<MapEntry>) {
    form("map") { printer in
      for entry in printer.tree[entries] {
        if entry.keyKind == .computed { printer.text += "computed " }
        printer.expression(entry.key)
        printer.text += ": "
        printer.expression(entry.value)
        printer.text += " "
      }
    }
  }

  private mutating func expressions(_ list: NodeList<ExpressionID>) {
    for id in tree[list] {
      expression(id)
      text += " "
    }
  }

  // MARK: Parts

  /// `(word name …)`; blanks before the closing parenthesis are taken back.
  private mutating func form(
    _ word: String, _ identifier: Identifier? = nil, _ parts: (inout TreePrinter) -> Void
  ) {
    text += "(" + word + " "
    if let identifier { name(identifier) }
    parts(&self)
    while text.hasSuffix(" ") { text.removeLast() }
    text += ")"
  }

  private mutating func name(_ identifier: Identifier) {
    text += tree.text(of: identifier.name) + " "
  }

  private mutating func quote(_ string: String) {
    text += "\"" + string.map { $0 == "\n" ? "\\n" : String($0) }.joined() + "\""
  }
}
