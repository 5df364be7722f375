// The store of page contents, for frames and swap slots alike.

internal import KernelStorage

/// Keeps what pages hold; every handle it gave out is released or carried by someone.
///
/// Linux: none (model only).
package struct PageStore: ~Copyable {
  private let inPlace = InPlace()
  private var compact = Pool<CompactPage>(unused: CompactPage())
  var dense = PagePool()

  init() {}

  /// Number of pages that take 48 bytes and 4 KiB of the host.
  package var compactPages: Int { compact.liveCount }
  package var densePages: Int { dense.liveCount }

  // MARK: Reading

  package func word(_ data: PageData, _ place: Int) -> UInt64 {
    precondition(place >= 0 && place < PagePool.wordsPerPage, "PageStore: no word \(place)")
    switch data.form {
    case .fill(let byte): return UInt64(byte) &* 0x0101_0101_0101_0101
    case .compact(let row): return compact[row].word(place)
    case .dense(let page), .wide(let page): return dense[page, place]
    }
  }

  package func byte(_ data: PageData, _ offset: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: word(data, offset >> 3) >> UInt64((offset & 7) * 8))
  }

  /// Whether every byte is zero, in whatever form.
  package func isZero(_ data: PageData) -> Bool {
    switch data.form {
    case .fill(let byte): return byte == 0
    case .compact(let row): return compact[row].fill == 0 && compact[row].count == 0
    case .dense(let page): return isZero(page)
    case .wide(let page): return isZero(page) && isZero(page + 1)
    }
  }

  private func isZero(_ page: Int) -> Bool {
    for place in 0..<PagePool.wordsPerPage where dense[page, place] != 0 { return false }
    return true
  }

  // MARK: Writing

  package mutating func setWord(_ data: inout PageData, _ place: Int, to word: UInt64) {
    precondition(place >= 0 && place < PagePool.wordsPerPage, "PageStore: no word \(place)")
    switch data.form {
    case .dense(let page), .wide(let page): dense[page, place] = word
    case .compact(let row):
      if !compact[row].set(place, to: word) {
        dense[makeDense(&data), place] = word
      }
    case .fill(let byte):
      var page = CompactPage(fill: byte)
      guard word != page.fillWord else { return }
      _ = page.set(place, to: word)
      data = PageData(compact: compact.allocate(page))
    }
  }

  package mutating func setByte(_ data: inout PageData, _ offset: Int, to byte: UInt8) {
    let shift = UInt64((offset & 7) * 8)
    let old = word(data, offset >> 3)
    setWord(&data, offset >> 3, to: old & ~(0xff << shift) | UInt64(byte) << shift)
  }

  /// Makes every byte of a page `byte`, giving back what it took.
  package mutating func fill(_ data: inout PageData, with byte: UInt8) {
    release(data)
    data = PageData(fill: byte)
  }

  /// Gives the page its 4 KiB, if it has not got them, and returns their number.
  mutating func makeDense(_ data: inout PageData) -> Int {
    if let page = data.densePage { return page }
    let page = dense.allocate()
    switch data.form {
    case .fill(let byte):
      if byte != 0 { dense.fill(page, with: UInt64(byte) &* 0x0101_0101_0101_0101) }
    case .compact(let row):
      let source = compact[row]
      dense.fill(page, with: source.fillWord)
      for slot in 0..<Int(source.count) {
        dense[page, Int(source.places[slot])] = source.words[slot]
      }
      compact.release(row)
    case .dense, .wide: break
    }
    data = PageData(dense: page)
    return page
  }

  /// Gives a page of zeros room for a table of 1,024 entries.
  mutating func makeWide(_ data: inout PageData) {
    precondition(data == .zero, "PageStore: a table that is not empty cannot become wide")
    data = PageData(wide: dense.allocatePair())
  }

  // MARK: Ownership

  /// A second page with the same contents.
  package mutating func duplicate(_ data: PageData) -> PageData {
    switch data.form {
    case .fill: return data
    case .compact(let row): return PageData(compact: compact.allocate(compact[row]))
    case .dense(let page):
      let copy = dense.allocate()
      dense.copy(from: page, to: copy)
      return PageData(dense: copy)
    case .wide: preconditionFailure("PageStore: a page table is never copied as a whole")
    }
  }

  /// Gives back what the contents took; the handle is dead.
  package mutating func release(_ data: PageData) {
    switch data.form {
    case .fill: break
    case .compact(let row): compact.release(row)
    case .dense(let page): dense.release(page)
    case .wide(let page): dense.releasePair(page)
    }
  }

  // MARK: Digest

  /// A hash of the contents, the same for every form of the same bytes and 0 for zeros.
  ///
  /// The sum of a hash for each word that is not zero: a page of one byte repeated, which most
  /// pages are, then takes no walk over its words but the first of its kind, see `FillHashes`.
  package func hash(_ data: PageData, _ fills: inout FillHashes) -> UInt64 {
    switch data.form {
    case .fill(let byte): return fills[byte]
    case .compact(let row):
      let page = compact[row]
      var sum = fills[page.fill]
      for slot in 0..<Int(page.count) {
        let place = Int(page.places[slot])
        sum &+= Self.hash(page.words[slot], at: place) &- Self.hash(page.fillWord, at: place)
      }
      return sum
    case .dense(let page): return hash(page, from: 0)
    case .wide(let page): return hash(page, from: 0) &+ hash(page + 1, from: PagePool.wordsPerPage)
    }
  }

  private func hash(_ page: Int, from first: Int) -> UInt64 {
    var sum: UInt64 = 0
    for place in 0..<PagePool.wordsPerPage {
      sum &+= Self.hash(dense[page, place], at: first + place)
    }
    return sum
  }

  fileprivate static func hash(_ word: UInt64, at place: Int) -> UInt64 {
    if word == 0 { return 0 }
    var digest = Digest()
    digest.mix(UInt64(place))
    digest.mix(word)
    return digest.value
  }
}

/// The hashes of pages that are one byte repeated, each computed when it is first asked for.
///
/// Linux: none (model only).
package struct FillHashes: ~Copyable {
  private var known: [UInt64?] = Array(repeating: nil, count: 256)

  package init() { known[0] = 0 }

  package subscript(byte: UInt8) -> UInt64 {
    mutating get {
      if let hash = known[Int(byte)] { return hash }
      let word = UInt64(byte) &* 0x0101_0101_0101_0101
      var sum: UInt64 = 0
      for place in 0..<PagePool.wordsPerPage { sum &+= PageStore.hash(word, at: place) }
      known[Int(byte)] = sum
      return sum
    }
  }
}
