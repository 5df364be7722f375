// System V shared memory, the calls: shmget, shmat, shmdt and shmctl (SHM-1 … SHM-5).

internal import KernelStorage

/// How to make or find a segment; the low bits are the permissions of a new one.
///
/// Linux: `IPC_CREAT` and friends, include/uapi/linux/ipc.h, and `SHM_HUGETLB`,
/// include/uapi/linux/shm.h.
public struct SegmentFlags: OptionSet, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: Int32
  @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }

  public static let create = SegmentFlags(rawValue: 0o1000)
  public static let exclusive = SegmentFlags(rawValue: 0o2000)
  public static let hugeTLB = SegmentFlags(rawValue: 0o4000)
  public static let noReserve = SegmentFlags(rawValue: 0o10000)

  var permissions: SegmentMode {
    SegmentMode(rawValue: UInt16(truncatingIfNeeded: rawValue)).intersection(.permissions)
  }
}

/// How to attach a segment.
///
/// Linux: `SHM_RDONLY` and friends, include/uapi/linux/shm.h.
public struct AttachFlags: OptionSet, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: Int32
  @inlinable public init(rawValue: Int32) { self.rawValue = rawValue }

  public static let readOnly = AttachFlags(rawValue: 0o10000)
  /// Round the address down to a page.
  public static let round = AttachFlags(rawValue: 0o20000)
  /// Take the place of what is mapped there.
  public static let remap = AttachFlags(rawValue: 0o40000)
  public static let execute = AttachFlags(rawValue: 0o100000)
}

extension Kernel {
  // MARK: shmget

  /// The identifier of the segment with a key, which is made if that is wanted.
  ///
  /// - Throws: EINVAL for a size that is 0, above `kernel.shmmax` or above that of the segment
  ///   there is; ENOENT, EEXIST, EACCES; ENOSPC for `kernel.shmall` and `kernel.shmmni`; ENOMEM.
  /// Linux: `ksys_shmget`, ipc/shm.c, and `ipcget`, ipc/util.c.
  public mutating func shmget(
    key: Int32, size: UInt64, _ flags: SegmentFlags, by task: TaskIndex
  ) throws(Errno) -> Int32 {
    charge(costs.systemCall)
    let existing = virtual.segments.segment(withKey: key)
    if existing.isNone {
      if key != SharedSegment.privateKey && !flags.contains(.create) { throw .ENOENT }
      return try makeSegment(key: key, size: size, flags, by: task)
    }
    if flags.isSuperset(of: [.create, .exclusive]) { throw .EEXIST }
    let segment = virtual.segments[existing]
    if size > segment.size { throw .EINVAL }
    if !permits(segment, flags.permissions, to: task) { throw .EACCES }
    return segment.identifier
  }

  /// Linux: `newseg`, ipc/shm.c.
  private mutating func makeSegment(
    key: Int32, size: UInt64, _ flags: SegmentFlags, by task: TaskIndex
  ) throws(Errno) -> Int32 {
    if size < 1 || size > tunables.shmMaximum { throw .EINVAL }
    let pages = size >> Page.shift + (size & Page.offsetMask == 0 ? 0 : 1)
    let (total, isOverflow) = virtual.segments.totalPages.addingReportingOverflow(pages)
    if isOverflow || total > tunables.shmAll { throw .ENOSPC }
    // Pages of 2 MiB are set aside at boot; this machine has none.
    if flags.contains(.hugeTLB) { throw .ENOMEM }
    // The size of a file is signed.
    if size > UInt64(Int64.max) { throw .EINVAL }
    let record = try allocateObject(recordCache(SharedSegment.recordSize), .kernel, for: task)
    do throws(Errno) {
      let object = try makeSharedObject(
        pages: pages,
        flags.contains(.noReserve) && tunables.overcommitMemory != 2 ? .noReserve : [],
        [], in: tasks[task].space, by: task)
      if virtual.segments.count >= min(tunables.shmMaximumCount, SharedSegments.mostPlaces) {
        releaseObject(object)
        throw .ENOSPC
      }
      let segment = virtual.segments.add(
        SharedSegment(
          key: key, nameKey: key, size: size, mode: flags.permissions,
          owner: tasks[task].credentials.user, creator: tasks[task].threadGroup,
          changeTime: seconds, object: object, kernelObject: record),
        as: tunables.shmNextIdentifier)
      tunables.shmNextIdentifier = -1
      virtual.objects[object].segment = segment
      return virtual.segments[segment].identifier
    } catch {
      freeObject(record)
      throw error
    }
  }

