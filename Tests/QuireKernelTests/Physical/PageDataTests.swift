import KernelStorage
import SwarmSeeds
import Testing

@testable import QuireKernel

/// What frames hold, in every form, against plain arrays of bytes.
struct PageDataTests {
  @Test("bytes of 12 frames equal plain arrays after every operation", arguments: swarmSeeds(6))
  func swarm(seed: Int) throws {
    var memory = try BuddyTests.memory(end: 2048)
    var random = SeededRandom(seed: UInt64(seed))
    var naive = [[UInt8]](repeating: [UInt8](repeating: 0, count: 4096), count: 12)
    var slots: [(PageData, [UInt8])] = []
    let frames = (0..<12).map { FrameNumber(1100 + $0) }
    var fills = FillHashes()
    for step in 0..<4000 {
      let place = random.below(12)
      let other = (place + 1 + random.below(11)) % 12
      switch random.below(12) {
      case 0:
        let byte = UInt8(random.below(3))
        memory.fill(frames[place], with: byte)
        naive[place] = [UInt8](repeating: byte, count: 4096)
      case 1:
        memory.copyData(from: frames[place], to: frames[other])
        naive[other] = naive[place]
      case 2:
        memory.clearData(frames[place])
        naive[place] = [UInt8](repeating: 0, count: 4096)
      case 3:
        slots.append((memory.takeData(frames[place]), naive[place]))
        naive[place] = [UInt8](repeating: 0, count: 4096)
      case 4 where !slots.isEmpty:
        let (data, bytes) = slots.remove(at: random.below(slots.count))
        memory.giveData(data, to: frames[place])
        naive[place] = bytes
      case 5:
        let word = random.below(512)
        let value = random.below(2) == 0 ? 0 : random.next()
        memory.setWord(frames[place], word, to: value)
        for byte in 0..<8 {
          naive[place][word * 8 + byte] = UInt8(truncatingIfNeeded: value >> UInt64(8 * byte))
        }
      default:
        let offset = random.below(4096)
        let byte = UInt8(random.below(3))
        memory.setByte(frames[place], offset, to: byte)
        naive[place][offset] = byte
      }
      guard step % 64 == 0 else { continue }
      for (frame, bytes) in zip(frames, naive) {
        let held = (0..<4096).map { memory.byte(frame, $0) }
        #expect(held == bytes)
        #expect(memory.isZeroFilled(frame) == bytes.allSatisfy { $0 == 0 })
        #expect(memory.store.hash(memory.contents[frame.index], &fills) == Self.hash(of: bytes))
      }
    }
    for frame in frames { memory.clearData(frame) }
    for (data, _) in slots { memory.store.release(data) }
    #expect(memory.store.compactPages == 0 && memory.store.densePages == 0)
  }

  /// The hash of these bytes as a dense page holds them.
  private static func hash(of bytes: [UInt8]) -> UInt64 {
    var store = PageStore()
    var data = PageData.zero
    _ = store.makeDense(&data)
    for offset in 0..<4096 { store.setByte(&data, offset, to: bytes[offset]) }
    var fills = FillHashes()
    let hash = store.hash(data, &fills)
    store.release(data)
    return hash
  }

  @Test("a page of one byte costs nothing, four words 48 bytes, more its 4 KiB")
  func forms() throws {
    var memory = try BuddyTests.memory(end: 2048)
    let frame = FrameNumber(1200)
    memory.fill(frame, with: 7)
    #expect(memory.store.compactPages == 0 && memory.store.densePages == 0)
    for word in 0..<4 { memory.setWord(frame, word * 100, to: 1) }
    #expect(memory.store.compactPages == 1 && memory.store.densePages == 0)
    memory.setWord(frame, 5, to: 1)
    #expect(memory.store.compactPages == 0 && memory.store.densePages == 1)
    #expect(memory.byte(frame, 4095) == 7)
    #expect(MemoryLayout<CompactPage>.stride == 48)
  }

  @Test("entries of a table are its words")
  func entries() throws {
    var memory = try BuddyTests.memory(end: 2048)
    let table = FrameNumber(1300)
    #expect(memory.entry(table: table, index: 511) == .none)
    memory.setEntry(table: table, index: 511, to: PageTableEntry(bits: 0x1067))
    #expect(memory.entry(table: table, index: 511).bits == 0x1067)
    #expect(memory.word(table, 511) == 0x1067)
  }

  @Test("records keep their size")
  func sizes() {
    #expect(MemoryLayout<PageFrame>.stride == 32)
    #expect(MemoryLayout<PageData>.stride == 4)
    #expect(MemoryLayout<Slab>.stride == 32)
    #expect(MemoryLayout<CPUSlab>.stride == 12)
    #expect(MemoryLayout<SlabObject>.stride == 4)
  }
}
