// Calls: script functions, closures, builtins, methods, and the way back.

internal import KernelStorage
internal import QuireKernel
internal import QuireProgram

extension World {
  /// Does a call or a return.
  mutating func call(_ i: Instruction) -> LoopExit? {
    switch i.opcode {
    case .call:
      let target = image.targets[Int(i.b)]
      return enter(target, closure: .none, at: current.execution.base + Int(i.a), i)
    case .callValue:
      return callValue(register(i.b), count: Int(i.c), at: Int(i.a), i)
    case .callBuiltin:
      let count = Int(image.builtinTargets[Int(i.b)].count)
      let first = current.execution.base + Int(i.c)
      return callBuiltin(Int(i.b), BuiltinCall(first: first, count: count), Int(i.a))
    case .callVariadic:
      let first = current.execution.base + Int(i.a)
      return callBuiltin(Int(i.b), BuiltinCall(first: first, count: Int(i.c)), Int(i.a))
    case .callMember: return callMember(i)
    case .returnValue: return leave(with: register(i.a))
    default: return leave(with: .none)
    }
  }

  // MARK: Script functions

  /// Goes into a function whose arguments are in place from register `start` of the stack on.
  private mutating func enter(
    _ target: CallTarget, closure: Value, at start: Int, _ i: Instruction
  ) -> LoopExit? {
    let depth = current.execution.depth
    // The frame that runs counts, too.
    if depth + 1 >= limits.callDepth { return repeatLater(.stop(.limit(.callDepth))) }
    guard growStack(registers: start + Int(target.registerCount), frames: depth + 1) else {
      return repeatLater(.stop(.limit(.heap)))
    }
    current.execution.pushFrame()
    current.execution.closure = closure
    current.execution.base = start
    current.execution.pc = Int(target.entry)
    return nil
  }

  /// Calls a function value with `count` arguments from register `place` of the frame on.
  private mutating func callValue(
    _ callee: Value, count: Int, at place: Int, _ i: Instruction
  ) -> LoopExit? {
    guard let index = heap.functionIndex(of: callee) else {
      let kind = heap.kindPhrase(of: callee)
      return depart(fail(ErrorContent("\(kind) is not a function: \(excerpt(callee))")), Int(i.a))
    }
    let target = image.targets[index]
    if !target.ignoresArguments {
      guard count >= Int(target.requiredCount) && count <= Int(target.parameterCount) else {
        return depart(wrongCount(callee, target, count), Int(i.a))
      }
    }
    let start = current.execution.base + place
    guard growStack(registers: start + max(Int(target.registerCount), count), frames: 0) else {
      return repeatLater(.stop(.limit(.heap)))
    }
    for missing in count..<max(count, Int(target.parameterCount)) {
      current.execution.registers[start + missing] = Value.absent.bits
    }
    return enter(target, closure: callee.has(.closure) ? callee : .none, at: start, i)
  }

  private mutating func wrongCount(
    _ callee: Value, _ target: CallTarget, _ count: Int
  ) -> BuiltinOutcome {
    let (least, most) = (Int(target.requiredCount), Int(target.parameterCount))
    let wanted = least == most ? "\(most)" : "\(least) to \(most)"
    let noun = most == 1 ? "argument" : "arguments"
    return fail(ErrorContent("\(excerpt(callee)) takes \(wanted) \(noun), not \(count)"))
  }

  /// Goes back to the caller; without one the fiber's function has returned.
  private mutating func leave(with value: Value) -> LoopExit? {
    let result = current.execution.base
    switch current.execution.popFrame() {
    case .none:
      settleSteps()
      if rests(with: value) { return .stop(.waiting) }
      if current.process == mainProcess { keepMainValue(value) }
      endCurrentThread()
      return .stop(.ended)
    case .caller: current.execution.registers[result] = value.bits
    case .interrupted:
      leaveHandler()
      creditResumedCall()
    }
    return nil
  }

  // MARK: Builtins