  /// The general cache for a record of so many bytes.
  private func recordCache(_ size: Int) -> CacheIndex { KmallocClass.cache(for: size, .normal) }

  /// Whole seconds since boot.
  var seconds: UInt64 { now / 1_000_000_000 }

  // MARK: shmat

  /// Attaches a segment and returns where.
  ///
  /// - Parameter address: where to; 0 lets the kernel choose.
  /// - Throws: EINVAL for an identifier that is not there, an address that is no page (without
  ///   `round`) or is taken (without `remap`); EACCES; whatever mmap gives.
  /// Linux: `do_shmat`, ipc/shm.c.
  public mutating func shmat(
    _ identifier: Int32, at address: VirtualAddress = 0, _ flags: AttachFlags = [],
    by task: TaskIndex
  ) throws(Errno) -> VirtualAddress {
    charge(costs.systemCall)
    let place = try attachPlace(address, flags)
    let segment = virtual.segments.segment(withIdentifier: identifier)
    if segment.isNone { throw .EINVAL }
    var wanted: SegmentMode = flags.contains(.readOnly) ? .read : [.read, .write]
    if flags.contains(.execute) { wanted.formUnion(.execute) }
    if !permits(virtual.segments[segment], wanted, to: task) { throw .EACCES }
    let attachment = try makeAttachment(of: segment, by: task)
    // The call counts as an attach while it lasts: what it replaces may be the last one.
    virtual.segments[segment].attachCount += 1
    defer {
      releaseIfUnused(attachment)
      virtual.segments[segment].attachCount -= 1
      destroyIfUnused(segment)
    }
    let length = virtual.segments[segment].size
    if place != 0 && !flags.contains(.remap) { try checkIsFree(place, length, by: task) }
    return try attach(attachment, at: place, isFixed: address != 0, length, flags, by: task)
  }

  /// The page to attach at, or 0.
  private func attachPlace(
    _ address: VirtualAddress, _ flags: AttachFlags
  ) throws(Errno) -> VirtualAddress {
    if Page.isAligned(address) && address != 0 { return address }
    let place = Page.alignDown(address)
    if address != 0 && !flags.contains(.round) { throw .EINVAL }
    if place == 0 && flags.contains(.remap) { throw .EINVAL }
    return place
  }

  private borrowing func checkIsFree(
    _ address: VirtualAddress, _ length: UInt64, by task: TaskIndex
  ) throws(Errno) {
    let (end, isOverflow) = address.addingReportingOverflow(length)
    if isOverflow { throw .EINVAL }
    let top = spaces[tasks[task].space].regions.top
    if !virtual.regions.firstOverlapping(address, end, in: top).isNone { throw .EINVAL }
  }

  private mutating func attach(
    _ attachment: AttachmentIndex, at address: VirtualAddress, isFixed: Bool, _ length: UInt64,
    _ flags: AttachFlags, by task: TaskIndex
  ) throws(Errno) -> VirtualAddress {
    var protection: Protection = flags.contains(.readOnly) ? .read : [.read, .write]
    if flags.contains(.execute) { protection.insert(.execute) }
    let segment = virtual.segments[attachment].segment
    let source = MapSource(
      object: virtual.segments[segment].object, attachment: attachment,
      isWritable: !flags.contains(.readOnly))
    let request = MapRequest(
      at: address, length: length, protection, isFixed ? [.shared, .fixed] : .shared)
    return try map(request, of: source, by: task)
  }

  /// Linux: `alloc_file_clone`, fs/file_table.c.
  private mutating func makeAttachment(
    of segment: SegmentIndex, by task: TaskIndex
  ) throws(Errno) -> AttachmentIndex {
    let record = try allocateObject(recordCache(Attachment.recordSize), .kernel, for: task)
    do {
      let file = try allocateObject(.filp, for: task)
      return AttachmentIndex(
        virtual.segments.attachments.allocate(
          Attachment(segment: segment, record: record, file: file)))
    } catch {
      freeObject(record)
      throw error
    }
  }

