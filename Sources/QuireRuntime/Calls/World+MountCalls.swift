// Mounts by their paths: mount, umount and statfs.

internal import QuireKernel
internal import QuireProgram

/// A file system in memory, where a script has mounted it.
struct MountPoint: Sendable {
  var path: String
  var mount: MountIndex
}

extension World {
  /// The calls of this file by builtin.
  mutating func mountCall(
    _ builtin: Builtin, _ call: BuiltinCall
  ) throws(CallFailure) -> BuiltinOutcome {
    switch builtin {
    case .mount: try mountCall(call)
    case .umount: try unmountCall(call)
    case .statfs: try statfsCall(call)
    default: preconditionFailure("mountCall: \(builtin.name) is not about mounts")
    }
  }

  /// mount(path, size)
  private mutating func mountCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let path = try string(0, "path", call)
    guard path.hasPrefix("/") else { throw .misuse("a path begins with '/', as \"/mnt\"") }
    if mountPoints.contains(where: { $0.path == path }) {
      throw .errno(.EBUSY, "something is mounted there")
    }
    let size = try optionalSize(1, "size", call)
    let mount = try refusable { world throws(Errno) in
      try world.kernel.mount(size: size, by: world.current.task)
    }
    mountPoints.append(MountPoint(path: path, mount: mount))
    return .value(.none)
  }

  /// umount(path)
  private mutating func unmountCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let place = try mountPlace(0, "path", call, missing: .EINVAL)
    let mount = mountPoints[place].mount
    try refusable { world throws(Errno) in
      try world.kernel.unmount(mount, by: world.current.task)
    }
    mountPoints.remove(at: place)
    return .value(.none)
  }

  /// statfs(path)
  private mutating func statfsCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    let place = try mountPlace(0, "path", call, missing: .ENOENT)
    let usage = kernel.mountUsage(mountPoints[place].mount)
    let free = usage.capacity == 0 ? 0 : usage.capacity - usage.used
    return try map([
      ("bsize", Page.size), ("blocks", usage.capacity), ("bfree", free), ("used", usage.used),
      ("files", usage.files),
    ])
  }

  private func mountPlace(
    _ index: Int, _ name: String, _ call: BuiltinCall, missing errno: Errno
  ) throws(CallFailure) -> Int {
    let path = try string(index, name, call)
    guard let place = mountPoints.firstIndex(where: { $0.path == path }) else {
      throw .errno(errno, "nothing is mounted at \(path)")
    }
    return place
  }

  /// The mount of a parameter, none when it is left out.
  func optionalMount(_ index: Int, _ call: BuiltinCall) throws(CallFailure) -> MountIndex {
    if argument(index, call).isAbsent { return .none }
    return mountPoints[try mountPlace(index, "on", call, missing: .ENOENT)].mount
  }
}
