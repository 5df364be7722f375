// Reading an access pattern out of a script's value.

extension World {
  /// A walk over `pages` pages as the `pattern:` of `touch` describes it.
  func readPattern(_ value: Value, over pages: UInt64) throws(CallFailure) -> AccessPattern {
    if value.isAbsent { return AccessPattern(.stride(step: 1), over: pages) }
    if let name = heap.asString(value) {
      switch name {
      case "sequential": return AccessPattern(.stride(step: 1), over: pages)
      case "random": return AccessPattern(.uniform, over: pages)
      default: throw .misuse("a pattern is \"sequential\" or \"random\", not \"\(name)\"")
      }
    }
    if value.has(.list) { return try listedPattern(value, over: pages) }
    guard value.has(.map), let kind = heap.asString(patternField("kind", of: value)) else {
      throw wrongKind("pattern", "one of the module 'patterns'", value)
    }
    switch kind {
    case "stride":
      let step = try patternNumber("step", of: value)
      return AccessPattern(.stride(step: step % pages), over: pages)
    case "uniform": return AccessPattern(.uniform, over: pages)
    case "hotspot":
      let share = try patternNumber("pages", of: value)
      let accesses = try patternNumber("accesses", of: value)
      do { return try AccessPattern(hotspot: share, accesses: accesses, over: pages) } catch {
        throw .misuse(error.message)
      }
    case "weighted":
      let first = try patternNumbers(patternField("first", of: value), "the pattern's 'first'")
      let weights = try patternNumbers(patternField("weight", of: value), "the pattern's 'weight'")
      do { return try AccessPattern(first: first, weights: weights, over: pages) } catch {
        throw .misuse(error.message)
      }
    default: throw .misuse("there is no pattern of the kind \"\(kind)\"")
    }
  }

  private func listedPattern(_ list: Value, over pages: UInt64) throws(CallFailure) -> AccessPattern
  {
    let numbers = try patternNumbers(list, "'pattern'")
    if numbers.isEmpty { throw .misuse("the list of pages is empty") }
    for number in numbers where number >= pages {
      throw .misuse("page \(number) is not in the region, which has \(pages)")
    }
    return AccessPattern(.listed(numbers), over: pages)
  }

  private func patternField(_ name: String, of map: Value) -> Value {
    heap.value(forKey: name, in: map) ?? .none
  }

  private func patternNumber(_ name: String, of map: Value) throws(CallFailure) -> UInt64 {
    guard let number = heap.asInteger(patternField(name, of: map)), number >= 0 else {
      throw .misuse("the pattern's '\(name)' is an integer that is not negative")
    }
    return UInt64(number)
  }

  private func patternNumbers(_ list: Value, _ name: String) throws(CallFailure) -> [UInt64] {
    guard list.has(.list) else { throw .misuse("\(name) is a list of integers") }
    var numbers: [UInt64] = []
    for index in 0..<heap.count(ofList: list) {
      guard let number = heap.asInteger(heap.element(index, of: list)), number >= 0 else {
        throw .misuse("\(name) is a list of integers that are not negative")
      }
      numbers.append(UInt64(number))
    }
    return numbers
  }
}
