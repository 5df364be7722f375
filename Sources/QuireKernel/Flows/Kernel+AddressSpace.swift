// The life of an address space: made, duplicated by fork, shared, and torn down.

extension Kernel {
  /// An address space with a stack region and a heap base and nothing resident.
  ///
  /// Linux: `mm_alloc` and `setup_arg_pages`, kernel/fork.c and fs/exec.c.
  package mutating func createAddressSpace(for task: TaskIndex) throws(Errno) -> AddressSpaceIndex {
    throw .ENOSYS
  }

  /// A copy-on-write copy for a child (FORK-1 … FORK-4); failing leaves the parent intact.
  ///
  /// Linux: `dup_mm`, kernel/fork.c.
  package mutating func duplicateAddressSpace(of space: AddressSpaceIndex, for task: TaskIndex)
    throws(Errno) -> AddressSpaceIndex
  {
    throw .ENOSYS
  }

  /// One more task lives in `space` (a thread, or vfork).
  ///
  /// Linux: `mmget`, include/linux/sched/mm.h.
  package mutating func retainAddressSpace(_ space: AddressSpaceIndex) {}

  /// A task leaves `space`; the last one takes everything down (EXIT-1).
  ///
  /// Linux: `mmput`, kernel/fork.c.
  package mutating func releaseAddressSpace(_ space: AddressSpaceIndex) {}
}
