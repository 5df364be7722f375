// The slab allocator: caches of objects of one size, cut out of blocks of pages (SLUB).
//
// A leaf: it hands out and takes back objects of slabs it has, and says when it needs a slab or
// has one to spare; pages come and go in Flows/Kernel+SlabObjects.swift. Allocation tries the
// CPU's free list, the rest of its slab, its partial slabs, the partial slabs of the node
// (SLAB-20). No object is touched: states live in the links table, one row of two bytes each.

import KernelStorage

/// All caches of the machine and all their slabs.
///
/// Linux: mm/slub.c.
public struct SlabAllocator: ~Copyable {
  private let inPlace = InPlace()
  var caches: Pool<SlabCache>
  /// Names by cache; rows of caches that are gone keep theirs until reused.
  var names: [String] = [""]
  /// Caches that exist, in the order they were made.
  package internal(set) var order: [CacheIndex] = []
  /// Row 0 is none. A row is `spare` when it has no pages.
  var slabs = Table<Slab>()
  /// For each object: the free object behind it, or what `SlabLink` says.
  var links = Table<UInt16>()
  /// One row for each cache and CPU.
  var cpuSlabs = Table<CPUSlab>()
  let cpuCount: Int
  /// First spare slab row for each power of two of links.
  var spares: [10 of UInt32] = .init(repeating: 0)
  /// Slabs whose pages are to be freed.
  var discarded: UInt32 = 0
  /// Frames in slabs and large objects by what `SlabFlags.reclaimable` says.
  /// Where slabs have their addresses.
  let directMap: DirectMap
  package internal(set) var reclaimableFrames = 0
  package internal(set) var unreclaimableFrames = 0

  init(cpus: Int, directMap: DirectMap) {
    cpuCount = cpus
    self.directMap = directMap
    let none = SlabGeometry(objectSize: 8, cpus: cpus)
    caches = Pool(unused: SlabCache(none, flags: []))
    slabs.append(Slab())
  }

  // MARK: Caches

  /// Makes a cache without a slab.
  mutating func addCache(_ name: String, _ geometry: SlabGeometry, flags: SlabFlags) -> CacheIndex {
    let index = caches.allocate(SlabCache(geometry, flags: flags))
    let cache = CacheIndex(index)
    if index == names.count { names.append(name) } else { names[index] = name }
    cpuSlabs.extend(to: (index + 1) * cpuCount)
    for cpu in 0..<cpuCount { cpuSlabs[index * cpuCount + cpu] = CPUSlab() }
    order.append(cache)
    return cache
  }

  public func exists(_ cache: CacheIndex) -> Bool { caches.isLive(cache.index) }
  public subscript(cache: CacheIndex) -> SlabCache { caches[cache.index] }
  public func name(of cache: CacheIndex) -> String { names[cache.index] }

  /// The first cache made with a name that still exists.
  public func cache(named name: String) -> CacheIndex? {
    order.first { names[$0.index] == name }
  }

  // MARK: Objects

  /// Takes an object for a CPU; nil when the cache needs another slab.
  ///
  /// Linux: `slab_alloc_node`, mm/slub.c.
  mutating func allocate(_ cache: CacheIndex, cpu: Int) -> SlabObject? {
    let row = cache.index * cpuCount + cpu
    let slab = Int(cpuSlabs[row].slab)
    if slab != 0 {
      let place = takeLocal(row, slab)
      if place >= 0 { return SlabObject(slab: slab, place: place) }
    }
    return allocateSlowly(cache, row)
  }

  /// Takes an object off the CPU's own list; negative when it is empty.
  @inline(__always)
  private mutating func takeLocal(_ row: Int, _ slab: Int) -> Int {
    let head = cpuSlabs[row].head
    if head != SlabLink.end {
      let link = Int(slabs[slab].chain) + Int(head)
      cpuSlabs[row].head = links[link]
      links[link] = SlabLink.live
      slabs[slab].live += 1
      return Int(head)
    }
    let fresh = slabs[slab].fresh
    guard fresh < slabs[slab].objects else { return -1 }
    links[Int(slabs[slab].chain) + Int(fresh)] = SlabLink.live
    slabs[slab].fresh = fresh + 1
    slabs[slab].live += 1
    return Int(fresh)
  }

