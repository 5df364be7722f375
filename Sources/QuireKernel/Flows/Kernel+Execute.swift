// execve: a process keeps its identity and gets another program (LAYOUT-6).

extension Kernel {
  /// Replaces the memory of a process by that of a program, or of an empty image: a stack, and a
  /// heap base.
  ///
  /// The caller becomes its only thread, with its pid; others are killed first. Pid, parent,
  /// limits, user, blocked and pending signals and fault counts stay; handled signals get
  /// their default action back, ignored ones stay ignored. A parent that waits in vfork goes on.
  /// - Returns: false when other threads have still to end: the caller sleeps, and calls again when
  ///   it is woken.
  /// - Throws: E2BIG for the arguments, EINVAL for a place that is no page or parts that do not fit
  ///   below the stack, EPERM for one below `vm.mmap_min_addr`, ENOMEM; nothing has changed then.
  ///   EAGAIN when another thread is at it, or the user had too many tasks when it changed to him
  ///   and still has.
  /// Linux: `begin_new_exec`, fs/exec.c.
  @discardableResult
  public mutating func execute(
    named name: String, _ image: ProgramImage? = nil, by task: TaskIndex
  ) throws(Errno) -> Bool {
    charge(costs.systemCall)
    try checkExecuteLimits(task, arguments: image?.arguments ?? 0)
    if let image { try check(image) }
    if try !becomeOnlyThread(task) { return false }
    let space: AddressSpaceIndex
    if let image {
      space = try load(image, by: task)
    } else {
      space = try createAddressSpace(for: task)
    }
    settle(task, named: name, in: space)
    return true
  }

  /// Whether a process may begin another program at all, and with so many bytes of arguments.
  ///
  /// Linux: `do_execveat_common` and `bprm_stack_limits`, fs/exec.c.
  mutating func checkExecuteLimits(_ task: TaskIndex, arguments: UInt64) throws(Errno) {
    if tasks[task].flags.contains(.exceedsProcessLimit), exceedsProcessLimit(task, adding: 0) {
      throw .EAGAIN
    }
    tasks[task].flags.remove(.exceedsProcessLimit)
    let share = min(tasks[task].limits.stack / 4, ProgramImage.largestArgumentLimit)
    if arguments > max(share, ProgramImage.leastArgumentLimit) { throw .E2BIG }
  }

  /// Linux: the checks of `load_elf_binary`, fs/binfmt_elf.c.
  private func check(_ image: ProgramImage) throws(Errno) {
    let room = layout.taskSize - Page.alignUp(image.arguments) - (1 << 20)
    let largest = max(image.text, image.data, image.bss)
    if !Page.isAligned(image.base) || image.base > room || largest > room / 8 { throw .EINVAL }
    let size = Page.alignUp(image.text) + Page.alignUp(image.data + image.bss)
    if image.base + size > room { throw .EINVAL }
  }

  /// Builds the memory of a program; the task has its old one when this returns.
  ///
  /// Linux: `load_elf_binary`, fs/binfmt_elf.c, and `setup_arg_pages`, fs/exec.c.
  private mutating func load(
    _ image: ProgramImage, by task: TaskIndex
  ) throws(Errno) -> AddressSpaceIndex {
    let space = try makeProgramSpace(for: task, arguments: image.arguments, image.layout)
    // The calls that map work on the memory of the caller.
    let old = tasks[task].space
    let (minor, major) = (tasks[task].minorFaults, tasks[task].majorFaults)
    tasks[task].space = space
    defer {
      tasks[task].space = old
      tasks[task].minorFaults = minor
      tasks[task].majorFaults = major
    }
    do throws(Errno) {
      try mapParts(of: image, by: task)
      try touchArguments(image.arguments, by: task)
    } catch {
      releaseAddressSpace(space)
      throw error
    }
    return space
  }

  /// An address space with a stack that has room for arguments, and the layout of a program.
  mutating func makeProgramSpace(
    for task: TaskIndex, arguments: UInt64, _ kind: MapLayout, stackIsExecutable: Bool = false
  ) throws(Errno) -> AddressSpaceIndex {
    let argumentPages = Page.alignUp(arguments) >> Page.shift
    let reserve = layout.initialStackPages - 1
    let limit = max(tasks[task].limits.stack >> Page.shift, argumentPages, 1)
    let space = try createAddressSpace(
      for: task, stackPages: min(max(argumentPages, 1) + reserve, limit),
      stackIsExecutable: stackIsExecutable)
    spaces[space].mapBase = layout.mapBase(kind, stackLimit: tasks[task].limits.stack)
    return space
  }

  /// Writes the arguments to the top of the stack.
  ///
  /// Linux: `copy_strings`, fs/exec.c.
  mutating func touchArguments(_ arguments: UInt64, by task: TaskIndex) throws(Errno) {
    for page in 0..<(Page.alignUp(arguments) >> Page.shift) {
      let address = layout.stackTop - (page + 1) * Page.size
      guard access(address, .write, by: task) == .done else { throw .ENOMEM }
    }
  }

  /// The process is another program from now on.
  ///
  /// Linux: `begin_new_exec`, fs/exec.c.
  mutating func settle(_ task: TaskIndex, named name: String, in space: AddressSpaceIndex) {
    replaceSpace(of: task, by: space)
    tasks[task].name = TaskName(name)
    tasks.forgetHandlers(of: task)
    renewCredentials(of: task)
  }

  /// The code, then data and zeros behind it, then the heap (LAYOUT-7, LAYOUT-8).
  private mutating func mapParts(
    of image: ProgramImage, by task: TaskIndex
  ) throws(Errno) {
    let flags: MapFlags = [.private, .anonymous, .fixedNoReplace]
    let data = image.base + Page.alignUp(image.text)
    let end = Page.alignUp(data + image.data + image.bss)
    if data > image.base {
      _ = try map(
        MapRequest(at: image.base, length: image.text, [.read, .execute], flags),
        of: MapSource(), by: task)
    }
    if end > data {
      _ = try map(
        MapRequest(at: data, length: end - data, [.read, .write], flags), of: MapSource(), by: task)
    }
    setBreakStart(end > image.base ? end : layout.defaultBreak, of: tasks[task].space)
  }

  /// The point of no return: the old memory is left, and goes if nobody else lives in it.
  ///
  /// Linux: `exec_mmap`, fs/exec.c.
  private mutating func replaceSpace(of task: TaskIndex, by space: AddressSpaceIndex) {
    let old = tasks[task].space
    recordPeak(of: task)
    spaces[space].owner = tasks[task].threadGroup
    tasks[task].space = space
    tasks[task].stackPointer = Task.noStackPointer
    replaceLoaded(old, by: space)
    completeVfork(of: task)
    releaseAddressSpace(old)
  }
}