  /// Calls a builtin or host function whose result goes to register `result`.
  mutating func callBuiltin(_ number: Int, _ call: BuiltinCall, _ result: Int) -> LoopExit? {
    switch image.builtinTargets[number].place {
    case .plain(let builtin): return conclude(plainBuiltin(builtin, call), result)
    case .access(let builtin): return timed(result) { $0.access(builtin, call) }
    case .machine(let builtin): return timed(result) { $0.kernelBuiltin(builtin, call) }
    case .kernelMode: return enterKernelMode(call, result)
    case .host(let function): return timed(result) { $0.hostFunction(function, call) }
    }
  }

  /// kernel(block): calls the block, which returns to this very call; then the call is done.
  private mutating func enterKernelMode(_ call: BuiltinCall, _ result: Int) -> LoopExit? {
    let depth = current.execution.depth
    let block = argument(0, call)
    if current.kernelDepths.last == depth {
      current.kernelDepths.removeLast()
      return conclude(.value(block), result)
    }
    guard let index = heap.functionIndex(of: block) else {
      let kind = heap.kindPhrase(of: block)
      return depart(fail(ErrorContent("'block' is a block, not \(kind)")), result)
    }
    let target = image.targets[index]
    guard target.ignoresArguments || target.requiredCount == 0 else {
      return depart(wrongCount(block, target, 0), result)
    }
    if depth + 1 >= limits.callDepth { return repeatLater(.stop(.limit(.callDepth))) }
    let count = max(Int(target.registerCount), Int(target.parameterCount), 1)
    guard growStack(registers: call.first + count, frames: depth + 1) else {
      return repeatLater(.stop(.limit(.heap)))
    }
    for parameter in 0..<Int(target.parameterCount) {
      current.execution.registers[call.first + parameter] = Value.absent.bits
    }
    current.execution.pushRepeatedFrame()
    current.execution.closure = block.has(.closure) ? block : .none
    current.execution.base = call.first
    current.execution.pc = Int(target.entry)
    current.kernelDepths.append(depth)
    return nil
  }

  /// Does something that looks at the clock or lets time pass.
  @inline(__always)
  private mutating func timed(
    _ result: Int, _ body: (inout World) -> BuiltinOutcome
  ) -> LoopExit? {
    settleSteps()
    let before = kernel.now
    let outcome = body(&self)
    if kernel.now != before && outcome.goesOn { grantSteps() }
    return conclude(outcome, result)
  }

  /// A method of a handle, or the function that a map holds under the name.
  private mutating func callMember(_ i: Instruction) -> LoopExit? {
    let receiver = register(i.a)
    let name = MemberName(number: Int(i.b))
    let call = BuiltinCall(first: current.execution.base + Int(i.a) + 1, count: Int(i.c))
    guard receiver.has(.map) else {
      return timed(Int(i.a)) { $0.callMember(name, of: receiver, call) }
    }
    guard let key = memberKey(name) else { return repeatLater(.room(memberKeyWords(name))) }
    guard let entry = heap.entry(key, of: receiver) else {
      return conclude(callMapMember(receiver, name, i), Int(i.a))
    }
    let function = heap.value(entry, of: receiver)
    guard heap.functionIndex(of: function) != nil else {
      let text = "\(name.text(in: image)) is \(heap.kindPhrase(of: function)), not a function"
      return depart(fail(ErrorContent("\(text): \(excerpt(function))")), Int(i.a))
    }
    // The frame begins where the result goes: the arguments take the receiver's place.
    for number in 0..<call.count {
      current.execution[Int(i.a) + number] = current.execution.argument(number, of: call)
    }
    return callValue(function, count: call.count, at: Int(i.a), i)
  }

  /// `map.keys()` and the like, when the map has no such key.
  private mutating func callMapMember(
    _ map: Value, _ name: MemberName, _ i: Instruction
  ) -> BuiltinOutcome {
    i.c == 0 ? member(name, of: map) : noMember(map, name)
  }
}
