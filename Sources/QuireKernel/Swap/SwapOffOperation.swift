// swapoff as a stored operation: it can stop between any two pages and go on.

/// How far a swapoff has come.
///
/// The cursor may point to what has gone meanwhile: the walk begins anew until the area is empty.
/// Linux: the local state of `try_to_unuse`, mm/swapfile.c.
public struct SwapOffOperation: Hashable, Sendable, BitwiseCopyable {
  /// The number of the area.
  public let area: Int
  var phase = Phase.objects
  /// The object or the address space that is being searched.
  var item = 1
  /// The page of the object, the address in the space, or the slot to look at next.
  var position: UInt64 = 0
  /// How often the walk has come to its end.
  var rounds = 0

  /// Where swapped pages are looked for (SWAP-14).
  enum Phase: UInt8, BitwiseCopyable {
    case objects, spaces, leftovers
  }

  init(area: Int) { self.area = area }

  mutating func enter(_ phase: Phase) {
    self.phase = phase
    item = 1
    position = 0
  }

  mutating func nextItem() {
    item += 1
    position = 0
  }
}
