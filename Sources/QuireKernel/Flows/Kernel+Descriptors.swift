// Descriptors: they are opened and closed, handed on by fork, and gone with the process.

internal import KernelStorage

extension Kernel {
  // MARK: Opening

  /// Opens a file for a process; a read and a write through the descriptor begin at its first byte.
  ///
  /// - Throws: EBADF when the file is gone, EACCES when its mode does not allow it, EMFILE for
  ///   `RLIMIT_NOFILE`, ENOMEM.
  /// Linux: `do_sys_openat2`, fs/open.c.
  public mutating func openDescriptor(
    of file: OpenFile, for access: FileAccess, by task: TaskIndex
  ) throws(Errno) -> DescriptionIndex {
    charge(costs.systemCall)
    let number = try freeDescriptor(of: task)
    let opened = try open(file, for: access, by: task)
    let description = try makeDescription(of: .file(opened), by: task)
    install(description, as: number, in: task)
    return description
  }

  /// Opens a process, so that it can be named without its pid being anybody else's later.
  ///
  /// - Throws: ESRCH, EMFILE, ENOMEM.
  /// Linux: `sys_pidfd_open`, kernel/pid.c.
  public mutating func openDescriptor(
    ofProcess pid: ProcessID, by task: TaskIndex
  ) throws(Errno) -> DescriptionIndex {
    charge(costs.systemCall)
    let target = tasks.task(withPID: pid)
    if target.isNone || tasks[target].leader != target { throw .ESRCH }
    let number = try freeDescriptor(of: task)
    let reference = ProcessReference(pid: pid, started: tasks[target].startTime)
    let description = try makeDescription(of: .process(reference), by: task)
    install(description, as: number, in: task)
    return description
  }

  /// Linux: `alloc_empty_file`, fs/file_table.c.
  mutating func makeDescription(
    of subject: DescriptionSubject, by task: TaskIndex
  ) throws(Errno) -> DescriptionIndex {
    let object = try allocateObject(.filp, for: task)
    return descriptors.make(Description(subject: subject, object: object))
  }

  /// The lowest number that a process does not use.
  ///
  /// - Parameter low: the lowest that will do.
  /// Linux: `alloc_fd`, fs/file.c.
  func freeDescriptor(
    of task: TaskIndex, from low: Int32 = Descriptors.firstNumber
  ) throws(Errno) -> Int32 {
    var number = low
    var entry = tasks[tasks[task].leader].firstDescriptor
    while entry != 0, descriptors.entries[Int(entry)].number <= number {
      if descriptors.entries[Int(entry)].number == number { number += 1 }
      entry = descriptors.entries[Int(entry)].next
    }
    if UInt64(number) >= tasks[task].limits.openFiles { throw .EMFILE }
    return number
  }

  /// Linux: `fd_install`, fs/file.c.
  mutating func install(_ description: DescriptionIndex, as number: Int32, in task: TaskIndex) {
    descriptors[description].holders += 1
    let leader = tasks[task].leader
    var before: UInt32 = 0
    var next = tasks[leader].firstDescriptor
    while next != 0, descriptors.entries[Int(next)].number < number {
      before = next
      next = descriptors.entries[Int(next)].next
    }
    let entry = UInt32(
      descriptors.entries.allocate(
        Descriptor(number: number, description: description, next: next)))
    if before == 0 {
      tasks[leader].firstDescriptor = entry
    } else {
      descriptors.entries[Int(before)].next = entry
    }
  }

  // MARK: Finding

  /// What a number of a process leads to.
  ///
  /// - Throws: EBADF.
  /// Linux: `fdget`, fs/file.c.
  public func description(
    ofDescriptor number: Int64, of task: TaskIndex
  ) throws(Errno) -> DescriptionIndex {
    var entry = tasks[tasks[task].leader].firstDescriptor
    while entry != 0 {
      let descriptor = descriptors.entries[Int(entry)]
      if Int64(descriptor.number) == number { return descriptor.description }
      entry = descriptor.next
    }
    throw .EBADF
  }

  /// The lowest number by which a process has a description, nil when it has none.
  public func descriptor(of description: DescriptionIndex, in task: TaskIndex) -> Int32? {
    var entry = tasks[tasks[task].leader].firstDescriptor
    while entry != 0 {
      let descriptor = descriptors.entries[Int(entry)]
      if descriptor.description == description { return descriptor.number }
      entry = descriptor.next
    }
    return nil
  }

