// Queues of tasks that sleep until somebody has something for them: first in, first out.

internal import KernelStorage

/// Tasks in the order in which they came.
///
/// Linux: `struct wait_queue_head`, include/linux/wait.h.
struct WaitQueue: BitwiseCopyable, Sendable {
  var first = TaskIndex.none
  var last = TaskIndex.none
  var isEmpty: Bool { first.isNone }
}

/// Which queue a task is in; it is in one at most.
///
/// Linux: `struct wait_queue_entry`, include/linux/wait.h.
enum WaitPlace: Hashable, Sendable, BitwiseCopyable {
  case nowhere
  /// For another task's read or write to end.
  case offset(DescriptionIndex)
  /// For something to read, and for room to write.
  case pipeData(PipeIndex)
  case pipeRoom(PipeIndex)
}

extension Kernel {
  private subscript(place: WaitPlace) -> WaitQueue {
    get {
      switch place {
      case .nowhere: WaitQueue()
      case .offset(let description): descriptors[description].waiters
      case .pipeData(let pipe): descriptors[pipe].readers.queue
      case .pipeRoom(let pipe): descriptors[pipe].writers.queue
      }
    }
    set {
      switch place {
      case .nowhere: break
      case .offset(let description): descriptors[description].waiters = newValue
      case .pipeData(let pipe): descriptors[pipe].readers.queue = newValue
      case .pipeRoom(let pipe): descriptors[pipe].writers.queue = newValue
      }
    }
  }

  borrowing func queue(at place: WaitPlace) -> WaitQueue { self[place] }

  /// Puts a task to sleep at the end of a queue.
  ///
  /// - Returns: false when a signal is there already that ends such a sleep: it stays awake.
  /// Linux: `prepare_to_wait_exclusive`, kernel/sched/wait.c.
  mutating func sleep(_ task: TaskIndex, at place: WaitPlace, _ kind: SleepKind) -> Bool {
    if !block(task, kind) { return false }
    leaveQueue(task)
    tasks[task].waitPlace = place
    tasks[task].nextWaiter = .none
    var queue = self[place]
    if queue.isEmpty { queue.first = task } else { tasks[queue.last].nextWaiter = task }
    queue.last = task
    self[place] = queue
    return true
  }

  /// A task is not in the queue any more, if it was.
  ///
  /// Linux: `finish_wait`, kernel/sched/wait.c.
  mutating func leaveQueue(_ task: TaskIndex) {
    let place = tasks[task].waitPlace
    if place == .nowhere { return }
    tasks[task].waitPlace = .nowhere
    var queue = self[place]
    var before = TaskIndex.none
    var cursor = queue.first
    while cursor != task {
      before = cursor
      cursor = tasks[cursor].nextWaiter
    }
    let after = tasks[task].nextWaiter
    tasks[task].nextWaiter = .none
    if before.isNone { queue.first = after } else { tasks[before].nextWaiter = after }
    if after.isNone { queue.last = before }
    self[place] = queue
  }

  /// Wakes the task that has waited longest; one that a signal has woken does not count.
  ///
  /// Linux: `wake_up_interruptible_sync_poll`, include/linux/wait.h.
  @discardableResult
  mutating func wakeFirst(at place: WaitPlace) -> TaskIndex {
    while true {
      let task = self[place].first
      if task.isNone { return .none }
      leaveQueue(task)
      if tasks[task].state == .sleeping || tasks[task].state == .uninterruptible {
        wake(task)
        return task
      }
    }
  }

  /// Wakes everybody who waits.
  mutating func wakeAll(at place: WaitPlace) {
    while !wakeFirst(at: place).isNone {}
  }
}
