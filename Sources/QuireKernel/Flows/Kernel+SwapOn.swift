// swapon: a new disk becomes swap (SWAP-1, SWAP-5).

internal import KernelStorage

extension Kernel {
  /// Makes a swap area of `size` bytes on a disk of its own and lets pages go there.
  ///
  /// - Parameters:
  ///   - size: bytes of the area, its header page included.
  ///   - priority: 0 ... 32767; without one, lower than every area so far.
  /// - Returns: the number of the area.
  /// - Throws: EPERM without privilege or with 32 areas in use; EINVAL for an area without room for
  ///   a page, or that is not whole pages, or for a priority below 0; ENOMEM when the host cannot
  ///   describe so large an area.
  /// Linux: `sys_swapon`, mm/swapfile.c.
  @discardableResult
  public mutating func swapOn(
    size: UInt64, priority: Int16? = nil, by task: TaskIndex
  ) throws(Errno) -> Int {
    if !tasks[task].holds(.admin) { throw .EPERM }
    if let priority, priority < 0 { throw .EINVAL }
    let slots = size >> Page.shift
    // Slots are numbered in 32 bits.
    if slots < 2 || !Page.isAligned(size) || slots > UInt64(UInt32.max) { throw .EINVAL }
    let number = swap.lowestUnusedNumber
    if number >= MachineConfiguration.maximumSwapAreas { throw .EPERM }
    let area = SwapArea(
      name: "/dev/swap\(number)", slots: Int(slots),
      priority: priority ?? swap.nextAutomaticPriority)
    guard let area else { throw .ENOMEM }
    swap.cache.extend(to: memory.frames.count)
    swap.activate(area)
    emit(.swapOn, tasks[task].pid, UInt64(number), size)
    return number
  }

  /// The areas that a machine has from the start, in their order.
  mutating func bootSwap() throws(Errno) {
    for area in machine.swap {
      try swapOn(size: area.size, priority: area.priority, by: tasks.initTask)
    }
  }
}
