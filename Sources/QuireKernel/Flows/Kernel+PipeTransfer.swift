// Reading and writing pipes: page by page, with sleep where there is nothing, or no room.

internal import KernelStorage

extension Kernel {
  /// Goes on with a read or write of a pipe.
  ///
  /// A read gives what there is, and 0 when nobody will write any more; a write is done when all of
  /// it has found room. Whoever comes to a pipe that nobody will read gets SIGPIPE and EPIPE.
  /// Linux: `pipe_read` and `pipe_write`, fs/pipe.c.
  mutating func movePipe(
    _ transfer: inout DescriptorTransfer, by task: TaskIndex
  ) -> TransferProgress {
    leaveQueue(task)
    do throws(Errno) {
      while transfer.data.left > 0 {
        if now >= sliceEnd { return .progress(.again) }
        let step = transfer.isWrite ? try fill(&transfer, by: task) : try drain(&transfer, by: task)
        switch step {
        case .moved: continue
        case .over: return finish(transfer)
        case .sleeps: return .sleeping
        case .progress(let progress): return .progress(progress)
        case .refused(let errno): throw errno
        }
      }
    } catch {
      if transfer.moved == 0 {
        passOn(transfer)
        return .progress(.failed(error))
      }
    }
    return finish(transfer)
  }

  /// Done: what is left is for the next in the queue.
  private mutating func finish(_ transfer: DescriptorTransfer) -> TransferProgress {
    passOn(transfer)
    return .progress(.done)
  }

  /// Who was woken wakes the next when it leaves data, or room.
  mutating func passOn(_ transfer: DescriptorTransfer) {
    guard let pipe = descriptors[transfer.description].pipe else { return }
    let record = descriptors[pipe]
    if !transfer.isWrite && record.pages > 0 { wakeFirst(at: .pipeData(pipe)) }
    if transfer.isWrite && !record.isFull { wakeFirst(at: .pipeRoom(pipe)) }
  }

  private enum Step {
    case moved
    case over
    case sleeps
    case progress(Progress)
    case refused(Errno)
  }

  /// Nothing can be done now: the task sleeps, unless its descriptor says that it never does.
  private mutating func wait(
    _ place: WaitPlace, _ transfer: inout DescriptorTransfer, by task: TaskIndex
  ) -> Step {
    if descriptors[transfer.description].isNonBlocking { return .refused(.EAGAIN) }
    transfer.hasSlept = true
    // A signal is to be delivered first; then the task comes back.
    return sleep(task, at: place, .interruptible) ? .sleeps : .progress(.again)
  }

  // MARK: Reading

  /// Takes what the oldest page has, to one page of the process.
  private mutating func drain(
    _ transfer: inout DescriptorTransfer, by task: TaskIndex
  ) throws(Errno) -> Step {
    guard let pipe = descriptors[transfer.description].pipe else { throw .EBADF }
    let index = Int(descriptors[pipe].firstBuffer)
    if index == 0 {
      if transfer.moved > 0 || descriptors[pipe].writers.descriptions == 0 { return .over }
      return wait(.pipeData(pipe), &transfer, by: task)
    }
    let buffer = descriptors.buffers[index]
    let address = transfer.data.address
    let room = Page.size - address & Page.offsetMask
    let count = min(UInt64(buffer.length), transfer.data.left, room)
    var target = FrameNumber.none
    let progress = userFrame(at: address, .write, &target, by: task, takesFaults: true)
    if progress != .done { return .progress(try copyProgress(progress)) }
    copyBytes(
      Int(count), from: buffer.frame, Int(buffer.offset), to: target,
      Int(address & Page.offsetMask))
    transfer.data.advance(count)
    descriptors.buffers[index].offset += UInt16(count)
    descriptors.buffers[index].length -= UInt16(count)
    descriptors[pipe].bytes -= count
    if descriptors.buffers[index].length > 0 { return .moved }
    let wasFull = descriptors[pipe].isFull
    dropBuffer(of: pipe)
    if wasFull { wakeFirst(at: .pipeRoom(pipe)) }
    return .moved
  }

  // MARK: Writing

