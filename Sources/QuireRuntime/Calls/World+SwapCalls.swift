// Swap areas by handle: swapon, swapoff, and what a script may ask of them.

internal import QuireKernel
internal import QuireProgram

extension World {
  /// swapon(size, priority)
  mutating func swaponCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let size = try size(0, "size", call)
    var priority: Int16?
    if let number = try optionalInteger(1, "priority", call) {
      guard let narrow = Int16(exactly: number), narrow >= 0 else { throw .errno(.EINVAL) }
      priority = narrow
    }
    let area = try refusable { world throws(Errno) in
      try world.kernel.swapOn(size: size, priority: priority, by: world.current.task)
    }
    return .value(swapHandle(of: area))
  }

  /// swapoff(area)
  mutating func swapoffCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let area = Int(try live(0, .swapArea, call).first)
    var operation: SwapOffOperation
    if case .swapOff(let begun) = current.operation {
      operation = begun
    } else {
      operation = try refusable { world throws(Errno) in
        try world.kernel.beginSwapOff(of: area, by: world.current.task)
      }
    }
    let progress = kernel.perform(&operation, by: current.task)
    if let other = try outcome(of: progress, .read, later: .swapOff(operation)) { return other }
    bury(argument(0, call))
    swapHandles[area] = nil
    return .value(.none)
  }

  /// The handle of an active area, the same however often it is asked for.
  mutating func swapHandle(of area: Int) -> Value {
    while swapHandles.count <= area { swapHandles.append(nil) }
    let handle = swapHandles[area] ?? handles.make(.swapArea, UInt64(area))
    swapHandles[area] = handle
    return Value(.swapArea, payload: handle)
  }

  /// `swap.areas`
  mutating func swapAreas() throws(CallFailure) -> BuiltinOutcome {
    let areas = kernel.swapAreas
    try reserve(ScriptHeap.listWords(areas.count))
    let list = heap.list(count: areas.count)
    for (index, area) in areas.enumerated() {
      heap.setElement(index, of: list, to: swapHandle(of: area.number))
    }
    return .value(list)
  }

  /// `swap.total` and the like, in bytes.
  func swapNumber(_ name: String) -> Int64? {
    switch name {
    case "total": Int64(clamping: kernel.swapTotal)
    case "free": Int64(clamping: kernel.swapFree)
    case "used": Int64(clamping: kernel.swapTotal - kernel.swapFree)
    default: nil
    }
  }

  mutating func swapAreaMember(_ handle: Value, _ name: MemberName)
    throws(CallFailure) -> BuiltinOutcome
  {
    let number = Int(try thing(handle).first)
    guard let area = kernel.swapAreas.first(where: { $0.number == number }) else {
      return noMember(handle, name)
    }
    switch name.known {
    case .number: return .value(Value(small: area.number))
    case .name: return try string(area.filename)
    case .size, .total: return .value(heap.integer(Int64(clamping: area.size)))
    case .used: return .value(heap.integer(Int64(clamping: area.used)))
    case .free: return .value(heap.integer(Int64(clamping: area.size - area.used)))
    case .priority: return .value(Value(small: area.priority))
    default: return noMember(handle, name)
    }
  }
}
