// `x[i]`: elements, slices, and what is wrong with an index.

extension World {
  /// `container[key]`.
  @inline(never)
  mutating func element(of container: Value, at key: Value) -> BuiltinOutcome {
    switch container.tag {
    case .list?: return listElement(container, key)
    case .map?: return mapElement(container, key)
    case .string?: return stringElement(container, key)
    case .region?: return regionElement(container, key)
    case .range?: return rangeElement(container, key)
    case .view?, .process?, .page?, .cache?, .object?, .swapArea?, .file?:
      return handleElement(container, key)
    default:
      return fail(
        ErrorContent("\(heap.kindPhrase(of: container)) has no elements: \(shown(container, key))"))
    }
  }

  private func shown(_ container: Value, _ key: Value) -> String {
    "\(excerpt(container))[\(excerpt(key))]"
  }

  /// The index of one element, or an error.
  private func checkedIndex(
    _ key: Value, of container: Value, count: Int
  ) throws(IndexError) -> Int {
    guard let index = heap.asInteger(key) else {
      throw IndexError(
        "the index of \(heap.kindPhrase(of: container)) is an integer or a range, "
          + "not \(heap.kindPhrase(of: key)): \(excerpt(key))")
    }
    guard index >= 0 && index < count else { throw outOfRange("\(index)", container, count) }
    return Int(index)
  }

  /// The elements of a slice, or an error.
  private func checkedSlice(
    _ range: IntegerRange, of container: Value, count: Int
  ) throws(IndexError) -> Range<Int> {
    let (lower, upper) = (range.lower, range.isEmpty ? range.lower : range.last)
    let limit = range.isEmpty ? count : count - 1
    guard lower >= 0 && lower <= upper && upper <= limit else {
      let text = "\(range.lower) \(range.isClosed ? "..." : "..<") \(range.upper)"
      throw outOfRange(text, container, count)
    }
    return Int(lower)..<Int(upper) + (range.isEmpty ? 0 : 1)
  }

  private func outOfRange(_ index: String, _ container: Value, _ count: Int) -> IndexError {
    let name = heap.kindName(of: container)
    let has = count == 0 ? "which is empty" : "which has 0 ..< \(count)"
    return IndexError("index \(index) is out of range of the \(name), \(has)")
  }

  /// What is wrong with an index.
  private struct IndexError: Error {
    var message: String
    init(_ message: String) { self.message = message }
  }

  // MARK: Lists and maps

  private mutating func listElement(_ list: Value, _ key: Value) -> BuiltinOutcome {
    let count = heap.count(ofList: list)
    do throws(IndexError) {
      guard let range = heap.asRange(key) else {
        return .value(heap.element(try checkedIndex(key, of: list, count: count), of: list))
      }
      let slice = try checkedSlice(range, of: list, count: count)
      let words = ScriptHeap.listWords(slice.count)
      guard heap.reserve(words) else { return .room(words) }
      let result = heap.list(count: slice.count)
      heap.copyElements(slice, of: list, to: result, at: 0)
      charge(work: 8 * slice.count)
      return .value(result)
    } catch { return fail(ErrorContent(error.message)) }
  }

  private mutating func mapElement(_ map: Value, _ key: Value) -> BuiltinOutcome {
    if let entry = heap.entry(key, of: map) { return .value(heap.value(entry, of: map)) }
    if heap.hash(of: key) == nil { return badKey(key) }
    return fail(ErrorContent("the map has no key \(excerpt(key)): \(excerpt(map))"))
  }

  mutating func badKey(_ key: Value) -> BuiltinOutcome {
    fail(
      ErrorContent("\(heap.kindPhrase(of: key)) can change and cannot be a key: \(excerpt(key))"))
  }

  // MARK: Strings, ranges, regions

  private mutating func stringElement(_ string: Value, _ key: Value) -> BuiltinOutcome {
    do throws(IndexError) {
      let count = heap.characterCount(of: string)
      let characters: Range<Int>
      if let range = heap.asRange(key) {
        characters = try checkedSlice(range, of: string, count: count)
      } else {
        let index = try checkedIndex(key, of: string, count: count)
        characters = index..<index + 1
      }
      let start = heap.byteOffset(ofCharacter: characters.lowerBound, in: string)
      let end = heap.byteOffset(ofCharacter: characters.upperBound, in: string)
      let words = ScriptHeap.stringWords(bytes: end - start)
      guard heap.reserve(words) else { return .room(words) }
      charge(work: heap.isASCII(string) ? end - start : end)
      return .value(heap.substring(of: string, bytes: start..<end))
    } catch { return fail(ErrorContent(error.message)) }
  }

  private mutating func rangeElement(_ value: Value, _ key: Value) -> BuiltinOutcome {
    guard let range = heap.asRange(value), let count = range.count else {
      return fail(ErrorContent("the range has more than 2^63 numbers: \(excerpt(value))"))
    }
    do throws(IndexError) {
      guard heap.reserve(ScriptHeap.numberWords) else { return .room(ScriptHeap.numberWords) }
      let index = try checkedIndex(key, of: value, count: Int(count))
      return .value(heap.integer(range.lower + Int64(index)))
    } catch { return fail(ErrorContent(error.message)) }
  }

  /// A range of bytes gives a region, a number of bytes an address.
  private mutating func regionElement(_ value: Value, _ key: Value) -> BuiltinOutcome {
    guard let region = heap.asRegion(value) else { return .value(.none) }
    guard heap.reserve(ScriptHeap.regionWords) else { return .room(ScriptHeap.regionWords) }
    let count = Int(clamping: region.length)
    do throws(IndexError) {
      guard let range = heap.asRange(key) else {
        let index = try checkedIndex(key, of: value, count: count)
        return .value(heap.address(region.start &+ UInt64(index)))
      }
      let slice = try checkedSlice(range, of: value, count: count)
      let start = region.start &+ UInt64(slice.lowerBound)
      return .value(heap.region(start: start, length: UInt64(slice.count)))
    } catch { return fail(ErrorContent(error.message)) }
  }

  // MARK: Assignment

  /// `container[key] = value`; answers with the container.
  @inline(never)
  mutating func setElement(
    of container: Value, at key: Value, to value: Value
  ) -> BuiltinOutcome {
    switch container.tag {
    case .list?:
      do throws(IndexError) {
        let count = heap.count(ofList: container)
        heap.setElement(
          try checkedIndex(key, of: container, count: count), of: container, to: value)
        return .value(container)
      } catch { return fail(ErrorContent(error.message)) }
    case .map?: return insert(key, value, into: container)
    default:
      let kind = heap.kindPhrase(of: container)
      return fail(
        ErrorContent("the elements of \(kind) cannot be assigned: \(shown(container, key))"))
    }
  }

  /// Sets a key of a map; answers with the map.
  mutating func insert(_ key: Value, _ value: Value, into map: Value) -> BuiltinOutcome {
    let words = heap.insertionWords(map)
    guard heap.reserve(words) else { return .room(words) }
    return heap.set(key, to: value, in: map) ? .value(map) : badKey(key)
  }
}
