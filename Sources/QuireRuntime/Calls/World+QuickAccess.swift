// Accesses the short way: a word at an ordinary address, or one whole page.
//
// Loops of scripts make these calls a million times. Whatever is not among them takes the general
// way (World+AccessCalls.swift), which gives the same answers; nothing has been done by then. So
// does an access that is made again: only there what it has begun comes to its end.

internal import QuireKernel
internal import QuireProgram

extension World {
  /// Calls an access builtin.
  mutating func access(_ builtin: Builtin, _ call: BuiltinCall) -> BuiltinOutcome {
    let outcome =
      switch builtin {
      case .load: quickLoad(call)
      case .store: quickStore(call)
      case .touch: quickTouch(call)
      case .read: quickRead(call)
      case .write: quickWrite(call)
      default: nil as BuiltinOutcome?
      }
    return outcome ?? kernelBuiltin(builtin, call)
  }

  // MARK: Words

  @inline(__always)
  private mutating func quickLoad(_ call: BuiltinCall) -> BuiltinOutcome? {
    let place = argument(0, call)
    guard place.has(.address), case .none = current.operation,
      heap.reserve(ScriptHeap.numberWords)
    else { return nil }
    var word: UInt64 = 0
    let progress = kernel.loadWord(place.inlineAddress, into: &word, by: current.task)
    guard case .done = progress else { return finish(.load, progress, .read, .none, call) }
    return .value(heap.integer(Int64(bitPattern: word)))
  }

  @inline(__always)
  private mutating func quickStore(_ call: BuiltinCall) -> BuiltinOutcome? {
    let (place, value) = (argument(0, call), argument(1, call))
    guard place.has(.address), value.isSmallInteger, case .none = current.operation
    else { return nil }
    let word = UInt64(bitPattern: value.smallInteger)
    let progress = kernel.storeWord(place.inlineAddress, word, by: current.task)
    guard case .done = progress else { return finish(.store, progress, .write, .none, call) }
    return .value(.none)
  }

  // MARK: Pages

  @inline(__always)
  private mutating func quickTouch(_ call: BuiltinCall) -> BuiltinOutcome? {
    guard argument(2, call).isAbsent, argument(3, call).isAbsent, let page = singlePage(call)
    else { return nil }
    let progress = kernel.access(page, .write, by: current.task)
    guard case .done = progress else {
      let access = RangeAccess(.touch, from: page, to: page + Page.size)
      return finish(.touch, progress, .write, .access(access), call)
    }
    return .value(.none)
  }

  @inline(__always)
  private mutating func quickRead(_ call: BuiltinCall) -> BuiltinOutcome? {
    guard argument(4, call).isAbsent, let page = singlePage(call) else { return nil }
    let progress = kernel.access(page, .read, by: current.task)
    guard case .done = progress else {
      let access = RangeAccess(.read, from: page, to: page + Page.size)
      return finish(.read, progress, .read, .access(access), call)
    }
    return .value(.none)
  }

  @inline(__always)
  private mutating func quickWrite(_ call: BuiltinCall) -> BuiltinOutcome? {
    guard argument(2, call).isAbsent, argument(5, call).isAbsent, let page = singlePage(call)
    else { return nil }
    var access = RangeAccess(.fill(0), from: page, to: page + Page.size)
    let progress = kernel.perform(&access, by: current.task)
    guard case .done = progress else {
      return finish(.write, progress, .write, .access(access), call)
    }
    return .value(.none)
  }

  /// The page that a call walks over, if it is one page, begins now and has no length of its own.
  @inline(__always)
  private func singlePage(_ call: BuiltinCall) -> UInt64? {
    guard argument(1, call).isAbsent, case .none = current.operation, kernel.now < kernel.sliceEnd
    else { return nil }
    let place = argument(0, call)
    var start = place.inlineAddress
    if !place.has(.address) {
      guard let region = heap.asRegion(place), region.length == Page.size else { return nil }
      start = region.start
    }
    let isWhole = start & Page.offsetMask == 0 && start <= UInt64.max - Page.size
    return isWhole ? start : nil
  }

  // MARK: What did not go through at once

  @inline(never)
  private mutating func finish(
    _ builtin: Builtin, _ progress: Progress, _ kind: AccessKind, _ later: Operation,
    _ call: BuiltinCall
  ) -> BuiltinOutcome {
    // In kernel mode there is more to be reached.
    if case .signal = progress, isInKernelMode { return kernelBuiltin(builtin, call) }
    do throws(CallFailure) {
      return try outcome(of: progress, kind, later: later) ?? .value(.none)
    } catch {
      return outcome(of: error, in: builtin, call)
    }
  }
}
