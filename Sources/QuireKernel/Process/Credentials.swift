// Who a process is, and what it may do that others may not.

/// Rights of the superuser, one by one.
///
/// Linux: `CAP_*`, include/uapi/linux/capability.h.
public struct Capabilities: OptionSet, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt64
  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Open files whose mode does not allow it.
  public static let dacOverride = Capabilities(rawValue: 1 << 1)
  /// Do what the owner of a file may.
  public static let fileOwner = Capabilities(rawValue: 1 << 3)
  /// Signal processes of other users.
  public static let kill = Capabilities(rawValue: 1 << 5)
  /// Become another user.
  public static let setUser = Capabilities(rawValue: 1 << 7)
  /// Lock memory without limit.
  public static let ipcLock = Capabilities(rawValue: 1 << 14)
  /// Attach System V segments whose mode does not allow it.
  public static let ipcOwner = Capabilities(rawValue: 1 << 15)
  /// Map the lowest addresses.
  public static let rawIO = Capabilities(rawValue: 1 << 17)
  /// Look into processes of other users.
  public static let ptrace = Capabilities(rawValue: 1 << 19)
  /// Swap areas, frame numbers, the last memory that may be promised.
  public static let admin = Capabilities(rawValue: 1 << 21)
  /// Raise one's priority.
  public static let nice = Capabilities(rawValue: 1 << 23)
  /// Raise hard limits, exceed counts of the user.
  public static let resource = Capabilities(rawValue: 1 << 24)

  /// All that the kernel knows.
  ///
  /// Linux: `CAP_LAST_CAP`, include/uapi/linux/capability.h.
  public static let all = Capabilities(rawValue: (1 << 41) - 1)

  /// Those that the model asks for, by their names without `CAP_`, in small letters.
  package static let named: [(name: String, capability: Capabilities)] = [
    ("dac_override", .dacOverride), ("fowner", .fileOwner), ("kill", .kill), ("setuid", .setUser),
    ("ipc_lock", .ipcLock), ("ipc_owner", .ipcOwner), ("sys_rawio", .rawIO),
    ("sys_ptrace", .ptrace), ("sys_admin", .admin), ("sys_nice", .nice),
    ("sys_resource", .resource),
  ]
}

/// A number of a user; 0 is the superuser.
///
/// Linux: `kuid_t`, include/linux/uidgid.h.
public typealias UserID = UInt32

/// A user, and which rights of the superuser his process holds.
///
/// Real, effective and saved user are one here, and everybody is of group 0, as after `setuid`
/// alone.
/// Linux: `struct cred`, include/linux/cred.h.
public struct Credentials: Hashable, Sendable, BitwiseCopyable {
  public var user: UserID
  public var capabilities: Capabilities

  public init(user: UserID, _ capabilities: Capabilities) {
    self.user = user
    self.capabilities = capabilities
  }

  public static let superuser = Credentials(user: 0, .all)
  /// The user that programs become when they give their privileges up.
  public static let nobody: UserID = 65_534
}

extension Kernel {
  /// Takes every capability from a process for good, as changing to an ordinary user does.
  ///
  /// Linux: `sys_setresuid`, kernel/sys.c.
  public mutating func dropPrivileges(of task: TaskIndex) {
    apply(Credentials(user: Credentials.nobody, []), to: task)
  }

  /// Changes the user of a process and the capabilities that it goes on with.
  ///
  /// Fork and threads hand them on; execve leaves an ordinary user none, and gives the superuser
  /// all of them.
  /// - Parameter user: nil for the user that it has, or `nobody` for the superuser's process.
  /// - Throws: EPERM for another user without `setUser`, and for capabilities that it does not
  ///   hold.
  /// Linux: `sys_setresuid`, kernel/sys.c, with `PR_SET_KEEPCAPS`, and `sys_capset`,
  /// kernel/capability.c.
  public mutating func setCredentials(
    of task: TaskIndex, user: UserID? = nil, keeping capabilities: Capabilities = []
  ) throws(Errno) {
    let former = tasks[task].credentials
    let wanted = user ?? (former.user == 0 ? Credentials.nobody : former.user)
    if wanted != former.user && !former.capabilities.contains(.setUser) { throw .EPERM }
    if !capabilities.isSubset(of: former.capabilities) { throw .EPERM }
    apply(Credentials(user: wanted, capabilities), to: task)
  }

  /// Changes all threads, as the C library sees to.
  ///
  /// Linux: `commit_creds` and `flag_nproc_exceeded`, kernel/cred.c and kernel/sys.c.
  private mutating func apply(_ credentials: Credentials, to task: TaskIndex) {
    let isNewUser = credentials.user != tasks[task].credentials.user
    let space = tasks[task].space
    if isNewUser && !space.isNone { spaces[space].isDumpable = false }
    var thread = tasks[task].leader
    while !thread.isNone {
      tasks[thread].credentials = credentials
      thread = tasks.nextThread(after: thread)
    }
    if !isNewUser { return }
    tasks[task].flags.remove(.exceedsProcessLimit)
    if exceedsProcessLimit(task, adding: 0) { tasks[task].flags.insert(.exceedsProcessLimit) }
  }

  /// Whether the user of a task would have more tasks than its limit allows.
  ///
  /// Linux: `is_rlimit_overlimit`, kernel/ucount.c.
  func exceedsProcessLimit(_ task: TaskIndex, adding new: UInt64) -> Bool {
    let user = tasks[task].credentials.user
    if user == 0 { return false }
    var count = new
    var other = tasks.first
    while !other.isNone {
      if tasks[other].credentials.user == user { count += 1 }
      other = tasks[other].next
    }
    return count > tasks[task].limits.processes
  }

  /// What execve makes of the credentials of a process.
  ///
  /// Linux: `handle_privileged_root` and `cap_bprm_creds_from_file`, security/commoncap.c.
  mutating func renewCredentials(of task: TaskIndex) {
    tasks[task].credentials.capabilities = tasks[task].credentials.user == 0 ? .all : []
  }
}
