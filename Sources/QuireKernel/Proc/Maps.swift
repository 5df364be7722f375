// /proc/PID/maps: the regions of a process, one line each.

/// What /proc calls a region.
///
/// Linux: `get_vma_name`, fs/proc/task_mmu.c.
public enum RegionName: Hashable, Sendable {
  /// Private memory without a name.
  case anonymous
  case heap
  case stack
  /// Shared memory without a file; the kernel shows the device it stands for.
  case sharedAnonymous(object: MemoryObjectIndex)
  /// A segment of System V shared memory; its identifier is shown as the inode.
  case segment(key: Int32, identifier: Int32)
  /// A device; its name is its number.
  case device(number: UInt64, isRemoved: Bool)
  /// A file; its name is its number.
  case file(number: UInt64, FileKind, isRemoved: Bool)

  /// As the last column shows it.
  public var text: String {
    switch self {
    case .anonymous: ""
    case .heap: "[heap]"
    case .stack: "[stack]"
    case .sharedAnonymous: "/dev/zero (deleted)"
    case .segment(let key, _):
      "/SYSV" + hexadecimal(UInt64(UInt32(bitPattern: key))) + " (deleted)"
    case .device(let number, let isRemoved):
      "/dev/device\(number)" + (isRemoved ? " (deleted)" : "")
    case .file(let number, let kind, let isRemoved):
      (kind == .disk ? "/" : "/dev/shm/") + "file\(number)" + (isRemoved ? " (deleted)" : "")
    }
  }

  /// The number in the column of inodes.
  var inode: UInt64 {
    switch self {
    case .sharedAnonymous(let object): UInt64(object.rawValue)
    case .segment(_, let identifier): UInt64(UInt32(bitPattern: identifier))
    case .file(let number, _, _), .device(let number, _): number
    default: 0
    }
  }

  /// The file system, as its device number.
  var device: String {
    switch self {
    case .sharedAnonymous, .segment: "00:01"
    case .file(_, let kind, _): kind == .disk ? "08:01" : "00:18"
    case .device: "00:05"
    default: "00:00"
    }
  }
}

extension Kernel {
  /// The name of a region (PROC-1).
  public borrowing func name(of area: VirtualMemoryArea) -> RegionName {
    let space = spaces[area.space]
    if !area.object.isNone { return objectName(of: area.object) }
    if area.start < space.currentBreak && area.end > space.startBreak { return .heap }
    return area.start <= space.startStack && area.end >= space.startStack ? .stack : .anonymous
  }

  private borrowing func objectName(of object: MemoryObjectIndex) -> RegionName {
    let record = virtual.objects[object]
    if record.flags.contains(.device) {
      return .device(number: record.number, isRemoved: record.holders == 0)
    }
    if record.flags.contains(.file) {
      return .file(
        number: record.number, FileKind.of(record.flags), isRemoved: record.holders == 0)
    }
    if record.segment.isNone { return .sharedAnonymous(object: object) }
    let segment = virtual.segments[record.segment]
    return .segment(key: segment.nameKey, identifier: segment.identifier)
  }

  /// The regions of an address space in address order.
  public borrowing func regions(of space: AddressSpaceIndex) -> [VirtualMemoryArea] {
    var areas: [VirtualMemoryArea] = []
    if space.isNone { return areas }
    var region = spaces[space].regions.first
    while !region.isNone {
      areas.append(virtual.regions[region])
      region = virtual.regions.next(region)
    }
    return areas
  }

  /// The text of /proc/PID/maps; empty for a task without memory of its own.
  ///
  /// Linux: `show_map_vma`, fs/proc/task_mmu.c.
  public borrowing func mapsText(of task: TaskIndex) -> String {
    let space = tasks[task].space
    if space.isNone { return "" }
    var text = ""
    var region = spaces[space].regions.first
    while !region.isNone {
      text += mapsLine(of: region) + "\n"
      region = virtual.regions.next(region)
    }
    return text
  }

  /// Column of the name. Linux: `seq_setwidth` of `show_vma_header_prefix`, fs/proc/task_mmu.c.
  var nameColumn: Int { architectureRules.contains(.wordsOf32Bits) ? 49 : 73 }

  borrowing func mapsLine(of region: VMAIndex) -> String {
    let area = virtual.regions[region]
    let name = name(of: area)
    var offset: UInt64 = 0
    if !area.object.isNone {
      offset = virtual.regions.pageOffset(area.start, in: region) << Page.shift
    }
    let header = mapsHeader(
      area.start, area.end, area.flags, offset: offset, device: name.device, inode: name.inode)
    return name == .anonymous ? header : ProcColumn.left(header, nameColumn) + name.text
  }

  /// What stands before the name.
  ///
  /// Linux: `show_vma_header_prefix`, fs/proc/task_mmu.c.
  func mapsHeader(
    _ start: VirtualAddress, _ end: VirtualAddress, _ flags: VMAFlags, offset: UInt64,
    device: String, inode: UInt64
  ) -> String {
    hexadecimal(start) + "-" + hexadecimal(end) + " " + flags.permissionText + " "
      + hexadecimal(offset) + " " + device + " " + String(inode) + " "
  }
}

/// At least eight digits.
private func hexadecimal(_ value: UInt64) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: max(0, 8 - digits.utf8.count)) + digits
}

extension VMAFlags {
  /// The four letters of /proc/PID/maps.
  public var permissionText: String {
    (contains(.read) ? "r" : "-") + (contains(.write) ? "w" : "-")
      + (contains(.execute) ? "x" : "-") + (contains(.mayShare) ? "s" : "p")
  }
}
