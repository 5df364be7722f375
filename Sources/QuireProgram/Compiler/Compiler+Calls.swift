// Calls to code: who is called, and the arguments in a row of registers.

import QuireSyntax

extension Compiler {
  /// Whom the bare name of a function calls as a statement.
  func bareCallee(_ use: Use) -> Use? {
    switch use {
    case .builtin(let index): return tables.program.builtins[index].isValue ? nil : use
    case .function: return use
    case .variable(let variable):
      switch file.variables[variable].origin {
      case .function, .itself: return use
      default: return nil
      }
    case .nothing, .global, .integer, .word, .module: return nil
    }
  }

  mutating func compileCall(
    _ callee: ExpressionID, _ arguments: NodeList<Argument>, _ hasTrailingBlock: Bool,
    into target: Register?, at span: SourceSpan
  ) -> Register {
    let use = file[use: callee]
    let all = Array(tree[arguments])
    if case .member(let base, let name) = tree[callee], use == .nothing {
      return compileMemberCall(base, name, all, at: span)
    }
    if knownSignature(use, all) == nil { return compileValueCall(callee, all, at: span) }
    return compileCall(of: use, all, hasTrailingBlock: hasTrailingBlock, into: target, at: span)
  }

  /// The face of a callee that needs no value to be called.
  private func knownSignature(_ use: Use, _ arguments: [Argument]) -> Signature? {
    switch location(of: use) {
    case .builtin(let index): return tables.program.builtins[index]
    case .function(let index):
      if case .variable(let variable) = use, let context = file.staticContext(of: variable) {
        let callee = file.contexts[context]
        return callee.ignoresArguments && !arguments.isEmpty ? nil : callee.signature
      }
      return tables.program.functions[Int(index)].signature
    default: return nil
    }
  }

  /// A call of a builtin or of a script function that is known here.
  mutating func compileCall(
    of use: Use, _ arguments: [Argument], hasTrailingBlock: Bool, into target: Register?,
    at span: SourceSpan
  ) -> Register {
    guard let signature = knownSignature(use, arguments) else {
      let base = function.allocate()
      let callee = load(location(of: use), into: nil, at: span)
      return finishValueCall(callee, base, 0, at: span)
    }
    let mark = function.nextRegister
    if case .builtin(let index) = location(of: use), signature.parameters.count == 1,
      arguments.count == 1, !signature.isVariadic
    {
      let argument = operand(arguments[0].value)
      function.release(to: mark)
      let result = target ?? function.allocate()
      emitBuiltinCall(index, to: result, arguments: argument, 1, at: span)
      return result
    }
    let (base, count) = pushArguments(arguments, signature, hasTrailingBlock, at: span)
    function.release(to: mark)
    var result = function.allocate()
    switch location(of: use) {
    case .builtin(let index):
      if let target, !signature.isVariadic { result = target }
      emitBuiltinCall(index, to: result, arguments: base, count, at: span)
    case .function(let index):
      function.emitCharging(
        Instruction(.call, a: base, b: index, c: UInt16(count)), own: 1, at: span)
    default: break
    }
    return result
  }

  /// Puts the arguments in a row, in the order of the parameters; they are evaluated in the order
  /// in which they are written.
  mutating func pushArguments(
    _ arguments: [Argument], _ signature: Signature, _ hasTrailingBlock: Bool,
    at span: SourceSpan
  ) -> (base: Register, count: Int) {
    let match = matchArguments(
      arguments, of: tree, to: signature, hasTrailingBlock: hasTrailingBlock)
    let fixed = signature.fixedParameterCount
    var next = fixed
    let slots = match.parameters.map { parameter in
      if let parameter, parameter < fixed { return parameter }
      next += 1
      return next - 1
    }
    let isInOrder = zip(slots, slots.dropFirst()).allSatisfy { $0 < $1 }
    let base = Register(truncatingIfNeeded: function.nextRegister)
    if isInOrder {
      pushInOrder(arguments, slots, count: next, at: span)
    } else {
      placeOutOfOrder(arguments, slots, count: next, at: span)
    }
    return (base, next)
  }

  private mutating func pushInOrder(
    _ arguments: [Argument], _ slots: [Int], count: Int, at span: SourceSpan
  ) {
    let base = function.nextRegister
    for (argument, slot) in zip(arguments, slots) {
      pushAbsent(upTo: base + slot, at: span)
      _ = push(argument.value)
    }
    pushAbsent(upTo: base + count, at: span)
  }

  private mutating func pushAbsent(upTo register: Int, at span: SourceSpan) {
    while function.nextRegister < register {
      function.emit(Instruction(.loadAbsent, a: function.allocate()), at: span)
    }
  }

  /// Labels in another order than the parameters: temporaries lie above all arguments.
  private mutating func placeOutOfOrder(
    _ arguments: [Argument], _ slots: [Int], count: Int, at span: SourceSpan
  ) {
    let base = function.allocate(count)
    let mark = function.nextRegister
    for (argument, slot) in zip(arguments, slots) {
      compile(argument.value, into: base + Register(truncatingIfNeeded: slot))
      function.release(to: mark)
    }
    for slot in 0..<count where !slots.contains(slot) {
      let register = base + Register(truncatingIfNeeded: slot)
      function.emit(Instruction(.loadAbsent, a: register), at: span)
    }
  }

  mutating func emitBuiltinCall(
    _ index: Int, to result: Register, arguments base: Register, _ count: Int,
    at span: SourceSpan
  ) {
    let id = UInt16(truncatingIfNeeded: index)
    let call =
      tables.program.builtins[index].isVariadic
      ? Instruction(.callVariadic, a: base, b: id, c: UInt16(truncatingIfNeeded: count))
      : Instruction(.callBuiltin, a: result, b: id, c: base)
    function.emitCharging(call, own: 1, at: span)
  }

  /// A callee that only the run knows.
  private mutating func compileValueCall(
    _ callee: ExpressionID, _ arguments: [Argument], at span: SourceSpan
  ) -> Register {
    let mark = function.nextRegister
    let value = operand(callee)
    let base = function.allocate()
    function.release(to: Int(base))
    for argument in arguments { _ = push(argument.value) }
    function.release(to: max(Int(base) + 1, mark))
    return finishValueCall(value, base, arguments.count, at: span)
  }

  private mutating func finishValueCall(
    _ callee: Register, _ base: Register, _ count: Int, at span: SourceSpan
  ) -> Register {
    function.emitCharging(
      Instruction(.callValue, a: base, b: callee, c: UInt16(truncatingIfNeeded: count)), own: 1,
      at: span)
    return base
  }

  private mutating func compileMemberCall(
    _ receiver: ExpressionID, _ name: Identifier, _ arguments: [Argument], at span: SourceSpan
  ) -> Register {
    let base = push(receiver)
    for argument in arguments { _ = push(argument.value) }
    function.release(to: Int(base) + 1)
    function.emitCharging(
      Instruction(
        .callMember, a: base, b: member(name), c: UInt16(truncatingIfNeeded: arguments.count)),
      own: 1, at: span)
    return base
  }

  /// `process NAME { … }` is a call of the builtin.
  mutating func compileProcess(
    _ name: ExpressionID, _ body: BlockID, into target: Register?, at span: SourceSpan
  ) -> Register {
    let mark = function.nextRegister
    let base = push(name)
    let block = function.allocate()
    if let context = file.contextOfBlock[body] { makeClosure(of: context, into: block, at: span) }
    function.release(to: mark)
    let result = target ?? function.allocate()
    emitBuiltinCall(
      Int(Builtin.process.rawValue), to: result, arguments: base, 2, at: span)
    return result
  }
}
