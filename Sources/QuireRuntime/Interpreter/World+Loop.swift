// The loop: one instruction after the other.
//
// Here is what has to be fast: small integers, registers, calls, branches, elements of lists, plain
// builtins. Whatever is not among these cases goes to `perform` (World+Perform.swift), which does
// every instruction in full generality. Place, base and steps are local variables; they are
// written back (`save`) before anything else may look at them.
//
// A charging instruction is charged before it is done. When the steps are used up the loop leaves
// after it, so it always makes progress, and where it leaves depends on the steps alone.

internal import KernelStorage
internal import QuireProgram

extension World {
  @inline(__always)
  private func load(_ base: Int, _ register: UInt16) -> UInt64 {
    current.execution.registers[base &+ Int(register)]
  }

  @inline(__always)
  private mutating func store(_ base: Int, _ register: UInt16, _ bits: UInt64) {
    current.execution.registers[base &+ Int(register)] = bits
  }

  /// Whether both words are small integers.
  @inline(__always)
  private func areSmall(_ x: UInt64, _ y: UInt64) -> Bool { (x | y) & 1 == 0 }

  @inline(__always)
  private mutating func save(_ pc: Int, _ base: Int, _ left: Int) {
    current.execution.pc = pc
    current.execution.base = base
    meter.left = left
  }

