// Files by handle: making, opening, reading, writing, cutting, and what a script may ask of them.

internal import QuireKernel
internal import QuireProgram

extension World {
  /// The calls of this file; a file that would become too large sends its caller a signal.
  mutating func fileCall(
    _ builtin: Builtin, _ call: BuiltinCall
  ) throws(CallFailure) -> BuiltinOutcome {
    if case .failing(let errno) = current.operation { throw .errno(errno) }
    do throws(CallFailure) {
      return try dispatchFile(builtin, call)
    } catch {
      guard case .errno(.EFBIG, _) = error, hasDeliverableSignals else { throw error }
      return try signalled(.EFBIG)
    }
  }

  private mutating func dispatchFile(
    _ builtin: Builtin, _ call: BuiltinCall
  ) throws(CallFailure) -> BuiltinOutcome {
    switch builtin {
    case .file: try makeFileCall(call)
    case .memfd_create:
      .value(try makeFile(.memory, try optionalSize(0, "size", call) ?? 0, .everything))
    case .device: try deviceCall(call)
    case .executable: try executableCall(call)
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
    case .cachestat: try cacheStatusCall(call)
    case .drop_caches: try dropCachesCall()
    default: preconditionFailure("fileCall: \(builtin.name) is not about files")
    }
  }

  mutating func handle(of file: OpenFile) -> Value {
    Value(.file, payload: handles.make(.file, file.number, file.second))
  }

  // MARK: Making

  /// The largest file whose disk a script may fill from the start.
  private static var largestFill: UInt64 { 16 << 30 }

  /// file(size, fill, memory, mode, on)
  private mutating func makeFileCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let size = try optionalSize(0, "size", call) ?? 0
    let mount = try optionalMount(4, call)
    let isMemory = try boolean(2, "memory", call) || !mount.isNone
    let mode = try mode(3, call).map { FileMode(rawValue: $0.rawValue) } ?? .usual
    guard let fill = try optionalInteger(1, "fill", call) else {
      return .value(try makeFile(isMemory ? .memory : .disk, size, mode, on: mount))
    }
    guard let byte = UInt8(exactly: fill) else {
      throw .misuse("'fill' is a byte, 0 ... 255, not \(fill)")
    }
    if isMemory { throw .misuse("a file of memory has no disk to fill; write to it") }
    if size > Self.largestFill { throw .misuse("a file of more than 16GiB cannot be filled") }
    return .value(try makeFile(.disk, size, mode, fill: byte))
  }

  private mutating func makeFile(
    _ kind: FileKind, _ size: UInt64, _ mode: FileMode, on mount: MountIndex = .none,
    fill: UInt8? = nil
  ) throws(CallFailure) -> Value {
    let file = try refusable { world throws(Errno) in
      try world.kernel.makeFile(
        kind, size: size, fill: fill, mode: mode, on: mount, by: world.current.task)
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
        try file(0, call, notAFile: .ESPIPE), at: try optionalSize(2, "offset", call) ?? 0, start,
        length,
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
    let file = try file(0, call, notAFile: .EINVAL)
    let size = try size(1, "size", call)
    try refusable { world throws(Errno) in
      try world.kernel.truncate(file, to: size, by: world.current.task)
    }
    return .value(.none)
  }

  /// fallocate(file, offset, length, punch, keep_size)
  private mutating func fallocateCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let file = try file(0, call, notAFile: .ESPIPE)
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
    let file = try file(0, call, notAFile: .EINVAL)
    try refusable { world throws(Errno) in
      try world.kernel.unlink(file, by: world.current.task)
    }
    bury(argument(0, call))
    return .value(.none)
  }

  // MARK: Disk and cache

  /// fsync(file)
  private mutating func fsyncCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let file = try file(0, call, notAFile: .EINVAL)
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
    let file = try file(0, call, notAFile: .ESPIPE)
    let advice = try fileAdvice(call)
    let offset = try optionalSize(2, "offset", call) ?? 0
    let length = try optionalSize(3, "length", call) ?? 0
    return try advise(file, offset, length, advice)
  }

  /// readahead(file, offset, length)
  private mutating func readaheadCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let length = try size(2, "length", call)
    let offset = try size(1, "offset", call)
    if case .open(let description) = try fileReference(0, call),
      !kernel.description(description).access.contains(.read)
    {
      throw .errno(.EBADF)
    }
    let file = try file(0, call, notAFile: .EINVAL)
    if kernel.isDevice(file) { throw .errno(.EINVAL) }
    return try done { world throws(Errno) in
      try world.kernel.readahead(file, at: offset, length: length, by: world.current.task)
    }
  }

  private mutating func advise(
    _ file: OpenFile, _ offset: UInt64, _ length: UInt64, _ advice: FileAdvice
  ) throws(CallFailure) -> BuiltinOutcome {
    try done { world throws(Errno) in
      try world.kernel.fadvise(
        file, at: offset, length: length, advice, by: world.current.task)
    }
  }

  /// A word of advice, or its number, which only the kernel judges.
  private func fileAdvice(_ call: BuiltinCall) throws(CallFailure) -> FileAdvice {
    let value: Int64
    if let word = heap.asString(argument(1, call)) {
      guard let number = NamedConstant.fileAdvice(word) else {
        throw .misuse("there is no advice \"\(word)\"")
      }
      value = number
    } else {
      value = try integer(1, "advice", call)
    }
    guard let advice = UInt8(exactly: value).flatMap({ FileAdvice(rawValue: $0) }) else {
      throw .errno(.EINVAL)
    }
    return advice
  }

  /// cachestat(file, offset, length, flags)
  private mutating func cacheStatusCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let offset = try optionalSize(1, "offset", call) ?? 0
    let length = try optionalSize(2, "length", call) ?? 0
    let words = try flags(3, "flags", call) ?? 0
    var status = CacheStatus()
    switch try fileReference(0, call) {
    case .open(let description) where kernel.description(description).file == nil:
      // A pipe has nothing in the cache.
      if words != 0 { throw .errno(.EINVAL) }
    default:
      let file = try file(0, call, notAFile: .EBADF)
      status = try refusable { world throws(Errno) in
        try world.kernel.cacheStatus(of: file, at: offset, length: length, flags: words)
      }
    }
    return try map([
      ("nr_cache", status.cached), ("nr_dirty", status.dirty),
      ("nr_writeback", status.underWriteback), ("nr_evicted", status.evicted),
      ("nr_recently_evicted", status.recentlyEvicted),
    ])
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
    let record = try thing(handle)
    var file = OpenFile(record)
    if let (description, number) = record.description {
      guard let open = kernel.description(description, number: number) else {
        throw .misuse("nobody has it open any more")
      }
      if let outcome = descriptorMember(description, name) { return outcome }
      if name.known == .access { return try string(open.access.letters) }
      guard let its = open.file else { return noMember(handle, name) }
      file = its
    }
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