  /// Linux: `___slab_alloc`, mm/slub.c.
  private mutating func allocateSlowly(_ cache: CacheIndex, _ row: Int) -> SlabObject? {
    let current = Int(cpuSlabs[row].slab)
    if current != 0 {
      if slabs[current].head == SlabLink.end {
        slabs[current].place = .full
        cpuSlabs[row].slab = 0
      } else {
        takeOverChain(of: current, row)
      }
    }
    if cpuSlabs[row].slab == 0, !activatePartial(cache, row) { return nil }
    let slab = Int(cpuSlabs[row].slab)
    let place = takeLocal(row, slab)
    precondition(
      place >= 0, "SlabAllocator: slab \(slab) was on a partial list without a free object")
    return SlabObject(slab: slab, place: place)
  }

  /// Gives an object back; the caller has checked that it is live.
  ///
  /// Linux: `do_slab_free`, mm/slub.c.
  mutating func free(_ object: SlabObject, cpu: Int) {
    let slab = object.slab
    let link = Int(slabs[slab].chain) + object.place
    precondition(links[link] == SlabLink.live, "SlabAllocator: free of an object that is free")
    let row = slabs[slab].cache.index * cpuCount + cpu
    if Int(cpuSlabs[row].slab) == slab {
      links[link] = cpuSlabs[row].head
      cpuSlabs[row].head = UInt16(object.place)
      slabs[slab].live -= 1
    } else {
      freeSlowly(object, row)
    }
  }

  /// Linux: `__slab_free`, mm/slub.c.
  private mutating func freeSlowly(_ object: SlabObject, _ row: Int) {
    let slab = object.slab
    let hadFree = slabs[slab].hasFree
    links[Int(slabs[slab].chain) + object.place] = slabs[slab].head
    slabs[slab].head = UInt16(object.place)
    slabs[slab].live -= 1
    let cache = slabs[slab].cache
    switch slabs[slab].place {
    case .active, .cpuPartial: break
    case .nodePartial:
      let isSurplus = caches[cache.index].partialCount >= caches[cache.index].minimumPartial
      if slabs[slab].live == 0, isSurplus {
        removeNodePartial(slab)
        discard(slab)
      }
    case .full:
      assert(!hadFree, "SlabAllocator: a full slab had a free object")
      if slabs[slab].live == 0, keepsEnoughPartial(cache), !keepsCPUPartial(cache) {
        discard(slab)
      } else if keepsCPUPartial(cache) {
        pushCPUPartial(slab, row, draining: true)
      } else {
        appendNodePartial(slab)
      }
    case .discarded, .spare:
      preconditionFailure("SlabAllocator: slab \(slab) has no pages")
    }
  }

  func keepsEnoughPartial(_ cache: CacheIndex) -> Bool {
    caches[cache.index].partialCount >= caches[cache.index].minimumPartial
  }

  /// Linux: `kmem_cache_has_cpu_partial`, mm/slub.c.
  func keepsCPUPartial(_ cache: CacheIndex) -> Bool { caches[cache.index].cpuPartialLimit > 0 }
}

extension SlabAllocator {
  /// Whether another slab can be numbered.
  var hasRoomForSlab: Bool { slabs.count < 1 << (32 - Int(SlabObject.placeBits)) }
  var hasRoomForCache: Bool { caches.limit < Int(UInt16.max) }

  /// Caches that exist from boot on and can never be destroyed.
  var builtInCount: Int { Int(KernelCache.bufferHead.rawValue) }

  /// Makes a cache at boot.
  mutating func addBuiltIn(_ form: KernelCache.Form, cpus: Int) {
    let geometry = SlabGeometry(objectSize: form.size, flags: form.flags, cpus: cpus)
    _ = addCache(form.name, geometry, flags: form.flags)
  }

  /// Notes which objects hold the record of a cache.
  mutating func setRecords(of cache: CacheIndex, _ record: SlabObject, _ nodeRecord: SlabObject) {
    caches[cache.index].record = record
    caches[cache.index].nodeRecord = nodeRecord
  }
}
