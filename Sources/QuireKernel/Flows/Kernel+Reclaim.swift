// Direct reclaim: what a task that needs a page does to get one back from others.

extension Kernel {
  /// Tries to free pages for a request and says how many were freed.
  ///
  /// No page is on an LRU list yet, so there is nothing that could be reclaimed.
  /// Linux: `__alloc_pages_direct_reclaim`, mm/page_alloc.c.
  mutating func directReclaim(gfp: GFPFlags, order: Int, for task: TaskIndex) -> Int { 0 }

  /// The last owner of a page has let go: it is on no list any more.
  ///
  /// Linux: `__page_cache_release`, mm/swap.c.
  mutating func leaveLRU(_ frame: FrameNumber) {
    lru.remove(frame, in: &memory.frames)
    memory.frames[frame].flags.subtract([.active, .unevictable])
  }

  /// A fresh page of a task or of a shared object goes on the list that its flags name.
  ///
  /// Linux: `folio_add_lru`, mm/swap.c.
  package mutating func joinLRU(_ frame: FrameNumber) {
    lru.add(frame, in: &memory.frames)
  }

  /// Pages that reclaim could free at best.
  ///
  /// Linux: `zone_reclaimable_pages`, mm/vmscan.c.
  var reclaimablePages: Int { 0 }
}
