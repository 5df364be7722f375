// The disk under a swap area: one queue, so that a request waits for those before it.

internal import KernelStorage

/// A page on its way to or from the disk.
struct SwapTransfer: BitwiseCopyable {
  var frame: FrameNumber
  var isWrite: Bool
  /// When the disk reports it done.
  var end: Nanoseconds
}

/// The part of the cost table that a disk needs.
struct TransferCosts: BitwiseCopyable {
  var page: Nanoseconds
  var latency: Nanoseconds

  init(_ costs: borrowing Costs) {
    page = costs.diskPage
    latency = costs.diskLatency
  }
}

/// The queue of a simulated disk.
///
/// Transfers follow one another; the latency of a request runs beside the transfers of others,
/// as it does on a flash drive with a deep queue. So they end in the order in which they were asked
/// for.
/// Linux: none (model only).
struct SwapDevice: ~Copyable {
  private let inPlace = InPlace()
  /// When the transfers asked for so far have left the queue.
  private var busyUntil: Nanoseconds = 0
  /// The transfers that are not over, oldest first: a ring of a power of two rows.
  private var ring = Table<SwapTransfer>()
  private var first = 0
  private(set) var pending = 0
  /// The youngest of them that belong to a read request which is still being put together.
  private var open = 0

  /// Queues the transfer of one page and says when it will be over.
  @discardableResult
  mutating func submit(
    _ frame: FrameNumber, isWrite: Bool, now: Nanoseconds, _ costs: TransferCosts
  ) -> Nanoseconds {
    busyUntil = max(busyUntil, now) + costs.page
    let end = busyUntil + costs.latency
    if pending == ring.count { grow() }
    ring[(first + pending) & (ring.count - 1)] = SwapTransfer(
      frame: frame, isWrite: isWrite, end: end)
    pending += 1
    open = isWrite ? 0 : open + 1
    return end
  }

  /// Begins a read request of several pages; a write in between ends it.
  mutating func beginRequest() { open = 0 }

  /// Number of transfers in the request that is being put together.
  var openCount: Int { open }

  /// The frame of a transfer of that request.
  func openFrame(_ place: Int) -> FrameNumber {
    ring[(first + pending - open + place) & (ring.count - 1)].frame
  }

  /// Ends the request: its transfers are over together, with the last of them.
  mutating func close() {
    guard let end = lastEnd else { return }
    for place in pending - open..<pending { ring[(first + place) & (ring.count - 1)].end = end }
    open = 0
  }

  /// The transfer that ends next.
  var nextTransfer: SwapTransfer? { pending == 0 ? nil : ring[first] }

  /// When all that was asked for is over; nil when it is.
  var lastEnd: Nanoseconds? {
    pending == 0 ? nil : ring[(first + pending - 1) & (ring.count - 1)].end
  }

  mutating func dropFirst() {
    first = (first + 1) & (ring.count - 1)
    pending -= 1
    open = min(open, pending)
  }

  private mutating func grow() {
    let old = ring.count
    ring.extend(to: max(64, old * 2))
    // The part that had wrapped around goes behind the rest.
    for row in 0..<first { ring[old + row] = ring[row] }
  }
}
