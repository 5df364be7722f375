// Members of handles: what a script reads off a process, an object, a page, a swap area.

internal import KernelStorage
internal import QuireKernel
internal import QuireProgram

extension World {
  /// `handle.name`; room for a number has been reserved.
  mutating func handleMember(_ handle: Value, _ name: MemberName) -> BuiltinOutcome {
    if let counter = counter(name, of: handle) { return .value(heap.integer(counter)) }
    do throws(CallFailure) {
      switch handle.tag {
      case .process?: return try processMember(handle, name)
      case .object?: return try objectMember(handle, name)
      case .page?: return try pageMember(handle, name)
      case .cache?: return try cacheMember(handle, name)
      case .swapArea?: return try swapAreaMember(handle, name)
      case .file?: return try fileMember(handle, name)
      case .event?, .semaphore?, .barrier?: return synchronizerMember(handle, name)
      case .view?: return try viewMember(handle, name.text(in: image))
      default: return noMember(handle, name)
      }
    } catch {
      return outcome(of: error, reading: name.text(in: image), of: handle)
    }
  }

  /// `vmstat.NAME` for a counter: what loops ask for.
  private func counter(_ name: MemberName, of handle: Value) -> Int64? {
    guard handle.isIdentical(to: ViewKind.vmstat.value) else { return nil }
    let field = image.counterFields[name.number]
    return field < 0 ? nil : Int64(clamping: Counters.fields[field].value(kernel.counters))
  }

  /// `handle[key]`: views by name.
  mutating func handleElement(_ handle: Value, _ key: Value) -> BuiltinOutcome {
    guard handle.has(.view), let text = heap.asString(key) else {
      return fail(ErrorContent("\(heap.kindPhrase(of: handle)) has no elements"))
    }
    do throws(CallFailure) {
      return try viewMember(handle, text)
    } catch {
      return outcome(of: error, reading: text, of: handle)
    }
  }

  /// The text of a handle.
  func handleText(_ handle: Value) -> String {
    switch handle.tag {
    case .process?:
      let record = ledger[Int(handle.payload)]
      return "process '\(record.name)' (pid \(record.pid))"
    case .view?: return ViewKind(rawValue: handle.payload)?.name ?? "view"
    case .object?, .page?, .cache?, .swapArea?, .file?: return thingText(handle)
    default: return "\(heap.kindName(of: handle)) \(handle.payload)"
    }
  }

  private func thingText(_ handle: Value) -> String {
    let noun = heap.kindName(of: handle)
    guard let record = handles.record(handle.payload) else { return "freed \(noun)" }
    let state = record.isLive ? "" : "freed "
    switch record.kind {
    case .object: return "\(state)object at \(ValueText.hexadecimal(record.first))"
    case .page: return "\(state)page frame \(record.first)"
    case .cache: return "\(state)cache of \(record.second) bytes"
    case .swapArea: return "\(state)swap area \(record.first)"
    case .file: return "\(record.isLive ? "" : "removed ")file \(record.first)"
    }
  }

  // MARK: Processes

  private mutating func processMember(_ handle: Value, _ name: MemberName)
    throws(CallFailure) -> BuiltinOutcome
  {
    let number = Int(handle.payload)
    switch name.known {
    case .pid: return .value(Value(small: Int(ledger[number].pid)))
    case .name: return try string(ledger[number].name.description)
    default: break
    }
    guard let task = task(of: number) else { throw .misuse(obituary(of: number)) }
    settleAccounts()
    let record = kernel.tasks[task]
    switch name.known {
    case .state: return try string(String(record.state.letter))
    case .parent:
      let parent = ledger.number(of: record.parent)
      return .value(parent == 0 ? .none : self.handle(of: parent))
    case .children: return try children(of: task)
    case .nice: return .value(Value(small: Int(record.nice)))
    case .maps: return try regions(of: task)
    default: break
    }
    let text = name.text(in: image)
    if text == "group" { return .value(Value(small: Int(record.processGroup))) }
    if text == "user" { return .value(Value(small: Int(record.credentials.user))) }
    if text == "capabilities" { return try capabilityNames(of: task) }
    if text == "stack" { return try namedRegion(.stack, of: task) }
    if text == "heap" { return try namedRegion(.heap, of: task) }
    guard let value = accountMember(text, task) else {
      return noMember(handle, name)
    }
    return .value(heap.integer(Int64(clamping: value)))
  }

