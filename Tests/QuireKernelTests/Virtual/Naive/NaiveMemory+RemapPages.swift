// remap_file_pages of the plain model.

@testable import QuireKernel

extension NaiveMemory {
  mutating func remapFilePages(_ request: PageRemapRequest, _ task: TaskIndex) throws(Errno) {
    if request.protection.rawValue != 0 { throw .EINVAL }
    let start = request.address / 4096 * 4096
    let pages = request.length / 4096
    let (end, isBeyond) = start.addingReportingOverflow(pages * 4096)
    if pages == 0 || isBeyond || request.page.addingReportingOverflow(pages).overflow {
      throw .EINVAL
    }
    guard let index = self[task].place(of: start) else { throw .EINVAL }
    let first = self[task].regions[index]
    guard first.flags.contains(.shared), let object = first.object else { throw .EINVAL }
    if rules.contains(.nonlinearMappings) {
      return try arrange(request, index, start, pages, object, task)
    }
    var reached = start
    for region in self[task].regions[index...] where reached < end && region.start <= reached {
      if region.flags != first.flags || region.object != object { throw .EINVAL }
      reached = region.end
    }
    if reached < end { throw .EINVAL }
    var flags: VMAFlags = first.flags.intersection(.access).union([.shared, .mayShare])
    flags.formUnion(.mayAccess)
    flags.formUnion(self[task].futureFlags)
    if first.flags.contains(.locked) { flags.insert(.locked) }
    if start < layout.minimumAddress && !self[task].isPrivileged { throw .EPERM }
    if first.flags.contains(.locked), !self[task].isPrivileged,
      self[task].limits.lockedMemory == 0
    {
      throw .EPERM
    }
    if !mayLock(task, flags, pages) { throw .EAGAIN }
    if request.page > (UInt64(Int64.max) - pages * 4096) / 4096 { throw .EOVERFLOW }
    objects[object]?.users += 1
    defer { objects[object]?.users -= 1 }
    try map(start, end, flags, of: task, shows: (object, request.page))
    if !request.flags.contains(.nonBlock) || flags.contains(.locked) {
      _ = populate(start, end, of: task, skipping: true)
    }
  }

  /// Sets entries one by one; the region stays one.
  private mutating func arrange(
    _ request: PageRemapRequest, _ index: Int, _ start: UInt64, _ pages: UInt64, _ object: Int,
    _ task: TaskIndex
  ) throws(Errno) {
    let region = self[task].regions[index]
    if region.end < start + pages * 4096 || request.page + pages >= 1 << (levels == 1 ? 29 : 32) {
      throw .EINVAL
    }
    if region.flags.contains(.sealed) { throw .EPERM }
    if region.offset(of: start) != request.page {
      self[task].regions[index].flags.insert(.nonlinear)
    }
    if request.page + pages > objects[object]?.pageCount ?? 0 { throw .EINVAL }
    let isWritable = region.flags.contains(.write)
    for step in 0..<pages {
      let (place, page) = (start >> 12 + step, request.page + step)
      drop(place, of: task)
      makeTables(task, place << 12)
      let isThere = objects[object]?.pages[page] != nil
      if !isThere && request.flags.contains(.nonBlock) {
        let isNonlinear = self[task].regions[index].flags.contains(.nonlinear)
        set(place, isNonlinear ? .named(page) : nil, of: task)
        continue
      }
      if !isThere { objects[object]?.pages[page] = 0 }
      set(place, .shared(object: object, page: page, isWritable: isWritable), of: task)
    }
  }

  /// A page leaves its entry, which remembers it where a fault would not find it.
  mutating func takeAway(_ page: UInt64, _ region: NaiveRegion, _ task: TaskIndex) {
    guard case .shared(_, let number, _) = self[task].entries[page] else { return }
    let isRemembered =
      region.flags.contains(.nonlinear) && region.offset(of: page << 12) != number
    set(page, isRemembered ? .named(number) : nil, of: task)
  }
}
