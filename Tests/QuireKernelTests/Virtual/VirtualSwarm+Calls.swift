// The swarm's calls about memory that is mapped: moving, locking, advice.

import Testing

@testable import QuireKernel

extension VirtualSwarm {
  private func bytes(_ pages: Int) -> UInt64 { UInt64(pages) << 12 }

  private func isMapped(_ page: UInt64, _ task: TaskIndex) -> Bool {
    model.processes[task]?.pages[page] != nil
  }

  private func areFree(_ pages: Range<UInt64>, _ task: TaskIndex) -> Bool {
    !pages.contains { isMapped($0, task) }
  }

  // MARK: Moving

  mutating func remap(_ task: TaskIndex) throws {
    let request = RemapRequest(
      place() << 12, bytes(1 + random.below(10)), to: bytes(1 + random.below(16)))
    switch random.below(4) {
    case 0: resize(request, task)
    case 1:
      var moving = request
      moving.flags = .mayMove
      resize(moving, task)
    case 2:
      var moving = request
      moving.flags = [.mayMove, .fixed]
      moving.target = place() << 12
      moveTo(moving, task)
    default:
      var moving = request
      moving.flags = [.mayMove, .dontUnmap]
      moving.newLength = moving.oldLength
      leave(moving, task)
    }
  }

  /// The region that holds an address; the model knows pages, and mremap asks for regions.
  private func region(at address: UInt64, _ task: TaskIndex) -> VirtualMemoryArea? {
    kernel.regions(of: kernel.tasks[task].space).first { $0.contains(address) }
  }

  private mutating func resize(_ request: RemapRequest, _ task: TaskIndex) {
    let first = request.address >> 12
    let (old, new) = (Int(request.oldLength >> 12), Int(request.newLength >> 12))
    let area = region(at: request.address, task)
    do {
      let moved = try kernel.mremap(request, by: task)
      guard let area else {
        Issue.record("mremap of nothing")
        return
      }
      if new <= old {
        #expect(moved == request.address)
        model.unmap(first + UInt64(new), old - new, in: task)
        return
      }
      #expect(request.address + request.oldLength <= area.end)
      if moved != request.address {
        #expect(request.flags.contains(.mayMove))
        #expect(areFree(moved >> 12..<(moved >> 12 + UInt64(new)), task))
      }
      model.move(first, old, to: moved >> 12, new, keeping: false, in: task)
    } catch {
      checkRefusal(error, request, area, task)
    }
  }

  private func checkRefusal(
    _ error: Errno, _ request: RemapRequest, _ area: VirtualMemoryArea?, _ task: TaskIndex
  ) {
    guard let area, request.address + request.oldLength <= area.end else {
      #expect(error == .EFAULT)
      return
    }
    #expect(error == .ENOMEM && !request.flags.contains(.mayMove))
    let end = (request.address + request.oldLength) >> 12
    let growth = (request.newLength - request.oldLength) >> 12
    let isFree = areFree(end..<(end + growth), task)
    #expect(request.address + request.oldLength != area.end || !isFree)
  }

  private mutating func moveTo(_ request: RemapRequest, _ task: TaskIndex) {
    let (first, target) = (request.address >> 12, request.target >> 12)
    let (old, new) = (Int(request.oldLength >> 12), Int(request.newLength >> 12))
    let overlaps = first + UInt64(old) > target && target + UInt64(new) > first
    let isNothing = !isMapped(first, task)
    do {
      #expect(try kernel.mremap(request, by: task) == request.target)
      #expect(!overlaps && !isNothing)
      model.unmap(target, new, in: task)
      if old > new { model.unmap(first + UInt64(new), old - new, in: task) }
      model.move(first, min(old, new), to: target, new, keeping: false, in: task)
    } catch {
      if isNothing || overlaps {
        #expect(error == (isNothing ? .EFAULT : .EINVAL))
        return
      }
      // The target and the tail have gone before the range was found to be several regions.
      #expect(error == .EFAULT)
      model.unmap(target, new, in: task)
      if old > new { model.unmap(first + UInt64(new), old - new, in: task) }
    }
  }

