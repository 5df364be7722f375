// Page frames by name: alloc_pages and its kin, as a driver calls them.

internal import QuireKernel
internal import QuireProgram

extension World {
  mutating func pageFrameCall(_ builtin: Builtin, _ call: BuiltinCall)
    throws(CallFailure) -> BuiltinOutcome
  {
    switch builtin {
    case .alloc_page: return try allocatePagesCall(call, hasOrder: false)
    case .alloc_pages: return try allocatePagesCall(call, hasOrder: true)
    case .get_free_pages: return try getPagesCall(call, isZeroed: false)
    case .get_zeroed_page: return try getPagesCall(call, isZeroed: true)
    case .free_pages: return try freePagesCall(call)
    default: return try pageAddressCall(call)
    }
  }

  /// alloc_page(flags) and alloc_pages(flags, order)
  private mutating func allocatePagesCall(_ call: BuiltinCall, hasOrder: Bool)
    throws(CallFailure) -> BuiltinOutcome
  {
    let order = hasOrder ? try pageOrder(1, call) : 0
    let block = try allocateBlock(try allocationFlags(0, call), order)
    return .value(newHandle(.page, UInt64(block.rawValue), UInt64(order)))
  }

  /// get_free_pages(flags, order) and get_zeroed_page(flags): the kernel address.
  private mutating func getPagesCall(_ call: BuiltinCall, isZeroed: Bool)
    throws(CallFailure) -> BuiltinOutcome
  {
    try reserve(ScriptHeap.numberWords)
    var gfp = try allocationFlags(0, call)
    if isZeroed { gfp.insert(.zero) }
    // What is handed out by its address must have one.
    gfp.remove(.highmem)
    let order = isZeroed ? 0 : try pageOrder(1, call)
    let block = try allocateBlock(gfp, order)
    return .value(heap.address(kernel.directMap.address(of: block)))
  }

  /// free_pages(page, order): the first page of the block, or its address.
  private mutating func freePagesCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let value = argument(0, call)
    if let address = heap.asAddress(value) {
      let order = try pageOrder(1, call)
      try misusable { world throws(KernelMisuse) in
        try world.kernel.freeBlock(at: address, order: order)
      }
      return .value(.none)
    }
    let record = try live(0, .page, call)
    let order = argument(1, call).isAbsent ? Int(record.second) : try pageOrder(1, call)
    try misusable { world throws(KernelMisuse) in
      try world.kernel.freeBlock(FrameNumber(Int(record.first)), order: order)
    }
    bury(value)
    return .value(.none)
  }

  /// page_address(page)
  private mutating func pageAddressCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    try reserve(ScriptHeap.numberWords)
    let record = try live(0, .page, call)
    let frame = FrameNumber(Int(record.first))
    return .value(heap.address(kernel.directMap.pageAddress(of: frame)))
  }

  private mutating func allocateBlock(
    _ gfp: GFPFlags, _ order: Int
  ) throws(CallFailure) -> FrameNumber {
    try misusable { world throws(KernelMisuse) in try world.kernel.check(gfp) }
    return try refusable { world throws(Errno) in
      try world.kernel.allocateBlock(gfp, order: order, for: world.current.task)
    }
  }

  private func pageOrder(_ index: Int, _ call: BuiltinCall) throws(CallFailure) -> Int {
    let order = try optionalInteger(index, "order", call) ?? 0
    guard (0...Int64(BuddyOrder.maximum)).contains(order) else {
      throw .misuse("an order is 0 ... \(BuddyOrder.maximum), not \(order)")
    }
    return Int(order)
  }
}
