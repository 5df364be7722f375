// Handles of kernel things that a script allocates and frees: objects, pages, caches, swap areas.
//
// A handle is a place in this table and the generation of the place. Freeing the thing leaves
// its place as a gravestone for as long as possible: places are used again in the order of
// their deaths, and not before `quarantine` of them are free.

internal import KernelStorage
package import QuireKernel

/// What a handle names.
package enum HandleKind: UInt8, Sendable, BitwiseCopyable {
  case page, cache, object, swapArea, file

  package var noun: String {
    switch self {
    case .page: "page"
    case .cache: "cache"
    case .object: "object"
    case .swapArea: "swap area"
    case .file: "file"
    }
  }

  package var phrase: String { (self == .object ? "an " : "a ") + noun }
}

/// The thing behind a handle.
package struct HandleRecord: BitwiseCopyable, Sendable {
  package var kind: HandleKind
  package var isLive: Bool
  package var generation: UInt32
  /// An address, a frame number, the index of a cache or of a swap area, the number of a file.
  package var first: UInt64
  /// Bytes of an object, order of a block of pages.
  package var second: UInt64
  /// When, by whom and at which instruction it was freed.
  package var died: Nanoseconds = 0
  package var killer: ProcessID = 0
  package var killerAddress: UInt32 = 0
  /// Next free place, in the order of death.
  var next: UInt32 = 0
}

package struct HandleTable: ~Copyable {
  /// Bits of a handle that name the place; the others are the generation.
  private static var placeBits: UInt64 { 28 }
  /// So many of the last freed things can be told apart from one another.
  private static var quarantine: Int { 65_536 }

  private var records = Table<HandleRecord>()
  private var firstFree: UInt32 = 0
  private var lastFree: UInt32 = 0
  private var freeCount = 0

  package init() {
    // Place 0 is no thing.
    records.extend(to: 1)
  }

  /// Makes a handle of 56 bits.
  package mutating func make(_ kind: HandleKind, _ first: UInt64, _ second: UInt64 = 0) -> UInt64 {
    let place = takePlace()
    let generation = (records[place].generation &+ 1) & 0xfff_ffff
    records[place] = HandleRecord(
      kind: kind, isLive: true, generation: generation, first: first, second: second)
    return UInt64(generation) << Self.placeBits | UInt64(place)
  }

  /// The thing of a handle, dead or alive; nil when its place has been used again since.
  package func record(_ handle: UInt64) -> HandleRecord? {
    let place = place(of: handle)
    guard place < records.count else { return nil }
    let record = records[place]
    return UInt64(record.generation) == handle >> Self.placeBits ? record : nil
  }

  /// Marks a live thing as freed.
  package mutating func bury(
    _ handle: UInt64, at time: Nanoseconds, by pid: ProcessID, _ address: UInt32
  ) {
    let place = place(of: handle)
    precondition(records[place].isLive, "HandleTable: bury of handle \(handle), which is dead")
    records[place].isLive = false
    records[place].died = time
    records[place].killer = pid
    records[place].killerAddress = address
    records[place].next = 0
    if lastFree == 0 {
      firstFree = UInt32(place)
    } else {
      records[Int(lastFree)].next = UInt32(place)
    }
    lastFree = UInt32(place)
    freeCount += 1
  }

  private func place(of handle: UInt64) -> Int { Int(handle & (1 << Self.placeBits - 1)) }

  private mutating func takePlace() -> Int {
    guard freeCount > Self.quarantine else {
      records.extend(to: records.count + 1)
      return records.count - 1
    }
    let place = Int(firstFree)
    firstFree = records[place].next
    if firstFree == 0 { lastFree = 0 }
    freeCount -= 1
    return place
  }
}