  /// Linux: `shm_release`, ipc/shm.c.
  mutating func releaseIfUnused(_ attachment: AttachmentIndex) {
    let record = virtual.segments[attachment]
    if record.regionCount > 0 { return }
    freeObject(record.record)
    freeObject(record.file)
    virtual.segments.attachments.release(attachment.index)
  }

  // MARK: Regions come and go

  /// A region that maps an object has come into being: the object lists it, and the attach that it
  /// comes from counts it.
  ///
  /// Linux: `vma_link_file`, mm/vma.c, and `shm_open`, ipc/shm.c.
  mutating func linkObject(
    of region: VMAIndex, _ attachment: AttachmentIndex, by task: TaskIndex
  ) {
    let object = virtual.regions[region].object
    if object.isNone { return }
    virtual.objects.link(region, to: object, in: &virtual.regions)
    if attachment.isNone { return }
    virtual.regions.attachments[region.index] = attachment
    virtual.segments[attachment].regionCount += 1
    let segment = virtual.segments[attachment].segment
    virtual.segments[segment].attachCount += 1
    virtual.segments[segment].attachTime = seconds
    virtual.segments[segment].lastUser = tasks[task].threadGroup
  }

  /// A region of an attach has gone, and perhaps the last one of a segment that is to go too.
  ///
  /// The process that is named as its last user is the owner of the address space.
  /// Linux: `shm_close`, ipc/shm.c.
  mutating func closeAttachment(_ attachment: AttachmentIndex, in space: AddressSpaceIndex) {
    let segment = virtual.segments[attachment].segment
    virtual.segments[attachment].regionCount -= 1
    virtual.segments[segment].attachCount -= 1
    virtual.segments[segment].detachTime = seconds
    virtual.segments[segment].lastUser = spaces[space].owner
    releaseIfUnused(attachment)
    destroyIfUnused(segment)
  }

  /// Linux: `shm_may_destroy` and `shm_destroy`, ipc/shm.c.
  mutating func destroyIfUnused(_ segment: SegmentIndex) {
    let record = virtual.segments[segment]
    if record.attachCount > 0 || !record.mode.contains(.destroyed) { return }
    unlock(segment)
    virtual.segments.remove(segment)
    releaseObject(record.object)
    freeObject(record.kernelObject)
  }

  // MARK: shmdt

  /// Takes away an attach that began at an address, whatever pieces it is in (SHM-3).
  ///
  /// The first region that may be a piece of an attach at this address says which attach is meant;
  /// its other pieces are looked for as far as it can have reached.
  /// - Throws: EINVAL when nothing was attached there.
  /// Linux: `ksys_shmdt`, ipc/shm.c.
  public mutating func shmdt(_ address: VirtualAddress, by task: TaskIndex) throws(Errno) {
    charge(costs.systemCall)
    if !Page.isAligned(address) { throw .EINVAL }
    let space = tasks[task].space
    var region = virtual.regions.tree.first(above: address, in: spaces[space].regions.top)
    while !region.isNone && !isPiece(region, ofAttachAt: address) {
      region = virtual.regions.next(region)
    }
    if region.isNone { throw .EINVAL }
    let attachment = virtual.regions.attachments[region.index]
    let pages = virtual.segments[virtual.segments[attachment].segment].pageCount
    let end = address &+ pages << Page.shift
    // The first piece goes even when mremap has put it beyond.
    var next = virtual.regions.next(region)
    detach(region, from: space, by: task)
    while !next.isNone && virtual.regions[next].end <= end {
      region = next
      next = virtual.regions.next(region)
      if virtual.regions.attachments[region.index] == attachment
        && isPiece(region, ofAttachAt: address)
      {
        detach(region, from: space, by: task)
      }
    }
  }

  private borrowing func isPiece(
    _ region: VMAIndex, ofAttachAt address: VirtualAddress
  ) -> Bool {
    !virtual.regions.attachments[region.index].isNone
      && (virtual.regions[region].start &- address) >> Page.shift
        == virtual.regions.links[region.index].pageOffset
  }

  /// Takes one whole region away; one that is sealed stays, and nobody hears of it.
  private mutating func detach(
    _ region: VMAIndex, from space: AddressSpaceIndex, by task: TaskIndex
  ) {
    let area = virtual.regions[region]
    if (try? unmapRegions(area.start, area.end, in: space, by: task)) != nil {
      emit(.unmap, tasks[task].pid, area.start, area.end - area.start)
    }
  }
}
