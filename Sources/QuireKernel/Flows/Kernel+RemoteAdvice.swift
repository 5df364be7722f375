// process_madvise: advice on the memory of another process.

internal import KernelStorage

extension Kernel {
  /// Gives advice on ranges of a process and returns how many bytes it was taken for.
  ///
  /// An error ends it; only when it is the first that fails does it show.
  /// - Throws: EINVAL for advice that may not be given, EACCES when the process may not be looked
  ///   into, ESRCH when it has no memory, EPERM without `nice` for another's memory, and whatever
  ///   `madvise` gives.
  /// Linux: `sys_process_madvise`, mm/madvise.c.
  public mutating func processMadvise(
    _ target: TaskIndex, _ ranges: [(start: VirtualAddress, length: UInt64)], _ advice: UInt64,
    by task: TaskIndex
  ) throws(Errno) -> UInt64 {
    charge(costs.systemCall)
    let space = tasks[target].space
    let isOwn = space == tasks[task].space
    let mayBeAny = isOwn && rules.contains(.ownAdviceIsFree)
    if !mayBeAny && !Self.isMild(advice) { throw .EINVAL }
    if !mayTrace(target, by: task) { throw .EACCES }
    if space.isNone { throw .ESRCH }
    if !isOwn && !tasks[task].holds(.nice) { throw .EPERM }
    var total: UInt64 = 0
    for range in ranges {
      do throws(Errno) {
        try madvise(range.start, range.length, advice, in: target, by: task)
      } catch {
        if total == 0 { throw error }
        break
      }
      total += range.length
    }
    return total
  }

  /// Advice that takes nothing away.
  ///
  /// Linux: `process_madvise_behavior_valid`, mm/madvise.c.
  private static func isMild(_ advice: UInt64) -> Bool {
    switch Advice(rawValue: advice) {
    case .cold, .pageOut, .willNeed, .collapse: true
    default: false
    }
  }
}
