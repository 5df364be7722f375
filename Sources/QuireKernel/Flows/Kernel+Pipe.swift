// Pipes: made, given another size, and gone with their ends.

internal import KernelStorage

extension Kernel {
  /// Makes a pipe and two descriptors of a process for its ends.
  ///
  /// - Parameter isNonBlocking: where a read or write would sleep, it answers EAGAIN.
  /// - Throws: EMFILE, ENOMEM, ENFILE.
  /// Linux: `do_pipe2` and `alloc_pipe_info`, fs/pipe.c.
  public mutating func makePipe(
    isNonBlocking: Bool = false, by task: TaskIndex
  ) throws(Errno) -> (reader: DescriptionIndex, writer: DescriptionIndex) {
    charge(costs.systemCall)
    let first = try freeDescriptor(of: task)
    let second = try freeDescriptor(of: task, from: first + 1)
    let pipe = try newPipe(by: task)
    let reader: DescriptionIndex
    let writer: DescriptionIndex
    do throws(Errno) { reader = try makeDescription(of: .pipeReader(pipe), by: task) } catch {
      free(pipe)
      throw error
    }
    do throws(Errno) { writer = try makeDescription(of: .pipeWriter(pipe), by: task) } catch {
      freeObject(descriptors[reader].object)
      descriptors.descriptions.release(reader.index)
      free(pipe)
      throw error
    }
    descriptors[reader].isNonBlocking = isNonBlocking
    descriptors[writer].isNonBlocking = isNonBlocking
    install(reader, as: first, in: task)
    install(writer, as: second, in: task)
    return (reader, writer)
  }

  /// Linux: `alloc_pipe_info`, fs/pipe.c.
  private mutating func newPipe(by task: TaskIndex) throws(Errno) -> PipeIndex {
    var capacity = Pipe.usualCapacity
    if isShortOfPipePages(task, adding: capacity) { capacity = Pipe.leastCapacity }
    let record = try allocateObject(Self.cache(for: Pipe.recordSize), .kernel, for: task)
    do throws(Errno) {
      let array = try allocateArray(of: capacity, by: task)
      var pipe = Pipe(capacity: capacity, objects: [record, array])
      pipe.owner = tasks[task].credentials.user
      return PipeIndex(descriptors.pipes.allocate(pipe))
    } catch {
      freeObject(record)
      throw error
    }
  }

  /// Above a page an array is whole pages, which the model does not set aside for it.
  private mutating func allocateArray(
    of capacity: UInt32, by task: TaskIndex
  ) throws(Errno) -> SlabObject {
    let size = Int(capacity) * Pipe.entrySize
    if size > KmallocClass.largestCached { return .none }
    return try allocateObject(Self.cache(for: size), .kernel, for: task)
  }

  private static func cache(for size: Int) -> CacheIndex { KmallocClass.cache(for: size, .normal) }

  /// Whether the pipes of an ordinary user would have more pages than he may.
  ///
  /// Linux: `too_many_pipe_buffers_soft` and `pipe_is_unprivileged_user`, fs/pipe.c.
  private func isShortOfPipePages(_ task: TaskIndex, adding pages: UInt32) -> Bool {
    if tasks[task].holds(.resource) || tasks[task].holds(.admin) { return false }
    var sum = UInt64(pages)
    for index in 1..<max(1, descriptors.pipes.limit) where descriptors.pipes.isLive(index) {
      let pipe = descriptors[PipeIndex(index)]
      if pipe.owner == tasks[task].credentials.user { sum += UInt64(pipe.capacity) }
    }
    return sum > Self.pipePagesOfUser
  }

  /// Linux: `pipe_user_pages_soft`, fs/pipe.c.
  private static var pipePagesOfUser: UInt64 { 16 * 1024 }
  /// Bytes that an ordinary user may give a pipe. Linux: `pipe_max_size`, fs/pipe.c.
  private static var largestPipe: UInt64 { 1 << 20 }

