// copy_to_user and its kin: the kernel touches a process's memory by the process's own addresses,
// and what it touches takes the process's faults (FAULT-2, REC-17).
//
// The instructions that do so have an entry in the table of fix-ups: a fault that cannot be handled
// ends the copy where it stands, and the caller learns how many bytes are left. Faults that are
// handled count as the process's own.

internal import KernelStorage

/// A copy between the kernel and a process on its way.
///
/// Linux: the arguments of `raw_copy_to_user`, arch/x86/include/asm/uaccess_64.h.
public struct UserCopy: Hashable, Sendable, BitwiseCopyable {
  /// Which way the bytes go.
  public let isToUser: Bool
  /// The next byte of the process.
  public fileprivate(set) var address: VirtualAddress
  /// Bytes that are not copied yet: in the end, what the call returns.
  public fileprivate(set) var left: UInt64
  public fileprivate(set) var copied: UInt64 = 0
  /// Where the kernel's side begins; nil for a buffer that the caller has beside the machine.
  public let kernelAddress: VirtualAddress?
  /// Whether faults are handled; without, only what is mapped already can be copied.
  ///
  /// Linux: `pagefault_disable`, include/linux/uaccess.h.
  public let takesFaults: Bool
  fileprivate var hasBegun = false

  public init(
    toUser isToUser: Bool, _ address: VirtualAddress, _ length: UInt64,
    kernel kernelAddress: VirtualAddress? = nil, takesFaults: Bool = true
  ) {
    self.isToUser = isToUser
    self.address = address
    left = length
    self.kernelAddress = kernelAddress
    self.takesFaults = takesFaults
  }

  /// The next byte of the kernel.
  fileprivate var source: VirtualAddress? { kernelAddress.map { $0 &+ copied } }

  /// Bytes up to the next boundary of a page on either side.
  fileprivate var step: UInt64 {
    let rest = min(left, Page.size - address & Page.offsetMask)
    return min(rest, source.map { Page.size - $0 & Page.offsetMask } ?? rest)
  }
}

extension Kernel {
  /// Goes on with a copy; `left` holds what it returns when it is done.
  ///
  /// - Parameter buffer: the kernel's side, as long as the copy, where it has no address.
  /// Linux: `_copy_to_user` and `_copy_from_user`, include/linux/uaccess.h.
  public mutating func perform(
    _ copy: inout UserCopy, _ buffer: inout [UInt8], by task: TaskIndex
  ) -> Progress {
    let progress = goOn(&copy, &buffer, by: task)
    if progress == .done && !copy.isToUser && copy.left > 0 { clearRest(of: copy, by: task) }
    return progress
  }

  /// What the kernel could not read is zeros to it, never what its memory held before.
  private mutating func clearRest(of copy: UserCopy, by task: TaskIndex) {
    guard var next = copy.source else { return }
    var left = copy.left
    while left > 0, let frame = kernelFrame(at: next, .write, by: task) {
      let count = min(left, Page.size - next & Page.offsetMask)
      let first = Int(next & Page.offsetMask)
      for place in first..<(first + Int(count)) { setByte(frame, place, to: 0) }
      next = next &+ count
      left -= count
    }
  }

  private mutating func goOn(
    _ copy: inout UserCopy, _ buffer: inout [UInt8], by task: TaskIndex
  ) -> Progress {
    if !copy.hasBegun {
      copy.hasBegun = true
      if !isUserRange(copy.address, copy.left) { return .done }
    }
    while copy.left > 0 {
      if now >= sliceEnd { return .again }
      var frame = FrameNumber.none
      let progress = userFrame(
        at: copy.address, copy.isToUser ? .write : .read, &frame, by: task,
        takesFaults: copy.takesFaults)
      if case .signal = progress { return .done }
      if progress != .done { return progress }
      let count = copy.step
      if !move(copy, Int(count), frame, &buffer, by: task) { return .done }
      charge(costs.pageCopy * count / Page.size)
      copy.address += count
      copy.copied += count
      copy.left -= count
    }
    return .done
  }

  /// Moves bytes that lie in one page on both sides; false when the kernel's side is not mapped,
  /// which the same fix-up covers.
  private mutating func move(
    _ copy: UserCopy, _ count: Int, _ frame: FrameNumber, _ buffer: inout [UInt8],
    by task: TaskIndex
  ) -> Bool {
    let offset = Int(copy.address & Page.offsetMask)
    if let address = copy.source {
      guard let other = kernelFrame(at: address, copy.isToUser ? .read : .write, by: task) else {
        return false
      }
      let place = Int(address & Page.offsetMask)
      if copy.isToUser {
        moveBytes(count, from: other, place, to: frame, offset)
      } else {
        moveBytes(count, from: frame, offset, to: other, place)
      }
      return true
    }
    let first = Int(copy.copied)
    for step in 0..<count {
      if copy.isToUser {
        setByte(frame, offset + step, to: buffer[first + step])
      } else {
        buffer[first + step] = byte(frame, offset + step)
      }
    }
    return true
  }

  private mutating func moveBytes(
    _ count: Int, from source: FrameNumber, _ sourceOffset: Int, to target: FrameNumber,
    _ targetOffset: Int
  ) {
    for step in 0..<count {
      setByte(target, targetOffset + step, to: byte(source, sourceOffset + step))
    }
  }

