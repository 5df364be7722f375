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
}
