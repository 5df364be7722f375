// What frames hold: data that tasks wrote, or the entries of a page table.

import KernelStorage

extension PhysicalMemory {
  // MARK: Data

  /// Reads word `index` (0 ..< 512) of a frame.
  package func word(_ frame: FrameNumber, _ index: Int) -> UInt64 {
    store.word(contents[frame.index], index)
  }

  package mutating func setWord(_ frame: FrameNumber, _ index: Int, to word: UInt64) {
    store.setWord(&contents[frame.index], index, to: word)
  }

  /// Reads byte `offset` (0 ..< 4096) of a frame; words are little-endian.
  package func byte(_ frame: FrameNumber, _ offset: Int) -> UInt8 {
    store.byte(contents[frame.index], offset)
  }

  package mutating func setByte(_ frame: FrameNumber, _ offset: Int, to byte: UInt8) {
    store.setByte(&contents[frame.index], offset, to: byte)
  }

  /// Makes every byte of a frame `byte`.
  package mutating func fill(_ frame: FrameNumber, with byte: UInt8) {
    store.fill(&contents[frame.index], with: byte)
  }

  /// Makes a frame hold what another holds, as copy-on-write does.
  ///
  /// Linux: `copy_user_highpage`, include/linux/highmem.h.
  package mutating func copyData(from source: FrameNumber, to destination: FrameNumber) {
    precondition(source != destination, "PhysicalMemory: copy of a frame onto itself")
    store.release(contents[destination.index])
    contents[destination.index] = store.duplicate(contents[source.index])
  }

  /// Makes a frame hold zeros.
  ///
  /// Linux: `clear_highpage`, include/linux/highmem.h.
  package mutating func clearData(_ frame: FrameNumber) {
    let data = contents[frame.index]
    guard data != .zero else { return }
    store.release(data)
    contents[frame.index] = .zero
  }

  /// Whether a frame holds only zeros.
  package func isZeroFilled(_ frame: FrameNumber) -> Bool {
    store.isZero(contents[frame.index])
  }

  /// Moves what a frame holds out, to a swap slot; the frame then holds zeros.
  package mutating func takeData(_ frame: FrameNumber) -> PageData {
    let data = contents[frame.index]
    contents[frame.index] = .zero
    return data
  }

  /// Moves contents into a frame, from a swap slot.
  package mutating func giveData(_ data: PageData, to frame: FrameNumber) {
    store.release(contents[frame.index])
    contents[frame.index] = data
  }

  // MARK: Page tables

  /// Entry `index` of the page table in a frame.
  package func entry(table: FrameNumber, index: Int) -> PageTableEntry {
    guard let page = contents[table.index].densePage else {
      return PageTableEntry(bits: store.word(contents[table.index], index))
    }
    return PageTableEntry(
      bits: store.dense[page + index >> EntryPage.shift, index & (EntryPage.entries - 1)])
  }

  /// Stores an entry; a table gets its 4 KiB of the host with the first one.
  package mutating func setEntry(table: FrameNumber, index: Int, to entry: PageTableEntry) {
    let page = contents[table.index].densePage ?? store.makeDense(&contents[table.index])
    store.dense[page + index >> EntryPage.shift, index & (EntryPage.entries - 1)] = entry.bits
  }

  /// The page of words that holds the entry of a leaf table for an address; 0 while the table has
  /// never had an entry.
  @inline(__always)
  func words(of table: FrameNumber, at address: VirtualAddress) -> Int {
    guard let page = contents[table.index].densePage else { return 0 }
    return page + geometry.index(address, TableLevel.leaf) >> EntryPage.shift
  }

  /// As `words(of:at:)`, making them where there are none.
  @inline(__always)
  mutating func makeWords(of table: FrameNumber, at address: VirtualAddress) -> Int {
    let page = contents[table.index].densePage ?? store.makeDense(&contents[table.index])
    return page + geometry.index(address, TableLevel.leaf) >> EntryPage.shift
  }
}
