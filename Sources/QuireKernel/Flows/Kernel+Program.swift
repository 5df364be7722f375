// execve of a file: its headers say which parts of it are mapped where (LAYOUT-7, LAYOUT-8).
//
// Code and data come from the page cache by faults, so processes that run one program share its
// pages until they write. What goes wrong before the old memory is left is an error; afterwards
// there is no way back, and the process dies.

internal import KernelStorage

extension Kernel {
  /// Makes a file on a disk that can be executed: headers, and beside them one byte throughout.
  ///
  /// - Throws: ENOMEM, EFBIG, EINVAL when the headers do not fit into a page.
  /// Linux: none (what a linker does).
  public mutating func makeProgram(
    _ headers: ProgramHeaders, size: UInt64, fill: UInt8 = 0, mode: FileMode, by task: TaskIndex
  ) throws(Errno) -> OpenFile {
    let bytes = headers.bytes(for: machine.architecture)
    if bytes.count > Int(Page.size) { throw .EINVAL }
    let whole = Page.alignUp(max(size, Page.size))
    let file = try makeFile(.disk, size: whole, fill: fill, mode: mode, by: task)
    var page = PageData(fill: fill)
    for (offset, byte) in bytes.enumerated() {
      memory.store.setByte(&page, offset, to: byte)
    }
    virtual.objects.setBlock(0, of: file.object, to: page)
    return file
  }

  /// Replaces the memory of a process by the program in a file.
  ///
  /// - Returns: false when other threads have still to end: the caller sleeps, and calls again
  ///   when it is woken. True also when the program could not be mapped: then SIGSEGV awaits the
  ///   process.
  /// - Throws: ENOENT for a file that is removed, EACCES when it may not be executed, ETXTBSY while
  ///   somebody may write it, ENOEXEC for what is no program, ELIBBAD for such an interpreter,
  ///   E2BIG, ENOMEM, EAGAIN; nothing has changed then.
  /// Linux: `do_execveat_common` and `load_elf_binary`, fs/exec.c and fs/binfmt_elf.c.
  public mutating func execute(
    named name: String, program file: OpenFile, arguments: UInt64 = 0,
    layout: MapLayout = .flexible, by task: TaskIndex
  ) throws(Errno) -> Bool {
    charge(costs.systemCall)
    try checkExecuteLimits(task, arguments: arguments)
    let object = try executable(file, for: task)
    let headers = try headers(of: object, by: task)
    var interpreter: LoadedProgram?
    if let path = headers.interpreter { interpreter = try self.interpreter(path, for: task) }
    if try !becomeOnlyThread(task) { return false }
    let stackIsExecutable = headers.stack?.contains(.execute) ?? false
    let space = try makeProgramSpace(
      for: task, arguments: arguments, layout, stackIsExecutable: stackIsExecutable)
    settle(task, named: name, in: space)
    setProgram(object, of: space)
    do throws(Errno) {
      try touchArguments(arguments, by: task)
      let bias = try mapProgram(headers, object, isLoaded: interpreter != nil, by: task)
      if let interpreter { try mapInterpreter(interpreter, bias: bias, by: task) }
    } catch {
      raise(.SIGSEGV, on: task)
    }
    return true
  }

  // MARK: The file

  /// Linux: `do_open_execat`, fs/exec.c, and `generic_permission`, fs/namei.c.
  private borrowing func executable(
    _ file: OpenFile, for task: TaskIndex
  ) throws(Errno) -> MemoryObjectIndex {
    if !isOpen(file) { throw .ENOENT }
    let record = virtual.objects[file.object]
    if record.flags.contains(.device) || !mayExecute(file.object, task) { throw .EACCES }
    for chain in [record.linear, record.nonlinear] {
      var region = chain.first
      while !region.isNone {
        if virtual.regions[region].flags.isSuperset(of: [.shared, .mayWrite]) { throw .ETXTBSY }
        region = virtual.regions.links[region.index].nextInObject
      }
    }
    return file.object
  }

