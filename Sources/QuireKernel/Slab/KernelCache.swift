// The caches that the kernel makes for itself, with the sizes of Linux 6.12 on x86_64.

/// A cache of the kernel's own records.
///
/// They are made in this order at boot, so that the raw value gives the cache.
/// Linux: sizes as /proc/slabinfo of 6.12 shows them.
public enum KernelCache: UInt16, CaseIterable, Sendable, BitwiseCopyable {
  case kmemCache = 1
  case kmemCacheNode
  // The general caches of `KmallocClass` come here.
  case vmapArea = 42
  case mmStruct
  case radixTreeNode
  case mapleNode
  case pid
  case anonVMA
  case anonVMAChain
  case cred
  case taskStruct
  case sighand
  case signal
  case files
  case vmAreaStruct
  case namesCache
  case dentry
  case inode
  case filp
  case shmemInode
  case bufferHead

  @inlinable public var cache: CacheIndex { CacheIndex(Int(rawValue)) }

  struct Form {
    var name: String
    var size: Int
    var flags: SlabFlags = []
  }

  var form: Form {
    switch self {
    case .kmemCache: Form(name: "kmem_cache", size: 232, flags: .cacheAligned)
    case .kmemCacheNode: Form(name: "kmem_cache_node", size: 64, flags: .cacheAligned)
    case .vmapArea: Form(name: "vmap_area", size: 72)
    case .mmStruct: Form(name: "mm_struct", size: 1408, flags: .cacheAligned)
    case .radixTreeNode: Form(name: "radix_tree_node", size: 584, flags: .reclaimable)
    case .mapleNode: Form(name: "maple_node", size: 256)
    case .pid: Form(name: "pid", size: 128, flags: .cacheAligned)
    case .anonVMA: Form(name: "anon_vma", size: 104)
    case .anonVMAChain: Form(name: "anon_vma_chain", size: 64)
    case .cred: Form(name: "cred", size: 192, flags: .cacheAligned)
    case .taskStruct: Form(name: "task_struct", size: 6208, flags: .cacheAligned)
    case .sighand: Form(name: "sighand_cache", size: 2112, flags: .cacheAligned)
    case .signal: Form(name: "signal_cache", size: 1152, flags: .cacheAligned)
    case .files: Form(name: "files_cache", size: 704, flags: .cacheAligned)
    case .vmAreaStruct: Form(name: "vm_area_struct", size: 176)
    case .namesCache: Form(name: "names_cache", size: 4096, flags: .cacheAligned)
    case .dentry: Form(name: "dentry", size: 192, flags: .reclaimable)
    case .inode: Form(name: "inode_cache", size: 632, flags: .reclaimable)
    case .filp: Form(name: "filp", size: 192, flags: .cacheAligned)
    case .shmemInode: Form(name: "shmem_inode_cache", size: 760)
    case .bufferHead: Form(name: "buffer_head", size: 104, flags: .reclaimable)
    }
  }
}

/// The general caches behind `kmalloc` (SLAB-22).
///
/// Linux: `kmalloc_info`, mm/slab_common.c.
enum KmallocClass {
  /// In the order the caches are made.
  static let sizes = [96, 192, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192]
  /// Larger objects are whole pages.
  ///
  /// Linux: `KMALLOC_MAX_CACHE_SIZE`, include/linux/slab.h.
  static let largestCached = 8192
  /// Linux: `KMALLOC_MAX_SIZE`, include/linux/slab.h.
  static let largest = 4 << 20

  enum Family: Int, CaseIterable {
    case normal, reclaimable, dma

    var flags: SlabFlags {
      switch self {
      case .normal: []
      case .reclaimable: .reclaimable
      case .dma: .dma
      }
    }

    /// Linux: `kmalloc_type`, include/linux/slab.h.
    init(_ gfp: GFPFlags) {
      self = gfp.contains(.dma) ? .dma : gfp.contains(.reclaimable) ? .reclaimable : .normal
    }
  }

  /// First of the general caches; they follow the two caches of caches.
  static let firstCache = 3

  /// The cache for a size of 1 ... `largestCached`.
  ///
  /// Linux: `kmalloc_slab`, mm/slab.h.
  static func cache(for size: Int, _ family: Family) -> CacheIndex {
    CacheIndex(firstCache + family.rawValue * sizes.count + place(of: size))
  }

  private static func place(of size: Int) -> Int {
    if size > 64, size <= 96 { return 0 }
    if size > 128, size <= 192 { return 1 }
    // 8 is the third; each next one is twice as large.
    let log = Int.bitWidth - (max(size, 8) - 1).leadingZeroBitCount
    return log - 1
  }

  static func name(_ size: Int, _ family: Family) -> String {
    let text = size >= 1024 ? "\(size / 1024)k" : "\(size)"
    return switch family {
    case .normal: "kmalloc-\(text)"
    case .reclaimable: "kmalloc-rcl-\(text)"
    case .dma: "dma-kmalloc-\(text)"
    }
  }
}
