// Who may open a file, and who may learn what of it is in memory.

internal import KernelStorage

/// Rights of owner, group and others, as for chmod(1).
///
/// Linux: `umode_t`, include/linux/types.h.
public struct FileMode: OptionSet, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt16
  @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// A new file, where the umask is 022.
  public static let usual = FileMode(rawValue: 0o644)
  /// A new program.
  public static let program = FileMode(rawValue: 0o755)
  /// Of a file without a name, as memfd_create makes them.
  public static let everything = FileMode(rawValue: 0o777)
}

extension Kernel {
  /// Opens a file that is still there.
  ///
  /// - Throws: EBADF, EACCES when its mode does not allow it.
  /// Linux: `do_dentry_open`, fs/open.c.
  public mutating func open(
    _ file: OpenFile, for access: FileAccess, by task: TaskIndex
  ) throws(Errno) -> OpenFile {
    let object = try object(of: file)
    if !permits(object, access, to: task) { throw .EACCES }
    if access.contains(.write) { try refuseWriting(object) }
    return file.opened(for: access)
  }

  /// Whether the mode of a file allows an access; all users are of one group.
  ///
  /// Linux: `generic_permission`, fs/namei.c.
  borrowing func permits(
    _ object: MemoryObjectIndex, _ access: FileAccess, to task: TaskIndex
  ) -> Bool {
    if tasks[task].holds(.dacOverride) { return true }
    let record = virtual.objects[object]
    let granted = record.mode.rawValue >> (record.owner == tasks[task].credentials.user ? 6 : 3)
    let needed: UInt16 = (access.contains(.read) ? 4 : 0) | (access.contains(.write) ? 2 : 0)
    return needed & ~granted == 0
  }

  /// Whether a task may learn what of a file is in memory, and put it out: its owner, and who may
  /// write it.
  ///
  /// Linux: `can_do_mincore`, mm/mincore.c, and `can_do_file_pageout`, mm/madvise.c.
  borrowing func mayManageCache(of object: MemoryObjectIndex, _ task: TaskIndex) -> Bool {
    virtual.objects[object].owner == tasks[task].credentials.user || tasks[task].holds(.fileOwner)
      || permits(object, .write, to: task)
  }
}