  /// Accounts of a task, by the names of scripts and of /proc; sizes in bytes, times in ns.
  private func accountMember(_ name: String, _ task: TaskIndex) -> UInt64? {
    let record = kernel.tasks[task]
    switch name {
    case "minor_faults", "minflt": return record.minorFaults
    case "major_faults", "majflt": return record.majorFaults
    case "cow_faults": return record.cowFaults
    case "utime": return record.userTime
    case "stime": return record.systemTime
    default: break
    }
    let isEmpty = record.space.isNone
    switch name {
    case "rss": return isEmpty ? 0 : kernel.spaces[record.space].residentPages * Page.size
    case "vsize": return isEmpty ? 0 : kernel.spaces[record.space].totalPages * Page.size
    case "locked": return isEmpty ? 0 : kernel.spaces[record.space].lockedPages * Page.size
    case "swapped": return isEmpty ? 0 : kernel.spaces[record.space].swapEntries * Page.size
    case "page_tables": return isEmpty ? 0 : kernel.spaces[record.space].tableBytes
    case "mm_users": return isEmpty ? 0 : UInt64(kernel.spaces[record.space].users)
    case "mm_count": return isEmpty ? 0 : UInt64(kernel.spaces[record.space].references)
    default: return nil
    }
  }

  private mutating func children(of task: TaskIndex) throws(CallFailure) -> BuiltinOutcome {
    var handles: [Value] = []
    var child = kernel.tasks[task].firstChild
    while !child.isNone {
      let number = ledger.number(of: child)
      if number != 0 { handles.append(handle(of: number)) }
      child = kernel.tasks[child].nextSibling
    }
    return try list(handles)
  }

  /// The stack or the heap, nil when there is none.
  private mutating func namedRegion(_ name: RegionName, of task: TaskIndex)
    throws(CallFailure) -> BuiltinOutcome
  {
    let areas = kernel.regions(of: kernel.tasks[task].space)
    guard let area = areas.first(where: { kernel.name(of: $0) == name }) else {
      return .value(.none)
    }
    return .value(heap.region(start: area.start, length: area.end - area.start))
  }

  private mutating func regions(of task: TaskIndex) throws(CallFailure) -> BuiltinOutcome {
    let space = kernel.tasks[task].space
    let areas = kernel.regions(of: space)
    try reserve(ScriptHeap.listWords(areas.count) + areas.count * ScriptHeap.regionWords)
    let list = heap.list(count: areas.count)
    for (index, area) in areas.enumerated() {
      let region = heap.region(start: area.start, length: area.end - area.start)
      heap.setElement(index, of: list, to: region)
    }
    return .value(list)
  }

  // MARK: Things of the kernel

  private mutating func objectMember(_ handle: Value, _ name: MemberName)
    throws(CallFailure) -> BuiltinOutcome
  {
    let record = try thing(handle)
    switch name.known {
    case .address: return .value(heap.address(record.first))
    case .size: return .value(heap.integer(Int64(clamping: record.second)))
    default: return noMember(handle, name)
    }
  }

  private mutating func pageMember(_ handle: Value, _ name: MemberName)
    throws(CallFailure) -> BuiltinOutcome
  {
    let record = try thing(handle)
    let frame = FrameNumber(Int(record.first))
    switch name.known {
    case .frame, .number: return .value(Value(small: frame.index))
    case .order: return .value(Value(small: Int(record.second)))
    case .address: return .value(heap.address(kernel.directMap.pageAddress(of: frame)))
    case .refcount: return .value(Value(small: Int(kernel.memory.frames[frame].referenceCount)))
    default: return noMember(handle, name)
    }
  }

  private mutating func cacheMember(_ handle: Value, _ name: MemberName)
    throws(CallFailure) -> BuiltinOutcome
  {
    let record = try thing(handle)
    switch name.known {
    case .name: return try string(kernel.slab.name(of: CacheIndex(Int(record.first))))
    case .object_size, .size: return .value(Value(small: Int(record.second)))
    default: return noMember(handle, name)
    }
  }

  /// The record of a handle that must be alive.
  func thing(_ handle: Value) throws(CallFailure) -> HandleRecord {
    guard let record = handles.record(handle.payload) else {
      throw .misuse("this \(heap.kindName(of: handle)) was freed long ago")
    }
    if record.isLive { return record }
    throw .misuse("this \(record.kind.noun) is gone: \(death(of: record))")
  }

  private mutating func synchronizerMember(_ handle: Value, _ name: MemberName) -> BuiltinOutcome {
    let synchronizer = synchronizers[Int(handle.payload)]
    switch name.known {
    case .count: return .value(heap.integer(synchronizer.count))
    case .waiting: return .value(Value(small: synchronizer.waiters.count))
    default: return noMember(handle, name)
    }
  }

  // MARK: Values

  mutating func string(_ text: String) throws(CallFailure) -> BuiltinOutcome {
    try reserve(ScriptHeap.stringWords(bytes: text.utf8.count))
    return .value(heap.string(text))
  }

  /// A list of values that need no room of their own.
  mutating func list(_ values: [Value]) throws(CallFailure) -> BuiltinOutcome {
    try reserve(ScriptHeap.listWords(values.count))
    let list = heap.list(count: values.count)
    for (index, value) in values.enumerated() { heap.setElement(index, of: list, to: value) }
    return .value(list)
  }
}
