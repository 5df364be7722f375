// CPU time of tasks.

extension Kernel {
  /// Adds to the CPU time of a task; what one spends after its end is nobody's.
  ///
  /// Linux: `account_user_time` and `account_system_time`, kernel/sched/cputime.c.
  package mutating func account(user: Nanoseconds, system: Nanoseconds, to task: TaskIndex) {
    guard tasks.isLive(task), !tasks[task].isDead else { return }
    tasks[task].userTime &+= user
    tasks[task].systemTime &+= system
  }
}
