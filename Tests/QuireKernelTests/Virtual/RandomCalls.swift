// Random calls for the swarm of virtual memory: near what is mapped, near the edges of what can be
// said, and some that make no sense.

@testable import QuireKernel

/// A source of calls that looks at what a process has mapped.
struct RandomCalls {
  var random: SeededRandom
  /// Two ranges that cross the borders of tables, of different levels.
  private let arenas: [UInt64]
  private let strange: [UInt64]

  init(random: SeededRandom, layout: Layout) {
    self.random = random
    arenas =
      layout == .x86_64
      ? [0x6000_001f_0000, 0x6000_4000_0000 - 24 << 12]
      : [0x603f_0000, 0x8000_0000 - 24 << 12]
    strange = [
      0, 4096, 61440, 65536, 0x4000_0000, 0x7fff_f000, 0x8000_0000, layout.taskSize - 4096,
      layout.taskSize, 1 << 47, 1 << 63, .max - 4095, .max,
    ]
  }

  private mutating func chance(_ one: Int) -> Bool { random.below(one) == 0 }
  private mutating func pick<Element>(_ all: [Element]) -> Element { all[random.below(all.count)] }

  mutating func address(_ process: NaiveProcess) -> UInt64 {
    var address: UInt64
    switch random.below(20) {
    case 0: address = pick(strange)
    case 1: address = Page.alignDown(process.breakEnd) &+ random.below(8 as UInt64) << 12
    case 2..<8: address = pick(arenas) + random.below(64 as UInt64) << 12
    default:
      let region = process.regions.isEmpty ? nil : pick(process.regions)
      let edge = chance(2) ? region?.start : region?.end
      address = (edge ?? arenas[0]) &+ random.below(6 as UInt64) << 12 &- 3 << 12
    }
    return chance(40) ? address &+ random.below(4096 as UInt64) : address
  }

  mutating func length() -> UInt64 {
    switch random.below(40) {
    case 0: 0
    case 1: pick([1 << 47, .max - 4095, .max, .max - 8191])
    case 2: random.below(16 << 12 as UInt64)
    case 3: pick([512, 511, 513, 1024]) << 12
    default: (1 + random.below(12 as UInt64)) << 12
    }
  }

  private mutating func rights() -> Protection {
    chance(30)
      ? Protection(rawValue: pick([0x8, 0x10, 0x40, 0x0100_0003, 0x0200_0001, 0x0300_0003]))
      : pick([[.read, .write], [.read, .write], [.read, .write], .read, [], .write, .execute])
  }

  private mutating func map(_ process: NaiveProcess) -> MemoryCall {
    var flags: MapFlags = chance(4) ? [.shared, .anonymous] : [.private, .anonymous]
    let extras: [(Int, MapFlags)] = [
      (3, .fixed), (12, .fixedNoReplace), (8, .populate), (16, .locked), (12, .noReserve),
      (14, .growsDown), (30, .stack), (40, .low32Bit), (40, .nonBlock), (80, .hugeTLB),
      (60, .denyWrite), (60, .sync),
    ]
    for (one, extra) in extras where chance(one) { flags.insert(extra) }
    if chance(60) { flags.remove(.anonymous) }
    if chance(25) {
      flags = MapFlags(
        rawValue: flags.rawValue & ~MapFlags.typeMask | pick([0, 3, 8, 8, 8, 4, 15]))
    }
    return .mmap(
      MapRequest(
        at: chance(2) ? 0 : address(process), length: length(), rights(), flags,
        offset: chance(40) ? pick([1, 4096, .max - 4095]) : 0))
  }

  private mutating func remap(_ process: NaiveProcess) -> MemoryCall {
    let flags: [RemapFlags] = [
      [], .mayMove, .mayMove, [.mayMove, .fixed], [.mayMove, .fixed], [.mayMove, .dontUnmap],
    ]
    let old = length()
    let isOdd = chance(25)
    return .mremap(
      RemapRequest(
        address(process), old, to: chance(3) ? old : length(),
        isOdd ? RemapFlags(rawValue: random.below(9 as UInt64)) : pick(flags),
        at: chance(3) ? 0 : address(process)))
  }

  /// Mostly of shared memory that is there.
  private mutating func reorder(_ process: NaiveProcess) -> MemoryCall {
    let shared = process.regions.filter { $0.flags.contains(.shared) }
    var (start, size) = (address(process), length())
    if !shared.isEmpty, !chance(6) {
      let region = pick(shared)
      start = region.start + random.below(region.pages) << 12
      if !chance(5) { size = (1 + random.below(region.pages)) << 12 }
    }
    let far: [UInt64] = [1 << 51, 1 << 52, .max - 2, .max]
    let page: UInt64 = chance(20) ? pick(far) : random.below(16)
    let rights: Protection = chance(30) ? .read : []
    let flags = MapFlags(rawValue: chance(5) ? random.below(1 << 20) : 0)
    return .remapFilePages(PageRemapRequest(start, size, page: page, rights, flags))
  }

  private mutating func advise(_ process: NaiveProcess) -> MemoryCall {
    let advice = pick(Advice.allCases.filter { $0 != .pageOut })
    return .madvise(
      address(process), length(), chance(30) ? pick([5, 7, 26, 77, .max]) : advice.rawValue)
  }

  private mutating func lock(_ process: NaiveProcess) -> MemoryCall {
    switch random.below(12) {
    case 0: .mlockall(pick([0, 1, 2, 3, 4, 5, 6, 7, 8]))
    case 1: .munlockall
    case 2..<6: .munlock(address(process), length())
    default: .mlock(address(process), length(), chance(20) ? 2 : random.below(2 as UInt64))
    }
  }

  private mutating func limit(_ process: NaiveProcess) -> MemoryCall {
    let limits: [(Resource, UInt64)] = [
      (.addressSpace, (process.totalPages + 20) << 12), (.data, (process.dataPages + 8) << 12),
      (.stack, 160 << 12), (.lockedMemory, 12 << 12), (.lockedMemory, 0),
      (.addressSpace, ResourceLimits.unlimited), (.data, ResourceLimits.unlimited),
    ]
    let (resource, limit) = pick(limits)
    return .limit(resource, limit)
  }

  mutating func next(_ process: NaiveProcess) -> MemoryCall {
    switch random.below(100) {
    case 0..<20: map(process)
    case 20..<26: .munmap(address(process), length())
    case 26..<28: reorder(process)
    case 28..<38: .mprotect(address(process), length(), rights())
    case 38..<48: remap(process)
    case 48..<52: .brk(process.breakStart &+ random.below(9 << 12 as UInt64) &- chance(30).bit)
    case 52..<62: advise(process)
    case 62..<68: lock(process)
    case 68..<70: .msync(address(process), length(), random.below(9 as UInt64))
    case 70: .mincore(address(process), length())
    case 71: chance(2) ? .stackPointer(address(process)) : .mincore(address(process), length())
    case 72: chance(3) ? .mseal(address(process), length(), chance(9).bit) : limit(process)
    case 73: chance(4) ? .dropPrivileges : limit(process)
    case 74..<86: .read(Page.alignDown(address(process)), pages: 1 + random.below(12 as UInt64))
    default:
      .write(
        Page.alignDown(address(process)), pages: 1 + random.below(10 as UInt64),
        UInt8(1 + random.below(250)))
    }
  }
}

extension Bool {
  fileprivate var bit: UInt64 { self ? 1 : 0 }
}
