// The code of one function while it grows: registers, labels, steps, spans.

import QuireSyntax

/// One function under construction. Addresses are relative to its first instruction.
struct FunctionBuilder {
  /// A frame is at most 16 KiB: the deepest call stack is a multiple of it.
  static let maximumRegisterCount = 2_048

  let context: ContextID
  var code: [Instruction] = []
  var spans: [SpanEntry] = []
  var handlers: [Handler] = []
  var expectations: [Expectation] = []
  /// Operators whose constant stood on the left; the instruction has it on the right.
  var exchanged: [UInt32] = []
  /// Open loops, innermost last.
  var loops: [Loop] = []
  /// Where variables live that are declared in this function and not global.
  var registers: [VariableID: Register] = [:]
  /// Variables of the file's top level, and from which address on they have a value.
  var declared: [(variable: VariableID, start: UInt32)] = []

  /// Integers that wait in registers while a loop runs that compares with them.
  var loopConstants: [Int64: Register] = [:]

  /// The first register that holds nothing. May exceed the limit; the function is refused then.
  private(set) var nextRegister = 0
  private(set) var registerCount = 0
  /// Steps of statements that no instruction has charged yet.
  var pendingSteps = 0
  /// Whether control can get here; what cannot be reached is not emitted.
  private(set) var isReachable = true
  /// A branch was too long for its instruction.
  private(set) var hasLongBranch = false
  private var labels: [LabelState] = []

  /// A place in the code, known or not yet.
  struct Label: Equatable {
    fileprivate let index: Int
  }

  private struct LabelState {
    var target: Int?
    var references: [Int] = []
  }

  struct Loop {
    var breakLabel: Label
    var continueLabel: Label
  }

  init(context: ContextID) {
    self.context = context
  }

  var here: UInt32 { UInt32(code.count) }
}

// MARK: - Registers

extension FunctionBuilder {
  /// The next `count` registers, in a row.
  mutating func allocate(_ count: Int = 1) -> Register {
    let first = nextRegister
    nextRegister += count
    registerCount = max(registerCount, nextRegister)
    return Register(truncatingIfNeeded: first)
  }

  /// Gives back every register from `mark` on.
  mutating func release(to mark: Int) {
    nextRegister = mark
  }

  var hasTooManyRegisters: Bool { registerCount > Self.maximumRegisterCount }
}

// MARK: - Instructions

extension FunctionBuilder {
  mutating func emit(_ instruction: Instruction, at span: SourceSpan) {
    guard isReachable else { return }
    if spans.last?.span != span { spans.append(SpanEntry(address: here, span: span)) }
    code.append(instruction)
  }

  /// Emits an instruction that charges `own` steps and all that are pending.
  mutating func emitCharging(_ instruction: Instruction, own: Int = 0, at span: SourceSpan) {
    var charging = instruction
    charging.steps = takeSteps(own: own, at: span)
    emit(charging, at: span)
  }

  mutating func emitReturn(_ register: Register?, at span: SourceSpan) {
    if let register {
      emitCharging(Instruction(.returnValue, a: register), at: span)
    } else {
      emitCharging(Instruction(.returnNil), at: span)
    }
    isReachable = false
  }

  /// Charges what is pending where nothing else can.
  mutating func flushSteps(at span: SourceSpan) {
    guard pendingSteps > 0 else { return }
    emit(Instruction(.step, wide: Int32(clamping: pendingSteps)), at: span)
    pendingSteps = 0
  }

  private mutating func takeSteps(own: Int, at span: SourceSpan) -> UInt8 {
    if pendingSteps + own > Int(UInt8.max) { flushSteps(at: span) }
    defer { pendingSteps = 0 }
    return UInt8(clamping: pendingSteps + own)
  }
}

// MARK: - Labels

extension FunctionBuilder {
  mutating func makeLabel() -> Label {
    labels.append(LabelState())
    return Label(index: labels.count - 1)
  }

  /// Puts a label here. Whoever comes from above pays first what is pending.
  mutating func place(_ label: Label, at span: SourceSpan) {
    let references = labels[label.index].references
    if references.isEmpty, !isReachable { pendingSteps = 0 }
    if isReachable, !references.isEmpty { flushSteps(at: span) }
    labels[label.index].target = code.count
    for reference in references { patch(reference, to: code.count) }
    if !references.isEmpty {
      isReachable = true
      pendingSteps = 0
    }
  }

  /// Puts the label of a loop's beginning here, to which code below will branch back.
  mutating func placeLoop(_ label: Label, at span: SourceSpan) {
    flushSteps(at: span)
    labels[label.index].target = code.count
  }

  /// The beginning of a handler, which is reached from inside the code it protects.
  mutating func placeHandler() -> UInt32 {
    isReachable = true
    pendingSteps = 0
    return here
  }

  func isUsed(_ label: Label) -> Bool { !labels[label.index].references.isEmpty }

  /// Emits a branch; a plain jump leaves what follows unreachable.
  mutating func emitBranch(
    _ branch: Instruction, to label: Label, own: Int = 0, at span: SourceSpan
  ) {
    guard isReachable else { return }
    let steps = takeSteps(own: own, at: span)
    let address = code.count
    var charging = branch
    charging.steps = steps
    emit(charging, at: span)
    if let target = labels[label.index].target {
      patch(address, to: target)
    } else {
      labels[label.index].references.append(address)
    }
    if branch.opcode == .jump { isReachable = false }
  }

  private mutating func patch(_ address: Int, to target: Int) {
    let offset = target - address - 1
    let old = code[address]
    if old.opcode.isWideBranch {
      code[address] = Instruction(
        old.opcode, steps: old.steps, a: old.a, wide: Int32(clamping: offset))
    } else if let narrow = Int16(exactly: offset) {
      code[address].c = UInt16(bitPattern: narrow)
    } else {
      hasLongBranch = true
    }
  }
}