  /// Puts the odd bytes of a write into the newest page, if they all find room there, and else a
  /// page full of bytes into a new one.
  private mutating func fill(
    _ transfer: inout DescriptorTransfer, by task: TaskIndex
  ) throws(Errno) -> Step {
    guard let pipe = descriptors[transfer.description].pipe else { throw .EBADF }
    if descriptors[pipe].readers.descriptions == 0 {
      post(.SIGPIPE, toThread: task)
      throw .EPIPE
    }
    let merges = self.merges(transfer, into: pipe)
    if !merges && descriptors[pipe].isFull {
      return wait(.pipeRoom(pipe), &transfer, by: task)
    }
    let left = transfer.data.left
    let count = merges ? left & Page.offsetMask : min(left, Page.size)
    let address = transfer.data.address
    let first = min(count, Page.size - address & Page.offsetMask)
    var sources: [2 of FrameNumber] = .init(repeating: .none)
    // Both pages of the process have to be there before anything moves.
    let progress = userFrame(
      at: address, .read, &sources[0], by: task, takesFaults: true)
    if progress != .done { return .progress(try copyProgress(progress)) }
    let wasHeld = keep(sources[0])
    defer { letGo(sources[0], wasHeld: wasHeld) }
    if first < count {
      let progress = userFrame(
        at: address + first, .read, &sources[1], by: task, takesFaults: true)
      if progress != .done { return .progress(try copyProgress(progress)) }
    }
    let wasSecondHeld = first < count ? keep(sources[1]) : true
    defer { letGo(sources[1], wasHeld: wasSecondHeld) }
    if !merges { try addBuffer(to: pipe, by: task) }
    append(sources, first, count, from: address, to: pipe)
    transfer.data.advance(count)
    return .moved
  }

  /// Whether a write begins behind what the newest page has.
  private func merges(_ transfer: DescriptorTransfer, into pipe: PipeIndex) -> Bool {
    let rest = transfer.data.left & Page.offsetMask
    let last = Int(descriptors[pipe].lastBuffer)
    if rest == 0 || last == 0 || transfer.moved > 0 || transfer.hasSlept { return false }
    let buffer = descriptors.buffers[last]
    return UInt64(buffer.offset) + UInt64(buffer.length) + rest <= Page.size
  }

  /// Reclaim leaves the page alone until it is let go; zeros and registers it never takes.
  private mutating func keep(_ frame: FrameNumber) -> Bool {
    frame == virtual.zeroFrame || !memory.isRAM(frame) || hold(frame)
  }

  /// Linux: `alloc_page` in `pipe_write`, fs/pipe.c.
  private mutating func addBuffer(to pipe: PipeIndex, by task: TaskIndex) throws(Errno) {
    var frame = descriptors[pipe].spare
    if frame.isNone { frame = try allocatePages(.highUser, order: 0, for: task) }
    descriptors[pipe].spare = .none
    let index = UInt32(descriptors.buffers.allocate(PipeBuffer(frame: frame)))
    let last = descriptors[pipe].lastBuffer
    if last == 0 {
      descriptors[pipe].firstBuffer = index
    } else {
      descriptors.buffers[Int(last)].next = index
    }
    descriptors[pipe].lastBuffer = index
    descriptors[pipe].pages += 1
  }

  /// Copies bytes of one or two pages behind those of the newest page.
  private mutating func append(
    _ sources: [2 of FrameNumber], _ first: UInt64, _ count: UInt64, from address: VirtualAddress,
    to pipe: PipeIndex
  ) {
    let last = Int(descriptors[pipe].lastBuffer)
    let buffer = descriptors.buffers[last]
    let end = Int(buffer.offset) + Int(buffer.length)
    copyBytes(
      Int(first), from: sources[0], Int(address & Page.offsetMask), to: buffer.frame, end)
    if first < count {
      copyBytes(Int(count - first), from: sources[1], 0, to: buffer.frame, end + Int(first))
    }
    descriptors.buffers[last].length += UInt16(count)
    let wasEmpty = descriptors[pipe].bytes == 0
    descriptors[pipe].bytes += count
    if wasEmpty { wakeFirst(at: .pipeData(pipe)) }
  }
}