  /// A description that is still open somewhere, if it is the one that had the number.
  public func description(_ index: DescriptionIndex, number: UInt32) -> Description? {
    descriptors.isLive(index, number) ? descriptors[index] : nil
  }

  public func description(_ index: DescriptionIndex) -> Description { descriptors[index] }

  /// The process that a descriptor stands for.
  ///
  /// - Throws: EBADF for a descriptor of something else, ESRCH when the process is gone.
  /// Linux: `pidfd_get_task`, kernel/pid.c.
  public func process(of description: DescriptionIndex) throws(Errno) -> TaskIndex {
    guard case .process(let reference) = descriptors[description].subject else { throw .EBADF }
    let task = tasks.task(withPID: reference.pid)
    if task.isNone || tasks[task].startTime != reference.started { throw .ESRCH }
    return task
  }

  // MARK: Closing

  /// Takes a number from a process.
  ///
  /// - Throws: EBADF.
  /// Linux: `sys_close`, fs/open.c.
  public mutating func close(_ number: Int32, by task: TaskIndex) throws(Errno) {
    charge(costs.systemCall)
    let leader = tasks[task].leader
    var before: UInt32 = 0
    var entry = tasks[leader].firstDescriptor
    while entry != 0, descriptors.entries[Int(entry)].number < number {
      before = entry
      entry = descriptors.entries[Int(entry)].next
    }
    guard entry != 0, descriptors.entries[Int(entry)].number == number else { throw .EBADF }
    let next = descriptors.entries[Int(entry)].next
    if before == 0 {
      tasks[leader].firstDescriptor = next
    } else {
      descriptors.entries[Int(before)].next = next
    }
    drop(entry, by: task)
  }

  /// All numbers go.
  ///
  /// Linux: `put_files_struct`, fs/file.c.
  mutating func closeDescriptors(of leader: TaskIndex) {
    while tasks[leader].firstDescriptor != 0 {
      let entry = tasks[leader].firstDescriptor
      tasks[leader].firstDescriptor = descriptors.entries[Int(entry)].next
      drop(entry, by: leader)
    }
  }

  /// An entry that is in no list any more goes, and with the last one its description.
  ///
  /// Linux: `fput`, fs/file_table.c.
  private mutating func drop(_ entry: UInt32, by task: TaskIndex) {
    let description = descriptors.entries[Int(entry)].description
    descriptors.entries.release(Int(entry))
    endMove(of: description, by: task)
    descriptors[description].holders -= 1
    if descriptors[description].holders > 0 { return }
    wakeAll(at: .offset(description))
    switch descriptors[description].subject {
    case .pipeReader(let pipe): releaseEnd(of: pipe, isReader: true)
    case .pipeWriter(let pipe): releaseEnd(of: pipe, isReader: false)
    case .file, .process: break
    }
    freeObject(descriptors[description].object)
    descriptors.descriptions.release(description.index)
  }

  // MARK: Processes

  /// A child has the numbers of its parent, and shares what they lead to.
  ///
  /// Linux: `dup_fd`, fs/file.c.
  mutating func copyDescriptors(from parent: TaskIndex, to child: TaskIndex) {
    var entry = tasks[tasks[parent].leader].firstDescriptor
    var last: UInt32 = 0
    while entry != 0 {
      let model = descriptors.entries[Int(entry)]
      descriptors[model.description].holders += 1
      let copy = UInt32(
        descriptors.entries.allocate(
          Descriptor(number: model.number, description: model.description)))
      if last == 0 {
        tasks[child].firstDescriptor = copy
      } else {
        descriptors.entries[Int(last)].next = copy
      }
      last = copy
      entry = model.next
    }
  }

  /// A thread ends, or gives its read or write up: whoever waits for the place goes on.
  mutating func endMoves(by task: TaskIndex) {
    leaveQueue(task)
    var entry = tasks[tasks[task].leader].firstDescriptor
    while entry != 0 {
      endMove(of: descriptors.entries[Int(entry)].description, by: task)
      entry = descriptors.entries[Int(entry)].next
    }
  }
}