  private mutating func leave(_ request: RemapRequest, _ task: TaskIndex) {
    let first = request.address >> 12
    let count = Int(request.oldLength >> 12)
    let area = region(at: request.address, task)
    do {
      let moved = try kernel.mremap(request, by: task)
      #expect(areFree(moved >> 12..<(moved >> 12 + UInt64(count)), task))
      model.move(first, count, to: moved >> 12, count, keeping: true, in: task)
      guard let area else {
        Issue.record("mremap of nothing")
        return
      }
      // The whole old region is unlocked, not just what has moved (REC-14).
      for page in area.start >> 12..<area.end >> 12 {
        model.processes[task]?.pages[page]?.isLocked = false
      }
    } catch {
      #expect(error == .EFAULT)
      #expect(area.map { request.address + request.oldLength > $0.end } ?? true)
    }
  }

  // MARK: Locking

  mutating func lock(_ task: TaskIndex) {
    let first = place()
    let count = 1 + random.below(12)
    let isWhole = model.lock(first, count, true, in: task)
    let pages = first..<(first + UInt64(count))
    let isServed = pages.allSatisfy { number in
      guard let page = model.processes[task]?.pages[number] else { return false }
      return page.protection != [] && !model.isBeyond(page)
    }
    do {
      try kernel.mlock(first << 12, bytes(count), by: task)
      #expect(isWhole && isServed)
    } catch {
      #expect(error == .ENOMEM && !(isWhole && isServed))
    }
  }

  mutating func unlock(_ task: TaskIndex) {
    let first = place()
    let count = 1 + random.below(16)
    let isWhole = model.lock(first, count, false, in: task)
    do {
      try kernel.munlock(first << 12, bytes(count), by: task)
      #expect(isWhole)
    } catch {
      #expect(error == .ENOMEM && !isWhole)
    }
  }

  // MARK: Advice

  /// Compares what advice answers with what the model says of it.
  private mutating func give(
    _ advice: Advice, _ task: TaskIndex, _ change: (inout NaivePage) -> Bool
  ) {
    let first = place()
    let count = 1 + random.below(16)
    let expected = model.advise(first, count, in: task, change)
    var answer: Errno?
    do { try kernel.madvise(first << 12, bytes(count), advice.rawValue, by: task) } catch {
      answer = error
    }
    #expect(answer == expected, "\(advice)")
  }

  mutating func discard(_ task: TaskIndex) {
    let evenLocked = random.below(3) == 0
    give(evenLocked ? .dontNeedLocked : .dontNeed, task) { page in
      if page.isLocked && !evenLocked { return false }
      if case .own = page.contents { page.contents = .own(0) }
      return true
    }
  }

  mutating func advise(_ task: TaskIndex) {
    switch random.below(6) {
    case 0:
      give(.dontFork, task) { page in
        page.isDontFork = true
        return true
      }
    case 1:
      give(.doFork, task) { page in
        page.isDontFork = false
        return true
      }
    case 2:
      give(.wipeOnFork, task) { page in
        guard case .own = page.contents else { return false }
        page.isWiped = true
        return true
      }
    case 3:
      give(.keepOnFork, task) { page in
        page.isWiped = false
        return true
      }
    case 4: give(.cold, task) { !$0.isLocked }
    default:
      // Nothing is reclaimed here, so that nothing is forgotten.
      give(.free, task) { page in
        guard case .own = page.contents else { return false }
        return !page.isLocked
      }
    }
  }

  mutating func populate(_ task: TaskIndex) {
    let first = place()
    let count = 1 + random.below(8)
    let isWrite = random.below(2) == 0
    let needed: Protection = isWrite ? .write : .read
    var expected: Errno?
    for number in first..<(first + UInt64(count)) where expected == nil {
      guard let page = model.processes[task]?.pages[number] else {
        expected = .ENOMEM
        break
      }
      if !page.protection.contains(needed) {
        expected = .EINVAL
      } else if model.isBeyond(page) {
        expected = .EFAULT
      }
    }
    let advice: Advice = isWrite ? .populateWrite : .populateRead
    var answer: Errno?
    do { try kernel.madvise(first << 12, bytes(count), advice.rawValue, by: task) } catch {
      answer = error
    }
    #expect(answer == expected)
  }

  /// What was just read is resident, and only what is mapped has an answer.
  mutating func checkResidency(_ task: TaskIndex) {
    let first = place()
    let count = 1 + random.below(8)
    let isWhole = (first..<(first + UInt64(count))).allSatisfy { isMapped($0, task) }
    do {
      let residency = try kernel.mincore(first << 12, bytes(count), by: task)
      #expect(isWhole && residency.count == count)
      if kernel.access(first << 12, .read, by: task) == .done {
        #expect(try kernel.mincore(first << 12, Page.size, by: task) == [true])
      }
    } catch {
      #expect(error == .ENOMEM && !isWhole)
    }
  }
}
