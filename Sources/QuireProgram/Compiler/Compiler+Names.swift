// Names to code: where a value lives, how it is read, written and captured.

import QuireSyntax

/// Where a name's value is found.
enum Location: Equatable {
  case register(Register)
  /// The register holds a cell.
  case cell(Register)
  /// Captured by value, at this place of the running closure.
  case captured(UInt16)
  case capturedCell(UInt16)
  case global(Int)
  /// A script function that captures nothing.
  case function(FunctionIndex)
  case builtin(Int)
  /// The running closure.
  case itself
  case integer(Int64)
  case word(String)
  case nothing
}

extension Compiler {
  func location(of use: Use) -> Location {
    switch use {
    case .nothing, .module: .nothing
    case .variable(let variable): location(of: variable)
    case .global(let index): .global(Int(index))
    case .function(let index): .function(index)
    case .builtin(let index): .builtin(index)
    case .integer(let value): .integer(value)
    case .word(let text): .word(text)
    }
  }

  private func location(of id: VariableID) -> Location {
    let variable = file.variables[id]
    if let context = file.staticContext(of: id) { return .function(functionIndex(of: context)) }
    if globalIndices[id] >= 0 { return .global(globalIndices[id]) }
    if variable.context == function.context {
      if variable.origin == .itself { return .itself }
      guard let register = function.registers[id] else { return .nothing }
      return variable.needsCell ? .cell(register) : .register(register)
    }
    guard let place = file.contexts[function.context].captures.firstIndex(of: id)
    else { return .nothing }
    let index = UInt16(truncatingIfNeeded: place)
    return variable.needsCell ? .capturedCell(index) : .captured(index)
  }

  mutating func evaluateName(_ id: ExpressionID, into target: Register?) -> Register {
    let span = tree.span(of: id)
    if case .member(let base, let name) = tree[id], file[use: id] == .nothing {
      let mark = function.nextRegister
      let object = operand(base)
      function.release(to: mark)
      let result = target ?? function.allocate()
      function.emit(
        Instruction(.getMember, a: result, b: object, c: member(name)), at: name.span)
      return result
    }
    return load(location(of: file[use: id]), into: target, at: span)
  }

  /// The value of a location; in its own register where it has one.
  mutating func load(
    _ location: Location, into target: Register?, at span: SourceSpan
  ) -> Register {
    if case .register(let register) = location { return register }
    let result = target ?? function.allocate()
    switch location {
    case .register: break
    case .cell(let cell): function.emit(Instruction(.getCell, a: result, b: cell), at: span)
    case .captured(let index):
      function.emit(Instruction(.getCapture, a: result, b: index), at: span)
    case .capturedCell(let index):
      function.emit(Instruction(.getCapturedCell, a: result, b: index), at: span)
    case .global(let index):
      function.emit(
        Instruction(.getGlobal, a: result, wide: Int32(clamping: index)), at: span)
    case .function(let index):
      function.emit(Instruction(.loadFunction, a: result, wide: Int32(index)), at: span)
    case .builtin(let index): loadBuiltin(index, into: result, at: span)
    case .itself: function.emit(Instruction(.getSelf, a: result), at: span)
    case .integer(let value):
      emitConstant(.integer(value), into: result, at: span)
    case .word(let text): emitConstant(.string(text), into: result, at: span)
    case .nothing: function.emit(Instruction(.loadNil, a: result), at: span)
    }
    return result
  }

  /// `self`, `vmstat` are calls by their name alone; another builtin becomes a function value.
  private mutating func loadBuiltin(
    _ index: Int, into result: Register, at span: SourceSpan
  ) {
    if tables.program.builtins[index].isValue {
      function.emitCharging(
        Instruction(.callBuiltin, a: result, b: UInt16(index), c: result), at: span)
    } else {
      let wrapper = self.index(of: .wrapper(builtin: index))
      function.emit(Instruction(.loadFunction, a: result, wide: Int32(wrapper)), at: span)
    }
  }

  mutating func store(_ value: Register, in location: Location, at span: SourceSpan) {
    switch location {
    case .register(let register):
      function.emit(Instruction(.move, a: register, b: value), at: span)
    case .cell(let cell): function.emit(Instruction(.setCell, a: cell, b: value), at: span)
    case .capturedCell(let index):
      function.emit(Instruction(.setCapturedCell, a: index, b: value), at: span)
    case .global(let index):
      function.emit(Instruction(.setGlobal, a: value, wide: Int32(clamping: index)), at: span)
    case .captured, .function, .builtin, .itself, .integer, .word, .nothing: break
    }
  }

  /// Makes the value of a closure; one that captures nothing is just its function.
  mutating func makeClosure(of id: ContextID, into target: Register, at span: SourceSpan) {
    let captures = file.contexts[id].captures
    let index = functionIndex(of: id)
    guard !captures.isEmpty else {
      function.emit(Instruction(.loadFunction, a: target, wide: Int32(index)), at: span)
      return
    }
    let mark = function.nextRegister
    let base = function.allocate(captures.count)
    for (offset, variable) in captures.enumerated() {
      loadForCapture(variable, into: base + Register(truncatingIfNeeded: offset), at: span)
    }
    function.emit(Instruction(.makeClosure, a: target, b: index, c: base), at: span)
    function.release(to: mark)
  }

  /// What a closure holds: the value, or the cell itself.
  private mutating func loadForCapture(
    _ variable: VariableID, into target: Register, at span: SourceSpan
  ) {
    switch location(of: variable) {
    case .cell(let register), .register(let register):
      function.emit(Instruction(.move, a: target, b: register), at: span)
    case .capturedCell(let index):
      function.emit(Instruction(.getCapture, a: target, b: index), at: span)
    case let other: _ = load(other, into: target, at: span)
    }
  }
}