  /// Fills memory of the process with zeros, waiting for whatever has to be waited for; says how
  /// many bytes are left.
  ///
  /// Linux: `clear_user`, arch/x86/lib/usercopy_64.c.
  mutating func clearUser(
    _ address: VirtualAddress, _ length: UInt64, by task: TaskIndex
  ) -> UInt64 {
    if !isUserRange(address, length) { return length }
    var next = address
    while next < address + length {
      var frame = FrameNumber.none
      switch userFrame(at: next, .write, &frame, by: task, takesFaults: true) {
      case .done: break
      case .blocked(let until):
        now = max(now, until)
        continue
      case .again: continue
      default: return address + length - next
      }
      let stop = min(address + length, Page.alignDown(next) + Page.size)
      for byte in next..<stop { setByte(frame, Int(byte & Page.offsetMask), to: 0) }
      next = stop
    }
    return 0
  }

  // MARK: One value

  /// Reads a value of 1, 2, 4 or 8 bytes; EFAULT where it cannot be read, and nothing is read then.
  ///
  /// Linux: `get_user`, arch/x86/include/asm/uaccess.h.
  public mutating func getUser(
    _ address: VirtualAddress, size: Int, into value: inout UInt64, by task: TaskIndex
  ) -> Progress {
    var frames = (FrameNumber.none, FrameNumber.none)
    let progress = userFrames(address, size, .read, &frames, by: task)
    if progress != .done { return progress }
    value = 0
    for step in 0..<size {
      let (frame, offset) = place(of: step, address, frames)
      value |= UInt64(byte(frame, offset)) << (8 * UInt64(step))
    }
    return .done
  }

  /// Writes a value of 1, 2, 4 or 8 bytes; EFAULT where it cannot be written, and no byte is then.
  ///
  /// Linux: `put_user`, arch/x86/include/asm/uaccess.h.
  public mutating func putUser(
    _ address: VirtualAddress, size: Int, _ value: UInt64, by task: TaskIndex
  ) -> Progress {
    var frames = (FrameNumber.none, FrameNumber.none)
    let progress = userFrames(address, size, .write, &frames, by: task)
    if progress != .done { return progress }
    for step in 0..<size {
      let (frame, offset) = place(of: step, address, frames)
      setByte(frame, offset, to: UInt8(truncatingIfNeeded: value >> (8 * UInt64(step))))
    }
    return .done
  }

  /// The frames of the first and of the last byte of a value.
  private mutating func userFrames(
    _ address: VirtualAddress, _ size: Int, _ kind: AccessKind,
    _ frames: inout (FrameNumber, FrameNumber), by task: TaskIndex
  ) -> Progress {
    if !isUserRange(address, UInt64(size)) { return .failed(.EFAULT) }
    // Making room for the second page may take the first one away: it is looked up again.
    let last = address + UInt64(size - 1)
    let places = [address, last, address]
    for (turn, place) in places.enumerated() {
      var frame = FrameNumber.none
      let progress = userFrame(at: place, kind, &frame, by: task, takesFaults: true)
      if case .signal = progress { return .failed(.EFAULT) }
      if progress != .done { return progress }
      if turn == 1 { frames.1 = frame } else { frames.0 = frame }
      if turn == 0 && Page.alignDown(last) == Page.alignDown(address) {
        frames.1 = frame
        return .done
      }
    }
    return .done
  }

  private func place(
    of step: Int, _ address: VirtualAddress, _ frames: (FrameNumber, FrameNumber)
  ) -> (FrameNumber, Int) {
    let byte = address + UInt64(step)
    let isFirst = Page.alignDown(byte) == Page.alignDown(address)
    return (isFirst ? frames.0 : frames.1, Int(byte & Page.offsetMask))
  }

  // MARK: Pages

  /// Whether a range lies in the user half; the kernel asks before it touches any of it.
  ///
  /// Linux: `access_ok`, include/asm-generic/access_ok.h.
  func isUserRange(_ address: VirtualAddress, _ length: UInt64) -> Bool {
    let (end, isOver) = address.addingReportingOverflow(length)
    return !isOver && end <= layout.taskSize
  }

  /// Has a page of the process present for an access of the kernel, and gives its frame; `signal`
  /// means that only a fix-up can help.
  ///
  /// A kernel thread without memory of its own finds what the memory that it borrows has mapped,
  /// and faults nothing in.
  /// Linux: `copy_user_generic` and what its faults do, arch/x86/include/asm/uaccess_64.h.
  mutating func userFrame(
    at address: VirtualAddress, _ kind: AccessKind, _ frame: inout FrameNumber,
    by task: TaskIndex, takesFaults: Bool
  ) -> Progress {
    let isBorrowed = tasks[task].space.isNone
    let space = isBorrowed ? loadedSpace : tasks[task].space
    let refused = Progress.signal(SignalInfo(.SIGSEGV, .mapError, at: address))
    if space.isNone { return refused }
    let required = PageTableEntry.required(for: kind)
    let marks = PageTableEntry.accessedBit | (kind == .write ? PageTableEntry.dirtyBit : 0)
    while true {
      let table = memory.leafTable(below: spaces[space].root, of: address)
      if !table.isNone {
        let index = geometry.index(address, TableLevel.leaf)
        let entry = memory.entry(table: table, index: index)
        if entry.bits & required == required {
          memory.setEntry(
            table: table, index: index, to: PageTableEntry(bits: entry.bits | marks))
          frame = entry.frame
          return .done
        }
      }
      if isBorrowed || !takesFaults { return refused }
      let progress = userFault(at: address, kind, by: task, isKernel: true)
      if progress != .done { return progress }
    }
  }
}
