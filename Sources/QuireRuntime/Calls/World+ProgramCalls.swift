// Programs in files: a script says which parts a program has, and gets a file that can be executed.

internal import QuireKernel
internal import QuireProgram

extension World {
  /// executable(segments, size, relocatable, interpreter, stack, fill, mode)
  mutating func executableCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    var headers = ProgramHeaders()
    headers.segments = try segments(call)
    headers.isRelocatable = try boolean(2, "relocatable", call)
    if let file = try optionalFile(3, call) {
      guard kernel.isOpen(file) else { throw .errno(.ENOENT) }
      headers.interpreter = kernel.path(of: file)
    }
    if let letters = try optionalString(4, "stack", call) {
      headers.stack = try rights(letters, of: "stack")
    }
    let fill = try optionalInteger(5, "fill", call) ?? 0
    guard let byte = UInt8(exactly: fill) else {
      throw .misuse("'fill' is a byte, 0 ... 255, not \(fill)")
    }
    let mode = try mode(6, call).map { FileMode(rawValue: $0.rawValue) } ?? .program
    let needed = headers.segments.map { $0.offset &+ $0.fileSize }.max() ?? 0
    let size = try optionalSize(1, "size", call) ?? needed
    if size > Self.largestProgram { throw .misuse("a program of more than 16GiB is too much") }
    let file = try refusable { world throws(Errno) in
      try world.kernel.makeProgram(
        headers, size: size, fill: byte, mode: mode, by: world.current.task)
    }
    return .value(handle(of: file))
  }

  private static var largestProgram: UInt64 { 16 << 30 }

  private func segments(_ call: BuiltinCall) throws(CallFailure) -> [ProgramSegment] {
    let value = argument(0, call)
    guard case .list(let parts)? = scriptValue(value) else {
      throw wrongKind("segments", "a list of maps", value)
    }
    if parts.isEmpty { throw .misuse("a program has at least one segment") }
    if parts.count > ProgramHeaders.mostSegments { throw .errno(.EINVAL) }
    var segments: [ProgramSegment] = []
    for part in parts {
      guard case .map(let entries) = part else {
        throw .misuse("a segment is a map, as [at: 0x400000, rights: \"rx\", size: 4096]")
      }
      segments.append(try segment(entries))
    }
    return segments
  }

  private func segment(_ entries: [ScriptValue.Entry]) throws(CallFailure) -> ProgramSegment {
    var segment = ProgramSegment(at: 0, offset: 0, fileSize: 0, memorySize: 0, .read)
    var memory: UInt64?
    for entry in entries {
      guard case .string(let key) = entry.key else {
        throw .misuse("the keys of a segment are words: at, rights, offset, size, memory, align")
      }
      switch key {
      case "at": segment.address = try number(entry.value, key)
      case "offset": segment.offset = try number(entry.value, key)
      case "size": segment.fileSize = try number(entry.value, key)
      case "memory": memory = try number(entry.value, key)
      case "align": segment.alignment = try number(entry.value, key)
      case "rights":
        guard case .string(let letters) = entry.value else {
          throw .misuse("'rights' of a segment are letters, as \"rx\"")
        }
        segment.rights = try rights(letters, of: key)
      default:
        throw .misuse(
          "a segment has no '\(key)'; its keys are at, rights, offset, size, memory and align")
      }
    }
    segment.memorySize = memory ?? segment.fileSize
    return segment
  }

  private func number(_ value: ScriptValue, _ name: String) throws(CallFailure) -> UInt64 {
    switch value {
    case .address(let address): return address
    case .integer(let number) where number >= 0: return UInt64(number)
    default: throw .misuse("'\(name)' of a segment is a number that is not negative")
    }
  }

  private func rights(_ letters: String, of name: String) throws(CallFailure) -> Protection {
    var rights: Protection = []
    for letter in letters {
      switch letter {
      case "r": rights.insert(.read)
      case "w": rights.insert(.write)
      case "x": rights.insert(.execute)
      default:
        throw .misuse("'\(name)' is made of \"r\", \"w\" and \"x\", not \"\(letters)\"")
      }
    }
    return rights
  }
}
