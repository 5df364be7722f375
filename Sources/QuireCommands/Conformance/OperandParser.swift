// Operations and their operands, one function per shape; the switch is the list of all operations.

internal import QuireKernel

/// Reads what follows the name of an operation.
enum OperandParser {
  /// Parses the operation that `verb` names.
  static func operation(
    _ verb: ScenarioWord, binding: ScenarioWord?, _ cursor: inout WordCursor
  ) throws(ScenarioDiagnostic) -> Operation {
    let operation: Operation
    switch verb.text {
    case "mmap": operation = .mmap(try mapArguments(&cursor))
    case "munmap": operation = .munmap(try cursor.range())
    case "mprotect":
      operation = .mprotect(try cursor.range(), protection: try cursor.protection())
    case "mremap": operation = try mremap(&cursor)
    case "brk": operation = .brk(try breakTarget(&cursor))
    case "madvise":
      operation = .madvise(try cursor.range(), advice: try cursor.named(LinuxNames.advice))
    case "mlock": operation = .mlock(try cursor.range())
    case "mlock2":
      operation = .mlock2(try cursor.range(), flags: try cursor.flags(LinuxNames.lock))
    case "munlock": operation = .munlock(try cursor.range())
    case "mlockall": operation = .mlockall(flags: try cursor.flags(LinuxNames.lockAll))
    case "munlockall": operation = .munlockall
    case "mincore": operation = .mincore(try cursor.range())
    case "msync":
      operation = .msync(try cursor.range(), flags: try cursor.flags(LinuxNames.sync))
    case "mseal":
      operation = .mseal(
        try cursor.range(), flags: cursor.peek == nil ? 0 : try cursor.number("the flags"))
    case "read": operation = .read(try cursor.range(), stride: try stride(&cursor))
    case "write": operation = try write(&cursor)
    case "run_at": operation = .runAt(try cursor.address())
    case "rlimit": operation = try rlimit(&cursor)
    case "dropcaps": operation = .dropcaps
    case "sleep": operation = .sleep(milliseconds: try cursor.number("the milliseconds"))
    case "observe": operation = .observe(withStack: cursor.take("stack"))
    default:
      if let other = try fileOperation(verb, &cursor) {
        operation = other
      } else if let other = try segmentOperation(verb, &cursor) {
        operation = other
      } else {
        operation = try processOperation(verb, &cursor)
      }
    }
    try check(binding, fits: operation, verb, cursor)
    return operation
  }

  /// Each name's letter says what it holds.
  private static func check(
    _ binding: ScenarioWord?, fits operation: Operation, _ verb: ScenarioWord, _ cursor: WordCursor
  ) throws(ScenarioDiagnostic) {
    let needed: (letter: Character, isOptional: Bool)?
    switch operation {
    case .mmap, .mremap, .shmat: needed = ("r", true)
    case .file, .memfd: needed = ("f", false)
    case .shmget: needed = ("s", false)
    case .fork: needed = ("c", false)
    default: needed = nil
    }
    guard let binding else {
      if let needed, !needed.isOptional {
        throw cursor.refuse(
          verb, "'\(verb.text)' needs a name for its result: \(needed.letter)1 = …")
      }
      return
    }
    guard let needed else {
      throw cursor.refuse(binding, "'\(verb.text)' gives nothing to name")
    }
    if binding.text.first != needed.letter {
      throw cursor.refuse(
        binding, "the result of '\(verb.text)' is called \(needed.letter)1, \(needed.letter)2, …")
    }
  }
}

// Memory operations.
extension OperandParser {
  private static func mapArguments(
    _ cursor: inout WordCursor
  ) throws(ScenarioDiagnostic) -> MapArguments {
    var arguments = MapArguments(
      length: try cursor.number("the length"), protection: try cursor.protection(),
      flags: try cursor.flags(LinuxNames.map))
    while cursor.peek != nil {
      if cursor.take("at") {
        arguments.address = try cursor.address()
      } else if cursor.take("fd") {
        arguments.descriptor = try cursor.descriptor()
      } else if cursor.take("off") {
        arguments.offset = try cursor.number("the offset")
      } else {
        break
      }
    }
    return arguments
  }

  private static func mremap(_ cursor: inout WordCursor) throws(ScenarioDiagnostic) -> Operation {
    let range = try cursor.range()
    let newLength = try cursor.number("the new length")
    let flags = try cursor.flags(LinuxNames.remap)
    let target = cursor.take("to") ? try cursor.address() : nil
    return .mremap(range, newLength: newLength, flags: flags, target: target)
  }

  private static func breakTarget(
    _ cursor: inout WordCursor
  ) throws(ScenarioDiagnostic) -> BreakTarget {
    let word = try cursor.next("the break")
    let isAbsolute = word.text.first == "="
    let sum = isAbsolute ? word.text.dropFirst() : word.text
    guard let value = ScenarioNumber.parse(sum), isAbsolute || "+-".contains(sum.first ?? " ")
    else { throw cursor.refuse(word, "the break is +N, -N or =N, not '\(word.text)'") }
    return isAbsolute ? .to(value) : .by(Int64(bitPattern: value))
  }

  private static func write(_ cursor: inout WordCursor) throws(ScenarioDiagnostic) -> Operation {
    let range = try cursor.range()
    let hasValue = cursor.peek.map { $0.text != "every" } ?? false
    let value = hasValue ? try cursor.number("the byte") : 0xAA
    return .write(range, stride: try stride(&cursor), value: UInt8(truncatingIfNeeded: value))
  }

