// Open files: descriptors, their places, and pipes.

internal import QuireKernel
internal import QuireProgram

/// What a script names where a file is wanted: the file itself, or something that is open.
enum FileReference {
  case name(OpenFile)
  case open(DescriptionIndex)
}

extension World {
  /// The calls of this file by builtin.
  mutating func descriptorCall(
    _ builtin: Builtin, _ call: BuiltinCall
  ) throws(CallFailure) -> BuiltinOutcome {
    switch builtin {
    case .open: try openCall(call)
    case .close: try closeCall(call)
    case .lseek: try seekCall(call)
    case .pipe: try pipeCall(call)
    case .set_pipe_size: try resizePipeCall(call)
    case .pidfd_open: try openProcessCall(call)
    default: preconditionFailure("descriptorCall: \(builtin.name) is not about descriptors")
    }
  }

  // MARK: Arguments

  /// The file of a parameter: a handle, or the number of a descriptor.
  func fileReference(_ index: Int, _ call: BuiltinCall) throws(CallFailure) -> FileReference {
    let value = argument(index, call)
    if let number = heap.asInteger(value) {
      let task = current.task
      do throws(Errno) {
        return .open(try kernel.description(ofDescriptor: number, of: task))
      } catch {
        throw .errno(error, "the caller has no descriptor \(number)")
      }
    }
    let record = try live(index, .file, call)
    guard let (description, number) = record.description else { return .name(OpenFile(record)) }
    if kernel.description(description, number: number) == nil
      || kernel.descriptor(of: description, in: current.task) == nil
    {
      throw .errno(.EBADF, "the caller has closed it")
    }
    return .open(description)
  }

  /// The file of a parameter, where anything else is refused.
  func file(
    _ index: Int, _ call: BuiltinCall, notAFile errno: Errno
  ) throws(CallFailure) -> OpenFile {
    switch try fileReference(index, call) {
    case .name(let file): return file
    case .open(let description):
      guard let file = kernel.description(description).file else { throw .errno(errno) }
      return file
    }
  }

  /// The file of a parameter, or that of a path, nil if it was left out; what is no file cannot be
  /// executed.
  func optionalFile(_ index: Int, _ call: BuiltinCall) throws(CallFailure) -> OpenFile? {
    if argument(index, call).isAbsent { return nil }
    if let path = heap.asString(argument(index, call)) {
      do throws(Errno) { return try kernel.file(atPath: path) } catch { throw .errno(error, path) }
    }
    return try file(index, call, notAFile: .EACCES)
  }

  /// Something that is open, with a place of its own.
  private func openFile(_ index: Int, _ call: BuiltinCall) throws(CallFailure) -> DescriptionIndex {
    switch try fileReference(index, call) {
    case .open(let description): return description
    case .name: throw .misuse("this is a file, not an open one; `open` gives it a place to read at")
    }
  }

  /// What `mmap` maps; nil for a descriptor that is not open, which the kernel refuses in its turn.
  func mappedFile(_ index: Int, _ call: BuiltinCall) throws(CallFailure) -> OpenFile? {
    if argument(index, call).isAbsent { return nil }
    do throws(CallFailure) {
      switch try fileReference(index, call) {
      case .name(let file): return file
      case .open(let description):
        let record = kernel.description(description)
        return record.file ?? .unmappable(record.access)
      }
    } catch {
      if case .errno(.EBADF, _) = error { return nil }
      throw error
    }
  }

  private mutating func handle(of description: DescriptionIndex) -> Value {
    let record = kernel.description(description)
    let second = HandleRecord.second(description, record.number)
    return Value(.file, payload: handles.make(.file, record.file?.number ?? 0, second))
  }

  // MARK: Opening and closing

