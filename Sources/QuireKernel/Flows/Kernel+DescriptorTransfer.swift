// read, write and lseek: data moves at the place where a description is, and the place with it.
//
// Whoever reads or writes has the place for himself until he is done; others queue for it.

internal import KernelStorage

/// One read or write through a descriptor on its way.
///
/// Linux: `struct kiocb`, include/linux/fs.h.
public struct DescriptorTransfer: Hashable, Sendable, BitwiseCopyable {
  public let description: DescriptionIndex
  let number: UInt32
  /// Of a pipe only the place in memory and the counts mean something.
  var data: FileTransfer
  /// It has slept, and what it meant to add to may be gone.
  var hasSlept = false

  /// Bytes that were moved: what the call returns.
  public var moved: UInt64 { data.moved }
  public var isWrite: Bool { data.isWrite }
}

/// What became of a step of such a transfer.
public enum TransferProgress: Hashable, Sendable {
  case progress(Progress)
  /// The task sleeps until there is something to read, room to write, or the place is free.
  case sleeping
}

/// What `lseek` counts from.
///
/// Linux: `SEEK_SET` and friends, include/uapi/linux/fs.h.
public enum SeekOrigin: UInt8, CaseIterable, Sendable, BitwiseCopyable {
  case set, current, end
}

extension Kernel {
  /// Begins a read or write at the place where a description is.
  ///
  /// - Throws: EBADF when it is not open for that, EINVAL for a process, EFAULT for memory that no
  ///   process has.
  /// Linux: `vfs_read` and `vfs_write`, fs/read_write.c.
  public mutating func beginTransfer(
    _ description: DescriptionIndex, _ address: VirtualAddress, _ length: UInt64, isWrite: Bool,
    by task: TaskIndex
  ) throws(Errno) -> DescriptorTransfer {
    charge(costs.systemCall)
    let record = descriptors[description]
    if !record.access.contains(isWrite ? .write : .read) { throw .EBADF }
    if case .process = record.subject { throw .EINVAL }
    if !isUserRange(address, length) { throw .EFAULT }
    let file = record.file ?? OpenFile(object: .none, number: 0, access: record.access)
    return DescriptorTransfer(
      description: description, number: record.number,
      data: FileTransfer(file, at: record.offset, address, length, isWrite: isWrite))
  }

  /// Goes on with a transfer.
  ///
  /// A description that another thread has closed meanwhile ends it: EBADF when nothing was moved.
  public mutating func perform(
    _ transfer: inout DescriptorTransfer, by task: TaskIndex
  ) -> TransferProgress {
    guard descriptors.isLive(transfer.description, transfer.number) else {
      return .progress(transfer.moved == 0 ? .failed(.EBADF) : .done)
    }
    if descriptors[transfer.description].pipe != nil { return movePipe(&transfer, by: task) }
    let description = transfer.description
    let mover = descriptors[description].mover
    if !mover.isNone && mover != task {
      _ = sleep(task, at: .offset(description), .uninterruptible)
      return .sleeping
    }
    if mover.isNone || transfer.moved == 0 {
      descriptors[description].mover = task
      transfer.data.offset = descriptors[description].offset
    }
    let progress = move(&transfer.data, by: task)
    descriptors[description].offset = transfer.data.offset
    switch progress {
    case .again, .blocked: break
    default: endMove(of: description, by: task)
    }
    return .progress(progress)
  }

  /// The place of a description is free again, if the task had it: it goes to who waits longest.
  ///
  /// Linux: `fdput_pos`, include/linux/file.h.
  mutating func endMove(of description: DescriptionIndex, by task: TaskIndex) {
    if descriptors[description].mover != task { return }
    descriptors[description].mover = wakeFirst(at: .offset(description))
  }

  /// What is left of a transfer when a signal has been handled: one that slept at a pipe is over,
  /// and nil when it had moved nothing (EINTR); any other goes on.
  ///
  /// Linux: `ERESTARTSYS` without `SA_RESTART`, arch/x86/kernel/signal.c.
  public mutating func interrupted(
    _ transfer: DescriptorTransfer, by task: TaskIndex
  ) -> DescriptorTransfer? {
    let slept = tasks[task].waitPlace != .nowhere || transfer.hasSlept
    abandon(transfer, by: task)
    guard slept, descriptors.isLive(transfer.description, transfer.number),
      descriptors[transfer.description].pipe != nil
    else { return transfer }
    if transfer.moved == 0 { return nil }
    var rest = transfer
    rest.data.left = 0
    return rest
  }

  /// A transfer is given up where it is.
  public mutating func abandon(_ transfer: DescriptorTransfer, by task: TaskIndex) {
    leaveQueue(task)
    guard descriptors.isLive(transfer.description, transfer.number) else { return }
    endMove(of: transfer.description, by: task)
    passOn(transfer)
  }

  /// Puts a description at another place and returns it.
  ///
  /// - Throws: ESPIPE for a pipe or a process, EINVAL for a place before the first byte or beyond
  ///   what a file can have.
  /// Linux: `generic_file_llseek`, fs/read_write.c.
  public mutating func seek(
    _ description: DescriptionIndex, by distance: Int64, from origin: SeekOrigin
  ) throws(Errno) -> UInt64 {
    charge(costs.systemCall)
    guard let file = descriptors[description].file else { throw .ESPIPE }
    let object = try object(of: file)
    let start: UInt64 =
      switch origin {
      case .set: 0
      case .current: descriptors[description].offset
      case .end: virtual.objects[object].size
      }
    let (place, isOver) = Int64(start).addingReportingOverflow(distance)
    if isOver || place < 0 { throw .EINVAL }
    if UInt64(place) > FileKind.of(virtual.objects[object].flags).largestSize { throw .EINVAL }
    descriptors[description].offset = UInt64(place)
    return UInt64(place)
  }
}
