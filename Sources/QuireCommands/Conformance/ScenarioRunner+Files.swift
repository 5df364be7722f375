// Steps on files: by the process, and by the recorder from outside of it.

internal import QuireKernel

extension ScenarioRunner {
  mutating func performOnFile(
    _ step: ScenarioStep, by task: TaskIndex
  ) throws(StepStop) -> [Leaf.Member] {
    switch step.operation {
    case .file(let size, let mode, let isSparse, let isTemporary):
      return try makeFile(
        isTemporary ? .memory : .disk, size, mode.access, .usual, isSparse, as: step.binding,
        by: task)
    case .memfd(let size, let isSparse):
      return try makeFile(
        .memory, size, .readWrite, .everything, isSparse, as: step.binding, by: task)
    case .truncate(let name, let size):
      let file = try outside(name)
      return try call { kernel throws(Errno) in try kernel.truncate(file, to: size, by: task) }
    case .punch(let name, let offset, let length):
      let file = try outside(name)
      return try call { kernel throws(Errno) in
        try kernel.punchHole(file, at: offset, length: length, by: task)
      }
    case .fsync(let name):
      let file = try outside(name)
      return try call { kernel throws(Errno) in try kernel.finishWriting(file, by: task) }
    case .drop(let name):
      let file = try outside(name)
      return try call { kernel throws(Errno) in
        try kernel.finishWriting(file, by: task)
        try kernel.fadvise(file, at: 0, length: 0, .dontNeed, by: task)
      }
    case .pread(let name, let offset): return try readByte(of: try outside(name), offset, task)
    case .pwrite(let name, let offset, let value):
      return try writeByte(of: try outside(name), offset, value, task)
    case .sysread(let name, let offset, let range):
      return try transfer(name, offset, range, isWrite: false, by: task)
    case .syswrite(let name, let offset, let range):
      return try transfer(name, offset, range, isWrite: true, by: task)
    default: throw .unsupported(step.text)
    }
  }

  /// A file as the recorder holds it.
  private func outside(_ name: String) throws(StepStop) -> OpenFile {
    try files.named(name).opened(for: .readWrite)
  }

  /// A fresh file whose pages hold their number and 1, modulo 251; written out, if it has a disk.
  private mutating func makeFile(
    _ kind: FileKind, _ size: UInt64, _ access: FileAccess, _ mode: QuireKernel.FileMode,
    _ isSparse: Bool, as name: String?, by task: TaskIndex
  ) throws(StepStop) -> [Leaf.Member] {
    do throws(Errno) {
      let file = try kernel.makeFile(kind, mode: mode, by: task)
      if !isSparse {
        let pages = size >> Page.shift + (size & Page.offsetMask == 0 ? 0 : 1)
        try kernel.fillFile(file, pages: pages, by: task) { page in UInt8(page % 251 + 1) }
      }
      try kernel.truncate(file, to: size, by: task)
      try kernel.finishWriting(file, by: task)
      if let name { files.bind(name, to: file.opened(for: access)) }
      return [.init(key: "ret", value: .integer(0))]
    } catch {
      return try refused(error)
    }
  }

  private mutating func readByte(
    of file: OpenFile, _ offset: UInt64, _ task: TaskIndex
  ) throws(StepStop) -> [Leaf.Member] {
    do throws(Errno) {
      let byte = try kernel.fileByte(file, at: offset, by: task)
      return [
        .init(key: "ret", value: .integer(byte == nil ? 0 : 1)),
        .init(key: "vals", value: .text(byte.map { String($0) } ?? "")),
      ]
    } catch {
      return try refused(error)
    }
  }

  private mutating func writeByte(
    of file: OpenFile, _ offset: UInt64, _ value: UInt8, _ task: TaskIndex
  ) throws(StepStop) -> [Leaf.Member] {
    do throws(Errno) {
      try kernel.setFileByte(file, at: offset, to: value, by: task)
      return [.init(key: "ret", value: .integer(1))]
    } catch {
      return try refused(error)
    }
  }

  /// pread64 and pwrite64 by the process itself.
  private mutating func transfer(
    _ name: String, _ offset: UInt64, _ range: AddressRange, isWrite: Bool, by task: TaskIndex
  ) throws(StepStop) -> [Leaf.Member] {
    let file = try files.named(name)
    let (start, length) = try resolve(range)
    var transfer = FileTransfer(file, at: offset, start, length, isWrite: isWrite)
    while true {
      switch kernel.perform(&transfer, by: task) {
      case .done: return [.init(key: "ret", value: .integer(Int64(transfer.moved)))]
      case .again: continue
      case .blocked(let until): kernel.now = max(kernel.now, until)
      case .failed(let error): return try refused(error)
      case .killed: return [.init(key: "killed", value: .boolean(true))]
      case .signal: throw .failed("a system call has raised a signal")
      }
    }
  }
}

extension Kernel {
  /// fsync by someone who waits for it.
  fileprivate mutating func finishWriting(_ file: OpenFile, by task: TaskIndex) throws(Errno) {
    now = max(now, try fsync(file, by: task))
  }
}

extension FileMode {
  fileprivate var access: FileAccess {
    switch self {
    case .readOnly: .read
    case .writeOnly: .write
    case .readWrite: .readWrite
    }
  }
}
