// Calls for System V shared memory.

internal import QuireKernel
internal import QuireProgram

extension World {
  /// The calls of this file by builtin.
  mutating func segmentCall(
    _ builtin: Builtin, _ call: BuiltinCall
  ) throws(CallFailure) -> BuiltinOutcome {
    switch builtin {
    case .shmget: try shmgetCall(call)
    case .shmat: try shmatCall(call)
    case .shmdt: try shmdtCall(call)
    case .shmctl: try shmctlCall(call)
    default: preconditionFailure("segmentCall: \(builtin.name) is not about segments")
    }
  }

  /// shmget(size, key, create, exclusive, noreserve, mode, flags)
  private mutating func shmgetCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let size = try size(0, "size", call)
    let key = try optionalInteger(1, "key", call) ?? Int64(SharedSegment.privateKey)
    let flags = try segmentFlags(call)
    let identifier = try refusable { world throws(Errno) in
      try world.kernel.shmget(
        key: Int32(truncatingIfNeeded: key), size: size, flags, by: world.current.task)
    }
    return .value(Value(small: Int(identifier)))
  }

  private func segmentFlags(_ call: BuiltinCall) throws(CallFailure) -> SegmentFlags {
    if let words = try flags(6, "flags", call) {
      try refuseLabels([(2, "create"), (3, "exclusive"), (4, "noreserve"), (5, "mode")], call)
      return SegmentFlags(rawValue: Int32(truncatingIfNeeded: words))
    }
    let mode = try mode(5, call) ?? SegmentMode(rawValue: 0o600)
    var flags = SegmentFlags(rawValue: Int32(mode.rawValue))
    if try boolean(2, "create", call) { flags.insert(.create) }
    if try boolean(3, "exclusive", call) { flags.insert(.exclusive) }
    if try boolean(4, "noreserve", call) { flags.insert(.noReserve) }
    return flags
  }

  /// Rights as three octal digits.
  func mode(_ index: Int, _ call: BuiltinCall) throws(CallFailure) -> SegmentMode? {
    guard let text = try optionalString(index, "mode", call) else { return nil }
    guard text.utf8.count == 3, let bits = UInt16(text, radix: 8) else {
      throw .misuse("'mode' is three digits from 0 to 7, as \"640\", not \"\(text)\"")
    }
    return SegmentMode(rawValue: bits)
  }

  /// shmat(segment, at, readonly, round, remap, exec, flags)
  private mutating func shmatCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    try reserve(ScriptHeap.regionWords)
    let identifier = try segment(call)
    let address = try optionalAddress(1, "at", call) ?? 0
    let flags = try attachFlags(call)
    let start = try refusable { world throws(Errno) in
      try world.kernel.shmat(identifier, at: address, flags, by: world.current.task)
    }
    let length = kernel.segmentSize(identifier)
    return .value(heap.region(start: start, length: Page.alignUp(length)))
  }

  private func attachFlags(_ call: BuiltinCall) throws(CallFailure) -> AttachFlags {
    let labels: [(index: Int, name: String)] = [
      (2, "readonly"), (3, "round"), (4, "remap"), (5, "exec"),
    ]
    if let words = try flags(6, "flags", call) {
      try refuseLabels(labels, call)
      return AttachFlags(rawValue: Int32(truncatingIfNeeded: words))
    }
    let meanings: [AttachFlags] = [.readOnly, .round, .remap, .execute]
    var flags: AttachFlags = []
    for (label, flag) in zip(labels, meanings) where try boolean(label.index, label.name, call) {
      flags.insert(flag)
    }
    return flags
  }

  /// An identifier; a number that can be none is one that does not exist.
  private func segment(_ call: BuiltinCall) throws(CallFailure) -> Int32 {
    Int32(exactly: try integer(0, "segment", call)) ?? -1
  }

  /// shmdt(region)
  private mutating func shmdtCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let address = try address(0, "region", call)
    return try done { world throws(Errno) in
      try world.kernel.shmdt(address, by: world.current.task)
    }
  }

  /// shmctl(segment, command, mode)
  private mutating func shmctlCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let command = try segmentCommand(call)
    let identifier = try segment(call)
    let mode = try mode(2, call)
    switch command {
    case .remove:
      return try done { world throws(Errno) in
        try world.kernel.removeSegment(identifier, by: world.current.task)
      }
    case .set:
      guard let mode else { throw .misuse("what to set is missing: add 'mode:'") }
      return try done { world throws(Errno) in
        try world.kernel.setSegmentPermissions(identifier, to: mode, by: world.current.task)
      }
    case .lock:
      return try done { world throws(Errno) in
        try world.kernel.lockSegment(identifier, by: world.current.task)
      }
    case .unlock:
      return try done { world throws(Errno) in
        try world.kernel.unlockSegment(identifier, by: world.current.task)
      }
    case .stat: return try map(of: try segmentStatus(identifier))
    case .limits: return try map(of: segmentLimits)
    case .totals: return try map(of: segmentTotals)
    }
  }

  private func segmentCommand(_ call: BuiltinCall) throws(CallFailure) -> SegmentCommand {
    if let word = heap.asString(argument(1, call)) {
      if let command = SegmentCommand(rawValue: word) { return command }
      throw .misuse("'shmctl' has no command \"\(word)\"")
    }
    let number = try integer(1, "command", call)
    guard let command = SegmentCommand.allCases.first(where: { $0.number == number }) else {
      throw .errno(.EINVAL)
    }
    return command
  }

  // MARK: Answers

  private mutating func map(
    of fields: [(name: String, value: ScriptValue)]
  ) throws(CallFailure) -> BuiltinOutcome {
    let content = ScriptValue.map(
      fields.map { ScriptValue.Entry(key: .string($0.name), value: $0.value) })
    try reserve(Self.words(for: content))
    return .value(value(of: content))
  }

  /// The columns of /proc/sysvipc/shm, and what the mode says beside the rights.
  private mutating func segmentStatus(
    _ identifier: Int32
  ) throws(CallFailure) -> [(name: String, value: ScriptValue)] {
    let segment = try refusable { world throws(Errno) in
      try world.kernel.segmentStatus(identifier, by: world.current.task)
    }
    let (resident, swapped) = kernel.segmentPages(identifier)
    let rights = String(segment.mode.intersection(.permissions).rawValue, radix: 8)
    return [
      ("key", .integer(Int64(segment.key))), ("shmid", .integer(Int64(segment.identifier))),
      ("mode", .string(String(repeating: "0", count: 3 - rights.utf8.count) + rights)),
      ("size", .integer(Int64(clamping: segment.size))),
      ("cpid", .integer(Int64(segment.creator))), ("lpid", .integer(Int64(segment.lastUser))),
      ("nattch", .integer(Int64(clamping: segment.attachCount))),
      ("atime", .integer(Int64(clamping: segment.attachTime))),
      ("dtime", .integer(Int64(clamping: segment.detachTime))),
      ("ctime", .integer(Int64(clamping: segment.changeTime))),
      ("rss", .integer(Int64(clamping: resident << Page.shift))),
      ("swap", .integer(Int64(clamping: swapped << Page.shift))),
      ("dest", .boolean(segment.mode.contains(.destroyed))),
      ("locked", .boolean(segment.mode.contains(.locked))),
    ]
  }

  private var segmentLimits: [(name: String, value: ScriptValue)] {
    [
      ("shmmax", .integer(Int64(clamping: kernel.tunables.shmMaximum))), ("shmmin", .integer(1)),
      ("shmmni", .integer(Int64(kernel.tunables.shmMaximumCount))),
      ("shmall", .integer(Int64(clamping: kernel.tunables.shmAll))),
    ]
  }

  private var segmentTotals: [(name: String, value: ScriptValue)] {
    let totals = kernel.segmentTotals
    return [
      ("used_ids", .integer(Int64(totals.count))),
      ("shm_tot", .integer(Int64(clamping: totals.pages))),
      ("shm_rss", .integer(Int64(clamping: totals.residentPages))),
      ("shm_swp", .integer(Int64(clamping: totals.swappedPages))),
    ]
  }
}
