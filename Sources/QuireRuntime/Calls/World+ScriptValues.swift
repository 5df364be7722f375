// Values on their way across the border between a heap and the host.

extension World {
  /// Lists and maps inside each other that may cross the border.
  private static var maximumDepth: Int { 64 }

  /// A copy of a value for the host; nil when lists are nested too deeply, or contain themselves.
  package func scriptValue(_ value: Value, depth: Int = 0) -> ScriptValue? {
    if let number = heap.asInteger(value) { return .integer(number) }
    if let number = heap.asFloat(value) { return .float(number) }
    if let address = heap.asAddress(value) { return .address(address) }
    if let text = heap.asString(value) { return .string(text) }
    if let truth = value.asBoolean { return .boolean(truth) }
    if let region = heap.asRegion(value) {
      return .region(start: region.start, length: region.length)
    }
    if value.isNone || value.isAbsent { return ScriptValue.none }
    guard value.has(.list) || value.has(.map) else {
      return .other(String(decoding: text(of: value), as: UTF8.self))
    }
    if depth >= Self.maximumDepth { return nil }
    return value.has(.list) ? scriptList(value, depth) : scriptMap(value, depth)
  }

  private func scriptList(_ list: Value, _ depth: Int) -> ScriptValue? {
    var elements: [ScriptValue] = []
    for index in 0..<heap.count(ofList: list) {
      guard let element = scriptValue(heap.element(index, of: list), depth: depth + 1) else {
        return nil
      }
      elements.append(element)
    }
    return .list(elements)
  }

  private func scriptMap(_ map: Value, _ depth: Int) -> ScriptValue? {
    var entries: [ScriptValue.Entry] = []
    for index in 0..<heap.entryLimit(of: map) {
      let key = heap.key(index, of: map)
      if key.isAbsent { continue }
      guard let hostKey = scriptValue(key, depth: depth + 1),
        let hostValue = scriptValue(heap.value(index, of: map), depth: depth + 1)
      else { return nil }
      entries.append(ScriptValue.Entry(key: hostKey, value: hostValue))
    }
    return .map(entries)
  }

  /// Words that a host's value takes in the heap.
  package static func words(for value: ScriptValue) -> Int {
    switch value {
    case .none, .boolean: 0
    case .integer, .float, .address: ScriptHeap.numberWords
    case .string(let text), .other(let text): ScriptHeap.stringWords(bytes: text.utf8.count)
    case .region: ScriptHeap.regionWords
    case .list(let elements):
      elements.reduce(ScriptHeap.listWords(elements.count)) { $0 + words(for: $1) }
    case .map(let entries):
      entries.reduce(ScriptHeap.mapWords(entries.count)) {
        $0 + words(for: $1.key) + words(for: $1.value)
      }
    }
  }

  /// A host's value in the current heap, for which room has been reserved.
  package mutating func value(of value: ScriptValue) -> Value {
    switch value {
    case .none: return .none
    case .boolean(let truth): return .boolean(truth)
    case .integer(let number): return heap.integer(number)
    case .float(let number): return heap.float(number)
    case .address(let address): return heap.address(address)
    case .string(let text), .other(let text): return heap.string(text)
    case .region(let start, let length): return heap.region(start: start, length: length)
    case .list(let elements):
      let list = heap.list(count: elements.count)
      for (index, element) in elements.enumerated() {
        heap.setElement(index, of: list, to: self.value(of: element))
      }
      return list
    case .map(let entries):
      let map = heap.map(capacity: entries.count)
      for entry in entries {
        let key = self.value(of: entry.key)
        _ = heap.set(key, to: self.value(of: entry.value), in: map)
      }
      return map
    }
  }
}
