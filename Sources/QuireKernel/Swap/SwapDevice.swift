// The disk under a swap area: one queue, so that a request waits for those before it.

internal import KernelStorage

/// A page on its way to or from the disk.
struct SwapTransfer: BitwiseCopyable {
  var frame: FrameNumber
  var isWrite: Bool
  /// When the disk reports it done.
  var end: Nanoseconds
}

/// The queue of a simulated disk.
///
/// Transfers follow one another; the latency of a request runs beside the transfers of others,
/// as it does on a flash drive with a deep queue. So they end in the order in which they were asked for.
/// Linux: none (model only).
struct SwapDevice: ~Copyable {
  /// When the transfers asked for so far have left the queue.
  private var busyUntil: Nanoseconds = 0
  /// The transfers that are not over, oldest first: a ring of a power of two rows.
  private var ring = Table<SwapTransfer>()
  private var first = 0
  private(set) var pending = 0

  /// Queues the transfer of one page and says when it will be over.
  @discardableResult
  mutating func submit(
    _ frame: FrameNumber, isWrite: Bool, now: Nanoseconds, _ costs: borrowing Costs
  ) -> Nanoseconds {
    busyUntil = max(busyUntil, now) + costs.diskPage
    let end = busyUntil + costs.diskLatency
    if pending == ring.count { grow() }
    ring[(first + pending) & (ring.count - 1)] = SwapTransfer(
      frame: frame, isWrite: isWrite, end: end)
    pending += 1
    return end
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
  }

  private mutating func grow() {
    let old = ring.count
    ring.extend(to: max(64, old * 2))
    // The part that had wrapped around goes behind the rest.
    for row in 0..<first { ring[old + row] = ring[row] }
  }
}
