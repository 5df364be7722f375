// /proc/vmstat: every gauge and every counter of the machine.
//
// The file lists what Linux 6.12 lists, in its order. A line that belongs to a mechanism which the
// machine does not have shows 0, as it does on a real machine that does not use it.

import KernelStorage

extension Kernel {
  /// The lines of /proc/vmstat (PROC-9).
  ///
  /// Linux: `vmstat_text`, mm/vmstat.c.
  public borrowing func vmStat() -> [ProcLine] {
    var lines = zoneStats(of: ZoneKind.allCases)
    lines += nodeStats()
    lines.append(ProcLine("nr_dirty_threshold", dirtyThreshold(percent: 20)))
    lines.append(ProcLine("nr_dirty_background_threshold", dirtyThreshold(percent: 10)))
    lines.append(ProcLine("nr_memmap_pages", 0))
    lines.append(ProcLine("nr_memmap_boot_pages", memory.descriptorFrames))
    var values: [String: UInt64] = [:]
    for field in Counters.fields { values[field.name] = field.value(counters) }
    values["pgalloc_high"] = counters.pgalloc_high
    return lines + Self.lines(eventNames, values)
  }

  /// What has a name for each zone names those of the machine.
  private var eventNames: String {
    if machine.architecture == .x86_64 { return Self.eventNames }
    let names = Self.eventNames.split { $0 == " " || $0 == "\n" }
    return names.filter { !$0.hasSuffix("_dma32") }.map { name in
      name.hasSuffix("_normal") ? name + " " + name.dropLast("normal".count) + "high" : String(name)
    }.joined(separator: " ")
  }

  /// The text of /proc/vmstat.
  public borrowing func vmStatText() -> String {
    vmStat().reduce(into: "") { $0 += "\($1.name) \($1.value)\n" }
  }

  /// The statistics of zones added up. The LRU lists belong to the node; the lists that the kernel
  /// keeps per zone beside them are shown for the highest zone with memory.
  ///
  /// Linux: `enum zone_stat_item` and `enum numa_stat_item`, include/linux/mmzone.h.
  borrowing func zoneStats(of kinds: [ZoneKind]) -> [ProcLine] {
    var values: [String: UInt64] = [:]
    var free = 0
    for kind in kinds { free += memory.zones[kind.index].free }
    values["nr_free_pages"] = UInt64(free)
    if kinds.contains(memory.highestPopulatedZone) {
      let gauges = gauges
      values["nr_zone_inactive_anon"] = UInt64(gauges.nr_inactive_anon)
      values["nr_zone_active_anon"] = UInt64(gauges.nr_active_anon)
      values["nr_zone_inactive_file"] = UInt64(gauges.nr_inactive_file)
      values["nr_zone_active_file"] = UInt64(gauges.nr_active_file)
      values["nr_zone_unevictable"] = UInt64(gauges.nr_unevictable)
      values["nr_zone_write_pending"] = UInt64(gauges.nr_dirty + gauges.nr_writeback)
      values["nr_mlock"] = UInt64(gauges.nr_mlock)
      values["numa_hit"] = counters.numa_hit
      values["numa_local"] = counters.numa_hit
    }
    return Self.lines(Self.zoneNames, values)
  }

  /// The statistics of the node.
  ///
  /// Linux: `enum node_stat_item`, include/linux/mmzone.h.
  borrowing func nodeStats() -> [ProcLine] {
    let gauges = gauges
    var values: [String: UInt64] = [:]
    for field in Gauges.fields {
      values[field.name] = UInt64(clamping: gauges[keyPath: field.path])
    }
    values["nr_slab_reclaimable"] = UInt64(slab.reclaimableFrames)
    values["nr_slab_unreclaimable"] = UInt64(slab.unreclaimableFrames)
    // Reclaim writes pages to swap alone; those of files it leaves to the flusher.
    values["nr_vmscan_write"] = counters.pswpout
    values["nr_dirtied"] = counters.nr_dirtied
    values["nr_written"] = counters.pswpout + counters.nr_written
    return Self.lines(Self.nodeNames, values)
  }

  private static func lines(_ names: String, _ values: [String: UInt64]) -> [ProcLine] {
    names.split { $0 == " " || $0 == "\n" }.map {
      ProcLine(String($0), values[String($0)] ?? 0)
    }
  }

