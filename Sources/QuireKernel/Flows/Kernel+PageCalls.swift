// Pages for those who ask by name: `alloc_pages`, `free_pages` and their kin, as a driver calls
// them. Whatever a driver could do wrong is told, and changes nothing.

import KernelStorage

extension Kernel {
  /// Takes a block for a caller outside the kernel's own flows (GFP-4).
  ///
  /// - Throws: ENOMEM, also for an order above 10 (GFP-6).
  /// Linux: `alloc_pages`, include/linux/gfp.h.
  public mutating func allocateBlock(
    _ gfp: GFPFlags, order: Int, for task: TaskIndex
  ) throws(Errno) -> FrameNumber {
    let block = try allocatePages(gfp, order: order, for: task)
    memory.frames[block].use = .script
    emit(.allocate, pid(of: task), UInt64(block.rawValue), UInt64(order))
    return block
  }

  /// Whose call an event tells of; 0 is the kernel itself.
  func pid(of task: TaskIndex) -> ProcessID { task.isNone ? 0 : tasks[task].pid }

  /// Refuses flags that name zones or mobilities which exclude each other.
  public func check(_ gfp: GFPFlags) throws(KernelMisuse) {
    if !gfp.hasValidZone { throw .invalidFlags(gfp) }
  }

  /// Gives a block back that `allocateBlock` handed out (GFP-5).
  ///
  /// Linux: `__free_pages`, mm/page_alloc.c.
  public mutating func freeBlock(
    _ block: FrameNumber, order: Int, by task: TaskIndex = .none
  ) throws(KernelMisuse) {
    try checkOwned(block, order: order)
    emit(.free, pid(of: task), UInt64(block.rawValue), UInt64(order))
    freePages(block, order: order)
  }

  /// Gives a block back by its address; address 0 is no block.
  ///
  /// Linux: `free_pages`, mm/page_alloc.c.
  public mutating func freeBlock(
    at address: VirtualAddress, order: Int, by task: TaskIndex = .none
  ) throws(KernelMisuse) {
    if address == 0 { return }
    guard let frame = directMap.frame(at: address) else {
      throw .foreignPointer(address)
    }
    guard Page.isAligned(address) else { throw .unalignedAddress(address) }
    try freeBlock(frame, order: order, by: task)
  }

  /// Whether `block` may be freed with `order`, and why not.
  private func checkOwned(_ block: FrameNumber, order: Int) throws(KernelMisuse) {
    guard block.index < memory.frames.count, memory.zoneKind(of: block) != nil,
      !memory.isReserved(block)
    else { throw .noSuchFrame(block) }
    let descriptor = memory.frames[block]
    if descriptor.referenceCount == 0 {
      if let head = memory.allocatedBlock(covering: block) {
        throw .insideBlock(block, head: head)
      }
      throw .freeFrame(block)
    }
    guard descriptor.use == .script else { throw .foreignFrame(block) }
    if Int(descriptor.order) != order {
      throw .wrongOrder(block, allocated: Int(descriptor.order), given: order)
    }
  }
}
