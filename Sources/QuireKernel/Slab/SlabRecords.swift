// The records of the slab allocator: a cache, a slab, and what each CPU keeps of a cache.

/// The number of a cache; 0 is no cache.
public struct CacheIndex: Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt16
  public init(_ index: Int) { rawValue = UInt16(index) }
  public static let none = CacheIndex(0)
  public var index: Int { Int(rawValue) }
  public var isNone: Bool { rawValue == 0 }
}

/// One object of a slab, as four bytes: what the kernel's own records keep of their memory.
///
/// Linux: none (model only); the kernel has the address, `SlabAllocator.address(of:)` here.
public struct SlabObject: Hashable, Sendable, BitwiseCopyable {
  var bits: UInt32
  public static let none = SlabObject(bits: 0)
  public var isNone: Bool { bits == 0 }

  /// Bits for the place in the slab: the smallest object is 8 bytes, a page holds 512.
  static let placeBits: UInt32 = 9

  init(bits: UInt32) { self.bits = bits }
  init(slab: Int, place: Int) { bits = UInt32(slab) << Self.placeBits | UInt32(place) }
  var slab: Int { Int(bits >> Self.placeBits) }
  var place: Int { Int(bits & (1 << Self.placeBits - 1)) }
}

/// One cache: objects of one size for one purpose.
///
/// Linux: `struct kmem_cache`, mm/slab.h.
public struct SlabCache: Sendable, BitwiseCopyable {
  public internal(set) var geometry: SlabGeometry
  public internal(set) var flags: SlabFlags
  /// Slabs that a CPU may hold as partial ones (SLAB-21).
  var cpuPartialLimit: Int
  /// Partial slabs of the node that are kept although they are empty.
  var minimumPartial: Int
  /// The partial slabs of the node, in both directions.
  var partialHead: UInt32 = 0
  var partialTail: UInt32 = 0
  public internal(set) var partialCount = 0
  public internal(set) var slabCount = 0
  /// Objects, live or not, in all slabs.
  public internal(set) var objectCount = 0
  /// Frames of all slabs.
  public internal(set) var frameCount = 0
  /// 2^32 / size rounded up: divides an offset in a slab by the size.
  var reciprocal: UInt64
  /// The memory of this record itself and of its lists, from the first two caches.
  var record: SlabObject = .none
  var nodeRecord: SlabObject = .none

  init(_ geometry: SlabGeometry, flags: SlabFlags) {
    self.geometry = geometry
    self.flags = flags
    reciprocal = (1 << 32 + UInt64(geometry.size) - 1) / UInt64(geometry.size)
    cpuPartialLimit = flags.isDisjoint(with: .debug) ? Self.partialSlabs(geometry) : 0
    let log = Int.bitWidth - 1 - geometry.size.leadingZeroBitCount
    minimumPartial = min(max(log / 2, 5), 10)
  }

  /// Linux: `set_cpu_partial`, mm/slub.c.
  private static func partialSlabs(_ geometry: SlabGeometry) -> Int {
    let objects =
      switch geometry.size {
      case 4096...: 6
      case 1024...: 24
      case 256...: 52
      default: 120
      }
    return (objects * 2 + geometry.objectsPerSlab - 1) / geometry.objectsPerSlab
  }

  /// What the pages of a slab are asked for with, beyond the caller's flags.
  ///
  /// Linux: `kmem_cache.allocflags`, mm/slub.c.
  var pageFlags: GFPFlags {
    var gfp: GFPFlags = .compound
    if flags.contains(.dma) { gfp.insert(.dma) }
    if flags.contains(.dma32) { gfp.insert(.dma32) }
    if flags.contains(.reclaimable) { gfp.insert(.reclaimable) }
    return gfp
  }
}

/// Where a slab is (SLAB-7); a full one is on no list.
enum SlabPlace: UInt8, Sendable, BitwiseCopyable {
  case full
  /// The one that a CPU allocates from.
  case active
  /// On the partial list of a CPU.
  case cpuPartial
  /// On the partial list of the node.
  case nodePartial
  /// Handed back: its pages are about to be freed.
  case discarded
  /// A row without pages, to be used again.
  case spare
}

/// One slab: a block of pages cut into objects. 32 bytes.
///
/// Its free objects are a chain of those that were freed, last first, followed by those from
/// `fresh` up, which nobody has had yet, in address order (SLAB-19). The states of all objects are
/// rows `chain ..< chain + objects` of the links table.
/// Linux: `struct slab`, mm/slab.h.
struct Slab: Sendable, BitwiseCopyable {
  var block: FrameNumber = .none
  /// Neighbours on the list that `place` names.
  var next: UInt32 = 0
  var previous: UInt32 = 0
  var chain: UInt32 = 0
  var cache: CacheIndex = .none
  var objects: UInt16 = 0
  /// Objects handed out.
  var live: UInt16 = 0
  /// First of the chain of free objects.
  var head: UInt16 = SlabLink.end
  var fresh: UInt16 = 0
  var order: UInt8 = 0
  var place: SlabPlace = .spare
  /// Links that this row owns, as a power of two.
  var capacityLog: UInt8 = 0

  /// Whether an object is free that is not on the list of a CPU.
  var hasFree: Bool { head != SlabLink.end || fresh < objects }
}

/// What a row of the links table says about an object, if not which free one follows it.
enum SlabLink {
  static let end: UInt16 = .max
  static let live: UInt16 = .max - 1
}

/// What one CPU keeps of one cache. 16 bytes.
///
/// Linux: `struct kmem_cache_cpu`, mm/slub.c.
struct CPUSlab: Sendable, BitwiseCopyable {
  /// The slab to allocate from, or 0.
  var slab: UInt32 = 0
  /// Partial slabs, the one put there last first.
  var partialHead: UInt32 = 0
  var partialCount: UInt16 = 0
  /// First free object of `slab` for this CPU; frees by other CPUs go to the slab's own chain.
  var head: UInt16 = SlabLink.end
}
