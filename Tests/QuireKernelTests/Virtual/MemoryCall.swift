// One call about memory, made on the kernel and on the plain model; random calls, sensible and not.

@testable import QuireKernel

/// A call of a process.
enum MemoryCall {
  case mmap(MapRequest)
  case munmap(UInt64, UInt64)
  case mprotect(UInt64, UInt64, Protection)
  case mremap(RemapRequest)
  case remapFilePages(PageRemapRequest)
  case brk(UInt64)
  case madvise(UInt64, UInt64, UInt64)
  case mlock(UInt64, UInt64, UInt64)
  case munlock(UInt64, UInt64)
  case mlockall(UInt64)
  case munlockall
  case msync(UInt64, UInt64, UInt64)
  case mincore(UInt64, UInt64)
  case mseal(UInt64, UInt64, UInt64)
  case read(UInt64, pages: UInt64)
  case write(UInt64, pages: UInt64, UInt8)
  case limit(Resource, UInt64)
  case dropPrivileges
  case stackPointer(UInt64)
}

/// What came of a call.
enum MemoryAnswer: Equatable {
  case done
  case address(UInt64)
  case refused(Errno)
  case residency([Bool])
  case accesses([NaiveMemory.Outcome])
}

extension MemoryCall {
  func made(on kernel: inout Kernel, by task: TaskIndex) -> MemoryAnswer {
    do throws(Errno) {
      switch self {
      case .mmap(let request): return .address(try kernel.mmap(request, by: task))
      case .munmap(let start, let length): try kernel.munmap(start, length, by: task)
      case .mprotect(let start, let length, let rights):
        try kernel.mprotect(start, length, rights, by: task)
      case .mremap(let request): return .address(try kernel.mremap(request, by: task))
      case .remapFilePages(let request): try kernel.remapFilePages(request, by: task)
      case .brk(let end): return .address(kernel.brk(end, by: task))
      case .madvise(let start, let length, let advice):
        try kernel.madvise(start, length, advice, by: task)
      case .mlock(let start, let length, let flags):
        try kernel.mlock(start, length, flags: flags, by: task)
      case .munlock(let start, let length): try kernel.munlock(start, length, by: task)
      case .mlockall(let flags): try kernel.mlockall(LockAllFlags(rawValue: flags), by: task)
      case .munlockall: kernel.munlockall(by: task)
      case .msync(let start, let length, let flags):
        try kernel.msync(start, length, Kernel.SyncFlags(rawValue: flags), by: task)
      case .mincore(let start, let length):
        return .residency(try kernel.mincore(start, length, by: task))
      case .mseal(let start, let length, let flags):
        try kernel.mseal(start, length, flags: flags, by: task)
      case .read(let start, let pages):
        return .accesses(walk(start, pages, on: &kernel, by: task, nil))
      case .write(let start, let pages, let value):
        return .accesses(walk(start, pages, on: &kernel, by: task, value))
      case .limit(let resource, let limit): try kernel.setLimit(on: resource, to: limit, of: task)
      case .dropPrivileges: kernel.dropPrivileges(of: task)
      case .stackPointer(let address): kernel.setStackPointer(address, of: task)
      }
      return .done
    } catch {
      return .refused(error)
    }
  }

  private func walk(
    _ start: UInt64, _ pages: UInt64, on kernel: inout Kernel, by task: TaskIndex,
    _ value: UInt8?
  ) -> [NaiveMemory.Outcome] {
    var outcomes: [NaiveMemory.Outcome] = []
    for page in 0..<pages {
      let address = start &+ page << 12
      var byte = value ?? 0
      let progress =
        value.map { kernel.storeByte(address, $0, by: task) }
        ?? kernel.loadByte(address, into: &byte, by: task)
      switch progress {
      case .done: outcomes.append(.value(byte))
      case .signal(let info) where info.signal == .SIGBUS: outcomes.append(.busError)
      case .signal(let info) where info.code == .accessError: outcomes.append(.accessError)
      default: outcomes.append(.mapError)
      }
    }
    return outcomes
  }

  func made(on model: inout NaiveMemory, by task: TaskIndex) -> MemoryAnswer {
    do throws(Errno) {
      switch self {
      case .mmap(let request): return .address(try model.mmap(request, task))
      case .munmap(let start, let length): try model.munmap(start, length, task)
      case .mprotect(let start, let length, let rights):
        try model.mprotect(start, length, rights, task)
      case .mremap(let request): return .address(try model.mremap(request, task))
      case .remapFilePages(let request): try model.remapFilePages(request, task)
      case .brk(let end): return .address(model.brk(end, task))
      case .madvise(let start, let length, let advice):
        try model.madvise(start, length, advice, task)
      case .mlock(let start, let length, let flags): try model.mlock(start, length, flags, task)
      case .munlock(let start, let length): try model.munlock(start, length, task)
      case .mlockall(let flags): try model.mlockall(flags, task)
      case .munlockall: model.lockEverything(0, task)
      case .msync(let start, let length, let flags): try model.msync(start, length, flags, task)
      case .mincore(let start, let length):
        return .residency(try model.mincore(start, length, task))
      case .mseal(let start, let length, let flags): try model.mseal(start, length, flags, task)
      case .read(let start, let pages):
        return .accesses((0..<pages).map { model.touch(start &+ $0 << 12, nil, task) })
      case .write(let start, let pages, let value):
        return .accesses((0..<pages).map { model.touch(start &+ $0 << 12, value, task) })
      case .limit(let resource, let limit): model[task].limits[resource] = limit
      case .dropPrivileges: model[task].isPrivileged = false
      case .stackPointer(let address): model[task].stackPointer = address
      }
      return .done
    } catch {
      return .refused(error)
    }
  }
}
