// What a file must hold to be executed: the headers of an ELF file, as the bytes that they are.

/// A part of a program that is mapped: so many bytes of its file, and zeros behind them.
///
/// Linux: `struct elf64_phdr` of type PT_LOAD, include/uapi/linux/elf.h.
public struct ProgramSegment: Hashable, Sendable, BitwiseCopyable {
  /// Where it belongs; in a program that may lie anywhere, counted from its beginning.
  public var address: VirtualAddress
  /// First byte in the file: as far from the start of a page as the address is.
  public var offset: UInt64
  /// Bytes that the file has.
  public var fileSize: UInt64
  /// Bytes in memory; the rest is zeros.
  public var memorySize: UInt64
  public var rights: Protection
  /// A power of two that the place of a program which may lie anywhere is a multiple of.
  public var alignment = Page.size

  public init(
    at address: VirtualAddress, offset: UInt64, fileSize: UInt64, memorySize: UInt64,
    _ rights: Protection
  ) {
    self.address = address
    self.offset = offset
    self.fileSize = fileSize
    self.memorySize = memorySize
    self.rights = rights
  }

  /// Whether the segment has room below the end of user addresses.
  ///
  /// Linux: the last checks on a segment in `load_elf_binary`, fs/binfmt_elf.c.
  func fits(below end: VirtualAddress) -> Bool {
    address < end && fileSize <= memorySize && memorySize <= end && address <= end - memorySize
  }
}

/// The headers of a program.
///
/// Linux: `struct elf64_hdr` and what it leads to, include/uapi/linux/elf.h.
public struct ProgramHeaders: Hashable, Sendable {
  public var segments: [ProgramSegment] = []
  /// It may lie anywhere (ET_DYN).
  public var isRelocatable = false
  /// Rights of the stack (PT_GNU_STACK); nil when nothing is said.
  public var stack: Protection?
  /// The path of the program that loads this one (PT_INTERP).
  public var interpreter: String?

  public init() {}

  /// More do not fit into the page that the kernel reads them from.
  ///
  /// Linux: the limit of `load_elf_phdrs`, fs/binfmt_elf.c.
  public static var mostSegments: Int { 64 }

  /// From the first page of the first segment to the last byte of the last.
  ///
  /// Linux: `total_mapping_size`, fs/binfmt_elf.c.
  var totalSize: UInt64 {
    let low = segments.map { Page.alignDown($0.address) }.min() ?? 0
    let high = segments.map { $0.address &+ $0.memorySize }.max() ?? 0
    return high < low ? 0 : high - low
  }

  /// Linux: `maximum_alignment`, fs/binfmt_elf.c.
  var alignment: UInt64 {
    var largest = Page.size
    for segment in segments where segment.alignment.nonzeroBitCount == 1 {
      largest = max(largest, segment.alignment)
    }
    return largest
  }
}

// MARK: Bytes

/// Numbers of the format. Linux: include/uapi/linux/elf.h.
private enum ELF {
  static let magic: [UInt8] = [0x7f, 0x45, 0x4c, 0x46]
  static let headerSize = 64
  static let entrySize = 56
  static let fixed: UInt64 = 2
  static let relocatable: UInt64 = 3
  static let machine: UInt64 = 62
  static let load: UInt64 = 1
  static let interpreter: UInt64 = 3
  static let stack: UInt64 = 0x6474_e551
  /// Linux: `PATH_MAX`, include/uapi/linux/limits.h.
  static let longestPath: UInt64 = 4096
}

extension ProgramHeaders {
  /// The first bytes of the file.
  var bytes: [UInt8] {
    var path: [UInt8] = []
    if let interpreter { path = Array(interpreter.utf8) + [0] }
    var entries: [[UInt8]] = []
    let count = segments.count + (path.isEmpty ? 0 : 1) + (stack == nil ? 0 : 1)
    let pathOffset = UInt64(ELF.headerSize + count * ELF.entrySize)
    if !path.isEmpty {
      let size = UInt64(path.count)
      entries.append(
        Self.entry(
          ELF.interpreter,
          ProgramSegment(
            at: pathOffset, offset: pathOffset, fileSize: size, memorySize: size, .read)))
    }
    for segment in segments { entries.append(Self.entry(ELF.load, segment)) }
    if let stack {
      entries.append(
        Self.entry(
          ELF.stack, ProgramSegment(at: 0, offset: 0, fileSize: 0, memorySize: 0, stack)))
    }
    return header(entries.count) + entries.flatMap { $0 } + path
  }

