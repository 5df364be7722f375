// The loop: one instruction after the other.
//
// Here is what has to be fast: small integers, addresses, registers, calls, branches, elements of
// lists, plain builtins. Whatever is not among these cases goes to `perform` (World+Perform.swift),
// which does every instruction in full generality. Place, base and steps are local variables; they
// are written back (`save`) before anything else may look at them.
//
// A charging instruction is charged before it is done. When the steps are used up the loop leaves
// after it, so it always makes progress, and where it leaves depends on the steps alone.

internal import KernelStorage
internal import QuireProgram

extension World {
  @inline(__always)
  private mutating func save(_ pc: Int, _ base: Int, _ left: Int) {
    current.execution.pc = pc
    current.execution.base = base
    meter.left = left
  }

  /// Where a branch goes. The check is there to make it a branch of the host's too: its processor
  /// then guesses where the loop goes on, where it would otherwise wait for the comparison.
  @inline(__always)
  private func target(_ pc: Int, _ offset: Int, _ limit: Int) -> Int {
    let place = pc &+ offset
    precondition(UInt(bitPattern: place) < UInt(bitPattern: limit), "runLoop: branch out of code")
    return place
  }

  /// Runs until the steps are used up or something else has to happen first. The image is that of
  /// the world, held by the caller for many quanta.
  mutating func runLoop(_ image: borrowing CodeImage) -> LoopExit {
    let code = image.code.span
    let limit = code.count
    let targets = image.targets.span
    let builtins = image.builtinTargets.span
    var pc = current.execution.pc
    var base = current.execution.base
    var left = meter.left
    run: while true {
      let at = pc
      pc &+= 1
      switch code[at].opcode {
      case .move:
        store(base, code[at].a, load(base, code[at].b))
        continue run
      case .loadNil:
        store(base, code[at].a, Value.none.bits)
        continue run
      case .loadTrue:
        store(base, code[at].a, Value.boolean(true).bits)
        continue run
      case .loadFalse:
        store(base, code[at].a, Value.boolean(false).bits)
        continue run
      case .loadAbsent:
        store(base, code[at].a, Value.absent.bits)
        continue run
      case .loadInteger:
        store(base, code[at].a, Value(small: code[at].wide).bits)
        continue run
      case .loadConstant:
        let constant = heap[heap.constantStorage, code[at].wide]
        if !constant.isAbsent {
          store(base, code[at].a, constant.bits)
          continue run
        }
      case .getGlobal:
        let value = heap[heap.globalStorage, code[at].wide]
        if !value.isAbsent {
          store(base, code[at].a, value.bits)
          continue run
        }
      case .setGlobal:
        heap[heap.globalStorage, code[at].wide] = Value(bits: load(base, code[at].a))
        continue run
      case .getCell:
        store(base, code[at].a, heap[Value(bits: load(base, code[at].b)), 0].bits)
        continue run
      case .setCell:
        heap[Value(bits: load(base, code[at].a)), 0] = Value(bits: load(base, code[at].b))
        continue run
      case .getCapture:
        store(base, code[at].a, heap[current.execution.closure, 1 &+ code[at].b].bits)
        continue run
      case .getCapturedCell:
        store(base, code[at].a, heap[heap[current.execution.closure, 1 &+ code[at].b], 0].bits)
        continue run
      case .setCapturedCell:
        heap[heap[current.execution.closure, 1 &+ code[at].a], 0] = Value(
          bits: load(base, code[at].b))
        continue run

      case .add:
        if did(SmallArithmetic.sum, code[at], base) || didAddToAddress(code[at], base) {
          continue run
        }
      case .subtract:
        if did(SmallArithmetic.difference, code[at], base) || didSubtractFromAddress(code[at], base)
        {
          continue run
        }
      case .multiply:
        if did(SmallArithmetic.product, code[at], base) { continue run }
      case .divide:
        if did(SmallArithmetic.quotient, code[at], base) { continue run }
      case .remainder:
        if did(SmallArithmetic.remainder, code[at], base) { continue run }
      case .and:
        if did(SmallArithmetic.conjunction, code[at], base) { continue run }
      case .or:
        if did(SmallArithmetic.disjunction, code[at], base) { continue run }
      case .exclusiveOr:
        if did(SmallArithmetic.exclusiveDisjunction, code[at], base) { continue run }
      case .addImmediate:
        if didImmediate(SmallArithmetic.sum, code[at], base) { continue run }
        if didMoveAddress(code[at], by: code[at].immediateC, base) { continue run }
      case .subtractImmediate:
        if didImmediate(SmallArithmetic.difference, code[at], base) { continue run }
        if didMoveAddress(code[at], by: -code[at].immediateC, base) { continue run }
      case .multiplyImmediate:
        if didImmediate(SmallArithmetic.product, code[at], base) { continue run }
      case .divideImmediate:
        if didImmediate(SmallArithmetic.quotient, code[at], base) { continue run }
      case .remainderImmediate:
        if didImmediate(SmallArithmetic.remainder, code[at], base) { continue run }
      case .andImmediate:
        if didImmediate(SmallArithmetic.conjunction, code[at], base) { continue run }
      case .shiftRightImmediate:
        if didImmediate(SmallArithmetic.shiftedRight, code[at], base) { continue run }
      case .equal:
        if didCompare(==, code[at], base) { continue run }
      case .notEqual:
        if didCompare(!=, code[at], base) { continue run }
      case .less:
        if didCompare(<, code[at], base) { continue run }
      case .lessOrEqual:
        if didCompare(<=, code[at], base) { continue run }

      case .jump:
        left &-= code[at].steps
        pc = target(pc, code[at].wide, limit)
        if left <= 0 { break run }
        continue run
      case .jumpIfTrue:
        let x = Value(bits: load(base, code[at].a))
        if x.has(.true) || x.has(.false) {
          left &-= code[at].steps
          if x.has(.true) { pc = target(pc, code[at].wide, limit) }
          if left <= 0 { break run }
          continue run
        }
      case .jumpIfFalse:
        let x = Value(bits: load(base, code[at].a))
        if x.has(.true) || x.has(.false) {
          left &-= code[at].steps
          if x.has(.false) { pc = target(pc, code[at].wide, limit) }
          if left <= 0 { break run }
          continue run
        }
      case .jumpIfEqual:
        if let (x, y) = comparable(code[at].a, code[at].b, base) {
          left &-= code[at].steps
          if x == y { pc = target(pc, code[at].offset, limit) }
          if left <= 0 { break run }
          continue run
        }
      case .jumpIfNotEqual:
        if let (x, y) = comparable(code[at].a, code[at].b, base) {
          left &-= code[at].steps
          if x != y { pc = target(pc, code[at].offset, limit) }
          if left <= 0 { break run }
          continue run
        }
      case .jumpIfLess:
        if let (x, y) = comparable(code[at].a, code[at].b, base) {
          left &-= code[at].steps
          if x < y { pc = target(pc, code[at].offset, limit) }
          if left <= 0 { break run }
          continue run
        }
      case .jumpIfNotLess:
        if let (x, y) = comparable(code[at].a, code[at].b, base) {
          left &-= code[at].steps
          if x >= y { pc = target(pc, code[at].offset, limit) }
          if left <= 0 { break run }
          continue run
        }
      case .jumpIfLessOrEqual:
        if let (x, y) = comparable(code[at].a, code[at].b, base) {
          left &-= code[at].steps
          if x <= y { pc = target(pc, code[at].offset, limit) }
          if left <= 0 { break run }
          continue run
        }
      case .jumpIfNotLessOrEqual:
        if let (x, y) = comparable(code[at].a, code[at].b, base) {
          left &-= code[at].steps
          if x > y { pc = target(pc, code[at].offset, limit) }
          if left <= 0 { break run }
          continue run
        }
      case .jumpIfEqualImmediate:
        if let x = smallInteger(code[at].a, base) {
          left &-= code[at].steps
          if x == code[at].immediateB { pc = target(pc, code[at].offset, limit) }
          if left <= 0 { break run }
          continue run
        }
      case .jumpIfNotEqualImmediate:
        if let x = smallInteger(code[at].a, base) {
          left &-= code[at].steps
          if x != code[at].immediateB { pc = target(pc, code[at].offset, limit) }
          if left <= 0 { break run }
          continue run
        }
      case .jumpIfLessImmediate, .jumpIfNotGreaterOrEqualImmediate:
        if let x = smallInteger(code[at].a, base) {
          left &-= code[at].steps
          if x < code[at].immediateB { pc = target(pc, code[at].offset, limit) }
          if left <= 0 { break run }
          continue run
        }
      case .jumpIfNotLessImmediate, .jumpIfGreaterOrEqualImmediate:
        if let x = smallInteger(code[at].a, base) {
          left &-= code[at].steps
          if x >= code[at].immediateB { pc = target(pc, code[at].offset, limit) }
          if left <= 0 { break run }
          continue run
        }
      case .jumpIfLessOrEqualImmediate, .jumpIfNotGreaterImmediate:
        if let x = smallInteger(code[at].a, base) {
          left &-= code[at].steps
          if x <= code[at].immediateB { pc = target(pc, code[at].offset, limit) }
          if left <= 0 { break run }
          continue run
        }
      case .jumpIfNotLessOrEqualImmediate, .jumpIfGreaterImmediate:
        if let x = smallInteger(code[at].a, base) {
          left &-= code[at].steps
          if x > code[at].immediateB { pc = target(pc, code[at].offset, limit) }
          if left <= 0 { break run }
          continue run
        }

      case .nextInRange:
        let (x, y) = (load(base, code[at].a), load(base, code[at].a &+ 1))
        if areSmall(x, y) {
          left &-= code[at].steps
          if Int64(bitPattern: x) < Int64(bitPattern: y) {
            store(base, code[at].a, x &+ 2)
            pc = target(pc, code[at].wide, limit)
          }
          if left <= 0 { break run }
          continue run
        }

      case .call:
        let target = targets[code[at].b]
        let start = base &+ code[at].a
        let depth = current.execution.depth
        if start &+ Int(target.registerCount) <= current.execution.registers.count
          && 2 &* depth &+ 2 <= current.execution.frames.count
        {
          left &-= code[at].steps
          let place = UInt64(truncatingIfNeeded: base) << 32 | UInt64(truncatingIfNeeded: pc)
          current.execution.frames[2 &* depth] = place
          current.execution.frames[2 &* depth &+ 1] = current.execution.closure.bits
          current.execution.depth = depth &+ 1
          current.execution.closure = .none
          base = start
          pc = Int(target.entry)
          if left <= 0 { break run }
          continue run
        }
      case .returnValue:
        let depth = current.execution.depth &- 1
        if depth >= current.execution.floor {
          left &-= code[at].steps
          current.execution.registers[base] = load(base, code[at].a)
          let place = current.execution.frames[2 &* depth]
          current.execution.closure = Value(bits: current.execution.frames[2 &* depth &+ 1])
          current.execution.depth = depth
          pc = Int(truncatingIfNeeded: place & 0xffff_ffff)
          base = Int(truncatingIfNeeded: place >> 32)
          if left <= 0 { break run }
          continue run
        }
      case .callBuiltin:
        let builtin = builtins[code[at].b]
        let first = base &+ code[at].c
        if let value = quickly(builtin.quick, first) {
          left &-= code[at].steps
          store(base, code[at].a, value.bits)
          if left <= 0 { break run }
          continue run
        }
        save(at, base, left &- code[at].steps)
        let call = BuiltinCall(first: first, count: Int(builtin.count))
        let exit = callBuiltin(code[at].b, call, code[at].a)
        pc = current.execution.pc
        base = current.execution.base
        left = meter.left
        if let exit { return exit }
        if left <= 0 { break run }
        continue run
      case .step:
        left &-= code[at].wide
        if left <= 0 { break run }
        continue run

      case .getMember:
        if didGetMember(code[at], base) { continue run }
      case .getIndex:
        let (container, key) = (
          Value(bits: load(base, code[at].b)), Value(bits: load(base, code[at].c))
        )
        if container.has(.list) && key.isSmallInteger {
          let index = Int(key.smallInteger)
          if index >= 0 && index < heap.count(ofList: container) {
            store(base, code[at].a, heap.element(index, of: container).bits)
            continue run
          }
        }
      case .setIndex:
        let (container, key) = (
          Value(bits: load(base, code[at].a)), Value(bits: load(base, code[at].b))
        )
        if container.has(.list) && key.isSmallInteger {
          let index = Int(key.smallInteger)
          if index >= 0 && index < heap.count(ofList: container) {
            heap.setElement(index, of: container, to: Value(bits: load(base, code[at].c)))
            continue run
          }
        }
      case .loadFunction, .makeCell, .getSelf, .makeClosure,
        .shiftLeft, .shiftRight, .shiftLeftImmediate, .negate, .complement, .not, .jumpIfPresent,
        .prepareRange, .prepareClosedRange, .prepareRepeat, .prepareIteration, .nextInIteration,
        .callValue, .callVariadic, .callMember, .returnNil, .makeList, .extendList, .makeMap,
        .extendMap, .makeRange, .makeClosedRange, .makeString, .getIndexImmediate, .setMember,
        .expect, .expectMissed, .expectFailed:
        break
      }

      save(pc &- 1, base, left)
      let exit = perform(image.program.code[pc &- 1])
      pc = current.execution.pc
      base = current.execution.base
      left = meter.left
      if let exit { return exit }
      if left <= 0 { break run }
    }
    save(pc, base, left)
    return .steps
  }
}
