// mmap of what cannot be had, with the answers that come before that one.

extension Kernel {
  /// Huge pages are set aside at boot, and this machine has none: whatever is right about the
  /// request, they cannot be reserved. What lay at a fixed place is gone by then.
  ///
  /// Linux: `hugetlbfs_file_mmap`, fs/hugetlbfs/inode.c.
  mutating func refusalOfHugePages(_ request: MapRequest, by task: TaskIndex) -> Errno {
    let size: UInt64
    switch request.flags.rawValue >> MapFlags.hugeShift & 0x3f {
    case 0, geometry.shift(TableLevel.middle): size = geometry.span(TableLevel.leaf)
    case 30 where geometry == .fourLevels: size = 1 << 30
    default: return .EINVAL
    }
    var whole = request
    whole.length = (request.length &+ (size - 1)) & ~(size - 1)
    let isFixed = !request.flags.isDisjoint(with: [.fixed, .fixedNoReplace])
    let isOdd = isFixed && request.address & (size - 1) != 0
    do throws(Errno) {
      try checkLength(of: whole)
      if isOdd && whole.length <= layout.taskSize { throw .EINVAL }
      var area = try place(whole, of: .none, by: task)
      let kind = request.flags.rawValue & MapFlags.typeMask
      if area.flags.contains(.growsDown) || kind == MapFlags.droppable.rawValue { throw .EINVAL }
      _ = try settleFlags(&area, whole, MapSource(), by: task)
      try unmapRegions(area.start, area.end, in: area.space, by: task)
      return .ENOMEM
    } catch {
      return error
    }
  }

  /// A pipe has nothing to map: when all else is right, ENODEV.
  ///
  /// Linux: `do_mmap`, mm/mmap.c.
  mutating func refusalOfMapping(
    _ request: MapRequest, _ access: FileAccess, by task: TaskIndex
  ) -> Errno {
    do throws(Errno) {
      let area = try place(request, of: .none, by: task)
      try checkMayLock(area, request, by: task)
      switch request.flags.rawValue & MapFlags.typeMask {
      case MapFlags.shared.rawValue, MapFlags.sharedValidate.rawValue:
        if request.protection.contains(.write) && !access.contains(.write) { throw .EACCES }
      case MapFlags.private.rawValue: break
      default: throw .EINVAL
      }
      throw access.contains(.read) ? .ENODEV : .EACCES
    } catch {
      return error
    }
  }
}
