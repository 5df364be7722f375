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
  /// Physical frame at which the kernel is loaded (16 MiB).
  static let imageStart = FrameNumber(UInt32(4096))

  /// Boots the memory of a machine.
  package init(_ machine: borrowing MachineConfiguration) throws(MachineError) {
    let plan = BootPlan(
      machine.architecture, frames: Int(machine.ram >> Page.shift),
      image: Int(machine.reserve >> Page.shift))
    try self.init(plan.zones, tunables: machine.tunables, machine.geometry)
    reserved = plan.reserved
  }

  /// Memory with the zones given, as for a recorded machine.
  package init(
    _ layouts: [ZoneLayout], tunables: borrowing Tunables, _ geometry: PageGeometry = .fourLevels
  ) throws(MachineError) {
    let count = layouts.map { $0.span.upperBound.index }.max() ?? 0
    guard let frames = FrameTable(count: count),
      let contents = Table<PageData>(count: count)
    else {
      throw MachineError(key: "ram", message: "the host has no address space for so many frames")
    }
    inPlace = InPlace()
    self.geometry = geometry
    directMap = DirectMap(geometry.architecture, ram: count)
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
    geometry.architecture.descriptorFrames(ram: frames.count)
  }

  /// Whether the boot kept a frame from the allocator.
  package func isReserved(_ frame: FrameNumber) -> Bool {
    reserved.contains { $0.frames.contains(frame) }
  }
}

/// Where everything lies in RAM (BOOT-1).
///
/// Frame 0 and the kernel image share what `reserve:` sets aside; the image lies at 16 MiB where
/// Linux puts it, or behind frame 0 when there is no room. The descriptors lie at the top of what
/// the kernel has addresses for.
/// Linux: `memblock`, mm/memblock.c.
struct BootPlan {
  var zones: [ZoneLayout] = []
  var reserved: [ReservedRange] = []

  init(_ architecture: Architecture, frames: Int, image: Int) {
    let descriptors = architecture.descriptorFrames(ram: frames)
    let low = DirectMap(architecture, ram: frames).frames
    let top = low - descriptors
    let image = max(image, 1)
    let imageAt = PhysicalMemory.imageStart.index
    let fitsAbove = imageAt + image - 1 < top
    if fitsAbove {
      reserve(0..<1, "Reserved")
      reserve(imageAt..<(imageAt + image - 1), "Kernel image")
    } else {
      reserve(0..<image, "Kernel image")
    }
    reserve(top..<low, "Page descriptors")
    var start = 0
    for (kind, bound) in architecture.zoneBounds where start < min(bound, frames) {
      let end = min(bound, frames)
      let first = fitsAbove ? (kind == .dma ? 1 : start) : max(start, image)
      let free = fitsAbove && start == imageAt ? imageAt + image - 1 : first
      let last = start < low ? min(end, top) : end
      add(kind, start..<end, free: free..<max(free, last))
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

extension Architecture {
  /// Frames of RAM that the descriptors of all frames take (SRC-5).
  func descriptorFrames(ram frames: Int) -> Int {
    let bytes = self == .x86_64 ? 64 : 32
    return (frames * bytes + Int(Page.size) - 1) / Int(Page.size)
  }

  /// Its zones, each with the frame that it ends before (ZONE-1).
  ///
  /// Linux: `free_area_init` and `zone_sizes_init`, arch/x86/mm/init.c.
  var zoneBounds: [(kind: ZoneKind, end: Int)] {
    switch self {
    case .x86_64: [(.dma, 4096), (.dma32, 1_048_576), (.normal, .max)]
    case .x86_32: [(.dma, 4096), (.normal, DirectMap.lowFrames), (.highMem, .max)]
    }
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
