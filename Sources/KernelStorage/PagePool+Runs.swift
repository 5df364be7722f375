// Many words of a page at once: what a walk over a page table does to entries side by side.

extension PagePool {
  /// How many words from `start` on are zero, `limit` at most.
  @inlinable
  public func zeroRun(_ page: Int, from start: Int, limit: Int) -> Int {
    let words = unsafe run(page, start, limit)
    var count = 0
    while count < limit, unsafe words[count] == 0 { count += 1 }
    return count
  }

  /// Sets `marks` in the words from `start` on, as long as they have all bits of `required` and
  /// none of `forbidden`; says how many had, `limit` at most.
  @inlinable
  public mutating func mark(
    _ page: Int, from start: Int, limit: Int, required: UInt64, forbidden: UInt64, marks: UInt64
  ) -> Int {
    let words = unsafe run(page, start, limit)
    let decisive = required | forbidden
    var count = 0
    while count < limit, unsafe words[count] & decisive == required {
      unsafe words[count] |= marks
      count += 1
    }
    return count
  }

  /// Stores `count` words from `start` on, each larger by `step` than the one before it.
  @inlinable
  public mutating func store(
    _ page: Int, from start: Int, count: Int, first: UInt64, step: UInt64
  ) {
    let words = unsafe run(page, start, count)
    var word = first
    for place in 0..<count {
      unsafe words[place] = word
      word &+= step
    }
  }

  /// Copies the words from `start` on to the same places of another page, as long as they have all
  /// bits of `required` and none of `forbidden`; says how many had, `limit` at most. Each word
  /// loses the bits of `cleared`, and its copy those of `clearedInCopy` too.
  @inlinable
  public mutating func copyRun(
    _ page: Int, to target: Int, from start: Int, limit: Int, required: UInt64,
    forbidden: UInt64, clearing cleared: UInt64, clearingCopy clearedInCopy: UInt64
  ) -> Int {
    let words = unsafe run(page, start, limit)
    let copies = unsafe run(target, start, limit)
    let decisive = required | forbidden
    var count = 0
    while count < limit, unsafe words[count] & decisive == required {
      let word = unsafe words[count] & ~cleared
      unsafe words[count] = word
      unsafe copies[count] = word & ~clearedInCopy
      count += 1
    }
    return count
  }

  @inlinable @inline(__always)
  func run(_ page: Int, _ start: Int, _ count: Int) -> UnsafeMutablePointer<UInt64> {
    precondition(
      start >= 0 && count >= 0 && start + count <= Self.wordsPerPage, "PagePool: no such words")
    return unsafe address(page, min(start, Self.wordsPerPage - 1))
  }
}
