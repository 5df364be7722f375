// vfork, thread and exec: processes that share memory and variables, and one that gets new memory.

internal import KernelStorage
internal import QuireKernel
internal import QuireProgram

extension World {
  /// The calls that make a process or a thread, or make one anew, by builtin.
  mutating func birthCall(
    _ builtin: Builtin, _ call: BuiltinCall
  ) throws(CallFailure) -> BuiltinOutcome {
    switch builtin {
    case .fork: try forkCall(call)
    case .process: try processCall(call)
    case .vfork: try vforkCall(call)
    case .thread: try threadCall(call)
    case .exec: try execCall(call)
    case .clone: try cloneCall(call)
    default: try kernelThreadCall(builtin, call)
    }
  }

  /// vfork(block): the child's handle, once the child has exited or called exec.
  mutating func vforkCall(
    _ call: BuiltinCall, block: Int = 0
  ) throws(CallFailure) -> BuiltinOutcome {
    if case .vforking(let child) = current.operation { return awaitVfork(of: child) }
    try checkBlock(block, call)
    try checkProcessLimit()
    let task = try refusable { world throws(Errno) in
      try world.kernel.vfork(world.current.task)
    }
    kernel.charge(kernel.costs.fork)
    var child = current.companion()
    child.execution.start(closure: argument(block, call), in: image, heap)
    return awaitVfork(of: admitCompanion(child, task))
  }

  private mutating func awaitVfork(of child: ProcessNumber) -> BuiltinOutcome {
    let isInside = task(of: child).map { kernel.tasks[$0].flags.contains(.vforked) } ?? false
    if !isInside {
      current.operation = .none
      return .value(handle(of: child))
    }
    current.operation = .vforking(child)
    if kernel.tasks[current.task].state == .running && !kernel.block(current.task, .killable) {
      return .again
    }
    current.wait = .vfork(ledger[child].pid)
    return .wait
  }

  // MARK: Threads

  /// thread(block): the handle of the new thread.
  mutating func threadCall(
    _ call: BuiltinCall, block: Int = 0
  ) throws(CallFailure) -> BuiltinOutcome {
    try checkBlock(block, call)
    try checkProcessLimit()
    let task = try refusable { world throws(Errno) in
      try world.kernel.startThread(by: world.current.task)
    }
    kernel.charge(kernel.costs.fork)
    var thread = current.companion()
    thread.execution.start(closure: argument(block, call), in: image, heap)
    return .value(handle(of: admitCompanion(thread, task)))
  }

  /// Fibers of the other threads of the current process.
  var threadsBesideCurrent: [Int] {
    if heap.sharers == 1 { return [] }
    let leader = kernel.tasks[current.task].leader
    return (1..<fibers.limit).filter {
      $0 != runningFiber && fibers.isOccupied($0) && fibers[$0].heap == current.heap
        && kernel.tasks[fibers[$0].task].leader == leader
    }
  }

  /// Waits for a thread of the own process: its status.
  mutating func join(_ number: ProcessNumber) throws(CallFailure) -> BuiltinOutcome {
    if ledger[number].hasEnded {
      current.operation = .none
      let status = ledger[number].status
      return .value(
        heap.status(
          process: handle(of: number), code: Int(status.code), signal: Int(status.signalNumber),
          dumpedCore: status.dumpedCore))
    }
    let isOwn = task(of: number).map {
      kernel.tasks[$0].leader == kernel.tasks[current.task].leader && $0 != current.task
    }
    guard isOwn == true else { throw .errno(.ECHILD) }
    return try sleep(for: number)
  }

  /// Sleeps until a thread has ended; the call is made again then.
  mutating func sleep(for thread: ProcessNumber) throws(CallFailure) -> BuiltinOutcome {
    let wasInterrupted = current.operation == .interrupted
    current.operation = .none
    if wasInterrupted || !kernel.block(current.task, .interruptible) { throw .errno(.EINTR) }
    current.operation = .waiting
    current.wait = .thread(thread)
    return .wait
  }

