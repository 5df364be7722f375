// The disk under a swap area: one queue, so that a request waits for those before it.

internal import KernelStorage

/// A write that is on its way to the disk.
struct SwapWrite: BitwiseCopyable {
  var frame: FrameNumber
  /// When the disk reports it done.
  var end: Nanoseconds
}

/// The queue of a simulated disk.
///
/// Transfers follow one another; the latency of a request runs beside the transfers of others,
/// as it does on a flash drive with a deep queue.
/// Linux: none (model only).
struct SwapDevice: ~Copyable {
  /// When the transfers asked for so far are over.
  private var busyUntil: Nanoseconds = 0
  /// Writes in the order in which they end: a ring of a power of two rows.
  private var ring = Table<SwapWrite>()
  private var first = 0
  private(set) var pendingWrites = 0

  /// Queues a transfer and says when it is over.
  mutating func submit(pages: Int, now: Nanoseconds, _ costs: borrowing Costs) -> Nanoseconds {
    busyUntil = max(busyUntil, now) + UInt64(pages) * costs.diskPage
    return busyUntil + costs.diskLatency
  }

  mutating func submitWrite(of frame: FrameNumber, now: Nanoseconds, _ costs: borrowing Costs) {
    let end = submit(pages: 1, now: now, costs)
    if pendingWrites == ring.count { grow() }
    ring[(first + pendingWrites) & (ring.count - 1)] = SwapWrite(frame: frame, end: end)
    pendingWrites += 1
  }

  /// The write that ends first.
  var nextWrite: SwapWrite? { pendingWrites == 0 ? nil : ring[first] }

  mutating func dropFirstWrite() {
    first = (first + 1) & (ring.count - 1)
    pendingWrites -= 1
  }

  private mutating func grow() {
    let old = ring.count
    ring.extend(to: max(64, old * 2))
    // The part that had wrapped around goes behind the rest.
    for row in 0..<first { ring[old + row] = ring[row] }
  }
}
