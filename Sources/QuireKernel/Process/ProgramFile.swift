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
/// Linux: `elfhdr` and what it leads to, include/linux/elf.h.
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

/// The two shapes of the format: where the fields are that the kernel reads, and how wide.
///
/// Linux: `struct elf32_hdr` and `struct elf64_hdr`, include/uapi/linux/elf.h.
private struct ELF {
  static let magic: [UInt8] = [0x7f, 0x45, 0x4c, 0x46]
  static let fixed: UInt64 = 2
  static let relocatable: UInt64 = 3
  static let load: UInt64 = 1
  static let interpreter: UInt64 = 3
  static let stack: UInt64 = 0x6474_e551
  /// Linux: `PATH_MAX`, include/uapi/linux/limits.h.
  static let longestPath: UInt64 = 4096

  /// Bytes of an address.
  let width: Int
  let headerSize: Int
  let entrySize: Int
  let machine: UInt64
  /// Places in the header: of the table's offset, its entries' size, and their number.
  let tablePlace: Int
  let sizePlace: Int
  let countPlace: Int
  /// Where an entry has its rights, and the five numbers from the offset on.
  let rightsPlace: Int
  let numbersPlace: Int

  init(_ architecture: Architecture) {
    let isWide = architecture == .x86_64
    width = isWide ? 8 : 4
    headerSize = isWide ? 64 : 52
    entrySize = isWide ? 56 : 32
    machine = isWide ? 62 : 3
    tablePlace = isWide ? 32 : 28
    sizePlace = isWide ? 54 : 42
    countPlace = isWide ? 56 : 44
    rightsPlace = isWide ? 4 : 24
    numbersPlace = isWide ? 8 : 4
  }

  func entry(_ type: UInt64, _ segment: ProgramSegment) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: entrySize)
    var rights: UInt64 = 0
    if segment.rights.contains(.execute) { rights |= 1 }
    if segment.rights.contains(.write) { rights |= 2 }
    if segment.rights.contains(.read) { rights |= 4 }
    Self.set(type, 4, at: 0, in: &bytes)
    Self.set(rights, 4, at: rightsPlace, in: &bytes)
    // The fourth is the physical address, which nobody heeds.
    let numbers = [
      segment.offset, segment.address, segment.address, segment.fileSize, segment.memorySize,
    ]
    for (place, number) in numbers.enumerated() {
      Self.set(number, width, at: numbersPlace + place * width, in: &bytes)
    }
    Self.set(segment.alignment, width, at: entrySize - width, in: &bytes)
    return bytes
  }

  func segment(of entry: [UInt8]) -> ProgramSegment {
    let flags = Self.number(entry, rightsPlace, 4)
    var rights: Protection = []
    if flags & 1 != 0 { rights.insert(.execute) }
    if flags & 2 != 0 { rights.insert(.write) }
    if flags & 4 != 0 { rights.insert(.read) }
    func number(_ place: Int) -> UInt64 {
      Self.number(entry, numbersPlace + place * width, width)
    }
    var segment = ProgramSegment(
      at: number(1), offset: number(0), fileSize: number(3), memorySize: number(4), rights)
    segment.alignment = Self.number(entry, entrySize - width, width)
    return segment
  }

  static func set(_ value: UInt64, _ size: Int, at place: Int, in bytes: inout [UInt8]) {
    for step in 0..<size {
      bytes[place + step] = UInt8(truncatingIfNeeded: value >> UInt64(8 * step))
    }
  }

  static func number(_ bytes: [UInt8], _ place: Int, _ size: Int) -> UInt64 {
    var value: UInt64 = 0
    for step in (0..<size).reversed() { value = value << 8 | UInt64(bytes[place + step]) }
    return value
  }
}

