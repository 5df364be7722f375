// Values as text: what `print` shows.
//
// Lists and maps are written by walking them with a stack of our own, so no nesting is too deep for
// the host; what contains itself is cut with `[...]` where it would begin again. Inside lists and
// maps strings are quoted.

internal import QuireKernel
internal import QuireProgram

/// A finished text.
enum WrittenText {
  case bytes([UInt8])
  /// A list or map had more than `TextWriter.containerLimit` bytes of text.
  case tooLong
}

/// Writes values; one for each text.
struct TextWriter: ~Copyable {
  /// The text of lists and maps may be so long: a few levels that share their elements are enough
  /// to make it exceed any memory. 16 MiB are more than anybody reads.
  static var containerLimit: Int { 16 << 20 }
  /// So many levels of lists and maps are written; deeper ones are cut to `[...]`. Nobody reads
  /// them, and it bounds the search for what contains itself.
  private static var depthLimit: Int { 100 }

  private(set) var bytes: [UInt8] = []
  /// An excerpt is cut there, and says so with `...`.
  private let limit: Int
  private var isTooLong = false
  /// Where the outermost list or map began.
  private var containerStart = 0
  /// The lists and maps that are being written, the outermost first.
  private var open: [OpenContainer] = []

  private struct OpenContainer {
    var value: Value
    var next = 0
    var hasWritten = false
  }

  init(limit: Int = .max) { self.limit = limit }

  private var isFull: Bool { bytes.count > limit }

  consuming func finish() -> WrittenText { isTooLong ? .tooLong : .bytes(bytes) }

  mutating func write(_ text: String) { bytes.append(contentsOf: text.utf8) }

  /// Writes a value as `print` shows it.
  mutating func write(_ value: Value, of world: borrowing World) {
    if value.has(.string) {
      append(value, of: world)
      if isFull { cut() }
    } else {
      writeQuoted(value, of: world)
    }
  }

  /// Writes a value as it is shown inside a list: strings quoted.
  mutating func writeQuoted(_ value: Value, of world: borrowing World) {
    containerStart = bytes.count
    begin(value, of: world)
    while !open.isEmpty {
      continueWriting(of: world)
      if bytes.count - containerStart > Self.containerLimit { isTooLong = true }
      if isFull || isTooLong { open.removeAll() }
    }
    if isFull { cut() }
  }

  private mutating func append(_ string: Value, of world: borrowing World) {
    let room = limit == .max ? Int.max : max(0, limit + 1 - bytes.count)
    world.heap.append(string, count: min(world.heap.byteCount(of: string), room), to: &bytes)
  }

  private mutating func cut() {
    var end = limit
    while end > 0 && bytes[end] & 0xc0 == 0x80 { end -= 1 }
    bytes.removeSubrange(end...)
    write("...")
  }

  // MARK: Lists and maps

  private mutating func begin(_ value: Value, of world: borrowing World) {
    guard value.has(.list) || value.has(.map) else {
      writeScalar(value, of: world)
      return
    }
    let isInside = open.contains { $0.value.isIdentical(to: value) }
    if isInside || open.count == Self.depthLimit {
      write(value.has(.list) ? "[...]" : "[...: ...]")
      return
    }
    open.append(OpenContainer(value: value))
    write("[")
  }

  /// Writes the next element of the innermost list or map, or its end.
  private mutating func continueWriting(of world: borrowing World) {
    var container = open[open.count - 1]
    let value = container.value
    if value.has(.list) {
      guard container.next < world.heap.count(ofList: value) else {
        write("]")
        open.removeLast()
        return
      }
      if container.hasWritten { write(", ") }
      container.next += 1
      container.hasWritten = true
      open[open.count - 1] = container
      begin(world.heap.element(container.next - 1, of: value), of: world)
    } else {
      continueMap(container, of: world)
    }
  }

  private mutating func continueMap(_ start: OpenContainer, of world: borrowing World) {
    var container = start
    let map = container.value
    let limit = world.heap.entryLimit(of: map)
    while container.next < limit && world.heap.key(container.next, of: map).isAbsent {
      container.next += 1
    }
    guard container.next < limit else {
      write(container.hasWritten ? "]" : ":]")
      open.removeLast()
      return
    }
    if container.hasWritten { write(", ") }
    let entry = container.next
    container.next += 1
    container.hasWritten = true
    open[open.count - 1] = container
    writeKey(world.heap.key(entry, of: map), of: world)
    write(": ")
    begin(world.heap.value(entry, of: map), of: world)
  }

