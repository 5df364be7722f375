// remap_file_pages: a part of a shared mapping shows other pages of what it maps (REMAP-1).

internal import KernelStorage

/// The arguments of one remap_file_pages.
///
/// Linux: `sys_remap_file_pages`, mm/mmap.c.
public struct PageRemapRequest: Hashable, Sendable, BitwiseCopyable {
  public var address: VirtualAddress
  /// Bytes; a part of a page at the end does not count.
  public var length: UInt64
  /// The page of the object that the first page of the range is to show.
  public var page: UInt64
  /// Must be empty: the rights stay as they are.
  public var protection: Protection
  /// Of these only `nonBlock` counts: no page is faulted in.
  public var flags: MapFlags

  public init(
    _ address: VirtualAddress, _ length: UInt64, page: UInt64, _ protection: Protection = [],
    _ flags: MapFlags = []
  ) {
    self.address = address
    self.length = length
    self.page = page
    self.protection = protection
    self.flags = flags
  }

  /// The first address behind the range, which is whole pages; nil when there is none.
  fileprivate var pageEnd: VirtualAddress? {
    let start = Page.alignDown(address)
    let end = start &+ Page.alignDown(length)
    let last = page &+ length >> Page.shift
    return end <= start || last < page ? nil : end
  }
}

extension Kernel {
  /// Shows other pages of its object in a part of a shared mapping.
  ///
  /// The part becomes a mapping of its own, made anew with the rights of the old one; what madvise
  /// said about that is forgotten.
  /// - Throws: EINVAL when no mapping of one object with equal flags covers the range, or the
  ///   numbers make no sense; whatever mmap gives, and then the old mapping may be in pieces.
  /// Linux: `sys_remap_file_pages`, mm/mmap.c.
  public mutating func remapFilePages(
    _ request: PageRemapRequest, by task: TaskIndex
  ) throws(Errno) {
    charge(costs.systemCall)
    if !request.protection.isEmpty { throw .EINVAL }
    guard let end = request.pageEnd else { throw .EINVAL }
    let start = Page.alignDown(request.address)
    let top = spaces[tasks[task].space].regions.top
    let first = virtual.regions.firstOverlapping(start, end, in: top)
    if first.isNone { throw .EINVAL }
    let area = virtual.regions[first]
    if area.start > start || !area.flags.contains(.shared) { throw .EINVAL }
    if architectureRules.contains(.nonlinearMappings) {
      return try arrange(request, start, end, in: first, by: task)
    }
    let last = try lastAlike(first, to: end)
    try mapAnew(request, start, end, from: first, through: last, by: task)
  }

  /// The region at the end of a range that regions like `first` fill without a hole.
  private borrowing func lastAlike(
    _ first: VMAIndex, to end: VirtualAddress
  ) throws(Errno) -> VMAIndex {
    var region = first
    while virtual.regions[region].end < end {
      let next = virtual.regions.next(region)
      guard !next.isNone,
        virtual.regions[next].start == virtual.regions[region].end,
        virtual.regions[next].object == virtual.regions[first].object,
        virtual.regions.attachments[next.index] == virtual.regions.attachments[first.index],
        virtual.regions[next].flags == virtual.regions[first].flags
      else { throw .EINVAL }
      region = next
    }
    return region
  }

  /// Maps the object over a part of itself, which must not be the end of it.
  private mutating func mapAnew(
    _ request: PageRemapRequest, _ start: VirtualAddress, _ end: VirtualAddress,
    from first: VMAIndex, through last: VMAIndex, by task: TaskIndex
  ) throws(Errno) {
    let area = virtual.regions[first]
    var source = MapSource(
      object: area.object, attachment: virtual.regions.attachments[first.index],
      access: .readWrite)
    let isWhole = area.start == start && virtual.regions[last].end == end
    source.isLost = isWhole && isLastAttach(from: first, through: last)
    var map = MapRequest(
      at: start, length: end - start, area.flags.protection, [.shared, .fixed, .populate])
    // Pages beyond what bytes can count are beyond any file too.
    let farthest = UInt64.max >> Page.shift
    map.offset = min(request.page, farthest) << Page.shift
    if request.flags.contains(.nonBlock) { map.flags.insert(.nonBlock) }
    if area.flags.contains(.locked) { map.flags.insert(.locked) }
    keep(source)
    defer { letGo(source) }
    _ = try self.map(map, of: source, by: task)
  }

  /// Whether a segment that was removed is attached by these regions alone.
  private borrowing func isLastAttach(from first: VMAIndex, through last: VMAIndex) -> Bool {
    let attachment = virtual.regions.attachments[first.index]
    if attachment.isNone { return false }
    var count: UInt64 = 1
    var region = first
    while region != last {
      region = virtual.regions.next(region)
      count += 1
    }
    let segment = virtual.segments[virtual.segments[attachment].segment]
    return segment.mode.contains(.destroyed) && segment.attachCount == count
  }

  /// The open file behind a mapping stays while the mapping is replaced.
  ///
  /// Linux: `get_file`, include/linux/fs.h.
  private mutating func keep(_ source: MapSource) {
    if source.attachment.isNone {
      virtual.objects[source.object].holders += 1
    } else {
      virtual.segments[source.attachment].regionCount += 1
    }
  }

  private mutating func letGo(_ source: MapSource) {
    if source.attachment.isNone {
      virtual.objects[source.object].holders -= 1
      releaseIfUnused(source.object)
    } else {
      virtual.segments[source.attachment].regionCount -= 1
      releaseIfUnused(source.attachment)
    }
  }
}
