// Each rule of the audit is broken on purpose, and must be named.

import KernelStorage
import Testing

@testable import QuireKernel

@Suite("Audit of virtual memory")
struct VirtualCorruptionTests {
  static let base: UInt64 = 0x6000_0000_0000

  /// A parent and a child that share four written pages; the parent also has shared memory, a page
  /// of zeros, and a locked and a read-only region.
  private func prepare(_ kernel: inout Kernel) throws -> TaskIndex {
    let task = try kernel.spawn(named: "sound", by: kernel.initTask)
    let page = Page.size
    let requests = [
      MapRequest(
        at: Self.base, length: 8 * page, [.read, .write], [.private, .anonymous, .fixed]),
      MapRequest(
        at: Self.base + 16 * page, length: 8 * page, [.read, .write],
        [.shared, .anonymous, .fixed]),
      MapRequest(
        at: Self.base + 32 * page, length: 8 * page, .read, [.private, .anonymous, .fixed]),
    ]
    for request in requests { _ = try kernel.mmap(request, by: task) }
    for number in [0, 1, 2, 3, 16, 17] as [UInt64] {
      #expect(kernel.storeByte(Self.base + number * page, 1, by: task) == .done)
    }
    #expect(kernel.access(Self.base + 5 * page, .read, by: task) == .done)
    _ = try kernel.fork(task)
    #expect(kernel.storeByte(Self.base, 2, by: task) == .done)
    #expect(kernel.checkInvariants().isEmpty)
    return task
  }

  private func expect(
    _ rule: String, _ corrupt: (inout Kernel, AddressSpaceIndex) -> Void
  ) throws {
    var machine = MachineConfiguration()
    machine.ram = 16 << 20
    var kernel = try Kernel(machine)
    let space = kernel.tasks[try prepare(&kernel)].space
    corrupt(&kernel, space)
    let rules = kernel.checkInvariants().map(\.rule)
    #expect(rules.contains(rule), "\(rules)")
  }

  @Test("AUDIT-8: regions and their counts")
  func regions() throws {
    try expect("space.total-pages") { $0.spaces[$1].totalPages += 1 }
    try expect("space.data-pages") { $0.spaces[$1].dataPages -= 1 }
    try expect("space.stack-pages") { $0.spaces[$1].stackPages += 1 }
    try expect("space.exec-pages") { $0.spaces[$1].execPages += 1 }
    try expect("space.locked-pages") { $0.spaces[$1].lockedPages += 1 }
    try expect("region.count") { $0.spaces[$1].regions.count += 1 }
    try expect("region.order") { kernel, space in
      kernel.virtual.regions[kernel.spaces[space].regions.first].start += 1
    }
    try expect("region.links") { kernel, space in
      kernel.virtual.regions.links[kernel.spaces[space].regions.last.index].previous = .none
    }
    try expect("region.index") { kernel, space in
      let first = kernel.spaces[space].regions.first
      let tree = kernel.spaces[space].regions.top
      kernel.virtual.regions.tree.update(
        end: kernel.virtual.regions[first].end, to: Self.base, gap: Self.base, in: tree)
    }
    try expect("tree.entry") { kernel, space in
      let last = kernel.spaces[space].regions.last
      let end = kernel.virtual.regions[last].end
      kernel.virtual.regions.tree.update(
        end: end, to: end, gap: 7, in: kernel.spaces[space].regions.top)
    }
  }

  @Test("AUDIT-5, AUDIT-7: entries and what they add up to")
  func entries() throws {
    try expect("space.anon-rss") { $0.spaces[$1].anonPages += 1 }
    try expect("space.shared-rss") { $0.spaces[$1].sharedPages += 1 }
    try expect("space.swap-entries") { $0.spaces[$1].swapEntries += 1 }
    try expect("space.table-bytes") { $0.spaces[$1].tableBytes += Page.size }
    try expect("entry.outside-region") { kernel, space in
      self.setEntry(&kernel, space, page: 12, to: self.entry(kernel, space, page: 5))
    }
    try expect("entry.rights") { kernel, space in
      var entry = self.entry(kernel, space, page: 5)
      entry.bits |= PageTableEntry.writeBit
      self.setEntry(&kernel, space, page: 32, to: entry)
    }
    try expect("table.frame") { kernel, space in
      kernel.memory.frames[kernel.spaces[space].root].flags.remove(.table)
    }
  }