  /// Even the superuser executes only what somebody may.
  private borrowing func mayExecute(_ object: MemoryObjectIndex, _ task: TaskIndex) -> Bool {
    let record = virtual.objects[object]
    if tasks[task].holds(.dacOverride) { return record.mode.rawValue & 0o111 != 0 }
    let isOwner = record.owner == tasks[task].credentials.user
    return record.mode.rawValue >> (isOwner ? 6 : 3) & 1 != 0
  }

  /// Linux: `load_elf_phdrs`, fs/binfmt_elf.c.
  private mutating func headers(
    of object: MemoryObjectIndex, by task: TaskIndex
  ) throws(Errno) -> ProgramHeaders {
    let architecture = machine.architecture
    let size = ProgramHeaders.headerSize(architecture)
    let header = try read(object, at: 0, size, by: task)
    let place = try ProgramHeaders.table(of: header, for: architecture)
    let table = try read(object, at: place.offset, place.size, by: task)
    if table.count != place.size { throw .ENOEXEC }
    var (headers, path) = try ProgramHeaders.decode(header, table, for: architecture)
    guard let path else { return headers }
    let bytes = try read(object, at: path.offset, Int(path.fileSize), by: task)
    if bytes.count != Int(path.fileSize) { throw .EIO }
    if bytes.last != 0 { throw .ENOEXEC }
    headers.interpreter = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    return headers
  }

  /// Reads bytes of a file for the kernel itself, from the page cache.
  ///
  /// Linux: `kernel_read`, fs/read_write.c.
  private mutating func read(
    _ object: MemoryObjectIndex, at offset: UInt64, _ count: Int, by task: TaskIndex
  ) throws(Errno) -> [UInt8] {
    var bytes: [UInt8] = []
    let size = virtual.objects[object].size
    while bytes.count < count {
      let (place, isOver) = offset.addingReportingOverflow(UInt64(bytes.count))
      if isOver || place >= size { break }
      let frame = try cachedPage(place >> Page.shift, of: object, by: task)
      bytes.append(memory.byte(frame, Int(place & Page.offsetMask)))
    }
    return bytes
  }

  /// The program that loads another, by its path: files here have a number for a name.
  private mutating func interpreter(
    _ path: String, for task: TaskIndex
  ) throws(Errno) -> LoadedProgram {
    let object = try executable(try file(atPath: path), for: task)
    do throws(Errno) {
      return LoadedProgram(object: object, headers: try headers(of: object, by: task))
    } catch {
      throw error == .ENOEXEC ? .ELIBBAD : error
    }
  }

  private struct LoadedProgram {
    var object: MemoryObjectIndex
    var headers: ProgramHeaders
  }

  /// The path by which a program finds another.
  public borrowing func path(of file: OpenFile) -> String {
    let record = virtual.objects[file.object]
    return RegionName.file(number: record.number, FileKind.of(record.flags), isRemoved: false).text
  }

  /// The file of a path, as maps shows it.
  ///
  /// - Throws: ENOENT; ENOTDIR for a path that goes on behind a file.
  /// Linux: `path_lookupat`, fs/namei.c.
  public borrowing func file(atPath path: String) throws(Errno) -> OpenFile {
    if let file = fileNamed(path) { return file }
    // There are no directories: only what comes first can be a file.
    let end = path.dropFirst().firstIndex(of: "/") ?? path.endIndex
    throw end < path.endIndex && fileNamed(String(path[..<end])) != nil ? .ENOTDIR : .ENOENT
  }

  private borrowing func fileNamed(_ path: String) -> OpenFile? {
    for index in 1..<max(1, virtual.objects.records.limit)
    where virtual.objects.records.isLive(index) {
      let object = MemoryObjectIndex(index)
      let record = virtual.objects[object]
      let file = OpenFile(object: object, number: record.number, access: .read)
      if record.flags.contains(.file) && record.holders > 0 && self.path(of: file) == path {
        return file
      }
    }
    return nil
  }