  /// open(file, mode)
  private mutating func openCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let file = try file(0, call, notAFile: .EINVAL)
    let access: FileAccess
    switch try string(1, "mode", call) {
    case "r": access = .read
    case "w": access = .write
    case "rw": access = .readWrite
    case let other: throw .misuse("a mode is \"r\", \"w\" or \"rw\", not \"\(other)\"")
    }
    let description = try refusable { world throws(Errno) in
      try world.kernel.openDescriptor(of: file, for: access, by: world.current.task)
    }
    return .value(handle(of: description))
  }

  /// close(file)
  private mutating func closeCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    var number: Int32 = -1
    if let asked = heap.asInteger(argument(0, call)) {
      number = Int32(exactly: asked) ?? -1
    } else {
      let description = try openFile(0, call)
      number = kernel.descriptor(of: description, in: current.task) ?? -1
    }
    let closed = number
    try refusable { world throws(Errno) in
      try world.kernel.close(closed, by: world.current.task)
    }
    drainWakeups()
    return .value(.none)
  }

  /// pidfd_open(process)
  private mutating func openProcessCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let pid: ProcessID
    if argument(0, call).has(.process) {
      pid = ledger[try process(0, "process", call)].pid
    } else {
      guard let number = ProcessID(exactly: try integer(0, "process", call)), number > 0 else {
        throw .errno(.EINVAL)
      }
      pid = number
    }
    let description = try refusable { world throws(Errno) in
      try world.kernel.openDescriptor(ofProcess: pid, by: world.current.task)
    }
    return .value(handle(of: description))
  }

  // MARK: Pipes

  /// pipe(nonblock): `[reader, writer]`
  private mutating func pipeCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    try reserve(ScriptHeap.listWords(2))
    let isNonBlocking = try boolean(0, "nonblock", call)
    let ends = try refusable { world throws(Errno) in
      try world.kernel.makePipe(isNonBlocking: isNonBlocking, by: world.current.task)
    }
    return try list([handle(of: ends.reader), handle(of: ends.writer)])
  }

  /// set_pipe_size(pipe, size)
  private mutating func resizePipeCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    try reserve(ScriptHeap.numberWords)
    let size = try size(1, "size", call)
    guard case .open(let description) = try fileReference(0, call) else { throw .errno(.EBADF) }
    let room = try refusable { world throws(Errno) in
      try world.kernel.resizePipe(description, to: size, by: world.current.task)
    }
    drainWakeups()
    return .value(heap.integer(Int64(clamping: room)))
  }

  // MARK: The place, and data

  /// lseek(file, offset, from)
  private mutating func seekCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    try reserve(ScriptHeap.numberWords)
    let description = try openFile(0, call)
    let distance = try optionalInteger(1, "offset", call) ?? 0
    let origin: SeekOrigin
    switch try optionalString(2, "from", call) ?? "set" {
    case "set": origin = .set
    case "current": origin = .current
    case "end": origin = .end
    case let other:
      throw .misuse("'from' is \"set\", \"current\" or \"end\", not \"\(other)\"")
    }
    let place = try refusable { world throws(Errno) in
      try world.kernel.seek(description, by: distance, from: origin)
    }
    return .value(heap.integer(Int64(clamping: place)))
  }

  /// read(file, into, length) and write(file, from, length): at the place where the file is.
  mutating func placedTransfer(
    _ call: BuiltinCall, memory: Int, _ label: String, isWrite: Bool
  ) throws(CallFailure) -> BuiltinOutcome {
    try reserve(ScriptHeap.numberWords)
    if case .interrupted = current.operation { throw .errno(.EINTR) }
    if case .failing(let errno) = current.operation { throw .errno(errno) }
    var transfer: DescriptorTransfer
    if case .placedTransfer(let begun) = current.operation {
      transfer = begun
    } else {
      let description = try openFile(0, call)
      if argument(memory, call).isAbsent {
        throw .misuse("where is the memory? add '\(label): region'")
      }
      let (start, length) = try region(memory, length: 1, call)
      transfer = try refusable { world throws(Errno) in
        try world.kernel.beginTransfer(
          description, start, length, isWrite: isWrite, by: world.current.task)
      }
    }
    let progress = kernel.perform(&transfer, by: current.task)
    drainWakeups()
    switch progress {
    case .sleeping:
      current.operation = .placedTransfer(transfer)
      current.wait = .descriptor
      return .wait
    case .progress(.failed(let errno)) where errno == .EPIPE || errno == .EFBIG:
      return try signalled(errno)
    case .progress(.failed) where kernel.tasks[current.task].isDying:
      current.operation = .none
      return .again
    case .progress(let progress):
      let kind: AccessKind = isWrite ? .read : .write
      if let other = try outcome(of: progress, kind, later: .placedTransfer(transfer)) {
        return other
      }
      return .value(heap.integer(Int64(clamping: transfer.moved)))
    }
  }

  /// A call has failed and sent its caller a signal, which comes first.
  mutating func signalled(_ errno: Errno) throws(CallFailure) -> BuiltinOutcome {
    current.operation = .none
    if let error = caughtSignal() { throw .outcome(.raise(error)) }
    if !hasDeliverableSignals { throw .errno(errno) }
    current.operation = .failing(errno)
    return .again
  }

  // MARK: Members

  /// What a script may ask of something that is open, beside what it may ask of a file.
  mutating func descriptorMember(
    _ description: DescriptionIndex, _ name: MemberName
  ) -> BuiltinOutcome? {
    let record = kernel.description(description)
    switch name.text(in: image) {
    case "descriptor":
      return .value(
        kernel.descriptor(of: description, in: current.task).map { Value(small: Int($0)) } ?? .none)
    case "offset": return .value(heap.integer(Int64(clamping: record.offset)))
    case "capacity", "waiting":
      guard let pipe = record.pipe else { return nil }
      let usage = kernel.pipeUsage(pipe)
      let isRoom = name.text(in: image) == "capacity"
      return .value(heap.integer(Int64(clamping: isRoom ? usage.capacity : usage.bytes)))
    default: return nil
    }
  }
}

extension HandleRecord {
  private static var openMark: UInt64 { 1 << 63 }

  /// The second word of a handle of something open: its index, and the number that tells it from a
  /// later one there.
  static func second(_ description: DescriptionIndex, _ number: UInt32) -> UInt64 {
    openMark | UInt64(number) << 32 | UInt64(description.rawValue)
  }

  /// What is open, nil for a file that is only named.
  var description: (index: DescriptionIndex, number: UInt32)? {
    if kind != .file || second & Self.openMark == 0 { return nil }
    return (
      DescriptionIndex(UInt32(truncatingIfNeeded: second)), UInt32(second >> 32 & 0x7fff_ffff)
    )
  }
}
