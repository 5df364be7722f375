// `x.name` of values that need no kernel: regions, ranges, errors, statuses, collections, and the
// string keys of maps.

internal import QuireKernel
internal import QuireProgram

/// A name after a dot: its number in `Program.memberNames`.
struct MemberName: BitwiseCopyable, Sendable {
  var number: Int

  /// The name if the language knows it.
  var known: Member? { Member(rawValue: UInt16(truncatingIfNeeded: number)) }

  func text(in image: CodeImage) -> String { image.program.memberNames[number] }

  /// The number of a region that the name stands for.
  var regionField: RegionField? {
    switch known {
    case .start: .start
    case .end: .end
    case .length, .len: .length
    case .pages: .pages
    default: nil
    }
  }
}

extension World {
  /// `value.name`.
  @inline(never)
  mutating func member(_ name: MemberName, of value: Value) -> BuiltinOutcome {
    let words = 2 * ScriptHeap.numberWords + ScriptHeap.regionWords
    guard heap.reserve(words) else { return .room(words) }
    switch value.tag {
    case .region?: return regionMember(name, of: value)
    case .range?: return rangeMember(name, of: value)
    case .status?: return statusMember(name, of: value)
    case .error?: return errorMember(name, of: value)
    case .map?: return mapMember(name, of: value)
    case .list?, .string?:
      return name.known == .len ? length(of: value) : noMember(value, name)
    case .view?, .process?, .page?, .cache?, .object?, .file?, .swapArea?, .event?, .semaphore?,
      .barrier?, .device?, .perCPU?:
      return handleMember(value, name)
    default: return noMember(value, name)
    }
  }

  mutating func noMember(_ value: Value, _ name: MemberName) -> BuiltinOutcome {
    let text = name.text(in: image)
    return fail(
      ErrorContent("\(heap.kindPhrase(of: value)) has no '\(text)': \(excerpt(value)).\(text)"))
  }

  private mutating func regionMember(_ name: MemberName, of value: Value) -> BuiltinOutcome {
    guard let region = heap.asRegion(value), let field = image.regionFields[name.number] else {
      return noMember(value, name)
    }
    if let value = region.inlineValue(of: field) { return .value(value) }
    // Lengths beyond 63 bits are said to be the greatest integer.
    let number = region[field]
    return .value(
      field.isAddress ? heap.address(number) : heap.integer(Int64(clamping: number)))
  }

  private mutating func rangeMember(_ name: MemberName, of value: Value) -> BuiltinOutcome {
    guard let range = heap.asRange(value) else { return noMember(value, name) }
    switch name.known {
    case .lower: return .value(heap.integer(range.lower))
    case .upper: return .value(heap.integer(range.upper))
    case .len: return length(of: value)
    default: return noMember(value, name)
    }
  }

  private mutating func statusMember(_ name: MemberName, of value: Value) -> BuiltinOutcome {
    guard let status = heap.asStatus(value) else { return noMember(value, name) }
    switch name.known {
    case .code: return .value(Value(small: status.code))
    case .signal:
      return .value(
        heap.optionalString(Signal(rawValue: UInt8(truncatingIfNeeded: status.signal))?.name))
    case .process: return .value(status.process)
    case .core: return .value(.boolean(heap.dumpedCore(value)))
    default: return noMember(value, name)
    }
  }

  private mutating func errorMember(_ name: MemberName, of value: Value) -> BuiltinOutcome {
    guard let error = heap.asError(value) else { return noMember(value, name) }
    switch name.known {
    case .errno: return .value(heap.optionalString(Errno(rawValue: error.number)?.name))
    case .number: return .value(Value(small: Int(error.number)))
    case .message: return .value(heap.string(error.message))
    case .call: return .value(heap.optionalString(error.call))
    case .signal: return .value(heap.optionalString(Signal(rawValue: error.signal)?.name))
    case .address: return .value(error.address.map { heap.address($0) } ?? .none)
    case .access: return .value(heap.optionalString(error.access))
    default: return noMember(value, name)
    }
  }

  /// A map's members are its string keys; `len`, `keys` and `values` stand for the functions when
  /// there is no such key.
  private mutating func mapMember(_ name: MemberName, of value: Value) -> BuiltinOutcome {
    guard let key = memberKey(name) else { return .room(memberKeyWords(name)) }
    if let entry = heap.entry(key, of: value) { return .value(heap.value(entry, of: value)) }
    switch name.known {
    case .len: return length(of: value)
    case .keys: return entries(of: value) { heap, entry in heap.key(entry, of: value) }
    case .values: return entries(of: value) { heap, entry in heap.value(entry, of: value) }
    default:
      let text = name.text(in: image)
      return fail(ErrorContent("the map has no key \"\(text)\": \(excerpt(value))"))
    }
  }

  /// `value.name = new`; answers with the value.
  @inline(never)
  mutating func setMember(
    _ name: MemberName, of value: Value, to new: Value
  ) -> BuiltinOutcome {
    let text = name.text(in: image)
    guard value.has(.map) else {
      return fail(ErrorContent("'\(text)' of \(heap.kindPhrase(of: value)) cannot be assigned"))
    }
    guard let key = memberKey(name) else { return .room(memberKeyWords(name)) }
    return insert(key, new, into: value)
  }

  /// `region.page(n)`: the region of one page.
  mutating func callMember(
    _ name: MemberName, of value: Value, _ call: BuiltinCall
  ) -> BuiltinOutcome {
    guard let region = heap.asRegion(value) else { return handleCall(value, name, call) }
    guard name.known == .page else { return noMember(value, name) }
    guard call.count == 1, let number = heap.asInteger(current.execution.argument(0, of: call))
    else { return fail(ErrorContent("'page' takes the number of a page: region.page(0)")) }
    guard number >= 0 && UInt64(number) < region.pageCount else {
      return fail(
        ErrorContent(
          "page \(number) is out of range of the region, which has 0 ..< \(region.pageCount)"))
    }
    return page(UInt64(number), of: region)
  }

  /// Page `number` of a region, which has it, as a region.
  mutating func page(_ number: UInt64, of region: HeapRegion) -> BuiltinOutcome {
    guard heap.reserve(ScriptHeap.regionWords) else { return .room(ScriptHeap.regionWords) }
    let offset = number * Page.size
    let length = min(Page.size, region.length - offset)
    return .value(heap.region(start: region.start &+ offset, length: length))
  }
}

extension ScriptHeap {
  /// A string, or nil. Short: names of errnos and calls.
  mutating func optionalString(_ text: String?) -> Value { text.map { string($0) } ?? .none }
}