  private static func stride(_ cursor: inout WordCursor) throws(ScenarioDiagnostic) -> UInt64 {
    guard cursor.take("every") else { return 4096 }
    guard let word = cursor.peek else { return try cursor.number("the step") }
    let step = try cursor.number("the step")
    if step == 0 { throw cursor.refuse(word, "a step of 0 never ends") }
    return step
  }

  private static func rlimit(_ cursor: inout WordCursor) throws(ScenarioDiagnostic) -> Operation {
    let resource = try cursor.next("the resource")
    guard let limited = LinuxNames.resources.first(where: { $0.rawValue == resource.text }) else {
      throw cursor.refuse(resource, "'\(resource.text)' is no resource: as, data, stack or memlock")
    }
    let limit: LimitOperand
    if cursor.take("inf") {
      limit = .unlimited
    } else {
      let isRelative = cursor.peek?.text.first == "+"
      let value = try cursor.number("the limit")
      limit = isRelative ? .above(value) : .absolute(value)
    }
    return .rlimit(limited, limit)
  }
}

// Files, segments and processes.
extension OperandParser {
  private static func fileOperation(
    _ verb: ScenarioWord, _ cursor: inout WordCursor
  ) throws(ScenarioDiagnostic) -> Operation? {
    switch verb.text {
    case "file": return try newFile(&cursor)
    case "memfd":
      return .memfd(size: try cursor.number("the size"), isSparse: cursor.take("sparse"))
    case "truncate":
      return .truncate(file: try cursor.name("f"), size: try cursor.number("the size"))
    case "punch":
      return .punch(
        file: try cursor.name("f"), offset: try cursor.number("the offset"),
        length: try cursor.number("the length"))
    case "fsync": return .fsync(file: try cursor.name("f"))
    case "drop": return .drop(file: try cursor.name("f"))
    case "pread":
      return .pread(file: try cursor.name("f"), offset: try cursor.number("the offset"))
    case "pwrite":
      return .pwrite(
        file: try cursor.name("f"), offset: try cursor.number("the offset"),
        value: UInt8(truncatingIfNeeded: try cursor.number("the byte")))
    case "sysread":
      return .sysread(
        file: try cursor.name("f"), offset: try cursor.number("the offset"),
        try cursor.range())
    case "syswrite":
      return .syswrite(
        file: try cursor.name("f"), offset: try cursor.number("the offset"),
        try cursor.range())
    default: return nil
    }
  }

  private static func newFile(_ cursor: inout WordCursor) throws(ScenarioDiagnostic) -> Operation {
    let size = try cursor.number("the size")
    let modes: [(name: String, value: FileMode)] = [
      ("ro", .readOnly), ("wo", .writeOnly), ("rw", .readWrite),
    ]
    let mode = cursor.take(modes) ?? .readWrite
    let isSparse = cursor.take("sparse")
    return .file(size: size, mode: mode, isSparse: isSparse, isTemporary: cursor.take("tmpfs"))
  }

  private static func segmentOperation(
    _ verb: ScenarioWord, _ cursor: inout WordCursor
  ) throws(ScenarioDiagnostic) -> Operation? {
    switch verb.text {
    case "shmget":
      let key = cursor.take("private") ? nil : try cursor.number("the key")
      return .shmget(
        key: key, size: try cursor.number("the size"),
        flags: try cursor.flags(LinuxNames.segment))
    case "shmat": return try shmat(&cursor)
    case "shmdt": return .shmdt(try cursor.address())
    case "shmrm": return .shmrm(segment: try cursor.name("s"))
    case "shmstat": return .shmstat(segment: try cursor.name("s"))
    default: return nil
    }
  }

  private static func shmat(_ cursor: inout WordCursor) throws(ScenarioDiagnostic) -> Operation {
    let word = try cursor.next("the segment")
    let segment: SegmentOperand
    if ScenarioParser.isNumbered(word.text, "s") {
      segment = .segment(String(word.text))
    } else if let number = ScenarioNumber.parse(word.text) {
      segment = .number(number)
    } else {
      throw cursor.refuse(word, "'\(word.text)' is no segment: s1, s2, … or a number")
    }
    var address: AddressExpression?
    var flags: UInt64 = 0
    while cursor.peek != nil {
      if cursor.take("at") {
        address = try cursor.address()
      } else if cursor.take("flags") {
        flags = try cursor.flags(LinuxNames.attach)
      } else {
        break
      }
    }
    return .shmat(segment: segment, address: address, flags: flags)
  }

  private static func processOperation(
    _ verb: ScenarioWord, _ cursor: inout WordCursor
  ) throws(ScenarioDiagnostic) -> Operation {
    switch verb.text {
    case "fork" where cursor.peek == nil: return .fork
    case "fork", "vfork":
      let child = try cursor.name("c")
      let brace = try cursor.next("'{'")
      guard brace.text == "{" else {
        throw cursor.refuse(brace, "the block of '\(verb.text)' opens with '{' on its line")
      }
      return .forkBlock(child: child, isVfork: verb.text == "vfork")
    case "}": return .closeBlock
    case "wait": return .wait(child: try cursor.name("c"))
    case "exit": return .exit(try cursor.number("the status"))
    case "execve": return .execve
    default: throw cursor.refuse(verb, "'\(verb.text)' is no operation")
    }
  }
}
