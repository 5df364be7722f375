// System V shared memory, control: who may do what with a segment, removal, locking, questions.

internal import KernelStorage

extension SegmentMode {
  /// Rights that a call needs, of whichever class the caller is.
  ///
  /// Linux: `S_IRUGO`, `S_IWUGO` and `S_IXUGO`, include/linux/stat.h.
  static let read = SegmentMode(rawValue: 0o444)
  static let write = SegmentMode(rawValue: 0o222)
  static let execute = SegmentMode(rawValue: 0o111)
}

/// What `shmctl` tells of all segments together.
///
/// Linux: `struct shm_info`, include/uapi/linux/shm.h.
public struct SegmentTotals: Hashable, Sendable, BitwiseCopyable {
  /// Segments there are.
  public var count = 0
  /// Pages of all segments, and those of them in memory and in swap.
  public var pages: UInt64 = 0
  public var residentPages: UInt64 = 0
  public var swappedPages: UInt64 = 0
}

extension Kernel {
  /// Whether the permissions of a segment allow a task everything that is wanted.
  ///
  /// All users are of one group.
  /// Linux: `ipcperms`, ipc/util.c.
  func permits(_ segment: SharedSegment, _ wanted: SegmentMode, to task: TaskIndex) -> Bool {
    if tasks[task].holds(.ipcOwner) { return true }
    let bits = wanted.intersection(.permissions).rawValue
    let needed = bits >> 6 | bits >> 3 | bits
    let granted = segment.mode.rawValue >> (segment.owner == tasks[task].credentials.user ? 6 : 3)
    return needed & ~granted & 0o7 == 0
  }

  /// Whether a segment is the task's, or a capability stands for that.
  private func owns(
    _ segment: SegmentIndex, _ task: TaskIndex, or capability: Capabilities
  ) -> Bool {
    virtual.segments[segment].owner == tasks[task].credentials.user
      || tasks[task].holds(capability)
  }

  private func segment(_ identifier: Int32) throws(Errno) -> SegmentIndex {
    let segment = virtual.segments.segment(withIdentifier: identifier)
    if segment.isNone { throw .EINVAL }
    return segment
  }

  /// Marks a segment for removal; it goes at once if nothing is attached, and its key is free.
  ///
  /// - Throws: EINVAL for an identifier that is not there, EPERM.
  /// Linux: `do_shm_rmid`, ipc/shm.c (`IPC_RMID`).
  public mutating func removeSegment(_ identifier: Int32, by task: TaskIndex) throws(Errno) {
    charge(costs.systemCall)
    let segment = try segment(identifier)
    if !owns(segment, task, or: .admin) { throw .EPERM }
    virtual.segments[segment].mode.insert(.destroyed)
    virtual.segments[segment].key = SharedSegment.privateKey
    destroyIfUnused(segment)
  }

  /// The record of a segment.
  ///
  /// - Throws: EINVAL for an identifier that is not there, EACCES without the right to read.
  /// Linux: `shmctl_stat`, ipc/shm.c (`IPC_STAT`).
  public mutating func segmentStatus(
    _ identifier: Int32, by task: TaskIndex
  ) throws(Errno) -> SharedSegment {
    charge(costs.systemCall)
    let segment = try segment(identifier)
    if !permits(virtual.segments[segment], .read, to: task) { throw .EACCES }
    return virtual.segments[segment]
  }

  /// Changes the permissions of a segment.
  ///
  /// - Throws: EINVAL for an identifier that is not there, EPERM.
  /// Linux: `shmctl_down`, ipc/shm.c (`IPC_SET`).
  public mutating func setSegmentPermissions(
    _ identifier: Int32, to mode: SegmentMode, by task: TaskIndex
  ) throws(Errno) {
    charge(costs.systemCall)
    let segment = try segment(identifier)
    if !owns(segment, task, or: .admin) { throw .EPERM }
    virtual.segments[segment].mode.subtract(.permissions)
    virtual.segments[segment].mode.formUnion(mode.intersection(.permissions))
    virtual.segments[segment].changeTime = seconds
  }

  /// Keeps the pages of a segment in memory; they still come one by one, by faults.
  ///
  /// - Throws: EINVAL for an identifier that is not there, EPERM, ENOMEM for the limit of locked
  ///   memory.
  /// Linux: `shmctl_do_lock`, ipc/shm.c (`SHM_LOCK`), and `shmem_lock`, mm/shmem.c.
  public mutating func lockSegment(_ identifier: Int32, by task: TaskIndex) throws(Errno) {
    charge(costs.systemCall)
    let segment = try segment(identifier)
    if !owns(segment, task, or: .ipcLock) { throw .EPERM }
    let isLimited = !tasks[task].holds(.ipcLock)
    if isLimited && tasks[task].limits.lockedMemory == 0 { throw .EPERM }
    let record = virtual.segments[segment]
    if record.mode.contains(.locked) { return }
    let locked = virtual.segments.lockedPages + record.pageCount
    if isLimited && locked > tasks[task].limits.lockedMemory >> Page.shift {
      throw .ENOMEM
    }
    virtual.segments.lockedPages = locked
    virtual.segments[segment].mode.insert(.locked)
    virtual.objects[record.object].flags.insert(.unevictable)
  }

  /// Lets the pages of a segment go to swap again.
  ///
  /// - Throws: EINVAL for an identifier that is not there, EPERM.
  /// Linux: `shmctl_do_lock`, ipc/shm.c (`SHM_UNLOCK`).
  public mutating func unlockSegment(_ identifier: Int32, by task: TaskIndex) throws(Errno) {
    charge(costs.systemCall)
    let segment = try segment(identifier)
    if !owns(segment, task, or: .ipcLock) { throw .EPERM }
    unlock(segment)
  }

  mutating func unlock(_ segment: SegmentIndex) {
    let record = virtual.segments[segment]
    if !record.mode.contains(.locked) { return }
    virtual.segments.lockedPages -= record.pageCount
    virtual.segments[segment].mode.remove(.locked)
    virtual.objects[record.object].flags.remove(.unevictable)
  }

  /// What all segments add up to.
  ///
  /// Linux: `shmctl_shm_info`, ipc/shm.c (`SHM_INFO`).
  public var segmentTotals: SegmentTotals {
    var totals = SegmentTotals()
    totals.count = virtual.segments.count
    totals.pages = virtual.segments.totalPages
    var place = 0
    while let found = virtual.segments.next(from: place) {
      let object = virtual.objects[virtual.segments[found.segment].object]
      totals.residentPages += object.residentPages
      totals.swappedPages += object.swappedPages
      place = found.place + 1
    }
    return totals
  }

  /// The first segment at or behind a place of the table of identifiers, with its place.
  ///
  /// Linux: `SHM_STAT`, ipc/shm.c.
  public func segment(fromPlace place: Int) -> (place: Int, segment: SharedSegment)? {
    virtual.segments.next(from: place).map { ($0.place, virtual.segments[$0.segment]) }
  }

  /// Bytes of a segment as they were asked for; 0 when there is none.
  package func segmentSize(_ identifier: Int32) -> UInt64 {
    let segment = virtual.segments.segment(withIdentifier: identifier)
    return segment.isNone ? 0 : virtual.segments[segment].size
  }

  /// Pages of a segment in memory and in swap.
  package func segmentPages(_ identifier: Int32) -> (resident: UInt64, swapped: UInt64) {
    let segment = virtual.segments.segment(withIdentifier: identifier)
    if segment.isNone { return (0, 0) }
    let object = virtual.objects[virtual.segments[segment].object]
    return (object.residentPages, object.swappedPages)
  }
}
