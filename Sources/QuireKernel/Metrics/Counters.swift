// Event counters of the machine, by the names of /proc/vmstat.

/// Counts since boot; each field is spelt as /proc/vmstat spells it.
///
/// Gauges (`nr_free_pages`, `nr_inactive_anon`, …) are not here: they are read off the tables.
/// Linux: `enum vm_event_item`, include/linux/vm_event_item.h.
public struct Counters: Hashable, Sendable, BitwiseCopyable {
  public var pgpgin: UInt64 = 0
  public var pgpgout: UInt64 = 0
  public var pswpin: UInt64 = 0
  public var pswpout: UInt64 = 0
  public var pgalloc_dma: UInt64 = 0
  public var pgalloc_dma32: UInt64 = 0
  public var pgalloc_normal: UInt64 = 0
  /// Only a machine with high memory has the line.
  public var pgalloc_high: UInt64 = 0
  public var allocstall_dma: UInt64 = 0
  public var allocstall_dma32: UInt64 = 0
  public var allocstall_normal: UInt64 = 0
  public var numa_hit: UInt64 = 0
  public var pgfree: UInt64 = 0
  public var pgactivate: UInt64 = 0
  public var pgdeactivate: UInt64 = 0
  public var pgfault: UInt64 = 0
  public var pgmajfault: UInt64 = 0
  public var pglazyfree: UInt64 = 0
  public var pglazyfreed: UInt64 = 0
  public var pgrefill: UInt64 = 0
  public var pgreuse: UInt64 = 0
  public var pgsteal_direct: UInt64 = 0
  public var pgscan_direct: UInt64 = 0
  public var pgscan_anon: UInt64 = 0
  public var pgsteal_anon: UInt64 = 0
  public var pgrotated: UInt64 = 0
  public var oom_kill: UInt64 = 0
  public var swap_ra: UInt64 = 0
  public var swap_ra_hit: UInt64 = 0
  public var swpin_zero: UInt64 = 0
  public var swpout_zero: UInt64 = 0
  /// Pages of files that became dirty, and that were written.
  public var nr_dirtied: UInt64 = 0
  public var nr_written: UInt64 = 0
  public var drop_pagecache: UInt64 = 0

  public init() {}
}