  @Test("AUDIT-4, AUDIT-5, AUDIT-6, AUDIT-18: frames")
  func frames() throws {
    try expect("frame.map-count") { kernel, space in
      kernel.memory.frames[self.entry(kernel, space, page: 1).frame].mapCount += 1
    }
    try expect("frame.reference-count") { kernel, space in
      kernel.memory.frames[self.entry(kernel, space, page: 1).frame].referenceCount += 1
    }
    try expect("frame.reverse-map") { kernel, space in
      kernel.memory.frames[self.entry(kernel, space, page: 1).frame].index += 1
    }
    try expect("entry.writable-shared") { kernel, space in
      var entry = self.entry(kernel, space, page: 1)
      entry.bits |= PageTableEntry.writeBit
      self.setEntry(&kernel, space, page: 1, to: entry)
    }
    try expect("frame.zero") { kernel, _ in
      kernel.memory.setByte(kernel.virtual.zeroFrame, 9, to: 1)
    }
    try expect("gauge.nr_anon_pages") { kernel, _ in kernel.gauges.nr_anon_pages += 1 }
    try expect("gauge.nr_mapped") { kernel, _ in kernel.gauges.nr_mapped += 1 }
    try expect("gauge.nr_shmem") { kernel, _ in kernel.gauges.nr_shmem += 1 }
    try expect("gauge.nr_page_table_pages") { kernel, _ in kernel.gauges.nr_page_table_pages += 1 }
  }

  @Test("AUDIT-8, AUDIT-13: reverse maps, objects, the commit total, the walk cache")
  func owners() throws {
    try expect("commit.total") { kernel, _ in kernel.virtual.committedPages += 1 }
    try expect("anon.active-regions") { kernel, _ in
      kernel.virtual.reverseMap.anonVMAs[1].activeRegions += 1
    }
    try expect("anon.children") { kernel, _ in
      kernel.virtual.reverseMap.anonVMAs[1].childCount += 1
    }
    try expect("anon.chain-links") { kernel, space in
      let first = kernel.spaces[space].regions.first
      kernel.virtual.regions.links[first.index].lastChain = .none
    }
    try expect("anon.unused") { kernel, _ in
      kernel.virtual.reverseMap.anonVMAs[1].firstChain = .none
    }
    try expect("object.page-count") { kernel, _ in
      kernel.virtual.objects.records[1].residentPages += 1
    }
    try expect("object.slot") { kernel, space in
      kernel.memory.frames[self.entry(kernel, space, page: 16).frame].index += 1
    }
    try expect("object.regions") { kernel, _ in
      let region = kernel.virtual.objects.records[1].linear.first
      kernel.virtual.regions.links[region.index].previousInObject = region
    }
    try expect("walk-cache.table") { kernel, space in
      kernel.virtual.walkCache.insert(space, Self.base, table: FrameNumber(9), page: 1)
    }
    try expect("virtual.spares") { kernel, _ in kernel.virtual.objects.pages.spareNodes.push(.none)
    }
  }

  private func entry(_ kernel: borrowing Kernel, _ space: AddressSpaceIndex, page: UInt64)
    -> PageTableEntry
  {
    kernel.memory.pageEntry(below: kernel.spaces[space].root, of: Self.base + page * Page.size)
  }

  private func setEntry(
    _ kernel: inout Kernel, _ space: AddressSpaceIndex, page: UInt64, to entry: PageTableEntry
  ) {
    let address = Self.base + page * Page.size
    let table = kernel.memory.leafTable(below: kernel.spaces[space].root, of: address)
    kernel.memory.setEntry(
      table: table, index: PageGeometry.fourLevels.index(address, TableLevel.leaf), to: entry)
  }
}
