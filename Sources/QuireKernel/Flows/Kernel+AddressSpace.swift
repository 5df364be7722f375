// The life of an address space: made, shared by threads, and torn down.

extension Kernel {
  /// An address space with a stack region and a heap base and nothing resident.
  ///
  /// - Throws: ENOMEM, and nothing is left.
  /// Linux: `mm_alloc` and `setup_arg_pages`, kernel/fork.c and fs/exec.c.
  package mutating func createAddressSpace(
    for task: TaskIndex, stackPages: UInt64? = nil, stackIsExecutable: Bool = false
  ) throws(Errno) -> AddressSpaceIndex {
    let space = try makeAddressSpace(by: task)
    let rights: VMAFlags = stackIsExecutable ? .execute : []
    do {
      try makeStack(of: stackPages ?? layout.initialStackPages, rights, in: space, by: task)
    } catch {
      freeAddressSpace(space)
      throw error
    }
    return space
  }

  /// An address space without regions.
  ///
  /// Linux: `mm_init`, kernel/fork.c.
  mutating func makeAddressSpace(by task: TaskIndex) throws(Errno) -> AddressSpaceIndex {
    let object = try allocateObject(.mmStruct, for: task)
    do {
      let root = try allocateRootTable(by: task)
      return spaces.allocate(AddressSpace(root: root, object: object, layout))
    } catch {
      freeObject(object)
      throw error
    }
  }

  private mutating func makeStack(
    of pages: UInt64, _ rights: VMAFlags, in space: AddressSpaceIndex, by task: TaskIndex
  ) throws(Errno) {
    let start = layout.stackTop - pages * Page.size
    let area = VirtualMemoryArea(
      start: start, end: layout.stackTop,
      flags: VMAFlags.dataDefault.union([.growsDown, .account]).union(rights),
      object: .none, anonVMA: .none, space: space)
    let object = try allocateObject(.vmAreaStruct, for: task)
    do { try charge(pages: pages, in: space, by: task) } catch {
      freeObject(object)
      throw error
    }
    _ = virtual.regions.insert(
      area, links: VMALinks(pageOffset: start >> Page.shift), object: object,
      before: .none, into: &spaces[space].regions)
    spaces[space].account(area.flags, adding: pages)
  }

  /// Keeps the region at an address from ever growing, joining another or being locked.
  ///
  /// Linux: `VM_DONTEXPAND`, as drivers set it on what they map.
  package mutating func setDontExpand(at address: VirtualAddress, in space: AddressSpaceIndex) {
    let region = virtual.regions.find(address, in: &spaces[space].regions)
    precondition(!region.isNone, "setDontExpand: nothing is mapped at \(address) or above")
    virtual.regions[region].flags.insert(.dontExpand)
  }

  /// One more task lives in `space` (a thread, or vfork).
  ///
  /// Linux: `mmget`, include/linux/sched/mm.h.
  package mutating func retainAddressSpace(_ space: AddressSpaceIndex) {
    spaces[space].users += 1
  }

  /// A task leaves `space`; the last one takes everything down (EXIT-1).
  ///
  /// Linux: `mmput` and `exit_mmap`, kernel/fork.c and mm/mmap.c.
  package mutating func releaseAddressSpace(_ space: AddressSpaceIndex) {
    spaces[space].users -= 1
    if spaces[space].users > 0 { return }
    unload(space)
    let first = spaces[space].regions.first
    if !first.isNone {
      removeRegions(wholeRun(from: first, in: space), from: space)
    }
    forgetProgram(of: space)
    dropReference(to: space)
  }

  private borrowing func wholeRun(from first: VMAIndex, in space: AddressSpaceIndex) -> RegionRun {
    var run = RegionRun(first: first, last: spaces[space].regions.last)
    var region = first
    while !region.isNone {
      let area = virtual.regions[region]
      run.pages += area.pageCount
      if area.flags.contains(.account) { run.accountedPages += area.pageCount }
      region = virtual.regions.next(region)
    }
    return run
  }

  /// Forgets an address space without regions.
  mutating func freeAddressSpace(_ space: AddressSpaceIndex) {
    precondition(
      spaces[space].tableBytes == 0 && spaces[space].residentPages == 0,
      "freeAddressSpace: space \(space.rawValue) still has pages or tables")
    freeTable(spaces[space].root)
    freeObject(spaces[space].object)
    spaces.release(space)
  }
}
