// Files by handle: making, opening, reading, writing, cutting, and what a script may ask of them.

internal import QuireKernel
internal import QuireProgram

extension World {
  /// The calls of this file by builtin.
  mutating func fileCall(
    _ builtin: Builtin, _ call: BuiltinCall
  ) throws(CallFailure) -> BuiltinOutcome {
    switch builtin {
    case .file: try makeFileCall(call)
    case .memfd_create:
      .value(try makeFile(.memory, try optionalSize(0, "size", call) ?? 0, .everything))
    case .device: try deviceCall(call)
    case .executable: try executableCall(call)
    case .open: try openCall(call)
    case .pread: try transferCall(call, isWrite: false)
    case .pwrite: try transferCall(call, isWrite: true)
    case .truncate: try truncateCall(call)
    case .fallocate: try fallocateCall(call)
    case .fsync: try fsyncCall(call)
    case .sync:
      try waitForDisk { world throws(Errno) in
        world.kernel.sync(by: world.current.task)
      }
    case .unlink: try unlinkCall(call)
    case .posix_fadvise: try fadviseCall(call)
    case .readahead: try readaheadCall(call)
    case .drop_caches: try dropCachesCall()
    default: preconditionFailure("fileCall: \(builtin.name) is not about files")
    }
  }

  /// The file of a parameter, nil if it was left out.
  func optionalFile(_ index: Int, _ call: BuiltinCall) throws(CallFailure) -> OpenFile? {
    if argument(index, call).isAbsent { return nil }
    return OpenFile(try live(index, .file, call))
  }

  private func file(_ call: BuiltinCall) throws(CallFailure) -> OpenFile {
    OpenFile(try live(0, .file, call))
  }

  mutating func handle(of file: OpenFile) -> Value {
    Value(.file, payload: handles.make(.file, file.number, file.second))
  }

  // MARK: Making

  /// The largest file whose disk a script may fill from the start.
  private static var largestFill: UInt64 { 16 << 30 }

