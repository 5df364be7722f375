// Reverse maps cost kernel memory: it is reserved before a change, and what is left is given back.

internal import KernelStorage

extension Kernel {
  /// Has a region ready for its first anonymous page.
  ///
  /// - Throws: ENOMEM, and nothing has changed.
  /// Linux: `anon_vma_prepare`, include/linux/rmap.h.
  mutating func prepareAnonVMA(of region: VMAIndex, by task: TaskIndex) throws(Errno) {
    if !virtual.regions[region].anonVMA.isNone { return }
    try reserveChains(1, by: task)
    let reusable = virtual.reverseMap.reusable(for: region, in: virtual.regions)
    if reusable.isNone { try reserveAnonVMA(by: task) }
    virtual.reverseMap.prepare(region, reusing: reusable, in: &virtual.regions)
  }

  /// Takes the memory for `count` chains.
  mutating func reserveChains(_ count: Int, by task: TaskIndex) throws(Errno) {
    for _ in 0..<count {
      do {
        virtual.reverseMap.spareChains.push(try allocateObject(.anonVMAChain, for: task))
      } catch {
        returnSpares()
        throw error
      }
    }
  }

  /// Takes the memory for as many chains as leave a region, and `extra` more.
  mutating func reserveChains(
    for region: VMAIndex, extra: Int, by task: TaskIndex
  ) throws(Errno) {
    let count = virtual.reverseMap.chainCount(of: virtual.regions.links[region.index])
    try reserveChains(count + extra, by: task)
  }

  mutating func reserveAnonVMA(by task: TaskIndex) throws(Errno) {
    do {
      virtual.reverseMap.spareAnonVMAs.push(try allocateObject(.anonVMA, for: task))
    } catch {
      returnSpares()
      throw error
    }
  }

  /// Frees the memory of what has been unlinked.
  mutating func freeUnlinked() {
    while virtual.reverseMap.freedChains.count > 0 {
      freeObject(virtual.reverseMap.freedChains.pop())
    }
    while virtual.reverseMap.freedAnonVMAs.count > 0 {
      freeObject(virtual.reverseMap.freedAnonVMAs.pop())
    }
  }

  /// Gives back what was reserved and not needed.
  mutating func returnSpares() {
    while virtual.reverseMap.spareChains.count > 0 {
      freeObject(virtual.reverseMap.spareChains.pop())
    }
    while virtual.reverseMap.spareAnonVMAs.count > 0 {
      freeObject(virtual.reverseMap.spareAnonVMAs.pop())
    }
  }
}