  // MARK: The memory

  /// Maps the parts of a program and puts the heap behind them; the answer is what its addresses
  /// are shifted by.
  ///
  /// - Parameter isLoaded: an interpreter loads it; one that may lie anywhere has its own place
  ///   then, and else one like any other mapping.
  private mutating func mapProgram(
    _ headers: ProgramHeaders, _ object: MemoryObjectIndex, isLoaded: Bool, by task: TaskIndex
  ) throws(Errno) -> UInt64 {
    let space = tasks[task].space
    var marks = ProgramMarks()
    var bias: UInt64 = 0
    for (number, segment) in headers.segments.enumerated() {
      if !segment.fits(below: layout.taskSize) { throw .EINVAL }
      var flags: MapFlags = [.private]
      var total: UInt64 = 0
      if number > 0 {
        flags.insert(.fixed)
      } else if !headers.isRelocatable {
        flags.insert(.fixedNoReplace)
      } else {
        total = headers.totalSize
        if total == 0 || total > layout.taskSize { throw .EINVAL }
        if isLoaded {
          // Linux: `ELF_ET_DYN_BASE`, arch/x86/include/asm/elf.h.
          bias = layout.taskSize / 3 * 2 & ~(headers.alignment - 1)
          flags.insert(.fixedNoReplace)
        } else if headers.alignment > Page.size {
          bias = try alignedPlace(headers, by: task)
          flags.insert(.fixedNoReplace)
        }
        bias = Page.alignDown(bias &- segment.address)
      }
      let place = bias &+ segment.address
      let mapped = try loadSegment(segment, at: place, flags, total, object, by: task)
      if number == 0 && headers.isRelocatable { bias = bias &+ mapped &- Page.alignDown(place) }
      marks.add(segment)
    }
    marks.shift(by: bias)
    spaces[space].program.marks = marks
    setBreakStart(marks.end == 0 ? layout.defaultBreak : Page.alignUp(marks.end), of: space)
    return bias
  }

  /// Where as much could lie, as a multiple of what the program asks for.
  private mutating func alignedPlace(
    _ headers: ProgramHeaders, by task: TaskIndex
  ) throws(Errno) -> UInt64 {
    let room = try freeAddress(
      hint: 0, Page.alignUp(headers.totalSize), .any, [], in: tasks[task].space)
    return room & ~(headers.alignment - 1)
  }

  /// Linux: `load_elf_interp`, fs/binfmt_elf.c.
  private mutating func mapInterpreter(
    _ program: LoadedProgram, bias mainBias: UInt64, by task: TaskIndex
  ) throws(Errno) {
    let headers = program.headers
    var bias: UInt64 = 0
    var total = headers.totalSize
    if total == 0 || total > layout.taskSize { throw .EINVAL }
    for (number, segment) in headers.segments.enumerated() {
      if !segment.fits(below: layout.taskSize) { throw .ENOMEM }
      var flags: MapFlags = [.private]
      if number > 0 || !headers.isRelocatable {
        flags.insert(.fixed)
      } else if mainBias != 0 {
        bias = 0 &- segment.address
      }
      let place = bias &+ segment.address
      let mapped = try loadSegment(segment, at: place, flags, total, program.object, by: task)
      if number == 0 && headers.isRelocatable { bias = mapped &- Page.alignDown(segment.address) }
      total = 0
    }
  }

