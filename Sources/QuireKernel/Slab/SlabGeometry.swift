// Slab geometry: how many objects of which stride fit into how many pages (SLAB-2, -17, -18).

/// How a cache treats its objects (SLAB-1).
///
/// Linux: `slab_flags_t`, include/linux/slab.h.
public struct SlabFlags: OptionSet, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// Align objects to cache lines (`SLAB_HWCACHE_ALIGN`).
  public static let cacheAligned = SlabFlags(rawValue: 1 << 0)
  /// Fill free objects with a pattern (`SLAB_POISON`).
  public static let poison = SlabFlags(rawValue: 1 << 1)
  /// Guard objects on both sides (`SLAB_RED_ZONE`).
  public static let redZone = SlabFlags(rawValue: 1 << 2)
  /// Remember who allocated and freed (`SLAB_STORE_USER`).
  public static let storeUser = SlabFlags(rawValue: 1 << 3)
  /// Stop the machine when the cache cannot be made (`SLAB_PANIC`).
  public static let panic = SlabFlags(rawValue: 1 << 4)
  /// Pages from the DMA zone (`SLAB_CACHE_DMA`).
  public static let dma = SlabFlags(rawValue: 1 << 5)
  /// Pages below 4 GiB (`SLAB_CACHE_DMA32`).
  public static let dma32 = SlabFlags(rawValue: 1 << 6)
  /// The objects can be given up under pressure (`SLAB_RECLAIM_ACCOUNT`).
  public static let reclaimable = SlabFlags(rawValue: 1 << 7)
  /// Freed objects may still be read for a while (`SLAB_TYPESAFE_BY_RCU`).
  public static let typesafeByRCU = SlabFlags(rawValue: 1 << 8)

  static let known = SlabFlags(rawValue: 1 << 9 - 1)
  /// Flags that make every free go through the checks of the slow path.
  ///
  /// Linux: `SLAB_DEBUG_FLAGS`, mm/slab.h.
  static let debug: SlabFlags = [.poison, .redZone, .storeUser]
}

/// Sizes of a cache, computed once when it is made.
///
/// Linux: `calculate_sizes`, mm/slub.c.
public struct SlabGeometry: Hashable, Sendable, BitwiseCopyable {
  /// Bytes that the owner of an object may use.
  public let objectSize: Int
  /// Distance between objects.
  public let size: Int
  public let alignment: Int
  /// Preferred order of a slab, and the order used when memory is tight.
  public let order: Int
  public let minimumOrder: Int

  public init(
    objectSize: Int, alignment: Int = 0, flags: SlabFlags = [], hasConstructor: Bool = false,
    cpus: Int
  ) {
    self.objectSize = objectSize
    self.alignment = Self.alignment(objectSize, requested: alignment, flags)
    size = Self.stride(objectSize, self.alignment, flags, hasConstructor)
    order = Self.preferredOrder(size, cpus: cpus)
    minimumOrder = Self.order(covering: size)
  }

  /// Objects in a slab of an order.
  public func objects(order: Int) -> Int { Self.slabBytes(order) / size }
  /// Objects in a slab of the preferred order.
  public var objectsPerSlab: Int { objects(order: order) }

  /// Linux: `L1_CACHE_BYTES`, arch/x86/include/asm/cache.h.
  static let cacheLine = 64
  static let word = 8
  /// Linux: `SLUB_MAX_ORDER`, mm/slub.c.
  static let largestOrder = 3
  /// Linux: `struct track`, mm/slub.c.
  static let trackBytes = 32

  /// Linux: `calculate_alignment`, mm/slab_common.c.
  private static func alignment(_ size: Int, requested: Int, _ flags: SlabFlags) -> Int {
    var alignment = max(requested, word)
    if flags.contains(.cacheAligned) {
      var line = cacheLine
      while size <= line / 2 { line /= 2 }
      alignment = max(alignment, line)
    }
    return roundUp(alignment, word)
  }

  private static func stride(
    _ objectSize: Int, _ alignment: Int, _ flags: SlabFlags, _ hasConstructor: Bool
  ) -> Int {
    var size = roundUp(objectSize, word)
    if flags.contains(.redZone), size == objectSize { size += word }
    // The free pointer cannot lie inside an object whose bytes must survive being free.
    if hasConstructor || !flags.isDisjoint(with: [.poison, .typesafeByRCU]) { size += word }
    if flags.contains(.storeUser) { size += 2 * trackBytes }
    if flags.contains(.redZone) { size += word + roundUp(word, alignment) }
    return roundUp(size, alignment)
  }

  /// Linux: `calculate_order`, mm/slub.c.
  private static func preferredOrder(_ size: Int, cpus: Int) -> Int {
    let bits = Int.bitWidth - cpus.leadingZeroBitCount
    let wanted = min(4 * (bits + 1), max(slabBytes(largestOrder) / size, 1))
    let smallest = order(covering: wanted * size)
    for fraction in [16, 8, 4, 2] {
      var order = smallest
      while order <= largestOrder {
        if slabBytes(order) % size <= slabBytes(order) / fraction { return order }
        order += 1
      }
    }
    return order(covering: size)
  }

  static func slabBytes(_ order: Int) -> Int { Int(Page.size) << order }

  /// The smallest order whose block holds `bytes`.
  ///
  /// Linux: `get_order`, include/asm-generic/getorder.h.
  static func order(covering bytes: Int) -> Int {
    var order = 0
    while slabBytes(order) < bytes { order += 1 }
    return order
  }

  private static func roundUp(_ value: Int, _ unit: Int) -> Int {
    (value + unit - 1) / unit * unit
  }
}
