// Boot: zones are laid over the RAM, the kernel takes its own part, the rest is free.

import KernelStorage

/// Where one zone lies and which part of it is free after boot.
///
/// Linux: none (model only).
package struct ZoneLayout: Hashable, Sendable {
  package var kind: ZoneKind
  package var span: Range<FrameNumber>
  /// Frames of the span that are RAM.
  package var present: Int
  /// The part that the allocator gets; one stretch.
  package var free: Range<FrameNumber>

  package init(
    _ kind: ZoneKind, span: Range<FrameNumber>, present: Int, free: Range<FrameNumber>
  ) {
    self.kind = kind
    self.span = span
    self.present = present
    self.free = free
  }
}

extension PhysicalMemory {
  /// Bytes of a page descriptor on the machine that is simulated (SRC-5).
  package static let descriptorBytes = 64
  /// Physical frame at which x86_64 loads its kernel (16 MiB).
  static let imageStart = FrameNumber(UInt32(4096))

  /// Boots the memory of a machine.
  package init(_ machine: borrowing MachineConfiguration) throws(MachineError) {
    let plan = BootPlan(
      frames: Int(machine.ram >> Page.shift), image: Int(machine.reserve >> Page.shift))
    try self.init(plan.zones, tunables: machine.tunables)
    reserved = plan.reserved
  }

  /// Memory with the zones given, as for a recorded machine.
  package init(_ layouts: [ZoneLayout], tunables: borrowing Tunables) throws(MachineError) {
    let count = layouts.map { $0.span.upperBound.index }.max() ?? 0
    guard let frames = FrameTable(count: count),
      let contents = Table<PageData>(count: count)
    else {
      throw MachineError(key: "ram", message: "the host has no address space for so many frames")
    }
    inPlace = InPlace()
    self.frames = frames
    self.contents = contents
    zones = Slots()
    for kind in ZoneKind.allCases { zones.append(Zone(kind)) }
    for layout in layouts {
      zones[layout.kind.index].boot(layout, marking: &self.frames)
    }
    for index in 1..<ZoneKind.count {
      firstZone[index] = zones[index].managed > 0 ? index : firstZone[index - 1]
    }
    // Linux: `page_group_by_mobility_disabled`, mm/page_alloc.c.
    mobility.groupsByMobility = managedFrames >= Pageblock.pages * MigrateType.allCases.count
    setReserves(tunables)
  }

  /// Frames that hold the page descriptors.
  var descriptorFrames: Int {
    (frames.count * Self.descriptorBytes + Int(Page.size) - 1) / Int(Page.size)
  }

  /// Whether the boot kept a frame from the allocator.
  package func isReserved(_ frame: FrameNumber) -> Bool {
    reserved.contains { $0.frames.contains(frame) }
  }
}

/// Where everything lies in RAM (BOOT-1).
///
/// Frame 0 and the kernel image share what `reserve:` sets aside; the image lies at 16 MiB where
/// x86_64 puts it, or behind frame 0 when there is no room. The descriptors lie at the top.
/// Linux: `memblock`, mm/memblock.c.
struct BootPlan {
  var zones: [ZoneLayout] = []
  var reserved: [ReservedRange] = []

  init(frames: Int, image: Int) {
    let descriptors = (frames * PhysicalMemory.descriptorBytes + 4095) / 4096
    let top = frames - descriptors
    let image = max(image, 1)
    let imageAt = PhysicalMemory.imageStart.index
    let fitsAbove = imageAt + image - 1 < top
    if fitsAbove {
      reserve(0..<1, "Reserved")
      reserve(imageAt..<(imageAt + image - 1), "Kernel image")
    } else {
      reserve(0..<image, "Kernel image")
    }
    reserve(top..<frames, "Page descriptors")
    let bounds: [(ZoneKind, Int)] = [(.dma, 4096), (.dma32, 1_048_576), (.normal, frames)]
    var start = 0
    for (kind, bound) in bounds where start < min(bound, frames) {
      let end = min(bound, frames)
      let low = fitsAbove ? (kind == .dma ? 1 : start) : max(start, image)
      let free = fitsAbove && kind == .dma32 ? imageAt + image - 1 : low
      add(kind, start..<end, free: free..<max(free, min(end, top)))
      start = end
    }
  }

  private mutating func reserve(_ range: Range<Int>, _ name: String) {
    guard !range.isEmpty else { return }
    reserved.append(
      ReservedRange(
        frames: FrameNumber(range.lowerBound)..<FrameNumber(range.upperBound), name: name))
  }

  private mutating func add(_ kind: ZoneKind, _ span: Range<Int>, free: Range<Int>) {
    zones.append(
      ZoneLayout(
        kind, span: FrameNumber(span.lowerBound)..<FrameNumber(span.upperBound),
        present: span.count,
        free: FrameNumber(free.lowerBound)..<FrameNumber(free.upperBound)))
  }
}

extension Zone {
  /// Lays the zone out and frees its free part, from low to high, in the largest aligned blocks
  /// (BUDDY-7). The blocks of the largest order are kept as a range: nobody has touched them.
  ///
  /// Linux: `memblock_free_all`, mm/memblock.c.
  mutating func boot(_ layout: ZoneLayout, marking frames: inout FrameTable) {
    start = layout.span.lowerBound
    spanned = layout.span.upperBound.index - layout.span.lowerBound.index
    present = layout.present
    managed = layout.free.upperBound.index - layout.free.lowerBound.index
    managedStart = layout.free.lowerBound
    var frame = layout.free.lowerBound.index
    let end = layout.free.upperBound.index
    while frame < end {
      let order = Self.largestOrder(at: frame, before: end)
      if order == BuddyOrder.maximum {
        let blocks = (end - frame) >> order
        bootUntouched(from: frame, blocks: blocks)
        frame += blocks << order
      } else {
        insert(FrameNumber(frame), order: order, type: .movable, atTail: true, marking: &frames)
        frame += 1 << order
      }
    }
  }

  private mutating func bootUntouched(from frame: Int, blocks: Int) {
    let order = BuddyOrder.maximum
    untouchedStart = FrameNumber(frame)
    untouchedEnd = FrameNumber(frame + blocks << order)
    lists[Self.listIndex(order, .movable)].count = UInt32(blocks)
    occupied[MigrateType.movable.index] |= 1 << UInt16(order)
    free += blocks << order
  }

  private static func largestOrder(at frame: Int, before end: Int) -> Int {
    var order = min(BuddyOrder.maximum, frame.trailingZeroBitCount)
    while frame + 1 << order > end { order -= 1 }
    return order
  }
}
