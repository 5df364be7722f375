// Slab objects: the flow between caches and pages, for the kernel's own records and for kmalloc.

extension Kernel {
  // MARK: The kernel's own records

  /// Takes the memory of one record.
  ///
  /// - Throws: ENOMEM.
  /// Linux: `kmem_cache_alloc`, mm/slub.c.
  package mutating func allocateObject(
    _ cache: KernelCache, for task: TaskIndex
  ) throws(Errno) -> SlabObject {
    try allocateObject(cache.cache, .kernel, for: task)
  }

  /// Gives the memory of a record back; the record must own it.
  ///
  /// Linux: `kmem_cache_free`, mm/slub.c.
  package mutating func freeObject(_ object: SlabObject) {
    slab.free(object, cpu: cpu)
    freeDiscardedSlabs()
  }

  mutating func allocateObject(
    _ cache: CacheIndex, _ gfp: GFPFlags, for task: TaskIndex
  ) throws(Errno) -> SlabObject {
    if memory.injection.strikes(for: task), !gfp.contains(.noFail) { throw .ENOMEM }
    if let object = slab.allocate(cache, cpu: cpu) { return object }
    try growCache(cache, gfp, for: task)
    // Reclaim may have run meanwhile, but nothing takes the new slab away from this CPU.
    guard let object = slab.allocate(cache, cpu: cpu) else {
      preconditionFailure("allocateObject: a new slab of cache \(cache.rawValue) has no object")
    }
    return object
  }

  /// Gives a cache another slab: of the preferred order if that is easy to have, else of the
  /// smallest that holds an object (SLAB-19).
  ///
  /// Linux: `allocate_slab`, mm/slub.c.
  private mutating func growCache(
    _ cache: CacheIndex, _ gfp: GFPFlags, for task: TaskIndex
  ) throws(Errno) {
    guard slab.hasRoomForSlab else { throw .ENOMEM }
    let geometry = slab[cache].geometry
    let wanted = gfp.subtracting([.highmem, .movable, .zero]).union(slab[cache].pageFlags)
    var easy = wanted.subtracting(.noFail).union([.noWarn, .noRetry])
    if easy.contains(.directReclaim), geometry.order > geometry.minimumOrder {
      easy = easy.subtracting(.reclaim).union(.noMemAlloc)
    }
    var order = geometry.order
    let block: FrameNumber
    do {
      block = try allocatePages(easy, order: order, for: task)
    } catch {
      order = geometry.minimumOrder
      block = try allocatePages(wanted, order: order, for: task)
    }
    slab.adopt(block, order: order, cache: cache, cpu: cpu, marking: &memory.frames)
  }

  /// Frees the pages of slabs that became empty.
  private mutating func freeDiscardedSlabs() {
    if slab.discarded == 0 { return }
    while let (block, order) = slab.popDiscarded(marking: &memory.frames) {
      freePages(block, order: order)
    }
  }

  // MARK: kmalloc

  /// Takes `size` bytes of kernel memory (SLAB-22).
  ///
  /// - Returns: an address in the direct map; for size 0 the address 16, which only `kfree` takes.
  /// - Throws: ENOMEM.
  /// Linux: `kmalloc`, include/linux/slab.h.
  public mutating func kmalloc(
    _ size: UInt64, _ gfp: GFPFlags, for task: TaskIndex
  ) throws(Errno) -> VirtualAddress {
    let address = try takeBytes(size, gfp, for: task)
    emit(.kmalloc, pid(of: task), address, size)
    return address
  }

  private mutating func takeBytes(
    _ size: UInt64, _ gfp: GFPFlags, for task: TaskIndex
  ) throws(Errno) -> VirtualAddress {
    if size == 0 { return Self.zeroSizePointer }
    if size > UInt64(KmallocClass.largest) { throw .ENOMEM }
    if size > UInt64(KmallocClass.largestCached) {
      return try kmallocLarge(Int(size), gfp, for: task)
    }
    let cache = KmallocClass.cache(for: Int(size), KmallocClass.Family(gfp))
    return slab.address(of: try allocateObject(cache, gfp, for: task))
  }

  /// Linux: `ZERO_SIZE_PTR`, include/linux/slab.h.
  public static var zeroSizePointer: VirtualAddress { 16 }

  /// Linux: `___kmalloc_large_node`, mm/slub.c.
  private mutating func kmallocLarge(
    _ size: Int, _ gfp: GFPFlags, for task: TaskIndex
  ) throws(Errno) -> VirtualAddress {
    let order = SlabGeometry.order(covering: size)
    let block = try allocatePages(gfp.union(.compound), order: order, for: task)
    memory.frames[block].use = .largeObject
    slab.countFrames(1 << order, reclaimable: false)
    return directMap.address(of: block)
  }

  /// Gives memory back that `kmalloc` or a cache handed out; null and the zero-size address are
  /// no memory.
  ///
  /// Linux: `kfree`, mm/slub.c.
  public mutating func kfree(
    _ address: VirtualAddress, by task: TaskIndex = .none
  ) throws(KernelMisuse) {
    if address == 0 || address == Self.zeroSizePointer { return }
    try giveBytesBack(address)
    emit(.kfree, pid(of: task), address)
  }

