// Builtins on lists, maps and strings.

internal import KernelStorage
internal import QuireProgram

extension World {
  /// `len(value)`: elements, characters, or the bytes of a region.
  mutating func length(of value: Value) -> BuiltinOutcome {
    guard heap.reserve(ScriptHeap.numberWords) else { return .room(ScriptHeap.numberWords) }
    switch value.tag {
    case .list?: return .value(Value(small: heap.count(ofList: value)))
    case .map?: return .value(Value(small: heap.count(ofMap: value)))
    case .string?:
      if !heap.isASCII(value) { charge(work: heap.byteCount(of: value)) }
      return .value(Value(small: heap.characterCount(of: value)))
    case .region?:
      return .value(heap.integer(Int64(clamping: heap.asRegion(value)?.length ?? 0)))
    case .range?:
      guard let count = heap.asRange(value)?.count else {
        return fail(ErrorContent("len: the range has more than 2^63 numbers: \(excerpt(value))"))
      }
      return .value(heap.integer(count))
    default: return refuse(.len, value, takes: "a list, map, string, range or region")
    }
  }

  // MARK: Lists

  mutating func push(_ list: Value, _ value: Value) -> BuiltinOutcome {
    guard list.has(.list) else { return refuse(.push, list, takes: "a list") }
    let words = heap.appendWords(1, to: list)
    guard heap.reserve(words) else { return .room(words) }
    heap.append(value, to: list)
    return .value(.none)
  }

  mutating func pop(_ list: Value) -> BuiltinOutcome {
    guard list.has(.list) else { return refuse(.pop, list, takes: "a list") }
    let count = heap.count(ofList: list)
    if count == 0 { return fail(ErrorContent("pop: the list is empty")) }
    return .value(heap.removeElement(count - 1, of: list))
  }

  mutating func insert(into list: Value, _ place: Value, _ value: Value) -> BuiltinOutcome {
    guard list.has(.list) else { return refuse(.insert, list, takes: "a list") }
    let count = heap.count(ofList: list)
    guard let index = heap.asInteger(place), index >= 0 && index <= count else {
      return fail(ErrorContent("insert: the index is 0 ... \(count), not \(excerpt(place))"))
    }
    let words = heap.appendWords(1, to: list)
    guard heap.reserve(words) else { return .room(words) }
    heap.insert(value, at: Int(index), of: list)
    charge(work: 8 * (count - Int(index)))
    return .value(.none)
  }

  mutating func remove(from collection: Value, _ key: Value) -> BuiltinOutcome {
    if collection.has(.map) {
      if let value = heap.remove(key, from: collection) { return .value(value) }
      return fail(ErrorContent("remove: the map has no key \(excerpt(key))"))
    }
    guard collection.has(.list) else {
      return refuse(.remove, collection, takes: "a list or a map")
    }
    let count = heap.count(ofList: collection)
    guard let index = heap.asInteger(key), index >= 0 && index < count else {
      return fail(
        ErrorContent(
          "remove: index \(excerpt(key)) is out of range of the list, which has 0 ..< \(count)"))
    }
    charge(work: 8 * (count - Int(index)))
    return .value(heap.removeElement(Int(index), of: collection))
  }

  /// A list or map with the same elements; they themselves are shared.
  mutating func copy(_ value: Value) -> BuiltinOutcome {
    if value.has(.list) {
      let count = heap.count(ofList: value)
      let words = ScriptHeap.listWords(count)
      guard heap.reserve(words) else { return .room(words) }
      let result = heap.list(count: count)
      heap.copyElements(0..<count, of: value, to: result, at: 0)
      charge(work: 8 * count)
      return .value(result)
    }
    guard value.has(.map) else { return refuse(.copy, value, takes: "a list or a map") }
    let count = heap.count(ofMap: value)
    let words = ScriptHeap.mapWords(count)
    guard heap.reserve(words) else { return .room(words) }
    let result = heap.map(capacity: count)
    for entry in 0..<heap.entryLimit(of: value) {
      let key = heap.key(entry, of: value)
      if !key.isAbsent { heap.set(key, to: heap.value(entry, of: value), in: result) }
    }
    charge(work: 24 * count)
    return .value(result)
  }

  // MARK: Maps

  /// A list of something of each entry of a map.
  mutating func entries(
    of map: Value, _ builtin: Builtin = .keys, _ part: (borrowing ScriptHeap, Int) -> Value
  ) -> BuiltinOutcome {
    guard map.has(.map) else { return refuse(builtin, map, takes: "a map") }
    let count = heap.count(ofMap: map)
    let words = ScriptHeap.listWords(count)
    guard heap.reserve(words) else { return .room(words) }
    let list = heap.list(count: count)
    var index = 0
    for entry in 0..<heap.entryLimit(of: map) where !heap.key(entry, of: map).isAbsent {
      heap.setElement(index, of: list, to: part(heap, entry))
      index += 1
    }
    charge(work: 8 * count)
    return .value(list)
  }

