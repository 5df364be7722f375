// Expressions: names inside them, members of modules and of values whose kind is certain.

import QuireSyntax

extension Resolver {
  /// An expression whose value is wanted.
  mutating func resolve(_ id: ExpressionID) {
    resolveBase(id)
    guard case .module(.some) = file[use: id] else { return }
    report(
      "module-value", "a module is no value; name something in it", at: tree.span(of: id))
  }

  /// An expression that may be a module, in front of a dot.
  private mutating func resolveBase(_ id: ExpressionID) {
    switch tree[id] {
    case .invalid, .nilLiteral, .boolean, .integer, .address, .float, .string: break
    case .interpolation(let parts), .list(let parts):
      for part in tree[parts] { resolve(part) }
    case .name(let name): file[use: id] = lookUp(name, at: tree.span(of: id))
    case .map(let entries): resolveMap(entries)
    case .range(let lower, let upper, _):
      resolve(lower)
      resolve(upper)
    case .unary(_, let operand), .parenthesized(let operand): resolve(operand)
    case .binary(_, let left, let right), .logical(_, let left, let right),
      .index(let left, let right):
      resolve(left)
      resolve(right)
    case .member(let base, let name): resolveMember(id, base, name)
    case .call(let call): resolveCall(call, at: tree.span(of: id))
    case .closure(let function): resolveClosure(function, kind: .closure, at: tree.span(of: id))
    case .process(let name, let body): resolveProcess(name, body, at: tree.span(of: id))
    }
  }

  /// An expression that must be true or false.
  mutating func resolveCondition(_ id: ExpressionID) {
    resolve(id)
    guard let kind = kind(of: id), kind != .boolean else { return }
    let span = tree.span(of: id)
    let text = file.source.text(of: span)
    var notes: [Diagnostic.Note] = []
    if case .name(let name) = tree[id], Environment.constants[tree.text(of: name)] != nil {
      notes.append(.init("'expect \(text) { … }' expects a failure"))
    } else if kind == .process || kind == .function {
      notes.append(.init("compare it: '\(text) == …'"))
    }
    report(
      "no-condition", "a condition is true or false, not \(kind.phrase)", at: span, notes: notes)
  }

  /// An expression as a statement. A bare name of a function is a call of it.
  mutating func resolveStatement(_ id: ExpressionID) {
    resolve(id)
    guard case .name = tree[id], let signature = bareCallee(file[use: id]) else { return }
    let span = tree.span(of: id)
    report(
      matchArguments([], of: tree, to: signature, hasTrailingBlock: false).problems, signature,
      at: span)
  }

  private mutating func resolveMap(_ entries: NodeList<MapEntry>) {
    var seen: Set<String> = []
    for entry in tree[entries] {
      resolve(entry.key)
      if case .string(let text) = tree[entry.key], !seen.insert(tree.text(of: text)).inserted {
        report(
          "duplicate-key", "the key \"\(tree.text(of: text))\" is given twice",
          at: tree.span(of: entry.key))
      }
      resolve(entry.value)
    }
  }

  private mutating func resolveMember(
    _ id: ExpressionID, _ base: ExpressionID, _ name: Identifier
  ) {
    resolveBase(base)
    if case .module(let module) = file[use: base] {
      if let module { file[use: id] = lookUp(name, in: module, called: base) }
    } else {
      checkMember(name, of: kind(of: base))
    }
  }

  /// `patterns.zipf`
  private mutating func lookUp(
    _ name: Identifier, in module: Int, called base: ExpressionID
  ) -> Use {
    let exports = environment.modules[module]
    let text = tree.text(of: name.name)
    if let symbol = exports.symbols[text] { return Use(symbol) }
    var known = exports.name
    if case .name(let alias) = tree[base] { known = tree.text(of: alias) }
    report(
      "unknown-member", "module '\(known)' has no '\(text)'", at: name.span,
      notes: exports.names.isEmpty
        ? [] : [.init("it has \(exports.names.joined(separator: ", "))")],
      fixIts: suggestion(for: text, among: exports.names, at: name.span))
    return .nothing
  }

  /// Refuses a misspelt member where the kind of the value leaves no doubt.
  mutating func checkMember(_ name: Identifier, of kind: ValueKind?) {
    guard let kind, let members = kind.members else { return }
    let text = tree.text(of: name.name)
    guard !members.contains(where: { $0.name == text }) else { return }
    let names = members.map(\.name)
    report(
      "unknown-member", "\(kind.phrase) has no member '\(text)'", at: name.span,
      notes: [.init("it has \(names.joined(separator: ", "))")],
      fixIts: suggestion(for: text, among: names, at: name.span))
  }

  /// The left side of an assignment.
  mutating func resolveTarget(_ id: ExpressionID) {
    switch tree[id] {
    case .name(let name): resolveAssignedName(name, id)
    case .member(let base, let name):
      resolve(id)
      guard case .module = file[use: base] else { return }
      report(
        "constant-assignment",
        "'\(tree.text(of: name.name))' belongs to a module, which alone may assign it",
        at: name.span)
    default: resolve(id)
    }
  }

  /// What an expression is certain to be, or nil.
  func kind(of id: ExpressionID) -> ValueKind? {
    switch tree[id] {
    case .boolean, .logical: .boolean
    case .integer: .integer
    case .address: .address
    case .float: .float
    case .string, .interpolation: .string
    case .list: .list
    case .map: .map
    case .range: .range
    case .unary(.not, _): .boolean
    case .closure: .function
    case .process: .process
    case .parenthesized(let inner): kind(of: inner)
    case .name: kind(of: file[use: id])
    case .call(let call): kindOfCall(call)
    case .binary(let operation, _, _): operation.isComparison ? .boolean : nil
    default: nil
    }
  }

  private func kind(of use: Use) -> ValueKind? {
    switch use {
    case .variable(let variable):
      let known = file.variables[variable]
      return known.isConstant ? known.kind : nil
    case .function: return .function
    case .builtin(let index):
      let signature = environment.program.builtins[index]
      return signature.isValue ? certain(signature.result) : .function
    case .integer: return .integer
    case .word: return .string
    case .nothing, .global, .module: return nil
    }
  }

  private func kindOfCall(_ call: CallID) -> ValueKind? {
    guard case .builtin(let index) = file[use: tree[call].callee] else { return nil }
    return certain(environment.program.builtins[index].result)
  }

  private func certain(_ kind: ValueKind) -> ValueKind? {
    switch kind {
    case .any, .nothing: nil
    case .size, .duration, .flags: .integer
    default: kind
    }
  }
}

extension ValueKind {
  /// Every member that a value of this kind has, or nil when they are not fixed.
  package var members: [Member]? {
    switch self {
    case .region: [.start, .end, .length, .len, .pages, .page]
    case .range: [.lower, .upper, .len]
    case .status: [.code, .signal, .core, .process]
    case .event: [.wait, .signal, .waiting]
    case .semaphore: [.down, .up, .count, .waiting]
    case .barrier: [.wait, .count, .waiting]
    case .error: [.errno, .number, .message, .call, .signal, .address, .access]
    default: nil
    }
  }

  /// With its article: "a region", "an error".
  var phrase: String { ("aeio".contains(rawValue.prefix(1)) ? "an " : "a ") + rawValue }

  /// Whether a value of this kind can certainly not be called.
  var isNoFunction: Bool {
    switch self {
    case .any, .nothing, .function, .block, .processBlock: false
    default: true
    }
  }
}

extension BinaryOperator {
  var isComparison: Bool {
    switch self {
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: true
    default: false
    }
  }
}
