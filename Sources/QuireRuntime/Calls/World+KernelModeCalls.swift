// The kernel's own accesses: copies to and from a process, and whatever runs in kernel mode.
//
// An access in kernel mode has no fix-up: where it cannot be made the kernel has made a mistake,
// and the task dies of an oops.

internal import QuireKernel
internal import QuireProgram
internal import QuireReports
internal import QuireSyntax

extension World {
  /// Whether the current fiber runs kernel code.
  var isInKernelMode: Bool {
    !current.kernelDepths.isEmpty || kernel.tasks[current.task].isKernelThread
  }

  /// The calls on user memory by builtin.
  mutating func userMemoryCall(
    _ builtin: Builtin, _ call: BuiltinCall
  ) throws(CallFailure) -> BuiltinOutcome {
    switch builtin {
    case .copy_to_user: try copyToUserCall(call)
    case .copy_from_user: try copyFromUserCall(call)
    case .get_user: try getUserCall(call)
    default: try putUserCall(call)
    }
  }

  // MARK: Copies

  /// copy_to_user(to, data, length, atomic): the bytes that are left.
  private mutating func copyToUserCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    try reserve(ScriptHeap.numberWords)
    let data = argument(1, call)
    var buffer: [UInt8] = []
    var source: UInt64?
    if data.has(.string) {
      buffer = heap.bytes(of: data)
    } else if data.has(.list) {
      buffer = try bytes(ofList: data)
    } else {
      source = try kernelAddress(1, "data", call)
    }
    let natural = source == nil ? UInt64(buffer.count) : bytesBehind(data)
    guard let length = try optionalSize(2, "length", call) ?? natural else {
      throw .misuse("how much to copy is missing: add 'length:'")
    }
    if source == nil && length > UInt64(buffer.count) {
      throw .misuse("'length' is \(length), but there are only \(buffer.count) bytes of data")
    }
    var copy = UserCopy(
      toUser: true, try address(0, "to", call), length, kernel: source,
      takesFaults: try !boolean(3, "atomic", call))
    if case .userCopy(let begun) = current.operation { copy = begun }
    let progress = kernel.perform(&copy, &buffer, by: current.task)
    if let other = try outcome(of: progress, .write, later: .userCopy(copy)) { return other }
    return .value(heap.integer(Int64(clamping: copy.left)))
  }

  /// copy_from_user(from, length, to, atomic): the bytes, or how many are left.
  private mutating func copyFromUserCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome
  {
    let region = heap.asRegion(argument(0, call))
    guard let length = try optionalSize(1, "length", call) ?? region?.length else {
      throw .misuse("how much to copy is missing: add 'length'")
    }
    let isList = argument(2, call).isAbsent
    let target = isList ? nil : try kernelAddress(2, "to", call)
    if isList {
      if length > Self.largestList { throw .misuse("a list cannot hold \(length) bytes") }
      try reserve(ScriptHeap.listWords(Int(length)))
    } else {
      try reserve(ScriptHeap.numberWords)
    }
    if let target {
      try misusable { world throws(KernelMisuse) in
        try world.kernel.checkStorable(target, length, by: world.current.task)
      }
    }
    var copy = UserCopy(
      toUser: false, try address(0, "from", call), length, kernel: target,
      takesFaults: try !boolean(3, "atomic", call))
    if case .userCopy(let begun) = current.operation {
      copy = begun
    } else if isList {
      current.copied = Array(repeating: 0, count: Int(length))
    }
    let progress = kernel.perform(&copy, &current.copied, by: current.task)
    if let other = try outcome(of: progress, .read, later: .userCopy(copy)) { return other }
    defer { current.copied = [] }
    if !isList { return .value(heap.integer(Int64(clamping: copy.left))) }
    let list = heap.list(count: Int(copy.copied))
    for index in 0..<Int(copy.copied) {
      heap.setElement(index, of: list, to: Value(small: Int(current.copied[index])))
    }
    return .value(list)
  }

  /// More than the heap of a script holds by default.
  private static var largestList: UInt64 { 1 << 32 }

  private func bytes(ofList list: Value) throws(CallFailure) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(heap.count(ofList: list))
    for index in 0..<heap.count(ofList: list) {
      let element = heap.element(index, of: list)
      guard let number = heap.asInteger(element), let byte = UInt8(exactly: number) else {
        throw wrongKind("data", "a list of bytes, 0 ... 255", element)
      }
      bytes.append(byte)
    }
    return bytes
  }

  /// An address of the kernel's own half: of an object, a page, or as it is.
  func kernelAddress(
    _ index: Int, _ name: String, _ call: BuiltinCall
  ) throws(CallFailure) -> UInt64 {
    let value = argument(index, call)
    if value.has(.object) { return try live(index, .object, call).first }
    if value.has(.page) {
      return kernel.directMap.address(of: FrameNumber(Int(try live(index, .page, call).first)))
    }
    let address = try address(index, name, call)
    if address < kernel.layout.taskSize {
      throw .misuse("'\(name)' is an address of the kernel, not \(briefly(value))")
    }
    return address
  }

  /// How much an object or a block of pages holds; nil for a mere address.
  private func bytesBehind(_ value: Value) -> UInt64? {
    guard value.has(.object) || value.has(.page), let record = handles.record(value.payload)
    else { return nil }
    return value.has(.object) ? record.second : Page.size << record.second
  }

  // MARK: One value

  /// get_user(address, size)
  private mutating func getUserCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    try reserve(ScriptHeap.numberWords)
    var word: UInt64 = 0
    let progress = kernel.getUser(
      try address(0, "address", call), size: try valueSize(1, call), into: &word,
      by: current.task)
    if let other = try outcome(of: progress, .read, later: .none) { return other }
    return .value(heap.integer(Int64(bitPattern: word)))
  }

  /// put_user(address, value, size)
  private mutating func putUserCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let progress = kernel.putUser(
      try address(0, "address", call), size: try valueSize(2, call), try word(1, "value", call),
      by: current.task)
    return try outcome(of: progress, .write, later: .none) ?? .value(.none)
  }

  private func valueSize(_ index: Int, _ call: BuiltinCall) throws(CallFailure) -> Int {
    let size = try optionalInteger(index, "size", call) ?? 8
    guard [1, 2, 4, 8].contains(size) else {
      throw .misuse("'size' is 1, 2, 4 or 8 bytes, not \(size)")
    }
    return Int(size)
  }

  // MARK: Kernel mode

  /// load(address) in kernel mode.
  mutating func kernelLoadCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    try reserve(ScriptHeap.numberWords)
    var word: UInt64 = 0
    let access = kernel.kernelLoad(
      try address(0, "address", call), into: &word, by: current.task)
    if let other = try outcome(of: access, .read, later: .none) { return other }
    return .value(heap.integer(Int64(bitPattern: word)))
  }

  /// store(address, value) in kernel mode.
  mutating func kernelStore(_ place: UInt64, _ word: UInt64) throws(CallFailure) -> BuiltinOutcome {
    let access = try misusable { world throws(KernelMisuse) in
      try world.kernel.kernelStore(place, word, by: world.current.task)
    }
    return try outcome(of: access, .write, later: .none) ?? .value(.none)
  }

  /// read, write, touch and fetch in kernel mode: page by page.
  mutating func kernelWalk(
    _ action: RangeAccess.Action, _ kind: AccessKind, pattern: Int, _ call: BuiltinCall
  ) throws(CallFailure) -> BuiltinOutcome {
    if !argument(pattern, call).isAbsent || !argument(pattern + 1, call).isAbsent {
      throw .misuse("in kernel mode memory is accessed in order; leave 'pattern' and 'count' out")
    }
    let (start, length) = try region(0, length: 1, call)
    let (end, isOver) = start.addingReportingOverflow(length)
    var access = RangeAccess(action, from: start, to: isOver ? .max : end)
    if case .access(let begun) = current.operation { access = begun }
    let result = try misusable { world throws(KernelMisuse) in
      try world.kernel.kernelPerform(&access, by: world.current.task)
    }
    return try outcome(of: result, kind, later: .access(access)) ?? .value(.none)
  }

  /// What follows from an access in kernel mode; nil when it is done.
  private mutating func outcome(
    of access: KernelAccess, _ kind: AccessKind, later: Operation
  ) throws(CallFailure) -> BuiltinOutcome? {
    switch access {
    case .page:
      current.operation = .none
      return nil
    case .progress(let progress): return try outcome(of: progress, kind, later: later)
    case .oops(let oops): return die(of: oops)
    }
  }

  /// The current task has made a mistake of the kernel's and dies of it.
  private mutating func die(of oops: Oops) -> BuiltinOutcome {
    report(diagnostic(of: oops))
    noteMemory()
    kernel.die(of: oops, by: current.task)
    // Then nobody goes on.
    if kernel.panic != nil { return .again }
    recordEnd(.killed(by: oops.signal), failed: true)
    return .ended
  }

  private func diagnostic(of oops: Oops) -> Diagnostic {
    let number = kernel.oopsCount + 1
    let notes =
      kernel.oopsNotes(oops, of: current.task)
      + ["oops number \(number) since boot: the task dies of \(oops.signal.name)"]
    return Diagnostic(
      .warning, "oops", "kernel oops: \(kernel.oopsSentence(oops))",
      at: span(ofAddress: current.execution.pc),
      notes: notes.map { Diagnostic.Note($0) } + [Diagnostic.Note(currentProcessNote)])
  }
}
