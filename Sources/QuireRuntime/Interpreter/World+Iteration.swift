// `for x in collection`.
//
// The state of an iteration is the collection and a cursor, two registers, so that a forked child
// goes on in its own copy. A list may grow and shrink while a loop walks it: the loop ends at the
// end it finds. A map may lose keys and have values replaced, but a new key is an error.

extension World {
  /// The cursor before the first element, or why there is no iterating.
  mutating func beginIteration(over value: Value) -> BuiltinOutcome {
    switch value.tag {
    case .list?, .string?, .region?: return .value(Value(small: 0))
    case .map?: return .value(Value(small: heap.additions(to: value) << 31))
    case .range?:
      guard let range = heap.asRange(value), range.count != nil else {
        return fail(ErrorContent("the range has more than 2^63 numbers: \(excerpt(value))"))
      }
      return .value(Value(small: 0))
    default:
      return fail(
        ErrorContent(
          "cannot walk through \(heap.kindPhrase(of: value)): \(excerpt(value)); "
            + "lists, maps, strings, ranges and regions have elements"))
    }
  }

  /// What comes next in an iteration.
  enum IterationStep {
    /// An element, and the cursor behind it.
    case element(Value, cursor: Value)
    case end
    case outcome(BuiltinOutcome)
  }

  @inline(never)
  mutating func nextElement(of value: Value, at cursor: Value) -> IterationStep {
    let position = Int(cursor.smallInteger)
    switch value.tag {
    case .list?:
      guard position < heap.count(ofList: value) else { return .end }
      return .element(heap.element(position, of: value), cursor: Value(small: position + 1))
    case .map?: return nextKey(of: value, cursor: position)
    case .string?: return nextCharacter(of: value, byte: position)
    case .range?: return nextNumber(of: value, position)
    default: return nextPage(of: value, position)
    }
  }

  private mutating func nextKey(of map: Value, cursor: Int) -> IterationStep {
    let additions = cursor >> 31
    var entry = cursor & 0x7fff_ffff
    guard additions == heap.additions(to: map) else {
      return .outcome(
        fail(ErrorContent("a key was added to the map while a loop walks through it")))
    }
    let limit = heap.entryLimit(of: map)
    while entry < limit && heap.key(entry, of: map).isAbsent { entry += 1 }
    if entry >= limit { return .end }
    let next = additions << 31 | (entry + 1)
    return .element(heap.key(entry, of: map), cursor: Value(small: next))
  }

  private mutating func nextCharacter(of string: Value, byte: Int) -> IterationStep {
    guard byte < heap.byteCount(of: string) else { return .end }
    let words = ScriptHeap.stringWords(bytes: 4)
    guard heap.reserve(words) else { return .outcome(.room(words)) }
    let end = byte + heap.characterLength(at: byte, in: string)
    let character = heap.substring(of: string, bytes: byte..<end)
    return .element(character, cursor: Value(small: end))
  }

  private mutating func nextNumber(of value: Value, _ position: Int) -> IterationStep {
    guard let range = heap.asRange(value), let count = range.count, position < count else {
      return .end
    }
    guard heap.reserve(ScriptHeap.numberWords) else {
      return .outcome(.room(ScriptHeap.numberWords))
    }
    let number = heap.integer(range.lower + Int64(position))
    return .element(number, cursor: Value(small: position + 1))
  }

  private mutating func nextPage(of value: Value, _ position: Int) -> IterationStep {
    guard let region = heap.asRegion(value), UInt64(position) < region.pageCount else {
      return .end
    }
    let outcome = page(UInt64(position), of: region)
    guard case .value(let page) = outcome else { return .outcome(outcome) }
    return .element(page, cursor: Value(small: position + 1))
  }
}
