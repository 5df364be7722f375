// Branches and loops to code. A loop tests at its end, so that a pass costs one branch.

import QuireSyntax

extension Compiler {
  mutating func compileConditional(
    _ branches: NodeList<Branch>, _ otherwise: BlockID?, at span: SourceSpan, isTail: Bool
  ) {
    let end = function.makeLabel()
    let all = tree[branches]
    for (offset, branch) in all.enumerated() {
      let next = function.makeLabel()
      compileBranch(branch.condition, to: next, when: false)
      compileArm(branch.body, isTail: isTail)
      if offset < all.count - 1 || otherwise != nil {
        function.emitBranch(Instruction(.jump), to: end, at: span)
      }
      function.place(next, at: span)
    }
    if let otherwise { compileArm(otherwise, isTail: isTail) }
    function.place(end, at: span)
  }

  private mutating func compileArm(_ body: BlockID, isTail: Bool) {
    let mark = function.nextRegister
    if isTail {
      compileTail(tree[body].statements)
      // An arm that gives no value gives nil: nothing may fall into what follows.
      function.emitReturn(nil, at: tree[body].span)
    } else {
      compile(tree[body].statements)
    }
    function.release(to: mark)
  }

  mutating func compileWhile(_ condition: ExpressionID, _ body: BlockID, at span: SourceSpan) {
    let mark = function.nextRegister
    let outer = function.loopConstants
    keepConstants(of: condition)
    let top = function.makeLabel()
    let end = function.makeLabel()
    compileBranch(condition, to: end, when: false)
    function.placeLoop(top, at: span)
    compileLoopBody(body, breakLabel: end, at: span)
    function.pendingSteps += 1
    compileBranch(condition, to: top, when: true)
    function.place(end, at: span)
    function.loopConstants = outer
    function.release(to: mark)
  }

  /// Loads the constants that a loop's condition compares with, once, if they do not fit into the
  /// branch.
  private mutating func keepConstants(of condition: ExpressionID) {
    switch tree[condition] {
    case .parenthesized(let inner), .unary(.not, let inner): keepConstants(of: inner)
    case .logical(_, let left, let right):
      keepConstants(of: left)
      keepConstants(of: right)
    case .binary(let operation, let left, let right) where operation.isComparison:
      for side in [left, right] where immediate(side) == nil {
        guard let value = constantInteger(side), function.loopConstants[value] == nil
        else { continue }
        function.loopConstants[value] = push(side)
      }
    default: break
    }
  }

  mutating func compileRepeat(_ count: ExpressionID, _ body: BlockID, at span: SourceSpan) {
    let mark = function.nextRegister
    let base = push(count)
    _ = function.allocate()
    compileCountedLoop(.prepareRepeat, base, body, at: tree.span(of: count))
    function.release(to: mark)
  }

  mutating func compileFor(
    _ id: StatementID, _ sequence: ExpressionID, _ body: BlockID, at span: SourceSpan
  ) {
    let mark = function.nextRegister
    let place = tree.span(of: sequence)
    if case .range(let lower, let upper, let isClosed) = tree[sequence] {
      let base = push(lower)
      _ = push(upper)
      function.registers[file[declaration: id]] = base
      compileCountedLoop(isClosed ? .prepareClosedRange : .prepareRange, base, body, at: place)
    } else {
      let base = function.allocate(3)
      let iterated = operand(sequence)
      function.emit(Instruction(.prepareIteration, a: base, b: iterated), at: place)
      function.release(to: Int(base) + 3)
      function.registers[file[declaration: id]] = base + 2
      compileIteration(base, body, at: place)
    }
    function.release(to: mark)
  }

  /// A loop over integers: the cursor is the variable itself, since nobody can assign it.
  private mutating func compileCountedLoop(
    _ prepare: Opcode, _ base: Register, _ body: BlockID, at span: SourceSpan
  ) {
    let top = function.makeLabel()
    let end = function.makeLabel()
    function.emitBranch(Instruction(prepare, a: base), to: end, at: span)
    function.placeLoop(top, at: span)
    compileLoopBody(body, breakLabel: end, at: span)
    function.emitBranch(Instruction(.nextInRange, a: base), to: top, own: 1, at: span)
    function.place(end, at: span)
  }

  private mutating func compileIteration(
    _ base: Register, _ body: BlockID, at span: SourceSpan
  ) {
    let top = function.makeLabel()
    let end = function.makeLabel()
    let first = function.makeLabel()
    function.emitBranch(Instruction(.nextInIteration, a: base), to: first, at: span)
    function.emitBranch(Instruction(.jump), to: end, at: span)
    function.place(first, at: span)
    function.placeLoop(top, at: span)
    compileLoopBody(body, breakLabel: end, at: span)
    function.emitBranch(Instruction(.nextInIteration, a: base), to: top, own: 1, at: span)
    function.place(end, at: span)
  }

  private mutating func compileLoopBody(
    _ body: BlockID, breakLabel: FunctionBuilder.Label, at span: SourceSpan
  ) {
    let again = function.makeLabel()
    function.loops.append(.init(breakLabel: breakLabel, continueLabel: again))
    compileBlock(body)
    _ = function.loops.popLast()
    function.place(again, at: span)
  }

  mutating func leaveLoop(
    at span: SourceSpan, _ label: (FunctionBuilder.Loop) -> FunctionBuilder.Label
  ) {
    guard let loop = function.loops.last else { return }
    function.emitBranch(Instruction(.jump), to: label(loop), at: span)
  }
}