  /// Gives a pipe room for so many bytes, rounded up to a power of two of pages.
  ///
  /// - Returns: its room in bytes.
  /// - Throws: EBADF for what is no pipe, EINVAL for more than 2 GiB, EPERM for more than an
  ///   ordinary user may have, EBUSY when more pages than that wait to be read, ENOMEM.
  /// Linux: `pipe_set_size`, fs/pipe.c.
  public mutating func resizePipe(
    _ description: DescriptionIndex, to size: UInt64, by task: TaskIndex
  ) throws(Errno) -> UInt64 {
    charge(costs.systemCall)
    guard let pipe = descriptors[description].pipe else { throw .EBADF }
    if size > 1 << 31 { throw .EINVAL }
    let wanted = max(size, Page.size)
    let rounded = UInt64(1) << UInt64(64 - (wanted - 1).leadingZeroBitCount)
    let capacity = UInt32(rounded >> Page.shift)
    let record = descriptors[pipe]
    if capacity > record.capacity {
      if rounded > Self.largestPipe && !tasks[task].holds(.resource) { throw .EPERM }
      if isShortOfPipePages(task, adding: capacity - record.capacity) { throw .EPERM }
    }
    let array = try allocateArray(of: capacity, by: task)
    if capacity < record.pages {
      if !array.isNone { freeObject(array) }
      throw .EBUSY
    }
    if !record.objects[1].isNone { freeObject(record.objects[1]) }
    descriptors[pipe].objects[1] = array
    descriptors[pipe].capacity = capacity
    if !descriptors[pipe].isFull { wakeFirst(at: .pipeRoom(pipe)) }
    return rounded
  }

  /// Bytes that a pipe has room for, and that wait in it.
  public func pipeUsage(_ pipe: PipeIndex) -> (capacity: UInt64, bytes: UInt64) {
    (UInt64(descriptors[pipe].capacity) << Page.shift, descriptors[pipe].bytes)
  }

  // MARK: The end

  /// The last descriptor of an end has gone: those at the other end hear of it, and with both ends
  /// the pipe goes.
  ///
  /// Linux: `pipe_release`, fs/pipe.c.
  mutating func releaseEnd(of pipe: PipeIndex, isReader: Bool) {
    if isReader {
      descriptors[pipe].readers.descriptions -= 1
    } else {
      descriptors[pipe].writers.descriptions -= 1
    }
    wakeAll(at: .pipeData(pipe))
    wakeAll(at: .pipeRoom(pipe))
    let record = descriptors[pipe]
    if record.readers.descriptions == 0 && record.writers.descriptions == 0 { free(pipe) }
  }

  /// Linux: `free_pipe_info`, fs/pipe.c.
  private mutating func free(_ pipe: PipeIndex) {
    while descriptors[pipe].firstBuffer != 0 { dropBuffer(of: pipe, keepsPage: false) }
    let record = descriptors[pipe]
    if !record.spare.isNone { put(record.spare) }
    for place in 0..<record.objects.count where !record.objects[place].isNone {
      freeObject(record.objects[place])
    }
    descriptors.pipes.release(pipe.index)
  }

  /// The oldest page of a pipe has been read; one is kept to be written next.
  ///
  /// Linux: `anon_pipe_buf_release`, fs/pipe.c.
  mutating func dropBuffer(of pipe: PipeIndex, keepsPage: Bool = true) {
    let index = descriptors[pipe].firstBuffer
    let buffer = descriptors.buffers[Int(index)]
    descriptors.buffers.release(Int(index))
    descriptors[pipe].firstBuffer = buffer.next
    if buffer.next == 0 { descriptors[pipe].lastBuffer = 0 }
    descriptors[pipe].pages -= 1
    descriptors[pipe].bytes -= UInt64(buffer.length)
    if keepsPage && descriptors[pipe].spare.isNone {
      descriptors[pipe].spare = buffer.frame
    } else {
      put(buffer.frame)
    }
  }
}