  // MARK: Searching

  mutating func contains(_ collection: Value, _ value: Value) -> BuiltinOutcome {
    switch collection.tag {
    case .list?: return containsElement(collection, value)
    case .map?: return .value(.boolean(heap.entry(value, of: collection) != nil))
    case .range?:
      let number = heap.asInteger(value)
      return .value(
        .boolean(number.map { heap.asRange(collection)?.contains($0) ?? false } ?? false))
    case .region?:
      guard let region = heap.asRegion(collection), let address = heap.asAddress(value) else {
        return .value(.boolean(false))
      }
      return .value(.boolean(address >= region.start && address - region.start < region.length))
    case .string?:
      guard value.has(.string) else {
        return refuse(.contains, value, takes: "a string to look for")
      }
      let text = heap.bytes(of: collection)
      charge(work: text.count)
      return .value(.boolean(Bytes.firstRange(of: heap.bytes(of: value), in: text, from: 0) != nil))
    default:
      return refuse(.contains, collection, takes: "a list, map, string, range or region")
    }
  }

  private mutating func containsElement(_ list: Value, _ value: Value) -> BuiltinOutcome {
    let count = heap.count(ofList: list)
    for index in 0..<count where heap.areEqual(heap.element(index, of: list), value) {
      charge(work: 8 * index)
      return .value(.boolean(true))
    }
    charge(work: 8 * count)
    return .value(.boolean(false))
  }

  // MARK: Strings

  mutating func join(_ list: Value, _ separator: Value) -> BuiltinOutcome {
    guard list.has(.list) else { return refuse(.join, list, takes: "a list") }
    if !separator.isAbsent && !separator.has(.string) {
      return refuse(.join, separator, takes: "a string as separator")
    }
    let count = heap.count(ofList: list)
    var bytes = separator.isAbsent ? 0 : max(0, count - 1) * heap.byteCount(of: separator)
    for index in 0..<count {
      let element = heap.element(index, of: list)
      if element.has(.string) { bytes += heap.byteCount(of: element) }
    }
    let words = ScriptHeap.stringWords(bytes: bytes)
    guard heap.reserve(words) else { return .room(words) }
    var writer = TextWriter()
    for index in 0..<count {
      if index > 0 && !separator.isAbsent { writer.write(separator, of: self) }
      writer.write(heap.element(index, of: list), of: self)
    }
    return newString(writer.finish())
  }

  mutating func split(_ string: Value, _ separator: Value) -> BuiltinOutcome {
    guard string.has(.string) else { return refuse(.split, string, takes: "a string") }
    guard separator.isAbsent || separator.has(.string) && heap.byteCount(of: separator) > 0 else {
      return refuse(.split, separator, takes: "a separator that is a string and not empty")
    }
    let text = heap.bytes(of: string)
    let parts =
      separator.isAbsent ? Bytes.words(of: text) : Bytes.parts(of: text, heap.bytes(of: separator))
    let words = parts.reduce(ScriptHeap.listWords(parts.count)) {
      $0 + ScriptHeap.stringWords(bytes: $1.count)
    }
    guard heap.reserve(words) else { return .room(words) }
    let list = heap.list(count: parts.count)
    for (index, part) in parts.enumerated() {
      let piece = heap.string(Array(text[part]))
      heap.setElement(index, of: list, to: piece)
    }
    charge(work: 2 * text.count)
    return .value(list)
  }
}

/// Searching in bytes.
enum Bytes {
  /// The first place of `part` in `text` from `start` on; an empty part is everywhere.
  static func firstRange(of part: [UInt8], in text: [UInt8], from start: Int) -> Range<Int>? {
    var place = start
    while place + part.count <= text.count {
      var matched = 0
      while matched < part.count && text[place + matched] == part[matched] { matched += 1 }
      if matched == part.count { return place..<place + matched }
      place += 1
    }
    return nil
  }

  /// What lies between separators, empty parts included.
  static func parts(of text: [UInt8], _ separator: [UInt8]) -> [Range<Int>] {
    var parts: [Range<Int>] = []
    var start = 0
    while let found = firstRange(of: separator, in: text, from: start) {
      parts.append(start..<found.lowerBound)
      start = found.upperBound
    }
    parts.append(start..<text.count)
    return parts
  }

  /// What lies between white space.
  static func words(of text: [UInt8]) -> [Range<Int>] {
    var words: [Range<Int>] = []
    var start: Int?
    for (index, byte) in text.enumerated() {
      if NumberText.isSpace(byte) {
        if let first = start { words.append(first..<index) }
        start = nil
      } else if start == nil {
        start = index
      }
    }
    if let first = start { words.append(first..<text.count) }
    return words
  }
}