  /// Pages that may be dirty before writers are made to wait, or writing begins.
  ///
  /// Linux: `domain_dirty_limits`, mm/page-writeback.c.
  borrowing func dirtyThreshold(percent: Int) -> Int {
    let gauges = gauges
    let free = memory.freeFrames
    let dirtyable =
      free - min(free, memory.totalReserve) + gauges.nr_inactive_file + gauges.nr_active_file
    let ratio = percent * Int(Page.size) / 100
    return ratio * dirtyable / Int(Page.size)
  }

  // MARK: Names

  private static let zoneNames = """
    nr_free_pages nr_zone_inactive_anon nr_zone_active_anon nr_zone_inactive_file
    nr_zone_active_file nr_zone_unevictable nr_zone_write_pending nr_mlock nr_bounce nr_zspages
    nr_free_cma nr_unaccepted numa_hit numa_miss numa_foreign numa_interleave numa_local
    numa_other
    """

  private static let nodeNames = """
    nr_inactive_anon nr_active_anon nr_inactive_file nr_active_file nr_unevictable
    nr_slab_reclaimable nr_slab_unreclaimable nr_isolated_anon nr_isolated_file workingset_nodes
    workingset_refault_anon workingset_refault_file workingset_activate_anon
    workingset_activate_file workingset_restore_anon workingset_restore_file
    workingset_nodereclaim nr_anon_pages nr_mapped nr_file_pages nr_dirty nr_writeback
    nr_writeback_temp nr_shmem nr_shmem_hugepages nr_shmem_pmdmapped nr_file_hugepages
    nr_file_pmdmapped nr_anon_transparent_hugepages nr_vmscan_write nr_vmscan_immediate_reclaim
    nr_dirtied nr_written nr_throttled_written nr_kernel_misc_reclaimable nr_foll_pin_acquired
    nr_foll_pin_released nr_kernel_stack nr_page_table_pages nr_sec_page_table_pages
    nr_iommu_pages nr_swapcached pgpromote_success pgpromote_candidate pgdemote_kswapd
    pgdemote_direct pgdemote_khugepaged
    """

  private static let eventNames = """
    pgpgin pgpgout pswpin pswpout pgalloc_dma pgalloc_dma32 pgalloc_normal pgalloc_movable
    pgalloc_device allocstall_dma allocstall_dma32 allocstall_normal allocstall_movable
    allocstall_device pgskip_dma pgskip_dma32 pgskip_normal pgskip_movable pgskip_device pgfree
    pgactivate pgdeactivate pglazyfree pgfault pgmajfault pglazyfreed pgrefill pgreuse
    pgsteal_kswapd pgsteal_direct pgsteal_khugepaged pgscan_kswapd pgscan_direct
    pgscan_khugepaged pgscan_direct_throttle pgscan_anon pgscan_file pgsteal_anon pgsteal_file
    zone_reclaim_success zone_reclaim_failed pginodesteal slabs_scanned kswapd_inodesteal
    kswapd_low_wmark_hit_quickly kswapd_high_wmark_hit_quickly pageoutrun pgrotated
    drop_pagecache drop_slab oom_kill numa_pte_updates numa_huge_pte_updates numa_hint_faults
    numa_hint_faults_local numa_pages_migrated pgmigrate_success pgmigrate_fail
    thp_migration_success thp_migration_fail thp_migration_split compact_migrate_scanned
    compact_free_scanned compact_isolated compact_stall compact_fail compact_success
    compact_daemon_wake compact_daemon_migrate_scanned compact_daemon_free_scanned
    htlb_buddy_alloc_success htlb_buddy_alloc_fail unevictable_pgs_culled
    unevictable_pgs_scanned unevictable_pgs_rescued unevictable_pgs_mlocked
    unevictable_pgs_munlocked unevictable_pgs_cleared unevictable_pgs_stranded thp_fault_alloc
    thp_fault_fallback thp_fault_fallback_charge thp_collapse_alloc thp_collapse_alloc_failed
    thp_file_alloc thp_file_fallback thp_file_fallback_charge thp_file_mapped thp_split_page
    thp_split_page_failed thp_deferred_split_page thp_underused_split_page thp_split_pmd
    thp_scan_exceed_none_pte thp_scan_exceed_swap_pte thp_scan_exceed_share_pte thp_split_pud
    thp_zero_page_alloc thp_zero_page_alloc_failed thp_swpout thp_swpout_fallback
    balloon_inflate balloon_deflate balloon_migrate swap_ra swap_ra_hit swpin_zero swpout_zero
    ksm_swpin_copy cow_ksm direct_map_level2_splits direct_map_level3_splits nr_unstable
    """
}
