// What one round of reclaim is for and how far it has come.

/// The state of a round of reclaim.
///
/// Linux: `struct scan_control`, mm/vmscan.c.
struct ReclaimScan: BitwiseCopyable {
  let gfp: GFPFlags
  /// Pages to free; the round ends when it has them.
  let target: Int
  /// Pages from this frame on are of no use to the request: it cannot have high memory.
  ///
  /// Linux: `scan_control.reclaim_idx`, mm/vmscan.c.
  var frameLimit = FrameNumber(UInt32.max)
  /// 12 scans 1/4096 of each list, 0 all of it (SCAN-1).
  var priority = Self.firstPriority
  /// Frees pages even if they were used lately.
  var ignoresReferences = false

  /// Whether the active lists give pages up in this pass (SCAN-5).
  var deactivatesAnon = false
  var deactivatesFile = false
  /// An active list was spared that a desperate round would not spare.
  var hasSkippedActive = false
  var isForced = false

  /// Pages freed, looked at, sent to the disk.
  var reclaimed = 0
  var scanned = 0
  var written = 0
  /// Pages of files that the flusher must write before they can go.
  var dirtyFilePages = 0

  /// Linux: `DEF_PRIORITY`, include/linux/mmzone.h.
  static let firstPriority = 12
  /// Linux: `SWAP_CLUSTER_MAX`, include/linux/swap.h.
  static let batch = 32

  init(_ gfp: GFPFlags, target: Int = Self.batch) {
    self.gfp = gfp
    self.target = target
  }

  var hasEnough: Bool { reclaimed >= target }
}

/// What is to become of a page that reclaim has looked at.
///
/// Linux: the labels of `shrink_folio_list`, mm/vmscan.c.
enum PageVerdict: BitwiseCopyable {
  /// Nobody holds it any more but reclaim itself.
  case free
  /// It stays where it was.
  case keep
  /// It was used, or cannot go now: it comes on the active list.
  case activate
}

/// Pages to scan, by the raw value of the four lists that can be scanned.
///
/// Linux: `nr` in `shrink_lruvec`, mm/vmscan.c.
struct ScanCounts: BitwiseCopyable {
  private var counts: [4 of Int] = .init(repeating: 0)

  static let lists = 4
  static func isAnon(_ list: Int) -> Bool { list <= LRUList.activeAnon.rawValue }
  static func isActive(_ list: Int) -> Bool {
    list == LRUList.activeAnon.rawValue || list == LRUList.activeFile.rawValue
  }

  subscript(list: Int) -> Int {
    get { counts[list] }
    set { counts[list] = newValue }
  }

  /// Something is left that a pass goes on for; active anonymous pages alone are no reason.
  var hasWork: Bool { counts[0] > 0 || counts[2] > 0 || counts[3] > 0 }
}
