// What must hold of descriptors, descriptions, pipes and their queues between two calls.

internal import KernelStorage

extension Kernel {
  borrowing func checkDescriptors(_ violations: inout [InvariantViolation]) {
    var holders = [UInt32](repeating: 0, count: descriptors.descriptions.limit)
    var entries = 0
    var task = tasks.first
    while !task.isNone {
      entries += countDescriptors(of: task, &holders, &violations)
      task = tasks[task].next
    }
    if entries != descriptors.entries.liveCount {
      violations.append(
        InvariantViolation(
          "descriptor.count", "\(entries) are listed of \(descriptors.entries.liveCount)"))
    }
    var ends: [PipeIndex: (readers: UInt32, writers: UInt32)] = [:]
    for index in 1..<max(1, descriptors.descriptions.limit)
    where descriptors.descriptions.isLive(index) {
      let record = descriptors[DescriptionIndex(index)]
      if record.holders != holders[index] || record.holders == 0 {
        violations.append(
          InvariantViolation(
            "description.holders", "\(index) counts \(record.holders), has \(holders[index])"))
      }
      if !record.mover.isNone && tasks[record.mover].isDead {
        violations.append(InvariantViolation("description.mover", "\(index)"))
      }
      switch record.subject {
      case .pipeReader(let pipe): ends[pipe, default: (0, 0)].readers += 1
      case .pipeWriter(let pipe): ends[pipe, default: (0, 0)].writers += 1
      case .file, .process: break
      }
    }
    for index in 1..<max(1, descriptors.pipes.limit) where descriptors.pipes.isLive(index) {
      let pipe = PipeIndex(index)
      checkPipe(pipe, ends[pipe] ?? (0, 0), &violations)
    }
    checkQueues(&violations)
  }

  /// The numbers of a process ascend, and lead to what is open; only leaders have any.
  private borrowing func countDescriptors(
    of task: TaskIndex, _ holders: inout [UInt32], _ violations: inout [InvariantViolation]
  ) -> Int {
    var count = 0
    var before = Descriptors.firstNumber - 1
    var entry = Int(tasks[task].firstDescriptor)
    while entry != 0 && count <= descriptors.entries.liveCount {
      let descriptor = descriptors.entries[entry]
      let isSound =
        descriptor.number > before && tasks[task].leader == task
        && descriptors.descriptions.isLive(descriptor.description.index)
      if !isSound {
        violations.append(
          InvariantViolation(
            "descriptor.list", "\(descriptor.number) of pid \(tasks[task].pid)"))
        return count
      }
      holders[descriptor.description.index] += 1
      before = descriptor.number
      count += 1
      entry = Int(descriptor.next)
    }
    return count
  }

  private borrowing func checkPipe(
    _ pipe: PipeIndex, _ ends: (readers: UInt32, writers: UInt32),
    _ violations: inout [InvariantViolation]
  ) {
    let record = descriptors[pipe]
    var (pages, bytes, last) = (UInt32(0), UInt64(0), UInt32(0))
    var index = record.firstBuffer
    while index != 0 && pages <= record.pages {
      let buffer = descriptors.buffers[Int(index)]
      let isSound =
        buffer.length > 0 && UInt64(buffer.offset) + UInt64(buffer.length) <= Page.size
        && memory.frames[buffer.frame].referenceCount == 1
      if !isSound { violations.append(InvariantViolation("pipe.buffer", "pipe \(pipe.rawValue)")) }
      pages += 1
      bytes += UInt64(buffer.length)
      last = index
      index = buffer.next
    }
    let isSound =
      pages == record.pages && bytes == record.bytes && last == record.lastBuffer
      && pages <= record.capacity && record.readers.descriptions == ends.readers
      && record.writers.descriptions == ends.writers
    if !isSound { violations.append(InvariantViolation("pipe.counts", "pipe \(pipe.rawValue)")) }
    if !record.spare.isNone, memory.frames[record.spare].referenceCount != 1 {
      violations.append(InvariantViolation("pipe.spare", "pipe \(pipe.rawValue)"))
    }
  }

  /// Whoever is in a queue is in that one alone, and alive.
  private borrowing func checkQueues(_ violations: inout [InvariantViolation]) {
    var task = tasks.first
    while !task.isNone {
      let place = tasks[task].waitPlace
      if place != .nowhere {
        var cursor = queue(at: place).first
        var steps = 0
        while !cursor.isNone && cursor != task && steps <= tasks.count {
          cursor = tasks[cursor].nextWaiter
          steps += 1
        }
        if cursor != task || tasks[task].isDead {
          violations.append(InvariantViolation("queue.member", "pid \(tasks[task].pid)"))
        }
      }
      task = tasks[task].next
    }
  }
}