  private func header(_ count: Int) -> [UInt8] {
    // 64 bits, little-endian, version 1; then zeros up to the type.
    var bytes = ELF.magic + [2, 1, 1] + [UInt8](repeating: 0, count: 9)
    let entry = segments.first { $0.rights.contains(.execute) }?.address ?? 0
    let fields: [(value: UInt64, size: Int)] = [
      (isRelocatable ? ELF.relocatable : ELF.fixed, 2), (ELF.machine, 2), (1, 4), (entry, 8),
      (UInt64(ELF.headerSize), 8), (0, 8), (0, 4), (UInt64(ELF.headerSize), 2),
      (UInt64(ELF.entrySize), 2), (UInt64(count), 2), (0, 2), (0, 2), (0, 2),
    ]
    for field in fields { Self.append(field.value, field.size, to: &bytes) }
    return bytes
  }

  private static func entry(_ type: UInt64, _ segment: ProgramSegment) -> [UInt8] {
    var flags: UInt64 = 0
    if segment.rights.contains(.execute) { flags |= 1 }
    if segment.rights.contains(.write) { flags |= 2 }
    if segment.rights.contains(.read) { flags |= 4 }
    var bytes: [UInt8] = []
    append(type, 4, to: &bytes)
    append(flags, 4, to: &bytes)
    for value in [
      segment.offset, segment.address, segment.address, segment.fileSize, segment.memorySize,
      segment.alignment,
    ] { append(value, 8, to: &bytes) }
    return bytes
  }

  private static func append(_ value: UInt64, _ size: Int, to bytes: inout [UInt8]) {
    for place in 0..<size { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * place))) }
  }

  private static func number(_ bytes: [UInt8], _ place: Int, _ size: Int) -> UInt64 {
    var value: UInt64 = 0
    for step in (0..<size).reversed() { value = value << 8 | UInt64(bytes[place + step]) }
    return value
  }

  /// Bytes at the start of a file that say what it is.
  static var headerSize: Int { ELF.headerSize }

  /// Where the table of a program's parts lies in its file, by its first bytes.
  ///
  /// - Throws: ENOEXEC for what is no program.
  /// Linux: `load_elf_binary` and `load_elf_phdrs`, fs/binfmt_elf.c.
  static func table(of header: [UInt8]) throws(Errno) -> (offset: UInt64, size: Int) {
    guard header.count == ELF.headerSize, Array(header[0..<4]) == ELF.magic else { throw .ENOEXEC }
    let type = number(header, 16, 2)
    guard type == ELF.fixed || type == ELF.relocatable, number(header, 18, 2) == ELF.machine,
      number(header, 54, 2) == UInt64(ELF.entrySize)
    else { throw .ENOEXEC }
    let size = ELF.entrySize * Int(number(header, 56, 2))
    guard size > 0, size <= Int(Page.size) else { throw .ENOEXEC }
    return (number(header, 32, 8), size)
  }

  /// The headers that these bytes are, but for the interpreter's path; and where that lies.
  ///
  /// - Throws: ENOEXEC for what is no program.
  static func decode(
    _ header: [UInt8], _ table: [UInt8]
  ) throws(Errno) -> (headers: ProgramHeaders, path: ProgramSegment?) {
    var headers = ProgramHeaders()
    var path: ProgramSegment?
    headers.isRelocatable = number(header, 16, 2) == ELF.relocatable
    for place in stride(from: 0, to: table.count, by: ELF.entrySize) {
      let entry = Array(table[place..<(place + ELF.entrySize)])
      let segment = segment(of: entry)
      switch number(entry, 0, 4) {
      case ELF.load: headers.segments.append(segment)
      case ELF.stack: headers.stack = segment.rights
      case ELF.interpreter where path == nil:
        guard segment.fileSize >= 2, segment.fileSize <= ELF.longestPath else { throw .ENOEXEC }
        path = segment
      default: break
      }
    }
    return (headers, path)
  }

  private static func segment(of entry: [UInt8]) -> ProgramSegment {
    let flags = number(entry, 4, 4)
    var rights: Protection = []
    if flags & 1 != 0 { rights.insert(.execute) }
    if flags & 2 != 0 { rights.insert(.write) }
    if flags & 4 != 0 { rights.insert(.read) }
    var segment = ProgramSegment(
      at: number(entry, 16, 8), offset: number(entry, 8, 8), fileSize: number(entry, 32, 8),
      memorySize: number(entry, 40, 8), rights)
    segment.alignment = number(entry, 48, 8)
    return segment
  }
}
