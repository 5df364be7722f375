// Devices: registers that a process maps as if they were memory (VM_IO and VM_PFNMAP).
//
// What lies there is no RAM: it has no page descriptor, so nobody counts who maps it, nothing of it
// is resident, and nothing reclaims it. All entries are there from the start; a page without one is
// SIGBUS. Only a copy that a private mapping makes on a write is ordinary memory.

internal import KernelStorage

extension Kernel {
  /// Makes a device with so many bytes of registers, all zeros, in whole pages.
  ///
  /// - Throws: EINVAL for none or too many, ENOMEM without kernel memory or addresses.
  /// Linux: none (what the probe of a driver does).
  public mutating func makeDevice(size: UInt64, by task: TaskIndex) throws(Errno) -> OpenFile {
    charge(costs.systemCall)
    if size == 0 || size > Self.largestDevice { throw .EINVAL }
    let pages = Int(Page.alignUp(size) >> Page.shift)
    guard let first = memory.placeForRegisters(pages) else { throw .ENOMEM }
    let object = try makeObject(size: Page.alignUp(size), [.file, .device], by: task)
    memory.addRegisters(first, pages)
    virtual.objects[object].holders = 1
    virtual.objects[object].deviceFrame = first
    return OpenFile(object: object, number: virtual.objects[object].number, access: .readWrite)
  }

  /// Whether a file that is there is a device.
  public func isDevice(_ file: OpenFile) -> Bool {
    isOpen(file) && virtual.objects[file.object].flags.contains(.device)
  }

  private static var largestDevice: UInt64 { 4 << 30 }

  /// The file of a call that devices do not have.
  ///
  /// - Throws: EBADF for a file that is gone, `refusal` for a device.
  func object(of file: OpenFile, orForDevice refusal: Errno) throws(Errno) -> MemoryObjectIndex {
    let object = try object(of: file)
    if virtual.objects[object].flags.contains(.device) { throw refusal }
    return object
  }

  /// The last who had a device lets go of it.
  mutating func removeRegisters(of object: MemoryObjectIndex) {
    let pages = Int(virtual.objects[object].pageCount)
    memory.removeRegisters(virtual.objects[object].deviceFrame, pages)
  }

  // MARK: mmap

  /// What a mapping of registers is, whoever asks for it, and the page number of its start: a
  /// private one counts by frames, so that a copy of a page can be found again.
  ///
  /// Linux: `remap_pfn_range`, mm/memory.c.
  borrowing func settleDevice(_ area: inout VirtualMemoryArea, offset: UInt64) -> UInt64 {
    area.flags.subtract(.lockedMask)
    area.flags.formUnion([.io, .pfnMap, .dontExpand, .dontDump])
    let page = offset >> Page.shift
    let first = virtual.objects[area.object].deviceFrame
    return area.flags.isCopyOnWrite ? UInt64(first.rawValue) &+ page : page
  }

  /// Maps the registers of a device, all of them at once.
  ///
  /// - Throws: EINVAL beyond its end, ENOMEM without memory for tables. The region is gone then,
  ///   and with it whatever was mapped at a fixed place before.
  /// Linux: `vm_iomap_memory`, mm/memory.c.
  mutating func mapRegisters(
    _ area: VirtualMemoryArea, offset: UInt64, by task: TaskIndex
  ) throws(Errno) {
    let device = virtual.objects[area.object]
    let page = offset >> Page.shift
    do throws(Errno) {
      if page > device.pageCount || area.pageCount > device.pageCount - page { throw .EINVAL }
      var frame = device.deviceFrame + Int(page)
      let protection =
        area.flags.entryProtection | PageTableEntry.specialBit | PageTableEntry.noCacheBit
      var address = area.start
      while address < area.end {
        let table = try makeLeafTable(for: address, in: area.space, by: task)
        memory.setEntry(
          table: table, index: geometry.index(address, TableLevel.leaf),
          to: PageTableEntry(frame: frame, protection: protection))
        frame = frame + 1
        address += Page.size
      }
    } catch {
      // It is a region of its own and never a part of another: nothing has to be cut.
      try? unmapRegions(area.start, area.end, in: area.space, by: task)
      throw error
    }
  }

  /// The frame that a region of registers maps at an address.
  borrowing func registerFrame(at address: VirtualAddress, in region: VMAIndex) -> FrameNumber {
    let page = virtual.regions.pageOffset(address, in: region)
    let area = virtual.regions[region]
    if area.flags.isCopyOnWrite { return FrameNumber(Int(page)) }
    return virtual.objects[area.object].deviceFrame + Int(page)
  }
}

extension PhysicalMemory {
  /// Devices lie above all RAM, and not below 3.5 GiB.
  private var lowestRegister: Int { max(0xe_0000, (frames.count + 0xffff) & ~0xffff) }

  /// Where so many pages of registers may lie; nil when no address is left.
  func placeForRegisters(_ pages: Int) -> FrameNumber? {
    let first = max(contents.count, lowestRegister)
    // Addresses of memory have 32 bits without PAE, and 36 with it.
    let limit =
      geometry == .fourLevels ? Int(UInt32.max) : geometry == .pae ? 1 << 24 : 1 << 20
    return first + pages <= limit ? FrameNumber(first) : nil
  }

  mutating func addRegisters(_ first: FrameNumber, _ pages: Int) {
    contents.extend(to: first.index + pages)
  }

  mutating func removeRegisters(_ first: FrameNumber, _ pages: Int) {
    for page in 0..<pages { clearData(first + page) }
    // The place is used again when nothing lies above it.
    if contents.count == first.index + pages { contents.truncate(to: first.index) }
  }

  /// Whether a frame has a page descriptor.
  ///
  /// Linux: `pfn_valid`, include/linux/mmzone.h.
  func isRAM(_ frame: FrameNumber) -> Bool { frame.index < frames.count }
}
