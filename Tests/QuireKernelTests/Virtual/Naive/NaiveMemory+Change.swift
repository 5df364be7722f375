// mprotect, mremap, locks and advice of the plain model.

@testable import QuireKernel

extension NaiveMemory {
  // MARK: mprotect

  mutating func mprotect(
    _ address: UInt64, _ length: UInt64, _ protection: Protection, _ task: TaskIndex
  ) throws(Errno) {
    let growth = protection.intersection([.growsDown, .growsUp])
    if growth.rawValue == Protection([.growsDown, .growsUp]).rawValue || address % 4096 != 0 {
      throw .EINVAL
    }
    if length == 0 { return }
    let end = layout.end(address, layout.wholePages(length))
    if end <= address { throw .ENOMEM }
    if protection.subtracting(growth).rawValue & ~0xf != 0 { throw .EINVAL }
    guard let first = self[task].regions.first(where: { $0.start < end && $0.end > address })
    else { throw .ENOMEM }
    var start = address
    if growth == .growsDown {
      if !first.flags.contains(.growsDown) { throw .EINVAL }
      start = first.start
    } else {
      if first.start > address { throw .ENOMEM }
      if growth == .growsUp { throw .EINVAL }
    }
    while start < end {
      guard let index = self[task].place(of: start) else { throw .ENOMEM }
      let stop = min(end, self[task].regions[index].end)
      try protect(index, start, stop, VMAFlags(protection), task)
      start = stop
    }
  }

  private mutating func protect(
    _ index: Int, _ start: UInt64, _ end: UInt64, _ rights: VMAFlags, _ task: TaskIndex
  ) throws(Errno) {
    let region = self[task].regions[index]
    let old = region.flags
    var flags = old.subtracting(.access).union(rights)
    if old.contains(.sealed) { throw .EPERM }
    if flags == old { return }
    let count = (end - start) >> 12
    if flags.contains(.write) {
      if !mayExpand(task, flags, count) && mayExpand(task, old, count) { throw .ENOMEM }
      if old.isDisjoint(with: [.account, .write, .shared, .noReserve]) {
        try check(count)
        flags.insert(.account)
      }
    } else if old.contains(.account) && region.object == nil && region.anon == nil {
      flags.remove(.account)
    }
    change(index, start, end, to: flags, of: task)
    for page in start >> 12..<end >> 12 {
      switch self[task].entries[page] {
      case .page(let number, _):
        let isWritable = flags.contains(.write) && pages[number]?.isExclusive == true
        set(page, .page(number, isWritable: isWritable), of: task)
      case .shared(let object, let number, _):
        let entry = NaiveEntry.shared(
          object: object, page: number, isWritable: flags.contains(.write))
        set(page, entry, of: task)
      default: break
      }
    }
    if old.intersection([.write, .shared, .locked]) == .locked && flags.contains(.write),
      let place = self[task].place(of: start)
    {
      _ = populate(self[task].regions[place], start, end, task)
    }
  }

  // MARK: mremap

  mutating func mremap(_ request: RemapRequest, _ task: TaskIndex) throws(Errno) -> UInt64 {
    var call = request
    let flags = request.flags
    if flags.rawValue & ~7 != 0 || flags.contains(.fixed) && !flags.contains(.mayMove) {
      throw .EINVAL
    }
    let isResized = request.oldLength != request.newLength
    call.oldLength = layout.wholePages(request.oldLength)
    call.newLength = layout.wholePages(request.newLength)
    if flags.contains(.dontUnmap) {
      if !flags.contains(.mayMove) { throw .EINVAL }
      if isNew ? call.oldLength != call.newLength : isResized { throw .EINVAL }
    }
    if call.address % 4096 != 0 || call.newLength == 0 { throw .EINVAL }
    let isPlaced = flags.contains(.fixed) || flags.contains(.dontUnmap)
    if isNew {
      if call.newLength > layout.taskSize { throw .EINVAL }
      if isPlaced { try checkTarget(call) }
    }
    if isNew && flags.contains(.fixed) && call.oldLength == call.newLength {
      return try moveAll(call, task)
    }
    guard let index = self[task].place(of: call.address) else { throw .EFAULT }
    if self[task].regions[index].flags.contains(.sealed) { throw .EPERM }
    if isPlaced {
      if !isNew { try checkTarget(call) }
      let flags = self[task].regions[index].flags
      let moved = try place(call, task)
      if flags.contains(.locked) && call.newLength > call.oldLength {
        _ = populate(moved + call.oldLength, moved + call.newLength, of: task, skipping: true)
      }
      return moved
    }
    if call.oldLength >= call.newLength {
      if call.oldLength > call.newLength {
        try munmap(call.address &+ call.newLength, call.oldLength - call.newLength, task)
      }
      return call.address
    }
    return try grow(call, task)
  }

  private func checkTarget(_ call: RemapRequest) throws(Errno) {
    if call.target % 4096 != 0 || call.newLength > layout.taskSize
      || call.target > layout.taskSize - call.newLength
    {
      throw .EINVAL
    }
    if call.address &+ call.oldLength > call.target, call.target + call.newLength > call.address {
      throw .EINVAL
    }
  }

