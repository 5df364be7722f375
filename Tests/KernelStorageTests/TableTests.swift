import KernelStorage
import Testing

/// Tables read as zero where nobody wrote, grow without losing rows, and copy row for row.
struct TableTests {
  @Test("rows that nobody wrote are zero, also after a truncation")
  func zero() {
    guard var table = Table<UInt64>(count: 1 << 30) else {
      Issue.record("the host has no address space")
      return
    }
    #expect(table[1 << 29] == 0)
    table[7] = 9
    table.truncate(to: 7)
    table.extend(to: 8)
    #expect(table[7] == 0)
  }

  @Test("growing keeps the rows")
  func growth() {
    var table = Table<UInt32>()
    for row in 0..<10_000 { #expect(table.append(UInt32(row)) == row) }
    var wrong = 0
    for row in 0..<10_000 where table[row] != UInt32(row) { wrong += 1 }
    #expect(wrong == 0)
  }

  @Test("a copy is independent")
  func copy() {
    var table = Table<UInt32>()
    table.append(1)
    let copy = table.copy()
    table[0] = 2
    #expect(copy[0] == 1)
  }

  @Test("a table that the address space cannot hold is refused")
  func refusal() {
    for count in [Int.max, Int.max / 16] {
      if Table<UInt64>(count: count) != nil { Issue.record("\(count) rows were granted") }
    }
  }

  @Test("equal rows have equal digests; one bit changes it")
  func digest() {
    var first = Digest()
    var second = Digest()
    var table = Table<UInt32>()
    for row in 0..<7 { table.append(UInt32(row)) }
    table.mix(rows: 0..<7, into: &first)
    table[6] ^= 1
    table.mix(rows: 0..<7, into: &second)
    #expect(first != second)
    table[6] ^= 1
    second = Digest()
    table.mix(rows: 0..<7, into: &second)
    #expect(first == second)
  }
}

/// Pools hand rows out, the one given back last first.
struct PoolTests {
  @Test("an index is valid from allocate to release, and never 0")
  func identity() {
    var pool = Pool<Int>(unused: 0)
    let indices = (0..<5).map { pool.allocate($0) }
    #expect(indices == [1, 2, 3, 4, 5])
    pool.release(2)
    pool.release(4)
    #expect(!pool.isLive(2) && !pool.isLive(0) && !pool.isLive(9) && !pool.isLive(-1))
    #expect(pool.liveCount == 3)
    #expect(pool.allocate(40) == 4)
    #expect(pool.allocate(20) == 2)
    #expect(pool[4] == 40 && pool[5] == 4)
    #expect(pool.limit == 6)
  }
}

/// Pages of words come back wiped.
struct PagePoolTests {
  @Test("a recycled page is zero, and pages never overlap")
  func pages() {
    var pool = PagePool()
    var wrong = 0
    for round in 1...3 {
      let pages = (0..<1500).map { _ in pool.allocate() }
      for page in pages {
        for word in 0..<PagePool.wordsPerPage where pool[page, word] != 0 { wrong += 1 }
        pool.fill(page, with: UInt64(page * round))
      }
      for page in pages where pool[page, 511] != UInt64(page * round) { wrong += 1 }
      for page in pages { pool.release(page) }
    }
    #expect(wrong == 0)
    #expect(pool.liveCount == 0)
  }

  @Test("a copy has all the words")
  func copy() {
    var pool = PagePool()
    let (first, second) = (pool.allocate(), pool.allocate())
    for word in 0..<PagePool.wordsPerPage { pool[first, word] = UInt64(word) }
    pool.copy(from: first, to: second)
    #expect(pool[second, 300] == 300)
    pool[second, 300] = 1
    #expect(pool[first, 300] == 300)
  }
}