  /// Runs until the steps are used up or something else has to happen first.
  mutating func runLoop() -> LoopExit {
    let code = image.code
    let targets = image.targets
    let quickBuiltins = image.quickBuiltins
    var pc = current.execution.pc
    var base = current.execution.base
    var left = meter.left
    run: while true {
      let i = code[pc]
      pc &+= 1
      switch i.opcode {
      case .move:
        store(base, i.a, load(base, i.b))
        continue run
      case .loadNil:
        store(base, i.a, Value.none.bits)
        continue run
      case .loadInteger:
        store(base, i.a, Value(small: i.wide).bits)
        continue run
      case .loadConstant:
        let constant = heap[heap.constantStorage, i.wide]
        if !constant.isAbsent {
          store(base, i.a, constant.bits)
          continue run
        }
      case .getGlobal:
        let value = heap[heap.globalStorage, i.wide]
        if !value.isAbsent {
          store(base, i.a, value.bits)
          continue run
        }
      case .setGlobal:
        heap[heap.globalStorage, i.wide] = Value(bits: load(base, i.a))
        continue run
      case .getCell:
        store(base, i.a, heap[Value(bits: load(base, i.b)), 0].bits)
        continue run
      case .setCell:
        heap[Value(bits: load(base, i.a)), 0] = Value(bits: load(base, i.b))
        continue run
      case .getCapture:
        store(base, i.a, heap[current.execution.closure, 1 &+ Int(i.b)].bits)
        continue run
      case .getCapturedCell:
        store(base, i.a, heap[heap[current.execution.closure, 1 &+ Int(i.b)], 0].bits)
        continue run
      case .setCapturedCell:
        heap[heap[current.execution.closure, 1 &+ Int(i.a)], 0] = Value(bits: load(base, i.b))
        continue run

      case .add:
        let (x, y) = (load(base, i.b), load(base, i.c))
        let (sum, overflow) = Int64(bitPattern: x).addingReportingOverflow(Int64(bitPattern: y))
        if areSmall(x, y) && !overflow {
          store(base, i.a, UInt64(bitPattern: sum))
          continue run
        }
      case .subtract:
        let (x, y) = (load(base, i.b), load(base, i.c))
        let (rest, overflow) =
          Int64(bitPattern: x).subtractingReportingOverflow(Int64(bitPattern: y))
        if areSmall(x, y) && !overflow {
          store(base, i.a, UInt64(bitPattern: rest))
          continue run
        }
      case .multiply:
        let (x, y) = (load(base, i.b), load(base, i.c))
        let (product, overflow) =
          Int64(bitPattern: x).multipliedReportingOverflow(by: Int64(bitPattern: y) >> 1)
        if areSmall(x, y) && !overflow {
          store(base, i.a, UInt64(bitPattern: product))
          continue run
        }
      case .divide:
        let (x, y) = (load(base, i.b), load(base, i.c))
        if areSmall(x, y) && Int64(bitPattern: y) > 0 {
          let quotient = Int64(bitPattern: x) / Int64(bitPattern: y)
          store(base, i.a, UInt64(bitPattern: quotient << 1))
          continue run
        }
      case .remainder:
        let (x, y) = (load(base, i.b), load(base, i.c))
        if areSmall(x, y) && Int64(bitPattern: y) > 0 {
          store(base, i.a, UInt64(bitPattern: Int64(bitPattern: x) % Int64(bitPattern: y)))
          continue run
        }
      case .and:
        let (x, y) = (load(base, i.b), load(base, i.c))
        if areSmall(x, y) {
          store(base, i.a, x & y)
          continue run
        }
      case .or:
        let (x, y) = (load(base, i.b), load(base, i.c))
        if areSmall(x, y) {
          store(base, i.a, x | y)
          continue run
        }
      case .exclusiveOr:
        let (x, y) = (load(base, i.b), load(base, i.c))
        if areSmall(x, y) {
          store(base, i.a, x ^ y)
          continue run
        }
      case .addImmediate:
        let x = load(base, i.b)
        let (sum, overflow) =
          Int64(bitPattern: x).addingReportingOverflow(Int64(i.immediateC) << 1)
        if x & 1 == 0 && !overflow {
          store(base, i.a, UInt64(bitPattern: sum))
          continue run
        }
      case .subtractImmediate:
        let x = load(base, i.b)
        let (rest, overflow) =
          Int64(bitPattern: x).subtractingReportingOverflow(Int64(i.immediateC) << 1)
        if x & 1 == 0 && !overflow {
          store(base, i.a, UInt64(bitPattern: rest))
          continue run
        }
      case .multiplyImmediate:
        let x = load(base, i.b)
        let (product, overflow) =
          Int64(bitPattern: x).multipliedReportingOverflow(by: Int64(i.immediateC))
        if x & 1 == 0 && !overflow {
          store(base, i.a, UInt64(bitPattern: product))
          continue run
        }
      case .divideImmediate:
        let (x, divisor) = (load(base, i.b), Int64(i.immediateC))
        if x & 1 == 0 && divisor > 0 {
          store(base, i.a, UInt64(bitPattern: ((Int64(bitPattern: x) >> 1) / divisor) << 1))
          continue run
        }
      case .remainderImmediate:
        let (x, divisor) = (load(base, i.b), Int64(i.immediateC))
        if x & 1 == 0 && divisor > 0 {
          store(base, i.a, UInt64(bitPattern: Int64(bitPattern: x) % (divisor << 1)))
          continue run
        }
      case .andImmediate:
        let x = load(base, i.b)
        if x & 1 == 0 {
          store(base, i.a, x & UInt64(bitPattern: Int64(i.immediateC) << 1))
          continue run
        }
      case .shiftRightImmediate:
        let x = load(base, i.b)
        if x & 1 == 0 && i.c < 63 {
          let shifted = (Int64(bitPattern: x) >> 1) &>> Int64(i.c)
          store(base, i.a, UInt64(bitPattern: shifted << 1))
          continue run
        }

      case .equal:
        let (x, y) = (load(base, i.b), load(base, i.c))
        if areSmall(x, y) {
          store(base, i.a, Value.boolean(x == y).bits)
          continue run
        }
      case .notEqual:
        let (x, y) = (load(base, i.b), load(base, i.c))
        if areSmall(x, y) {
          store(base, i.a, Value.boolean(x != y).bits)
          continue run
        }
      case .less:
        let (x, y) = (load(base, i.b), load(base, i.c))
        if areSmall(x, y) {
          store(base, i.a, Value.boolean(Int64(bitPattern: x) < Int64(bitPattern: y)).bits)
          continue run
        }
      case .lessOrEqual:
        let (x, y) = (load(base, i.b), load(base, i.c))
        if areSmall(x, y) {
          store(base, i.a, Value.boolean(Int64(bitPattern: x) <= Int64(bitPattern: y)).bits)
          continue run
        }

      case .jump:
        left &-= Int(i.steps)
        pc &+= i.wide
        if left <= 0 { break run }
        continue run
      case .jumpIfTrue, .jumpIfFalse:
        let x = Value(bits: load(base, i.a))
        if x.has(.true) || x.has(.false) {
          left &-= Int(i.steps)
          if x.has(.true) == (i.opcode == .jumpIfTrue) { pc &+= i.wide }
          if left <= 0 { break run }
          continue run
        }
      case .jumpIfEqual:
        let (x, y) = (load(base, i.a), load(base, i.b))
        if areSmall(x, y) {
          left &-= Int(i.steps)
          if x == y { pc &+= i.offset }
          if left <= 0 { break run }
          continue run
        }
      case .jumpIfNotEqual:
        let (x, y) = (load(base, i.a), load(base, i.b))
        if areSmall(x, y) {
          left &-= Int(i.steps)
          if x != y { pc &+= i.offset }
          if left <= 0 { break run }
          continue run
        }
      case .jumpIfLess:
        let (x, y) = (load(base, i.a), load(base, i.b))
        if areSmall(x, y) {
          left &-= Int(i.steps)
          if Int64(bitPattern: x) < Int64(bitPattern: y) { pc &+= i.offset }
          if left <= 0 { break run }
          continue run
        }
      case .jumpIfNotLess:
        let (x, y) = (load(base, i.a), load(base, i.b))
        if areSmall(x, y) {
          left &-= Int(i.steps)
          if Int64(bitPattern: x) >= Int64(bitPattern: y) { pc &+= i.offset }
          if left <= 0 { break run }
          continue run
        }
      case .jumpIfLessOrEqual:
        let (x, y) = (load(base, i.a), load(base, i.b))
        if areSmall(x, y) {
          left &-= Int(i.steps)
          if Int64(bitPattern: x) <= Int64(bitPattern: y) { pc &+= i.offset }
          if left <= 0 { break run }
          continue run
        }
      case .jumpIfNotLessOrEqual:
        let (x, y) = (load(base, i.a), load(base, i.b))
        if areSmall(x, y) {
          left &-= Int(i.steps)
          if Int64(bitPattern: x) > Int64(bitPattern: y) { pc &+= i.offset }
          if left <= 0 { break run }
          continue run
        }
      case .jumpIfEqualImmediate:
        let x = load(base, i.a)
        if x & 1 == 0 {
          left &-= Int(i.steps)
          if Int64(bitPattern: x) == Int64(i.immediateB) << 1 { pc &+= i.offset }
          if left <= 0 { break run }
          continue run
        }
      case .jumpIfNotEqualImmediate:
        let x = load(base, i.a)
        if x & 1 == 0 {
          left &-= Int(i.steps)
          if Int64(bitPattern: x) != Int64(i.immediateB) << 1 { pc &+= i.offset }
          if left <= 0 { break run }
          continue run
        }
      case .jumpIfLessImmediate, .jumpIfNotGreaterOrEqualImmediate:
        let x = load(base, i.a)
        if x & 1 == 0 {
          left &-= Int(i.steps)
          if Int64(bitPattern: x) < Int64(i.immediateB) << 1 { pc &+= i.offset }
          if left <= 0 { break run }
          continue run
        }
      case .jumpIfNotLessImmediate, .jumpIfGreaterOrEqualImmediate:
        let x = load(base, i.a)
        if x & 1 == 0 {
          left &-= Int(i.steps)
          if Int64(bitPattern: x) >= Int64(i.immediateB) << 1 { pc &+= i.offset }
          if left <= 0 { break run }
          continue run
        }
      case .jumpIfLessOrEqualImmediate, .jumpIfNotGreaterImmediate:
        let x = load(base, i.a)
        if x & 1 == 0 {
          left &-= Int(i.steps)
          if Int64(bitPattern: x) <= Int64(i.immediateB) << 1 { pc &+= i.offset }
          if left <= 0 { break run }
          continue run
        }
      case .jumpIfNotLessOrEqualImmediate, .jumpIfGreaterImmediate:
        let x = load(base, i.a)
        if x & 1 == 0 {
          left &-= Int(i.steps)
          if Int64(bitPattern: x) > Int64(i.immediateB) << 1 { pc &+= i.offset }
          if left <= 0 { break run }
          continue run
        }

      case .nextInRange:
        let (x, y) = (load(base, i.a), load(base, i.a &+ 1))
        if areSmall(x, y) {
          left &-= Int(i.steps)
          if Int64(bitPattern: x) < Int64(bitPattern: y) {
            store(base, i.a, x &+ 2)
            pc &+= i.wide
          }
          if left <= 0 { break run }
          continue run
        }

      case .call:
        let target = targets[Int(i.b)]
        let start = base &+ Int(i.a)
        let depth = current.execution.depth
        if start &+ Int(target.registerCount) <= current.execution.registers.count
          && 2 &* depth &+ 2 <= current.execution.frames.count
        {
          left &-= Int(i.steps)
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
          left &-= Int(i.steps)
          current.execution.registers[base] = load(base, i.a)
          let place = current.execution.frames[2 &* depth]
          current.execution.closure = Value(bits: current.execution.frames[2 &* depth &+ 1])
          current.execution.depth = depth
          pc = Int(truncatingIfNeeded: place & 0xffff_ffff)
          base = Int(truncatingIfNeeded: place >> 32)
          if left <= 0 { break run }
          continue run
        }
      case .callBuiltin:
        let quick = quickBuiltins[Int(i.b)]
        if quick != .no, let value = perform(quick, base &+ Int(i.c)) {
          left &-= Int(i.steps)
          store(base, i.a, value.bits)
          if left <= 0 { break run }
          continue run
        }
      case .step:
        left &-= i.wide
        if left <= 0 { break run }
        continue run

      case .getIndex:
        let (container, key) = (Value(bits: load(base, i.b)), Value(bits: load(base, i.c)))
        if container.has(.list) && key.isSmallInteger {
          let index = Int(key.smallInteger)
          if index >= 0 && index < heap.count(ofList: container) {
            store(base, i.a, heap.element(index, of: container).bits)
            continue run
          }
        }
      case .setIndex:
        let (container, key) = (Value(bits: load(base, i.a)), Value(bits: load(base, i.b)))
        if container.has(.list) && key.isSmallInteger {
          let index = Int(key.smallInteger)
          if index >= 0 && index < heap.count(ofList: container) {
            heap.setElement(index, of: container, to: Value(bits: load(base, i.c)))
            continue run
          }
        }
      default: break
      }

      save(pc &- 1, base, left)
      let exit = perform(i)
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
