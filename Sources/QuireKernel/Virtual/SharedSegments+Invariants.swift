// What must hold of System V shared memory between two calls (AUDIT-19).

internal import KernelStorage

extension Kernel {
  borrowing func checkSegments(_ violations: inout [InvariantViolation]) {
    var (pages, locked) = (UInt64(0), UInt64(0))
    for index in 1..<max(1, virtual.segments.records.limit)
    where virtual.segments.records.isLive(index) {
      let record = virtual.segments[SegmentIndex(index)]
      pages += record.pageCount
      if record.mode.contains(.locked) { locked += record.pageCount }
      checkSegment(SegmentIndex(index), &violations)
    }
    if pages != virtual.segments.totalPages || locked != virtual.segments.lockedPages {
      violations.append(
        InvariantViolation("segment.total-pages", "\(pages) pages, \(locked) locked"))
    }
  }

  private borrowing func checkSegment(
    _ segment: SegmentIndex, _ violations: inout [InvariantViolation]
  ) {
    let record = virtual.segments[segment]
    let name = "segment \(record.identifier)"
    if virtual.segments.segment(withIdentifier: record.identifier) != segment {
      violations.append(InvariantViolation("segment.place", name))
    }
    let isDestroyed = record.mode.contains(.destroyed)
    if isDestroyed && (record.attachCount == 0 || record.key != SharedSegment.privateKey) {
      violations.append(InvariantViolation("segment.destroyed", name))
    }
    if !isDestroyed && record.key != SharedSegment.privateKey
      && virtual.segments.segment(withKey: record.key) != segment
    {
      violations.append(InvariantViolation("segment.key", name))
    }
    guard virtual.objects.records.isLive(record.object.index),
      virtual.objects[record.object].segment == segment
    else {
      violations.append(InvariantViolation("segment.object", name))
      return
    }
    let object = virtual.objects[record.object]
    if object.flags.contains(.unevictable) != record.mode.contains(.locked) {
      violations.append(InvariantViolation("segment.locked", name))
    }
    if attachCount(of: object) != record.attachCount {
      violations.append(InvariantViolation("segment.attach-count", name))
    }
  }

  /// Regions that map an object and name an attach.
  private borrowing func attachCount(of object: MemoryObject) -> UInt64 {
    var count: UInt64 = 0
    var region = object.linear.first
    while !region.isNone && count <= UInt64(virtual.regions.areas.liveCount) {
      if !virtual.regions.attachments[region.index].isNone { count += 1 }
      region = virtual.regions.links[region.index].nextInObject
    }
    return count
  }

  /// Each attach has the regions that it counts, and they map its segment.
  borrowing func checkAttachments(_ violations: inout [InvariantViolation]) {
    let limit = virtual.segments.attachments.limit
    var counts = [UInt32](repeating: 0, count: limit)
    for index in 1..<max(1, virtual.regions.areas.limit)
    where virtual.regions.areas.isLive(index) {
      let attachment = virtual.regions.attachments[index]
      let object = virtual.regions.areas[index].object
      let segment = object.isNone ? SegmentIndex.none : virtual.objects[object].segment
      if attachment.isNone {
        if !segment.isNone {
          violations.append(InvariantViolation("attachment.missing", "region \(index)"))
        }
        continue
      }
      guard virtual.segments.attachments.isLive(attachment.index),
        virtual.segments[attachment].segment == segment
      else {
        violations.append(InvariantViolation("attachment.segment", "region \(index)"))
        continue
      }
      counts[attachment.index] += 1
    }
    for index in 1..<max(1, limit) where virtual.segments.attachments.isLive(index) {
      if virtual.segments[AttachmentIndex(index)].regionCount != counts[index] {
        violations.append(InvariantViolation("attachment.region-count", "attachment \(index)"))
      }
    }
  }
}