  private mutating func moveAll(_ call: RemapRequest, _ task: TaskIndex) throws(Errno) -> UInt64 {
    let end = call.address &+ call.oldLength
    let all = self[task].regions.filter { $0.start < end && $0.end > call.address }
    guard let first = all.first, first.start <= call.address else { throw .EFAULT }
    for region in all {
      var part = call
      part.address = max(call.address, region.start)
      part.oldLength = min(end, region.end) - part.address
      part.newLength = part.oldLength
      part.target = call.target + (part.address - call.address)
      if region.flags.contains(.sealed) { throw .EPERM }
      _ = try place(part, task)
    }
    return call.target
  }

  /// The region at an address, if so much of it may be moved or made longer.
  private func resizable(_ call: RemapRequest, _ task: TaskIndex) throws(Errno) -> NaiveRegion {
    guard let index = self[task].place(of: call.address) else { throw .EFAULT }
    let region = self[task].regions[index]
    if call.oldLength == 0 && !region.flags.contains(.mayShare) { throw .EINVAL }
    if call.oldLength > region.end - call.address { throw .EFAULT }
    if call.newLength <= call.oldLength { return region }
    let offset = region.offset(of: call.address)
    if !isNumber(offset + call.newLength >> 12) { throw .EINVAL }
    let growth = (call.newLength - call.oldLength) >> 12
    if !mayLock(task, region.flags, growth) { throw .EAGAIN }
    if !mayExpand(task, region.flags, growth) { throw .ENOMEM }
    return region
  }

  /// To a place of the caller's choice, or with MREMAP_DONTUNMAP of the kernel's.
  private mutating func place(_ request: RemapRequest, _ task: TaskIndex) throws(Errno) -> UInt64 {
    var call = request
    if isNew {
      call.oldLength = min(request.oldLength, request.newLength)
      _ = try resizable(call, task)
    }
    if call.flags.contains(.fixed) { try munmap(call.target, call.newLength, task) }
    if request.oldLength > request.newLength {
      try munmap(
        call.address &+ call.newLength, request.oldLength - call.newLength, task)
      call.oldLength = call.newLength
    }
    let region = try resizable(call, task)
    let pages = call.oldLength >> 12
    if call.flags.contains(.dontUnmap) && !mayExpand(task, region.flags, pages) { throw .ENOMEM }
    if !call.flags.contains(.fixed) {
      call.target = try freePlace(
        task, call.target, call.newLength, shared: region.flags.contains(.mayShare))
    }
    if call.target < layout.minimumAddress && !self[task].isPrivileged { throw .EPERM }
    try move(call, region, task)
    return call.target
  }

  private mutating func grow(_ call: RemapRequest, _ task: TaskIndex) throws(Errno) -> UInt64 {
    let region = try resizable(call, task)
    let growth = call.newLength - call.oldLength
    let end = region.end &+ growth
    var place = call.address
    if call.oldLength == region.end - call.address, end > region.end, end <= layout.taskSize,
      self[task].isFree(region.end, end)
    {
      if region.flags.contains(.account) { try check(growth >> 12) }
      let extension_ = Range(
        start: region.end, end: end, flags: region.flags, offset: region.offset(of: region.end),
        object: region.object, anon: region.anon)
      insert(extension_, of: task)
      if region.flags.contains(.locked) { self[task].lockedPages += growth >> 12 }
    } else {
      if !call.flags.contains(.mayMove) { throw .ENOMEM }
      place = try freePlace(task, 0, call.newLength, shared: region.flags.contains(.mayShare))
      var moving = call
      moving.target = place
      try move(moving, region, task)
    }
    if region.flags.contains(.locked) {
      _ = populate(place + call.oldLength, place + call.newLength, of: task, skipping: true)
    }
    return place
  }

  private mutating func move(
    _ call: RemapRequest, _ region: NaiveRegion, _ task: TaskIndex
  ) throws(Errno) {
    let keeps = call.flags.contains(.dontUnmap)
    let (old, new) = (call.oldLength, call.newLength)
    if region.flags.contains(.account) { try check(keeps ? new >> 12 : (new - old) >> 12) }
    let isUntouched = region.object == nil && region.anon == nil
    insert(
      Range(
        start: call.target, end: call.target + new, flags: region.flags,
        offset: isUntouched ? call.target >> 12 : region.offset(of: call.address),
        object: region.object, anon: region.anon, source: region), of: task)
    for page in 0..<old >> 12 {
      let (from, to) = (call.address + page << 12, call.target + page << 12)
      if hasTable(task, from, 2) { makeTables(task, to, downTo: 3) }
      if hasTable(task, from) { makeTables(task, to) }
      guard let entry = self[task].entries[from >> 12] else { continue }
      self[task].entries[from >> 12] = nil
      self[task].entries[to >> 12] = entry
    }
    let countsLock = region.flags.contains(.locked) && (!keeps || isNew)
    if countsLock { self[task].lockedPages += new >> 12 }
    if !keeps {
      if old > 0 { unmap(call.address, call.address + old, of: task) }
      return
    }
    guard let index = self[task].place(of: call.address) else { return }
    self[task].regions[index].flags.subtract([.locked, .lockOnFault])
    var left = self[task].regions[index]
    if left.start == call.address && left.end == call.address + old {
      leave(&left)
      self[task].regions[index] = left
    }
  }
}