  private mutating func giveBytesBack(_ address: VirtualAddress) throws(KernelMisuse) {
    let frame = try managedFrame(at: address)
    if memory.frames[frame].flags.contains(.slab) {
      let slabRow = Int(memory.frames[frame].mapping)
      freeObject(try slab.liveObject(at: address, slab: slabRow))
      return
    }
    guard memory.frames[frame].use == .largeObject, address == directMap.address(of: frame) else {
      throw .foreignPointer(address)
    }
    let order = Int(memory.frames[frame].order)
    slab.countFrames(-(1 << order), reclaimable: false)
    freePages(frame, order: order)
  }

  private func managedFrame(at address: VirtualAddress) throws(KernelMisuse) -> FrameNumber {
    guard let frame = directMap.frame(at: address) else {
      throw .foreignPointer(address)
    }
    return frame
  }

  // MARK: Named caches

  /// Makes a cache (SLAB-3).
  ///
  /// - Throws: EINVAL for an empty name, a size of 0 or above 4 MiB, an alignment that is no power
  ///   of two, unknown flags; ENOMEM.
  /// Linux: `kmem_cache_create`, mm/slab_common.c.
  public mutating func createCache(
    _ name: String, size: Int, alignment: Int = 0, flags: SlabFlags = [], for task: TaskIndex
  ) throws(Errno) -> CacheIndex {
    guard !name.isEmpty, size > 0, size <= KmallocClass.largest else { throw .EINVAL }
    guard flags.isSubset(of: .known), alignment >= 0, alignment <= Int(Page.size),
      alignment & (alignment - 1) == 0
    else { throw .EINVAL }
    guard slab.hasRoomForCache else { throw .ENOMEM }
    let geometry = SlabGeometry(
      objectSize: size, alignment: alignment, flags: flags, cpus: machine.cpus)
    guard geometry.order <= BuddyOrder.maximum else { throw .EINVAL }
    let record = try allocateObject(.kmemCache, for: task)
    let nodeRecord: SlabObject
    do { nodeRecord = try allocateObject(.kmemCacheNode, for: task) } catch {
      freeObject(record)
      throw error
    }
    let cache = slab.addCache(name, geometry, flags: flags)
    slab.setRecords(of: cache, record, nodeRecord)
    return cache
  }

  /// Takes an object of a cache.
  ///
  /// Linux: `kmem_cache_alloc`, mm/slub.c.
  public mutating func allocateObject(
    from cache: CacheIndex, _ gfp: GFPFlags, for task: TaskIndex
  ) throws(Errno) -> VirtualAddress {
    guard slab.exists(cache) else { throw .EINVAL }
    return slab.address(of: try allocateObject(cache, gfp, for: task))
  }

  /// Gives an object back to the cache it came from.
  ///
  /// Linux: `kmem_cache_free`, mm/slub.c.
  public mutating func freeObject(
    at address: VirtualAddress, to cache: CacheIndex
  ) throws(KernelMisuse) {
    let frame = try managedFrame(at: address)
    guard memory.frames[frame].flags.contains(.slab) else { throw .foreignPointer(address) }
    let object = try slab.liveObject(at: address, slab: Int(memory.frames[frame].mapping))
    let actual = slab.cache(of: object)
    guard actual == cache else {
      throw .wrongCache(address, given: slab.name(of: cache), actual: slab.name(of: actual))
    }
    freeObject(object)
  }

  /// Gives the empty slabs of a cache back to the page allocator; says whether slabs remain.
  ///
  /// Linux: `kmem_cache_shrink`, mm/slab_common.c.
  public mutating func shrinkCache(_ cache: CacheIndex) throws(Errno) -> Bool {
    guard slab.exists(cache) else { throw .EINVAL }
    let remains = slab.shrink(cache)
    freeDiscardedSlabs()
    return remains
  }

  /// Removes a cache without live objects (SLAB-4).
  ///
  /// - Throws: EBUSY when objects are live, EINVAL for a cache of the kernel itself.
  /// Linux: `kmem_cache_destroy`, mm/slab_common.c.
  public mutating func destroyCache(_ cache: CacheIndex) throws(Errno) {
    guard slab.exists(cache), !slab[cache].record.isNone, cache.index > slab.builtInCount else {
      throw .EINVAL
    }
    if try shrinkCache(cache) { throw .EBUSY }
    let (record, nodeRecord) = (slab[cache].record, slab[cache].nodeRecord)
    slab.removeCache(cache)
    freeObject(record)
    freeObject(nodeRecord)
  }

  // MARK: Boot

  /// Makes the kernel's own caches, the cache of caches first.
  ///
  /// Linux: `kmem_cache_init` and `create_kmalloc_caches`, mm/slub.c, mm/slab_common.c.
  mutating func bootSlab() throws(Errno) {
    let first: [KernelCache] = [.kmemCache, .kmemCacheNode]
    for cache in first { slab.addBuiltIn(cache.form, cpus: machine.cpus) }
    for family in KmallocClass.Family.allCases {
      for size in KmallocClass.sizes {
        let form = KernelCache.Form(
          name: KmallocClass.name(size, family), size: size, flags: family.flags)
        slab.addBuiltIn(form, cpus: machine.cpus)
      }
    }
    for cache in KernelCache.allCases.dropFirst(first.count) {
      slab.addBuiltIn(cache.form, cpus: machine.cpus)
    }
    for cache in slab.order {
      let record = try allocateObject(.kmemCache, for: .none)
      slab.setRecords(of: cache, record, try allocateObject(.kmemCacheNode, for: .none))
    }
  }
}
