// Compiling a text in a test, and what to look at afterwards.

import QuireProgram
import QuireSyntax
import Testing

/// Compiles a text, with modules by name and the functions of a host.
func compile(
  _ text: String, modules: [String: String] = [:], prelude: String = "",
  hostFunctions: [Signature] = []
) -> Compilation {
  Program.compile(
    SourceFile(name: "main.quire", text: text),
    options: CompilationOptions(prelude: Array(prelude.utf8), hostFunctions: hostFunctions)
  ) { request in
    guard let found = modules[request.path] else {
      return .missing(searched: ["\(request.path).quire"])
    }
    return .found(name: "\(request.path).quire", bytes: Array(found.utf8))
  }
}

/// The messages of a text, as `file:line:column: message` with notes and repairs under them.
func messages(
  _ text: String, modules: [String: String] = [:], prelude: String = "",
  hostFunctions: [Signature] = []
) -> String {
  let compilation = compile(
    text, modules: modules, prelude: prelude, hostFunctions: hostFunctions)
  return describe(compilation)
}

func describe(_ compilation: Compilation) -> String {
  var lines: [String] = []
  for diagnostic in compilation.diagnostics {
    let file = compilation.files[Int(diagnostic.span.file.rawValue)]
    let place = file.location(of: diagnostic.span.start)
    let name = file.name == "main.quire" ? "" : "\(file.name):"
    lines.append("\(name)\(place.line):\(place.column): \(diagnostic.message)")
    for note in diagnostic.notes {
      let where_ = note.span.map { " (line \(file.location(of: $0.start).line))" } ?? ""
      lines.append("  note: \(note.message)\(where_)")
    }
    for fixIt in diagnostic.fixIts {
      let edits = fixIt.edits.map { "'\(file.text(of: $0.span))' → '\($0.replacement)'" }
      lines.append("  fix-it: \(fixIt.message) \(edits.joined(separator: ", "))")
    }
  }
  return lines.joined(separator: "\n")
}

/// The listing of a text's function of a given name; of the file's body without one.
func listing(
  _ text: String, of name: String? = nil, modules: [String: String] = [:],
  sourceLocation: SourceLocation = #_sourceLocation
) throws -> String {
  let compilation = compile(text, modules: modules)
  let program = try #require(
    compilation.program, "\(describe(compilation))", sourceLocation: sourceLocation)
  checkCode(of: program, sourceLocation: sourceLocation)
  let index =
    program.functions.firstIndex { $0.signature.name == name } ?? Int(program.entry)
  return program.disassemble(FunctionIndex(index))
}

/// What the interpreter relies on without checking.
func checkCode(of program: Program, sourceLocation: SourceLocation = #_sourceLocation) {
  for record in program.functions {
    let range = Int(record.entry)..<Int(record.entry + record.codeCount)
    for address in range {
      let problem = problem(with: program.code[address], at: address, in: record, program)
      #expect(
        problem == nil, "\(problem ?? "") in\n\(program.disassemble())",
        sourceLocation: sourceLocation)
      if problem != nil { return }
    }
    #expect(program.code[range.upperBound - 1].opcode.endsFunction, sourceLocation: sourceLocation)
  }
}

private func problem(
  with instruction: Instruction, at address: Int, in record: FunctionRecord, _ program: Program
) -> String? {
  let range = Int(record.entry)..<Int(record.entry + record.codeCount)
  if instruction.steps > 0, !instruction.opcode.chargesSteps {
    return "\(instruction.opcode) at \(address) has steps"
  }
  if instruction.opcode.isWideBranch, !range.contains(address + 1 + instruction.wide) {
    return "branch at \(address) leaves its function"
  }
  if instruction.opcode.isFusedBranch, !range.contains(address + 1 + instruction.offset) {
    return "branch at \(address) leaves its function"
  }
  for register in instruction.registers(in: program) where register >= record.registerCount {
    return "\(instruction.opcode) at \(address) uses r\(register) of \(record.registerCount)"
  }
  return nil
}

extension Opcode {
  var endsFunction: Bool {
    switch self {
    case .returnNil, .returnValue, .jump: true
    default: false
    }
  }
}

extension Instruction {
  /// Every register that the instruction reads or writes, by the table of opcodes.
  func registers(in program: Program) -> [Int] {
    let (a, b, c) = (Int(a), Int(b), Int(c))
    switch opcode {
    case .step, .jump, .returnNil, .expectMissed: return []
    case .loadNil, .loadTrue, .loadFalse, .loadAbsent, .loadInteger, .loadConstant, .loadFunction,
      .getGlobal, .setGlobal, .getCapture, .getCapturedCell, .getSelf, .returnValue,
      .jumpIfTrue, .jumpIfFalse, .jumpIfPresent, .expectFailed:
      return [a]
    case .prepareRange, .prepareClosedRange, .prepareRepeat, .nextInRange: return [a, a + 1]
    case .nextInIteration: return [a, a + 1, a + 2]
    case .prepareIteration: return [a, a + 1, b]
    case .setCapturedCell: return [b]
    case .move, .makeCell, .getCell, .setCell, .negate, .complement, .not: return [a, b]
    case .call: return [a, a + max(c - 1, 0)]
    case .callValue: return [a, b, a + max(c - 1, 0)]
    case .callBuiltin: return [a] + (0..<program.builtins[b].parameters.count).map { c + $0 }
    case .callVariadic: return [a, a + max(c - 1, 0)]
    case .callMember: return [a, a + c]
    case .makeClosure: return [a] + (0..<Int(program.functions[b].captureCount)).map { c + $0 }
    case .getMember: return [a, b]
    case .setMember: return [a, c]
    case .makeRange, .makeClosedRange: return [a, b, b + 1]
    case .makeList, .extendList, .makeString: return [a, b + max(c - 1, 0)]
    case .makeMap, .extendMap: return [a, b + max(2 * c - 1, 0)]
    case .expect: return [a, b]
    case .getIndexImmediate: return [a, b]
    default:
      if opcode.isFusedBranch {
        return opcode.rawValue >= Opcode.jumpIfEqualImmediate.rawValue ? [a] : [a, b]
      }
      let isImmediate =
        opcode.rawValue >= Opcode.addImmediate.rawValue
        && opcode.rawValue <= Opcode.andImmediate.rawValue
      return isImmediate ? [a, b] : [a, b, c]
    }
  }
}