  /// A key that is a word is written as in a map literal; others as values.
  private mutating func writeKey(_ key: Value, of world: borrowing World) {
    guard key.has(.string) else {
      write("(")
      writeScalar(key, of: world)
      write(")")
      return
    }
    if world.heap.isWord(key) { append(key, of: world) } else { writeScalar(key, of: world) }
  }

  // MARK: Everything else

  private mutating func writeScalar(_ value: Value, of world: borrowing World) {
    if value.has(.string) {
      writeEscaped(value, of: world)
    } else {
      write(world.scalarText(value))
    }
  }

  private mutating func writeEscaped(_ string: Value, of world: borrowing World) {
    write("\"")
    for byte in world.heap.bytes(of: string) where !isFull {
      switch byte {
      case UInt8(ascii: "\""): write("\\\"")
      case UInt8(ascii: "\\"): write("\\\\")
      case UInt8(ascii: "\n"): write("\\n")
      case UInt8(ascii: "\t"): write("\\t")
      case 0..<32, 127: write("\\u{\(String(byte, radix: 16))}")
      default: bytes.append(byte)
      }
    }
    write("\"")
  }
}

extension World {
  /// The text of a value as `print` shows it.
  package func text(of value: Value) -> [UInt8] {
    var writer = TextWriter()
    writer.write(value, of: self)
    return writer.bytes
  }

  /// A short text of a value for messages, at most about 40 characters.
  package func excerpt(_ value: Value) -> String {
    var writer = TextWriter(limit: 40)
    writer.writeQuoted(value, of: self)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  /// The text of a value for reports, at most about 400 characters.
  package func shown(_ value: Value) -> String {
    var writer = TextWriter(limit: 400)
    writer.writeQuoted(value, of: self)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  /// The text of anything but a string, list or map.
  fileprivate func scalarText(_ value: Value) -> String {
    if let integer = heap.asInteger(value) { return String(integer) }
    if let float = heap.asFloat(value) { return ValueText.float(float) }
    if let address = heap.asAddress(value) { return ValueText.hexadecimal(address) }
    if let range = heap.asRange(value) {
      return "\(range.lower) \(range.isClosed ? "..." : "..<") \(range.upper)"
    }
    if let region = heap.asRegion(value) {
      let end = ValueText.hexadecimal(region.start &+ region.length)
      return "\(ValueText.hexadecimal(region.start)) ..< \(end)"
    }
    if let status = heap.asStatus(value) { return statusText(status.code, status.signal) }
    if let error = heap.asError(value) { return errorText(error) }
    return plainText(value)
  }

  private func statusText(_ code: Int, _ signal: Int) -> String {
    if signal == 0 { return "exit \(code)" }
    return Signal(rawValue: UInt8(truncatingIfNeeded: signal))?.name ?? "signal \(signal)"
  }

  private func errorText(_ error: ErrorContent) -> String {
    error.name.map { "\($0): \(error.message)" } ?? error.message
  }

  private func plainText(_ value: Value) -> String {
    switch value.tag {
    case .absent: return "absent"
    case .none?: return "nil"
    case .true: return "true"
    case .false: return "false"
    case .function, .closure: return functionText(value)
    default: return handleText(value)
    }
  }

  private func functionText(_ value: Value) -> String {
    guard let index = heap.functionIndex(of: value) else { return "function" }
    let record = image.program.functions[index]
    return record.kind == .function ? "function \(record.signature.name)" : record.signature.name
  }
}

extension ScriptHeap {
  /// Whether a string could be written as a key without quotes.
  func isWord(_ string: Value) -> Bool {
    withUTF8(string) { bytes in
      for index in bytes.indices {
        switch bytes[index] {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "_"):
          continue
        case UInt8(ascii: "0")...UInt8(ascii: "9") where index > 0: continue
        default: return false
        }
      }
      return bytes.count > 0
    }
  }
}
