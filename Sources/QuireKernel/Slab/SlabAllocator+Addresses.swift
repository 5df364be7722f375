// From objects to addresses and back, with every way in which an address can be wrong.

import KernelStorage

extension SlabAllocator {
  /// The address of an object in the direct map.
  @inline(__always)
  public func address(of object: SlabObject) -> VirtualAddress {
    // Field by field: a load of the whole record would wait for the stores that just changed it.
    let size = caches[slabs[object.slab].cache.index].geometry.size
    return directMap.address(of: slabs[object.slab].block) + UInt64(object.place * size)
  }

  /// The live object that starts at `address` in a frame of a slab.
  func liveObject(at address: VirtualAddress, slab: Int) throws(KernelMisuse) -> SlabObject {
    let offset = address - directMap.address(of: slabs[slab].block)
    let cache = slabs[slab].cache
    let place = Int((offset &* caches[cache.index].reciprocal) >> 32)
    let size = caches[cache.index].geometry.size
    guard place * size == Int(offset), place < Int(slabs[slab].objects) else {
      throw .notAnObject(address, cache: name(of: cache))
    }
    let object = SlabObject(slab: slab, place: place)
    guard isLive(object) else { throw .freeObject(address, cache: name(of: cache)) }
    return object
  }

  /// Whether an object of a slab is handed out.
  @inline(__always)
  func isLive(_ object: SlabObject) -> Bool {
    object.place < Int(slabs[object.slab].fresh)
      && links[Int(slabs[object.slab].chain) + object.place] == SlabLink.live
  }

  func cache(of object: SlabObject) -> CacheIndex { slabs[object.slab].cache }
}