extension ProgramHeaders {
  /// The first bytes of the file.
  func bytes(for architecture: Architecture) -> [UInt8] {
    let format = ELF(architecture)
    var path: [UInt8] = []
    if let interpreter { path = Array(interpreter.utf8) + [0] }
    var entries: [UInt8] = []
    let count = segments.count + (path.isEmpty ? 0 : 1) + (stack == nil ? 0 : 1)
    if !path.isEmpty {
      let place = UInt64(format.headerSize + count * format.entrySize)
      let size = UInt64(path.count)
      entries += format.entry(
        ELF.interpreter,
        ProgramSegment(at: place, offset: place, fileSize: size, memorySize: size, .read))
    }
    for segment in segments { entries += format.entry(ELF.load, segment) }
    if let stack {
      entries += format.entry(
        ELF.stack, ProgramSegment(at: 0, offset: 0, fileSize: 0, memorySize: 0, stack))
    }
    return header(format, count) + entries + path
  }

  private func header(_ format: ELF, _ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: format.headerSize)
    for (place, byte) in ELF.magic.enumerated() { bytes[place] = byte }
    // The width of addresses, little-endian, version 1.
    bytes[4] = format.width == 8 ? 2 : 1
    bytes[5] = 1
    bytes[6] = 1
    let entry = segments.first { $0.rights.contains(.execute) }?.address ?? 0
    ELF.set(isRelocatable ? ELF.relocatable : ELF.fixed, 2, at: 16, in: &bytes)
    ELF.set(format.machine, 2, at: 18, in: &bytes)
    ELF.set(1, 4, at: 20, in: &bytes)
    ELF.set(entry, format.width, at: 24, in: &bytes)
    ELF.set(UInt64(format.headerSize), format.width, at: format.tablePlace, in: &bytes)
    ELF.set(UInt64(format.headerSize), 2, at: format.sizePlace - 2, in: &bytes)
    ELF.set(UInt64(format.entrySize), 2, at: format.sizePlace, in: &bytes)
    ELF.set(UInt64(count), 2, at: format.countPlace, in: &bytes)
    return bytes
  }

  /// Bytes at the start of a file that say what it is.
  static func headerSize(_ architecture: Architecture) -> Int { ELF(architecture).headerSize }

  /// Where the table of a program's parts lies in its file, by its first bytes.
  ///
  /// - Throws: ENOEXEC for what is no program of the machine.
  /// Linux: `load_elf_binary` and `load_elf_phdrs`, fs/binfmt_elf.c.
  static func table(
    of header: [UInt8], for architecture: Architecture
  ) throws(Errno) -> (offset: UInt64, size: Int) {
    let format = ELF(architecture)
    guard header.count == format.headerSize, Array(header[0..<4]) == ELF.magic else {
      throw .ENOEXEC
    }
    let type = ELF.number(header, 16, 2)
    guard type == ELF.fixed || type == ELF.relocatable,
      ELF.number(header, 18, 2) == format.machine,
      ELF.number(header, format.sizePlace, 2) == UInt64(format.entrySize)
    else { throw .ENOEXEC }
    let size = format.entrySize * Int(ELF.number(header, format.countPlace, 2))
    guard size > 0, size <= Int(Page.size) else { throw .ENOEXEC }
    return (ELF.number(header, format.tablePlace, format.width), size)
  }

  /// The headers that these bytes are, but for the interpreter's path; and where that lies.
  ///
  /// - Throws: ENOEXEC for what is no program.
  static func decode(
    _ header: [UInt8], _ table: [UInt8], for architecture: Architecture
  ) throws(Errno) -> (headers: ProgramHeaders, path: ProgramSegment?) {
    let format = ELF(architecture)
    var headers = ProgramHeaders()
    var path: ProgramSegment?
    headers.isRelocatable = ELF.number(header, 16, 2) == ELF.relocatable
    for place in stride(from: 0, to: table.count, by: format.entrySize) {
      let entry = Array(table[place..<(place + format.entrySize)])
      let segment = format.segment(of: entry)
      switch ELF.number(entry, 0, 4) {
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
}
