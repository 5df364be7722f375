// What a task costs the kernel: its records from their caches and a stack of its own (TASK-2).

extension Kernel {
  /// Takes everything that a new task needs, or nothing.
  ///
  /// Linux: `dup_task_struct`, kernel/fork.c.
  mutating func newFootprint(for parent: TaskIndex) throws(Errno) -> TaskFootprint {
    var footprint = TaskFootprint()
    do throws(Errno) {
      for place in 0..<TaskFootprint.caches.count {
        footprint.objects[place] = try allocateObject(TaskFootprint.caches[place], for: parent)
      }
      footprint.stack = try newStack(for: parent)
    } catch {
      freeObjects(of: footprint)
      throw error
    }
    return footprint
  }

  /// A kernel stack: one block of pages.
  ///
  /// Linux: `alloc_thread_stack_node` without CONFIG_VMAP_STACK, kernel/fork.c.
  private mutating func newStack(for parent: TaskIndex) throws(Errno) -> FrameNumber {
    let stack = try allocatePages(.kernel, order: machine.architecture.stackOrder, for: parent)
    memory.frames[stack].use = .kernelStack
    tasks.stackCount += 1
    gauges.nr_kernel_stack += machine.architecture.stackKilobytes
    return stack
  }

  private mutating func freeStack(_ stack: FrameNumber) {
    freePages(stack, order: machine.architecture.stackOrder)
    tasks.stackCount -= 1
    gauges.nr_kernel_stack -= machine.architecture.stackKilobytes
  }

  /// Undoes `newFootprint` for a task that nobody has seen.
  mutating func free(_ footprint: TaskFootprint) {
    freeStack(footprint.stack)
    freeObjects(of: footprint)
  }

  /// What goes at exit; the rest stays with the zombie.
  ///
  /// Linux: `exit_files`, fs/file.c, and `put_task_stack`, kernel/fork.c.
  mutating func freeStackAndFiles(of task: TaskIndex) {
    freeStack(tasks[task].footprint.stack)
    tasks[task].footprint.stack = .none
    freeObject(tasks[task].footprint.objects[TaskFootprint.filesPlace])
    tasks[task].footprint.objects[TaskFootprint.filesPlace] = .none
  }

  /// Gives the records of a task back.
  mutating func freeObjects(of footprint: TaskFootprint) {
    for place in 0..<TaskFootprint.caches.count where !footprint.objects[place].isNone {
      freeObject(footprint.objects[place])
    }
  }
}

extension Architecture {
  /// Order of the pages of a kernel stack (TASK-2).
  ///
  /// Linux: `THREAD_SIZE_ORDER`, arch/x86/include/asm/page_64_types.h and page_32_types.h.
  var stackOrder: Int { self == .x86_64 ? 2 : 1 }
  var stackKilobytes: Int { 4 << stackOrder }
}
