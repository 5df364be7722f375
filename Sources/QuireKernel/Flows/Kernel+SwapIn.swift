// Swap-in: a fault finds a swap entry where the page was (FAULT-12).

extension Kernel {
  /// Brings the page of a swap entry back and maps it.
  ///
  /// Linux: `do_swap_page`, mm/memory.c.
  package mutating func swapIn(_ fault: SwapFault, by task: TaskIndex) -> SwapInResult {
    .failed(.ENOSYS)
  }
}