  /// Maps one part: bytes of the file, zeros up to the end of their last page, and zeros behind it.
  ///
  /// - Parameter total: bytes that have to lie together, of which this part is the first; 0 for
  ///   this part alone.
  /// Linux: `elf_load` and `elf_map`, fs/binfmt_elf.c.
  private mutating func loadSegment(
    _ segment: ProgramSegment, at address: VirtualAddress, _ flags: MapFlags, _ total: UInt64,
    _ object: MemoryObjectIndex, by task: TaskIndex
  ) throws(Errno) -> VirtualAddress {
    let within = segment.address & Page.offsetMask
    var start = Page.alignDown(address)
    var zeros = start
    if start >= layout.taskSize { throw .ENOMEM }
    if segment.fileSize > 0 {
      let size = Page.alignUp(segment.fileSize + within)
      let offset = segment.offset &- within
      if !Page.isAligned(offset) { throw .EINVAL }
      let request = MapRequest(
        at: start, length: max(Page.alignUp(total), size), segment.rights, flags, offset: offset)
      start = try map(request, of: MapSource(object: object, access: .read), by: task)
      if total > size { try munmapChecked(start + size, Page.alignUp(total) - size, by: task) }
      if segment.memorySize == segment.fileSize { return start }
      zeros = start + within + segment.fileSize
      let rest = Page.alignUp(zeros) - zeros
      if clearUser(zeros, rest, by: task) > 0 && segment.rights.contains(.write) { throw .EFAULT }
      zeros = Page.alignUp(zeros)
    }
    let end = Page.alignUp(start + within + segment.memorySize)
    if end > zeros {
      let rights = segment.rights.intersection(.execute).union([.read, .write])
      let request = MapRequest(
        at: zeros, length: end - zeros, rights, [.private, .anonymous, .fixed])
      _ = try map(request, of: MapSource(), by: task)
    }
    return start
  }

  // MARK: Who runs it

  /// An address space runs a file, which nobody may write meanwhile.
  ///
  /// Linux: `set_mm_exe_file`, kernel/fork.c.
  mutating func setProgram(_ object: MemoryObjectIndex, of space: AddressSpaceIndex) {
    if object.isNone { return }
    spaces[space].program.object = object
    virtual.objects[object].executions += 1
  }

  /// The last process has left an address space.
  mutating func forgetProgram(of space: AddressSpaceIndex) {
    let object = spaces[space].program.object
    if object.isNone { return }
    spaces[space].program = RunningProgram()
    virtual.objects[object].executions -= 1
    releaseIfUnused(object)
  }

  /// Refuses to write a program that runs.
  ///
  /// Linux: `get_write_access`, include/linux/fs.h.
  func refuseWriting(_ object: MemoryObjectIndex) throws(Errno) {
    if virtual.objects[object].executions > 0 { throw .ETXTBSY }
  }
}

/// The program of an address space.
///
/// Linux: `mm_struct.exe_file` and the marks beside it, include/linux/mm_types.h.
public struct RunningProgram: Hashable, Sendable, BitwiseCopyable {
  package internal(set) var object = MemoryObjectIndex.none
  public internal(set) var marks = ProgramMarks()
}

/// Where code and data of a program begin and end (LAYOUT-8).
///
/// Linux: `start_code` and friends of `mm_struct`, include/linux/mm_types.h.
public struct ProgramMarks: Hashable, Sendable, BitwiseCopyable {
  public internal(set) var startCode: VirtualAddress = 0
  public internal(set) var endCode: VirtualAddress = 0
  public internal(set) var startData: VirtualAddress = 0
  public internal(set) var endData: VirtualAddress = 0
  /// The last byte of all parts; the heap begins behind it.
  var end: VirtualAddress = 0
  private var hasCode = false

  init() {}

  mutating func add(_ segment: ProgramSegment) {
    let fileEnd = segment.address + segment.fileSize
    if segment.rights.contains(.execute) {
      startCode = hasCode ? min(startCode, segment.address) : segment.address
      endCode = max(endCode, fileEnd)
      hasCode = true
    }
    startData = max(startData, segment.address)
    endData = max(endData, fileEnd)
    end = max(end, segment.address + segment.memorySize)
  }

  mutating func shift(by bias: UInt64) {
    if end == 0 { return }
    startCode = startCode &+ bias
    endCode = endCode &+ bias
    startData = startData &+ bias
    endData = endData &+ bias
    end = end &+ bias
  }
}