  /// file(size, fill, memory, mode)
  private mutating func makeFileCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let size = try optionalSize(0, "size", call) ?? 0
    let isMemory = try boolean(2, "memory", call)
    let mode = try mode(3, call).map { FileMode(rawValue: $0.rawValue) } ?? .usual
    guard let fill = try optionalInteger(1, "fill", call) else {
      return .value(try makeFile(isMemory ? .memory : .disk, size, mode))
    }
    guard let byte = UInt8(exactly: fill) else {
      throw .misuse("'fill' is a byte, 0 ... 255, not \(fill)")
    }
    if isMemory { throw .misuse("a file of memory has no disk to fill; write to it") }
    if size > Self.largestFill { throw .misuse("a file of more than 16GiB cannot be filled") }
    return .value(try makeFile(.disk, size, mode, fill: byte))
  }

  private mutating func makeFile(
    _ kind: FileKind, _ size: UInt64, _ mode: FileMode, fill: UInt8? = nil
  ) throws(CallFailure) -> Value {
    let file = try refusable { world throws(Errno) in
      try world.kernel.makeFile(
        kind, size: size, fill: fill, mode: mode, by: world.current.task)
    }
    return handle(of: file)
  }

  /// device(size)
  private mutating func deviceCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let size = try size(0, "size", call)
    let device = try refusable { world throws(Errno) in
      try world.kernel.makeDevice(size: size, by: world.current.task)
    }
    return .value(handle(of: device))
  }

  /// open(file, mode)
  private mutating func openCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let file = try file(call)
    let access: FileAccess
    switch try string(1, "mode", call) {
    case "r": access = .read
    case "w": access = .write
    case "rw": access = .readWrite
    case let other: throw .misuse("a mode is \"r\", \"w\" or \"rw\", not \"\(other)\"")
    }
    let opened = try refusable { world throws(Errno) in
      try world.kernel.open(file, for: access, by: world.current.task)
    }
    return .value(handle(of: opened))
  }

  // MARK: Data

  /// pread(file, region, offset, length) and pwrite(file, region, offset, length)
  private mutating func transferCall(
    _ call: BuiltinCall, isWrite: Bool
  ) throws(CallFailure) -> BuiltinOutcome {
    try reserve(ScriptHeap.numberWords)
    var transfer: FileTransfer
    if case .transfer(let begun) = current.operation {
      transfer = begun
    } else {
      let (start, length) = try region(1, length: 3, call)
      transfer = FileTransfer(
        try file(call), at: try optionalSize(2, "offset", call) ?? 0, start, length,
        isWrite: isWrite)
    }
    let progress = kernel.perform(&transfer, by: current.task)
    let kind: AccessKind = isWrite ? .read : .write
    if let other = try outcome(of: progress, kind, later: .transfer(transfer)) { return other }
    return .value(heap.integer(Int64(clamping: transfer.moved)))
  }

  // MARK: Size and life

  /// truncate(file, size)
  private mutating func truncateCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let file = try file(call)
    let size = try size(1, "size", call)
    try refusable { world throws(Errno) in
      try world.kernel.truncate(file, to: size, by: world.current.task)
    }
    return .value(.none)
  }

  /// fallocate(file, offset, length, punch, keep_size)
  private mutating func fallocateCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let file = try file(call)
    let offset = try size(1, "offset", call)
    let length = try size(2, "length", call)
    let punches = try boolean(3, "punch", call)
    let keepsSize = try boolean(4, "keep_size", call)
    try refusable { world throws(Errno) in
      let task = world.current.task
      if punches {
        try world.kernel.punchHole(file, at: offset, length: length, by: task)
      } else {
        try world.kernel.preallocate(
          file, at: offset, length: length, keepsSize: keepsSize, by: task)
      }
    }
    return .value(.none)
  }

  /// unlink(file)
  private mutating func unlinkCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let file = try file(call)
    try refusable { world throws(Errno) in
      try world.kernel.unlink(file, by: world.current.task)
    }
    bury(argument(0, call))
    return .value(.none)
  }

  // MARK: Disk and cache

  /// fsync(file)
  private mutating func fsyncCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let file = try file(call)
    return try waitForDisk { world throws(Errno) in
      try world.kernel.fsync(file, by: world.current.task)
    }
  }

  /// Asks a disk for something and comes back when it is done.
  private mutating func waitForDisk(
    _ body: (inout World) throws(Errno) -> Nanoseconds
  ) throws(CallFailure) -> BuiltinOutcome {
    if case .granted = current.operation {
      current.operation = .none
      return .value(.none)
    }
    let until = try refusable(body)
    if until <= kernel.now { return .value(.none) }
    return try outcome(of: .blocked(until: until), .read, later: .granted) ?? .value(.none)
  }

  /// posix_fadvise(file, advice, offset, length)
  private mutating func fadviseCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let file = try file(call)
    let word = try string(1, "advice", call)
    let advice: FileAdvice
    switch word {
    case "willneed": advice = .willNeed
    case "dontneed": advice = .dontNeed
    default: throw .misuse("there is no advice \"\(word)\"")
    }
    let offset = try optionalSize(2, "offset", call) ?? 0
    let length = try optionalSize(3, "length", call) ?? 0
    return try advise(file, offset, length, advice)
  }

  /// readahead(file, offset, length)
  private mutating func readaheadCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let length = try size(2, "length", call)
    let offset = try size(1, "offset", call)
    // No bytes are no bytes here, not all.
    if length == 0 { return .value(.none) }
    if kernel.isDevice(try file(call)) { throw .errno(.EINVAL) }
    return try advise(try file(call), offset, length, .willNeed)
  }

  private mutating func advise(
    _ file: OpenFile, _ offset: UInt64, _ length: UInt64, _ advice: FileAdvice
  ) throws(CallFailure) -> BuiltinOutcome {
    try refusable { world throws(Errno) in
      try world.kernel.fadvise(
        file, at: offset, length: length, advice, by: world.current.task)
    }
    return .value(.none)
  }

  /// drop_caches(): the file /proc/sys/vm/drop_caches belongs to the superuser.
  private mutating func dropCachesCall() throws(CallFailure) -> BuiltinOutcome {
    if !kernel.tasks[current.task].isPrivileged { throw .errno(.EACCES) }
    kernel.dropCaches()
    return .value(.none)
  }

  // MARK: Members

  mutating func fileMember(_ handle: Value, _ name: MemberName)
    throws(CallFailure) -> BuiltinOutcome
  {
    let file = OpenFile(try thing(handle))
    if name.known == .number { return .value(heap.integer(Int64(clamping: file.number))) }
    if name.known == .access { return try string(file.access.letters) }
    let usage = try refusable { world throws(Errno) in try world.kernel.fileUsage(file) }
    let bytes: UInt64
    switch name.text(in: image) {
    case "size": bytes = usage.size
    case "cached": bytes = usage.cachedPages * Page.size
    case "dirty": bytes = usage.dirtyPages * Page.size
    default: return noMember(handle, name)
    }
    return .value(heap.integer(Int64(clamping: bytes)))
  }
}

extension OpenFile {
  /// The file of a handle: its number first, then its place and what it is open for.
  init(_ record: HandleRecord) {
    self.init(
      object: MemoryObjectIndex(UInt32(truncatingIfNeeded: record.second >> 8)),
      number: record.first, access: FileAccess(rawValue: UInt8(truncatingIfNeeded: record.second)))
  }

  fileprivate var second: UInt64 { UInt64(object.rawValue) << 8 | UInt64(access.rawValue) }
}

extension FileAccess {
  fileprivate var letters: String {
    (contains(.read) ? "r" : "") + (contains(.write) ? "w" : "")
  }
}
