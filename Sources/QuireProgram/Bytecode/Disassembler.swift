// Code as text: one instruction a line, with what its operands mean.

extension Program {
  /// The listing of all functions, for people and for tests.
  package func disassemble() -> String {
    functions.indices.map { disassemble(FunctionIndex($0)) }.joined(separator: "\n")
  }

  /// The listing of one function. Addresses count from its first instruction.
  package func disassemble(_ index: FunctionIndex) -> String {
    let record = functions[Int(index)]
    var text = "\(heading(of: record, index))\n"
    for address in record.entry..<record.entry + record.codeCount {
      text += line(at: address, in: record) + "\n"
    }
    for handler in record.handlers {
      text += "      errors of \(handler.start - record.entry) ..< \(handler.end - record.entry)"
      text += " to \(handler.target - record.entry), in r\(handler.errorRegister)\n"
    }
    return text
  }

  private func heading(of record: FunctionRecord, _ index: FunctionIndex) -> String {
    let captures = record.captureCount > 0 ? ", captures \(record.captureCount)" : ""
    let parameters = record.signature.parameters.map(\.name).joined(separator: ", ")
    return "function \(index) \(record.signature.name)(\(parameters)): "
      + "\(record.kind), registers \(record.registerCount)\(captures)"
  }

  private func line(at address: UInt32, in record: FunctionRecord) -> String {
    let instruction = code[Int(address)]
    let number = String(address - record.entry)
    let name = "\(instruction.opcode)"
    let steps = instruction.steps > 0 ? "+\(instruction.steps)" : ""
    let operands = operandText(instruction, at: Int(address - record.entry), in: record)
    let columns = padded(number, 5, left: true) + padded(steps, 4, left: true) + "  "
    return (columns + padded(name, 32) + operands).trimmedRight
  }

  // MARK: Operands

  private func operandText(
    _ instruction: Instruction, at address: Int, in record: FunctionRecord
  ) -> String {
    let (a, b) = (instruction.a, instruction.b)
    if instruction.opcode.isWideBranch {
      let target = "→ \(address + 1 + instruction.wide)"
      return instruction.opcode == .jump ? target : "r\(a) \(target)"
    }
    if instruction.opcode.isFusedBranch {
      let right = instruction.opcode.hasImmediate ? "\(instruction.immediateB)" : "r\(b)"
      return "r\(a) \(right) → \(address + 1 + instruction.offset)"
    }
    switch instruction.opcode {
    case .returnNil: return ""
    case .loadNil, .loadTrue, .loadFalse, .loadAbsent, .getSelf, .returnValue: return "r\(a)"
    case .step: return "\(instruction.wide)"
    case .loadInteger: return "r\(a) ← \(instruction.wide)"
    case .loadConstant: return "r\(a) ← \(constants[instruction.wide].text)"
    case .loadFunction: return "r\(a) ← \(functionName(instruction.wide))"
    case .getGlobal: return "r\(a) ← \(globals[instruction.wide].name)"
    case .setGlobal: return "\(globals[instruction.wide].name) ← r\(a)"
    case .move, .makeCell, .getCell, .setCell, .negate, .complement, .not, .prepareIteration:
      return "r\(a) ← r\(b)"
    case .getCapture, .getCapturedCell: return "r\(a) ← capture \(b)"
    case .setCapturedCell: return "capture \(a) ← r\(b)"
    case .expect, .expectMissed, .expectFailed:
      return expectationText(instruction, in: record)
    default: return compoundText(instruction)
    }
  }

  private func expectationText(
    _ instruction: Instruction, in record: FunctionRecord
  ) -> String {
    let (a, b) = (instruction.a, instruction.b)
    let expectation = record.expectations[Int(instruction.c)]
    switch (instruction.opcode, expectation.kind) {
    case (.expectFailed, .failure(let name)): return "r\(a) is \(name)"
    case (_, .failure(let name)): return name
    case (_, .comparison(let left, let operation, let right)):
      return "r\(a), r\(b) `\(left)` \(operation) r\(b + 1) `\(right)`"
    case (_, .condition): return "r\(a)"
    }
  }

  private func compoundText(_ instruction: Instruction) -> String {
    let (a, b, c) = (instruction.a, instruction.b, instruction.c)
    switch instruction.opcode {
    case .call: return "r\(a) ← \(functionName(Int(b))) r\(a), \(c)"
    case .callValue: return "r\(a) ← r\(b) r\(a), \(c)"
    case .callBuiltin: return "r\(a) ← \(builtins[Int(b)].name) r\(c)"
    case .callVariadic: return "r\(a) ← \(builtins[Int(b)].name) r\(a), \(c)"
    case .callMember: return "r\(a) ← r\(a).\(memberNames[Int(b)]) r\(a + 1), \(c)"
    case .makeClosure: return "r\(a) ← \(functionName(Int(b))) over r\(c)"
    case .getMember: return "r\(a) ← r\(b).\(memberNames[Int(c)])"
    case .setMember: return "r\(a).\(memberNames[Int(b)]) ← r\(c)"
    case .getIndex: return "r\(a) ← r\(b)[r\(c)]"
    case .getIndexImmediate: return "r\(a) ← r\(b)[\(instruction.immediateC)]"
    case .setIndex: return "r\(a)[r\(b)] ← r\(c)"
    case .makeRange, .makeClosedRange: return "r\(a) ← r\(b), r\(b + 1)"
    case .makeList, .makeMap, .makeString: return "r\(a) ← r\(b), \(c)"
    case .extendList, .extendMap: return "r\(a) with r\(b), \(c)"
    default:
      let right = instruction.opcode.hasImmediate ? "\(instruction.immediateC)" : "r\(c)"
      return "r\(a) ← r\(b), \(right)"
    }
  }

  private func functionName(_ index: Int) -> String {
    functions.indices.contains(index)
      ? "\(functions[index].signature.name)#\(index)" : "#\(index)"
  }
}

extension Opcode {
  /// Whether the last operand before the branch target is a number.
  fileprivate var hasImmediate: Bool {
    (rawValue >= Opcode.addImmediate.rawValue && rawValue <= Opcode.andImmediate.rawValue)
      || (rawValue >= Opcode.jumpIfEqualImmediate.rawValue && isFusedBranch)
  }
}

extension Constant {
  fileprivate var text: String {
    switch self {
    case .integer(let value): "\(value)"
    case .address(let value): "0x\(String(value, radix: 16))"
    case .float(let value): "\(value)"
    case .string(let value): value.debugDescription
    }
  }
}

private func padded(_ text: String, _ width: Int, left: Bool = false) -> String {
  let space = String(repeating: " ", count: max(width - text.count, 0))
  return left ? space + text : text + space
}

extension String {
  fileprivate var trimmedRight: String {
    var result = self
    while result.last == " " { result.removeLast() }
    return result
  }
}
