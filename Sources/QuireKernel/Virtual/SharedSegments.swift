// System V shared memory: which segments there are, by identifier and key, and what is attached.
//
// A segment keeps its memory object alive; each attach makes an open file of its own, which the
// regions that come from it share, through fork, splits and mremap. `attachCount` counts those
// regions (REC-18). A segment that is marked for removal goes with its last region.

package import KernelStorage

/// Index of a segment in the kernel's table; not its identifier. 0 is none.
///
/// Linux: none (model only).
public struct SegmentIndex: Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt32
  package init(_ index: Int) { rawValue = UInt32(index) }
  public static var none: SegmentIndex { SegmentIndex(0) }
  public var index: Int { Int(rawValue) }
  public var isNone: Bool { rawValue == 0 }
}

/// Index of an attachment; 0 is none.
///
/// Linux: none (model only).
public struct AttachmentIndex: Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt32
  package init(_ index: Int) { rawValue = UInt32(index) }
  public static var none: AttachmentIndex { AttachmentIndex(0) }
  public var index: Int { Int(rawValue) }
  public var isNone: Bool { rawValue == 0 }
}

/// Permission bits of a segment, and what has become of it.
///
/// Linux: `kern_ipc_perm.mode`, include/linux/ipc.h.
public struct SegmentMode: OptionSet, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt16
  @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// Linux: `S_IRWXUGO`, include/linux/stat.h.
  public static let permissions = SegmentMode(rawValue: 0o777)
  /// Goes with its last attachment. Linux: `SHM_DEST`, ipc/shm.c.
  public static let destroyed = SegmentMode(rawValue: 0o1000)
  /// Its pages stay in memory. Linux: `SHM_LOCKED`, ipc/shm.c.
  public static let locked = SegmentMode(rawValue: 0o2000)
}

/// A segment of System V shared memory.
///
/// Linux: `struct shmid_kernel`, ipc/shm.c.
public struct SharedSegment: Sendable, BitwiseCopyable {
  /// What shmget gives: the place in the table of identifiers, and how often that was reused.
  public internal(set) var identifier: Int32 = 0
  /// What processes find it by; `privateKey` for none.
  public internal(set) var key: Int32
  /// The key that it was made with, which its name in /proc/PID/maps keeps.
  let nameKey: Int32
  /// Bytes as they were asked for.
  public internal(set) var size: UInt64
  public internal(set) var mode: SegmentMode
  /// The user who made it.
  public internal(set) var owner: UserID
  public internal(set) var creator: ProcessID
  /// The process that attached or detached last, or 0.
  public internal(set) var lastUser: ProcessID = 0
  /// Regions that map it.
  public package(set) var attachCount: UInt64 = 0
  /// Seconds since boot of the last attach, detach and change; 0 for never.
  public internal(set) var attachTime: UInt64 = 0
  public internal(set) var detachTime: UInt64 = 0
  public internal(set) var changeTime: UInt64
  public internal(set) var object: MemoryObjectIndex
  /// The kernel memory of this record.
  var kernelObject: SlabObject

  /// Linux: `IPC_PRIVATE`, include/uapi/linux/ipc.h.
  public static var privateKey: Int32 { 0 }
  /// Bytes of the record in the kernel.
  static var recordSize: Int { 256 }

  public var pageCount: UInt64 { (size + Page.offsetMask) >> Page.shift }
}

/// One attach: the open file that its regions have in common.
///
/// Linux: `struct shm_file_data` and its `struct file`, ipc/shm.c.
package struct Attachment: BitwiseCopyable {
  package var segment: SegmentIndex
  /// Regions that came from it.
  package var regionCount: UInt32 = 0
  /// The kernel memory of the record and of the file.
  var record: SlabObject
  var file: SlabObject

  /// Bytes of the record in the kernel.
  static var recordSize: Int { 32 }
}

