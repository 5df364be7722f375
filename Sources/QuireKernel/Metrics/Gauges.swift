// Gauges: how many pages are in each state now, by the names of /proc/vmstat.

/// Pages in each state; whoever changes the state of a page moves the gauge, but for the LRU lists.
///
/// Free pages and slab pages are not here: they are read off the zones and the caches.
/// Linux: `enum node_stat_item`, include/linux/mmzone.h.
public struct Gauges: Hashable, Sendable, BitwiseCopyable {
  public var nr_inactive_anon = 0
  public var nr_active_anon = 0
  public var nr_inactive_file = 0
  public var nr_active_file = 0
  public var nr_unevictable = 0
  /// Frames of locked mappings.
  public var nr_mlock = 0
  /// Anonymous pages that some PTE maps.
  public var nr_anon_pages = 0
  /// Page-cache and shared pages that some PTE maps.
  public var nr_mapped = 0
  /// Pages in the page cache, those of shared memory and of the swap cache included.
  public var nr_file_pages = 0
  public var nr_shmem = 0
  public var nr_dirty = 0
  public var nr_writeback = 0
  /// In KiB, as the kernel counts it.
  public var nr_kernel_stack = 0
  public var nr_page_table_pages = 0
  public var nr_swapcached = 0

  public init() {}
}

extension Kernel {
  /// Pages in each state now; the lengths of the LRU lists are read off the lists.
  public internal(set) var gauges: Gauges {
    get {
      var gauges = trackedGauges
      gauges.nr_inactive_anon = lru.count(.inactiveAnon)
      gauges.nr_active_anon = lru.count(.activeAnon)
      gauges.nr_inactive_file = lru.count(.inactiveFile)
      gauges.nr_active_file = lru.count(.activeFile)
      gauges.nr_unevictable = lru.count(.unevictable)
      return gauges
    }
    _modify { yield &trackedGauges }
  }
}
