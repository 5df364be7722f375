// The flags of clone, and which of them go together.

/// What a new task has in common with the one that makes it.
///
/// Linux: `CLONE_VM` and friends, include/uapi/linux/sched.h.
public struct CloneFlags: OptionSet, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt64
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The address space.
  public static let memory = CloneFlags(rawValue: 0x100)
  /// Root and working directory.
  public static let directories = CloneFlags(rawValue: 0x200)
  /// The table of descriptors.
  public static let files = CloneFlags(rawValue: 0x400)
  /// What signals do.
  public static let handlers = CloneFlags(rawValue: 0x800)
  /// The maker sleeps until the child has left the address space.
  public static let vfork = CloneFlags(rawValue: 0x4000)
  /// The parent.
  public static let parent = CloneFlags(rawValue: 0x8000)
  /// The process: the new task is another thread of it.
  public static let thread = CloneFlags(rawValue: 0x10000)
  /// A view of mounts, names, users and pids of its own.
  public static let newMounts = CloneFlags(rawValue: 0x2_0000)
  public static let newCGroup = CloneFlags(rawValue: 0x200_0000)
  public static let newUTS = CloneFlags(rawValue: 0x400_0000)
  public static let newIPC = CloneFlags(rawValue: 0x800_0000)
  public static let newUser = CloneFlags(rawValue: 0x1000_0000)
  public static let newPID = CloneFlags(rawValue: 0x2000_0000)
  public static let newNet = CloneFlags(rawValue: 0x4000_0000)
  public static let namespaces: CloneFlags = [
    .newMounts, .newCGroup, .newUTS, .newIPC, .newUser, .newPID, .newNet,
  ]
}

extension Kernel {
  /// Refuses flags that contradict each other, and namespaces of those who may have none.
  ///
  /// - Throws: EINVAL, EPERM.
  /// Linux: the first checks of `copy_process`, kernel/fork.c, and `copy_namespaces`,
  /// kernel/nsproxy.c.
  public func checkClone(
    _ flags: CloneFlags, exitSignal: UInt64, by task: TaskIndex
  ) throws(Errno) {
    if exitSignal > Self.lastSignal { throw .EINVAL }
    if flags.isSuperset(of: [.newMounts, .directories]) { throw .EINVAL }
    if flags.isSuperset(of: [.newUser, .directories]) { throw .EINVAL }
    if flags.contains(.thread) && !flags.contains(.handlers) { throw .EINVAL }
    if flags.contains(.handlers) && !flags.contains(.memory) { throw .EINVAL }
    if flags.contains(.parent) && tasks[task].leader == tasks.initTask { throw .EINVAL }
    if flags.contains(.thread) && !flags.isDisjoint(with: [.newUser, .newPID]) { throw .EINVAL }
    // Whoever makes a namespace of users may make the others in it.
    let others = flags.intersection(.namespaces)
    if !others.isEmpty && !others.contains(.newUser) && !tasks[task].holds(.admin) {
      throw .EPERM
    }
  }

  /// Linux: `_NSIG`, include/uapi/asm-generic/signal.h.
  private static var lastSignal: UInt64 { 64 }
}