/// All segments and attachments.
///
/// Linux: `struct ipc_ids` of `IPC_SHM_IDS`, include/linux/ipc_namespace.h.
package struct SharedSegments: ~Copyable {
  package var records: Pool<SharedSegment>
  package var attachments: Pool<Attachment>
  /// The segment at each place; 0 where there is none.
  private var places = Table<UInt32>()
  /// Where the search for a free place begins, and the place given last.
  private var nextPlace = 0
  private var lastPlace = -1
  /// How often the search has come round.
  private var sequence: Int32 = 0
  /// Pages of all segments.
  package var totalPages: UInt64 = 0
  /// Pages that the ordinary user has locked with SHM_LOCK.
  package var lockedPages: UInt64 = 0

  /// Linux: `IPCMNI_SHIFT`, ipc/util.h.
  private static var placeBits: Int32 { 15 }
  /// Linux: `IPC_MNI`, ipc/util.h.
  package static var mostPlaces: Int { 1 << placeBits }
  /// A freed place is not given again before this many others.
  ///
  /// Linux: `ipc_min_cycle`, ipc/util.h.
  private static var shortestRound: Int { 64 }

  init() {
    records = Pool(
      unused: SharedSegment(
        key: 0, nameKey: 0, size: 0, mode: [], owner: 0, creator: 0, changeTime: 0,
        object: .none,
        kernelObject: .none))
    attachments = Pool(unused: Attachment(segment: .none, record: .none, file: .none))
  }

  package subscript(segment: SegmentIndex) -> SharedSegment {
    get { records[segment.index] }
    _modify { yield &records[segment.index] }
  }

  package subscript(attachment: AttachmentIndex) -> Attachment {
    get { attachments[attachment.index] }
    _modify { yield &attachments[attachment.index] }
  }

  package var count: Int { records.liveCount }

  /// The segment of an identifier, or none.
  ///
  /// Linux: `ipc_obtain_object_check`, ipc/util.c.
  package borrowing func segment(withIdentifier identifier: Int32) -> SegmentIndex {
    if identifier < 0 { return .none }
    let segment = segment(atPlace: Int(identifier) & (Self.mostPlaces - 1))
    return !segment.isNone && self[segment].identifier == identifier ? segment : .none
  }

  /// The segment of a key, or none; no segment is found by the private key.
  ///
  /// Linux: `ipc_findkey`, ipc/util.c.
  package borrowing func segment(withKey key: Int32) -> SegmentIndex {
    if key == SharedSegment.privateKey { return .none }
    for place in 0..<places.count {
      let segment = segment(atPlace: place)
      if !segment.isNone && self[segment].key == key { return segment }
    }
    return .none
  }

  /// The first segment at or behind a place, with its place.
  package borrowing func next(from place: Int) -> (place: Int, segment: SegmentIndex)? {
    for place in min(place, places.count)..<places.count where places[place] != 0 {
      return (place, SegmentIndex(Int(places[place])))
    }
    return nil
  }

  private borrowing func segment(atPlace place: Int) -> SegmentIndex {
    place < places.count ? SegmentIndex(Int(places[place])) : .none
  }

  /// Adds a segment and gives it an identifier.
  ///
  /// Linux: `ipc_addid` and `ipc_idr_alloc`, ipc/util.c.
  ///
  /// - Parameter wanted: the identifier that it is to have, if its place is free; -1 for any.
  mutating func add(_ record: SharedSegment, as wanted: Int32 = -1) -> SegmentIndex {
    let isAsked = wanted >= 0
    let asked = Int(wanted) & (Self.mostPlaces - 1)
    let place = isAsked ? freePlace(from: asked) : freePlace()
    let sequence = isAsked ? wanted >> Self.placeBits : nextSequence(at: place)
    totalPages += record.pageCount
    let segment = SegmentIndex(records.allocate(record))
    records[segment.index].identifier = sequence << Self.placeBits + Int32(place)
    if place >= places.count { places.extend(to: place + 1) }
    places[place] = segment.rawValue
    return segment
  }

  /// Linux: the cyclic part of `ipc_idr_alloc`, ipc/util.c.
  private mutating func nextSequence(at place: Int) -> Int32 {
    if place <= lastPlace {
      sequence += 1
      if sequence > Int32.max >> Self.placeBits { sequence = 0 }
    }
    lastPlace = place
    nextPlace = place + 1
    return sequence
  }

  /// The first free place that is not below one.
  ///
  /// Linux: `idr_alloc`, lib/idr.c.
  private borrowing func freePlace(from first: Int) -> Int {
    for place in first..<Self.mostPlaces where segment(atPlace: place).isNone { return place }
    return freePlace()
  }

  /// The next place that is free, round and round, so that an identifier is not soon seen again.
  ///
  /// Linux: `idr_alloc_cyclic`, lib/idr.c.
  private borrowing func freePlace() -> Int {
    let limit = min(max(count * 3 / 2, Self.shortestRound), Self.mostPlaces)
    for place in min(nextPlace, limit)..<limit where segment(atPlace: place).isNone {
      return place
    }
    for place in 0..<limit where segment(atPlace: place).isNone { return place }
    preconditionFailure("SharedSegments: \(count) segments fill \(limit) places")
  }

  /// Takes a segment away; nothing is attached to it.
  ///
  /// Linux: `ipc_rmid`, ipc/util.c.
  mutating func remove(_ segment: SegmentIndex) {
    let record = records[segment.index]
    precondition(
      record.attachCount == 0, "SharedSegments: segment \(record.identifier) is attached")
    totalPages -= record.pageCount
    places[Int(record.identifier) & (Self.mostPlaces - 1)] = 0
    records.release(segment.index)
  }
}
