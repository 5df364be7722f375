// mount, umount and the count of blocks of a tmpfs.

internal import KernelStorage

extension Kernel {
  /// Mounts a file system in memory.
  ///
  /// - Parameter size: bytes that its files may hold, 0 for no limit; half of the RAM when nobody
  ///   says.
  /// - Throws: EPERM without `admin`, ENOMEM.
  /// Linux: `shmem_fill_super`, mm/shmem.c.
  public mutating func mount(size: UInt64? = nil, by task: TaskIndex) throws(Errno) -> MountIndex {
    charge(costs.systemCall)
    if !tasks[task].holds(.admin) { throw .EPERM }
    let half = UInt64(memory.managedFrames / 2)
    let pages = size.map { $0 >> Page.shift + ($0 & Page.offsetMask == 0 ? 0 : 1) } ?? half
    var objects: [3 of SlabObject] = .init(repeating: .none)
    do throws(Errno) {
      let record = KmallocClass.cache(for: Mount.recordSize, .normal)
      objects[0] = try allocateObject(record, .kernel, for: task)
      objects[1] = try allocateObject(.shmemInode, for: task)
      objects[2] = try allocateObject(.dentry, for: task)
    } catch {
      freeMount(objects)
      throw error
    }
    return MountIndex(
      virtual.objects.mounts.allocate(Mount(capacity: pages, objects: objects)))
  }

  private mutating func freeMount(_ objects: [3 of SlabObject]) {
    for place in 0..<objects.count where !objects[place].isNone { freeObject(objects[place]) }
  }

  /// Takes a mount away, and the files on it.
  ///
  /// - Throws: EPERM without `admin`, EBUSY while somebody has a file of it open or mapped.
  /// Linux: `path_umount` and `propagate_mount_busy`, fs/namespace.c.
  public mutating func unmount(_ mount: MountIndex, by task: TaskIndex) throws(Errno) {
    charge(costs.systemCall)
    if !tasks[task].holds(.admin) { throw .EPERM }
    for index in 1..<max(1, descriptors.descriptions.limit)
    where descriptors.descriptions.isLive(index) {
      if let file = descriptors[DescriptionIndex(index)].file, isOpen(file),
        virtual.objects[file.object].mount == mount
      {
        throw .EBUSY
      }
    }
    let limit = virtual.objects.records.limit
    for index in 1..<max(1, limit) where virtual.objects.records.isLive(index) {
      let object = virtual.objects[MemoryObjectIndex(index)]
      if object.mount == mount && !object.isUnmapped { throw .EBUSY }
    }
    for index in 1..<max(1, limit) where virtual.objects.records.isLive(index) {
      let object = MemoryObjectIndex(index)
      if virtual.objects[object].mount != mount { continue }
      virtual.objects[object].holders = 0
      releaseIfUnused(object)
    }
    freeMount(virtual.objects[mount].objects)
    virtual.objects.mounts.release(mount.index)
  }

  /// What a mount holds, and may hold.
  ///
  /// Linux: `shmem_statfs`, mm/shmem.c.
  public func mountUsage(_ mount: MountIndex) -> Mount { virtual.objects[mount] }

  /// One more page for an object, unless its mount is full.
  ///
  /// Linux: `shmem_inode_acct_blocks`, mm/shmem.c.
  mutating func chargeBlock(of object: MemoryObjectIndex) throws(Errno) {
    let mount = virtual.objects[object].mount
    if mount.isNone { return }
    let record = virtual.objects[mount]
    if record.capacity != 0 && record.used >= record.capacity { throw .ENOSPC }
    virtual.objects[mount].used += 1
  }

  /// Linux: `shmem_inode_unacct_blocks`, mm/shmem.c.
  mutating func unchargeBlock(of object: MemoryObjectIndex) {
    let mount = virtual.objects[object].mount
    if !mount.isNone { virtual.objects[mount].used -= 1 }
  }

  /// What a mount counts is what its files have.
  borrowing func checkMounts(_ violations: inout [InvariantViolation]) {
    for index in 1..<max(1, virtual.objects.mounts.limit)
    where virtual.objects.mounts.isLive(index) {
      let mount = MountIndex(index)
      var (used, files) = (UInt64(0), UInt64(0))
      for place in 1..<max(1, virtual.objects.records.limit)
      where virtual.objects.records.isLive(place) {
        let object = virtual.objects[MemoryObjectIndex(place)]
        if object.mount != mount { continue }
        used += object.residentPages + object.swappedPages
        files += 1
      }
      let record = virtual.objects[mount]
      let isFull = record.capacity != 0 && used > record.capacity
      if used != record.used || files != record.files || isFull {
        violations.append(
          InvariantViolation(
            "mount.counts",
            "mount \(index) counts \(record.used) pages of \(record.files) files, has \(used) of "
              + "\(files)"))
      }
    }
  }
}
