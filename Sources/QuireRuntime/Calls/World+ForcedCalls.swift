// What a debugger and a test of the kernel do: words of another process, allocations that fail.

internal import QuireKernel
internal import QuireProgram

extension World {
  /// peek(address, process)
  mutating func peekCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    try reserve(ScriptHeap.numberWords)
    let address = try address(0, "address", call)
    let target = try taskAsked(1, call)
    let word = try refusable { world throws(Errno) in
      try world.kernel.forceWord(address, of: target, by: world.current.task)
    }
    return .value(heap.integer(Int64(bitPattern: word)))
  }

  /// poke(address, value, process)
  mutating func pokeCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let address = try address(0, "address", call)
    let value = UInt64(bitPattern: try integer(1, "value", call))
    let target = try taskAsked(2, call)
    return try done { world throws(Errno) in
      try world.kernel.forceWord(address, of: target, to: value, by: world.current.task)
    }
  }

  /// fail_allocation(number)
  mutating func failAllocationCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let number = try size(0, "number", call)
    guard let count = Int(exactly: number), count <= Int(Int32.max) else { throw .errno(.EINVAL) }
    if !kernel.tasks[current.task].holds(.resource) { throw .errno(.EPERM) }
    return .value(Value(small: kernel.failAllocation(after: count, of: current.task)))
  }
}
