// Out of memory: a task is killed so that the others can go on.

extension Kernel {
  /// Makes room by killing a task; returning means that some memory was freed.
  ///
  /// There is no task to kill yet.
  /// - Throws: `ENOMEM` when there is nothing to kill.
  /// Linux: `out_of_memory`, mm/oom_kill.c.
  mutating func outOfMemory(gfp: GFPFlags, for task: TaskIndex) throws(Errno) { throw .ENOMEM }
}