  /// The oldest thread that a process or thread has started and that runs still.
  func firstLivingThread(startedBy creator: ProcessNumber) -> ProcessNumber? {
    if heap.sharers == 1 { return nil }
    return (1..<ledger.limit).first {
      ledger[$0].isThread && !ledger[$0].hasEnded && Int(ledger[$0].parent) == creator
    }
  }

  // MARK: exec

  /// exec(name, block, text, data, bss, at, arguments, layout): the process goes on in fresh
  /// memory, here or in the block.
  private mutating func execCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let name = try string(0, "name", call)
    let block = argument(1, call)
    if !block.isAbsent { try checkBlock(1, call) }
    if try !replaceMemory(named: name, by: try image(call), try optionalFile(8, call), call) {
      current.operation = .waiting
      current.wait = .otherThreads
      return .wait
    }
    current.operation = .none
    ledger[current.process].name = kernel.tasks[current.task].name
    current.signalHandlers = []
    if block.isAbsent {
      // A program that could not be mapped is killed before anything of it runs.
      if let error = caughtSignal() { throw .outcome(.raise(error)) }
      return kernel.deliverableSignals(of: current.task).isEmpty ? .value(.none) : .yield(.none)
    }
    current.handling = []
    current.kernelDepths = []
    current.execution.start(closure: block, in: image, heap)
    return .again
  }

  private func image(_ call: BuiltinCall) throws(CallFailure) -> ProgramImage {
    var image = ProgramImage()
    image.text = try optionalSize(2, "text", call) ?? 0
    image.data = try optionalSize(3, "data", call) ?? 0
    image.bss = try optionalSize(4, "bss", call) ?? 0
    image.base = try optionalAddress(5, "at", call) ?? kernel.layout.imageBase
    image.arguments = try optionalSize(6, "arguments", call) ?? 0
    if let word = try optionalString(7, "layout", call) {
      guard let layout = MapLayout(rawValue: word) else {
        throw .misuse("'layout' is \"flexible\" or \"classical\", not \"\(word)\"")
      }
      image.layout = layout
    }
    return image
  }

  /// The kernel's part of exec, and a heap of its own for whoever shares one; false when other
  /// threads have to end first.
  private mutating func replaceMemory(
    named name: String, by image: ProgramImage, _ file: OpenFile?, _ call: BuiltinCall
  ) throws(CallFailure) -> Bool {
    for (index, label) in [(2, "text"), (3, "data"), (4, "bss"), (5, "at")]
    where file != nil && !argument(index, call).isAbsent {
      throw .misuse("the headers of the file say what is where; leave out '\(label)'")
    }
    let isShared = heap.sharers > 1
    if isShared { try reserveCopyOfHeap() }
    do throws(CallFailure) {
      let isDone = try refusable { world throws(Errno) in
        let task = world.current.task
        guard let file else { return try world.kernel.execute(named: name, image, by: task) }
        return try world.kernel.execute(
          named: name, program: file, arguments: image.arguments, layout: image.layout, by: task)
      }
      drainWakeups()
      if isDone {
        becomeLeader()
        leaveSharedHeap()
      } else if isShared {
        unreserveCopyOfHeap()
      }
      return isDone
    } catch {
      if isShared { unreserveCopyOfHeap() }
      throw error
    }
  }

  /// A thread that has outlived the others by exec has the pid of the process now.
  private mutating func becomeLeader() {
    let pid = kernel.tasks[current.task].pid
    if pid == current.pid { return }
    let number = ledger.newest(withPID: pid)
    ledger.promote(current.task, to: number)
    ledger[current.process].hasEnded = true
    ledger[current.process].ended = kernel.now
    ledger[number].hasEnded = false
    if number == mainProcess { mainStatus = nil }
    current.process = number
    current.pid = pid
  }
}

extension Fiber {
  /// What a signal calls from now on.
  mutating func setHandler(_ handler: Value, for number: Int) {
    while signalHandlers.count <= number { signalHandlers.append(.none) }
    signalHandlers[number] = handler
  }
}
