// Pages of words: the contents of simulated frames that need all their bytes.
//
// Pages lie in chunks that never move, so that growing costs nothing for the pages that exist.
// A page that is handed out reads as all zero; a page that is given back is wiped only when it
// is handed out again.

/// A pool of 4 KiB pages, each of 512 words, named by a number from 1.
@safe
public struct PagePool: ~Copyable {
  private let inPlace = InPlace()
  /// Words in a page.
  public static var wordsPerPage: Int { 512 }
  /// 512 pages, 2 MiB: one host mapping per chunk.
  @usableFromInline static var pagesPerChunkShift: Int { 9 }
  private static var chunkBytes: Int { wordsPerPage * 8 << pagesPerChunkShift }

  /// Address of each chunk in the host.
  @usableFromInline var chunks = Table<UInt>()
  /// For a page that was given back, the next such page; `live` for one handed out.
  private var links = Table<UInt32>()
  private var firstFree: UInt32 = 0
  /// The first of the pairs that were given back, linked through their first pages.
  private var firstFreePair: UInt32 = 0
  /// Number of pages handed out.
  public private(set) var liveCount = 0
  private static var live: UInt32 { .max }

  public init() {
    links.append(0)
  }

  deinit {
    for index in 0..<chunks.count {
      guard let base = unsafe UnsafeMutableRawPointer(bitPattern: chunks[index]) else { continue }
      unsafe HostPages.unmap(base, bytes: Self.chunkBytes)
    }
  }

  /// Hands out a page of zeros.
  public mutating func allocate() -> Int {
    liveCount += 1
    let recycled = Int(firstFree)
    if recycled != 0 {
      firstFree = links[recycled]
      links[recycled] = Self.live
      fill(recycled, with: 0)
      return recycled
    }
    let page = links.append(Self.live)
    if page >> Self.pagesPerChunkShift >= chunks.count { addChunk() }
    return page
  }

  /// Takes a page back; its number may be handed out again.
  public mutating func release(_ page: Int) {
    precondition(isLive(page), "PagePool: release of page \(page), which is not live")
    links[page] = firstFree
    firstFree = UInt32(page)
    liveCount -= 1
  }

  /// Hands out two pages of zeros with numbers in a row, and says the lower one.
  ///
  /// Pairs are recycled as pairs: they never run out for want of neighbours.
  public mutating func allocatePair() -> Int {
    liveCount += 2
    let recycled = Int(firstFreePair)
    if recycled != 0 {
      firstFreePair = links[recycled]
      for page in [recycled, recycled + 1] {
        links[page] = Self.live
        fill(page, with: 0)
      }
      return recycled
    }
    let page = links.append(Self.live)
    links.append(Self.live)
    while (page + 1) >> Self.pagesPerChunkShift >= chunks.count { addChunk() }
    return page
  }

  /// Takes a pair back by its lower number.
  public mutating func releasePair(_ page: Int) {
    precondition(
      isLive(page) && isLive(page + 1), "PagePool: release of pair \(page), which is not live")
    links[page] = firstFreePair
    links[page + 1] = 0
    firstFreePair = UInt32(page)
    liveCount -= 2
  }

  public func isLive(_ page: Int) -> Bool {
    page > 0 && page < links.count && links[page] == Self.live
  }

  @inlinable
  public subscript(page: Int, word: Int) -> UInt64 {
    @_transparent unsafeAddress { return unsafe UnsafePointer(address(page, word)) }
    @_transparent unsafeMutableAddress { return unsafe address(page, word) }
  }

  /// Sets every word of a page.
  public mutating func fill(_ page: Int, with word: UInt64) {
    unsafe address(page, 0).update(repeating: word, count: Self.wordsPerPage)
  }

  public mutating func copy(from source: Int, to destination: Int) {
    precondition(source != destination, "PagePool: copy of page \(source) onto itself")
    unsafe address(destination, 0).update(from: address(source, 0), count: Self.wordsPerPage)
  }

  @inlinable @inline(__always)
  func address(_ page: Int, _ word: Int) -> UnsafeMutablePointer<UInt64> {
    precondition(word >= 0 && word < Self.wordsPerPage, "PagePool: no such word")
    let chunk = chunks[page >> Self.pagesPerChunkShift]
    let offset = (page & (1 << Self.pagesPerChunkShift - 1)) * Self.wordsPerPage + word
    guard let base = unsafe UnsafeMutablePointer<UInt64>(bitPattern: chunk) else {
      preconditionFailure("PagePool: chunk without memory")
    }
    return unsafe base + offset
  }

  private mutating func addChunk() {
    guard let memory = unsafe HostPages.map(Self.chunkBytes) else {
      preconditionFailure("PagePool: the host has no memory for \(liveCount) pages")
    }
    chunks.append(UInt(bitPattern: memory))
  }
}
