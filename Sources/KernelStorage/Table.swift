// A table: an owned, flat run of trivial records, the storage under every subsystem of the kernel.
//
// The memory comes from the host's own demand-zero paging (`mmap`, no reserve), so a table may
// be as long as the machine it describes is large: rows that nobody wrote cost nothing, and they
// read as all zero bits. Every index is checked. Rows never move observably, but growing may move
// the whole table in the host's address space, so no pointer into it ever leaves this module.

/// A flat, bounds-checked, zero-initialised array of trivial records that is never copied by
/// accident.
///
/// `Element` must be meaningful when all its bits are zero.
@safe
public struct Table<Element: BitwiseCopyable>: ~Copyable {
  @usableFromInline var base: UnsafeMutablePointer<Element>
  /// Number of rows that may be indexed.
  public internal(set) var count: Int
  /// Number of rows that fit before the table has to grow.
  @usableFromInline var capacity: Int
  /// Rows that `append` may fill before it sees to memory again; never more than `capacity`.
  @usableFromInline var backed: Int

  /// A table of `count` zero rows with room for at least `capacity`.
  ///
  /// - Returns: nil when the host refuses the address space.
  public init?(count: Int, capacity: Int = 0) {
    precondition(count >= 0, "Table: negative count \(count)")
    let rows = max(count, capacity, 1)
    guard let bytes = Self.byteCount(rows), let memory = unsafe HostPages.map(bytes) else {
      return nil
    }
    unsafe base = memory.bindMemory(to: Element.self, capacity: rows)
    self.count = count
    self.capacity = rows
    backed = 0
  }

  /// An empty table; rows come by `append`.
  public init() {
    guard let table = Table(count: 0, capacity: 16) else {
      preconditionFailure("Table: the host has no page of address space left")
    }
    self = table
  }

  deinit {
    unsafe HostPages.unmap(base, bytes: capacity * MemoryLayout<Element>.stride)
  }

  // Addressed, not read and written back: a row is lent in place, however large it is.
  @inlinable
  public subscript(index: Int) -> Element {
    @_transparent unsafeAddress { return unsafe address(of: index) }
    @_transparent unsafeMutableAddress { return unsafe mutableAddress(of: index) }
  }

  @inlinable @inline(__always)
  func address(of index: Int) -> UnsafePointer<Element> {
    precondition(index >= 0 && index < count, "Table: index out of range")
    return unsafe UnsafePointer(base + index)
  }

  @inlinable @inline(__always)
  mutating func mutableAddress(of index: Int) -> UnsafeMutablePointer<Element> {
    precondition(index >= 0 && index < count, "Table: index out of range")
    return unsafe base + index
  }

  /// Adds a row and returns its index.
  @inlinable
  @discardableResult
  public mutating func append(_ element: Element) -> Int {
    if count >= backed { back(count &+ 1) }
    let index = count
    unsafe (base + index).initialize(to: element)
    setCount(count &+ 1)
    return index
  }

  /// Drops the last rows so that `newCount` remain; the dropped rows are zero when they return.
  public mutating func truncate(to newCount: Int) {
    precondition(newCount >= 0 && newCount <= count, "Table: truncate to \(newCount) of \(count)")
    let dropped = (count - newCount) * MemoryLayout<Element>.stride
    unsafe HostPages.clear(base + newCount, bytes: dropped)
    count = newCount
  }

  /// Makes rows up to `newCount` indexable; new rows are zero.
  public mutating func extend(to newCount: Int) {
    if newCount > capacity { grow(to: newCount) }
    if newCount > count { count = newCount }
  }

  /// Copies `count` rows to another place of the table; the two places may overlap.
  @inlinable
  public mutating func moveRows(from source: Int, to target: Int, count moved: Int) {
    precondition(moved >= 0 && source >= 0 && target >= 0, "Table: negative row")
    precondition(max(source, target) <= count &- moved, "Table: rows out of range")
    unsafe (base + target).update(from: base + source, count: moved)
  }

  /// An independent copy, row for row.
  public borrowing func copy() -> Table {
    guard var table = Table(count: count) else {
      preconditionFailure("Table: the host has no memory to copy \(count) rows")
    }
    unsafe table.copyRows(from: base, count: count)
    return table
  }

  /// Folds the bytes of rows `range` into `digest`; padding inside a row must be zero.
  public borrowing func mix(rows range: Range<Int>, into digest: inout Digest) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "Table: rows out of range")
    let bytes = unsafe UnsafeRawBufferPointer(
      UnsafeBufferPointer(start: base + range.lowerBound, count: range.count))
    var offset = 0
    while offset + 8 <= bytes.count {
      let word = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      digest.mix(word)
      offset += 8
    }
    var tail: UInt64 = 0
    while offset < bytes.count {
      tail = tail << 8 | UInt64(unsafe bytes[offset])
      offset += 1
    }
    digest.mix(tail)
  }

  private mutating func copyRows(from source: UnsafeMutablePointer<Element>, count: Int) {
    unsafe base.update(from: source, count: count)
  }

  @usableFromInline
  mutating func setCount(_ newCount: Int) { count = newCount }

  /// Makes room for row `needed - 1` and those behind it. Where rows are added one by one the host
  /// is asked for some of its pages at a time.
  @usableFromInline
  mutating func back(_ needed: Int) {
    if needed > capacity { grow(to: needed) }
    let stride = MemoryLayout<Element>.stride
    let rows = min(capacity - count, max(1, min(count, Self.mostBytesBacked / stride)))
    unsafe HostPages.back(base + count, bytes: rows * stride)
    backed = count + rows
  }

  private static var mostBytesBacked: Int { 65_536 }

  /// Grows by a large factor where the host has the address space, which costs nothing: what is
  /// copied then is a small part of what there will be.
  mutating func grow(to needed: Int) {
    let wanted = max(needed, capacity &* 16)
    guard
      let (rows, memory) = unsafe Self.reserve(wanted) ?? Self.reserve(max(needed, capacity &* 2))
    else {
      preconditionFailure("Table: the host cannot grow a table to \(needed) rows")
    }
    let old = unsafe base
    unsafe base = memory.bindMemory(to: Element.self, capacity: rows)
    unsafe base.update(from: old, count: count)
    unsafe HostPages.unmap(old, bytes: capacity * MemoryLayout<Element>.stride)
    capacity = rows
  }

  private static func reserve(_ rows: Int) -> (Int, UnsafeMutableRawPointer)? {
    guard let bytes = byteCount(rows), let memory = unsafe HostPages.map(bytes) else { return nil }
    return unsafe (rows, memory)
  }

  private static func byteCount(_ rows: Int) -> Int? {
    let (bytes, overflow) = rows.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
    return overflow ? nil : bytes
  }
}
