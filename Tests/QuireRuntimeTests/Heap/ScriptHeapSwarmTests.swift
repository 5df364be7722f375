// The heap against a naive model: random changes to lists, maps and strings, with a collection now
// and then or before every step, and the same contents after each.

import QuireRuntime
import SwarmSeeds
import Testing

/// A value as the model has it. Lists and maps have identity.
private indirect enum Model {
  case integer(Int64)
  case address(UInt64)
  case float(Double)
  case string(String)
  case list(ModelList)
  case map(ModelMap)
}

private final class ModelList {
  var elements: [Model] = []
}

private final class ModelMap {
  var keys: [String] = []
  var values: [String: Model] = [:]
}

/// A heap and its model, side by side.
private struct Pair: ~Copyable {
  var heap = ScriptHeap()
  /// Values that are held, in the heap and in the model.
  var values: [Value] = []
  var models: [Model] = []
  var random: RandomStream

  init(seed: UInt64) { random = RandomStream(seed: seed) }

  mutating func draw(_ bound: Int) -> Int { Int(random.below(UInt64(bound))) }

  mutating func hold(_ value: Value, _ model: Model) {
    if values.count < 40 {
      values.append(value)
      models.append(model)
    } else {
      let place = draw(values.count)
      values[place] = value
      models[place] = model
    }
  }

  mutating func collect() {
    var held = values
    heap.collect { collection in
      for index in held.indices { held[index] = collection.forward(held[index]) }
    }
    values = held
  }

  mutating func step() {
    switch draw(10) {
    case 0: newNumber()
    case 1:
      let text = String(repeating: "é", count: draw(9)) + "x\(draw(1000))"
      hold(heap.string(text), .string(text))
    case 2: newList()
    case 3: hold(heap.map(capacity: draw(5)), .map(ModelMap()))
    case 4, 5, 6: changeList()
    default: changeMap()
    }
  }

  private mutating func newNumber() {
    let bits = random.next() >> UInt64(draw(64))
    switch draw(3) {
    case 0: hold(heap.integer(Int64(bitPattern: bits)), .integer(Int64(bitPattern: bits)))
    case 1: hold(heap.address(bits), .address(bits))
    default:
      let float = Double(bitPattern: bits)
      hold(heap.float(float), .float(float))
    }
  }

  private mutating func newList() {
    let list = heap.list(count: 0)
    let model = ModelList()
    for _ in 0..<draw(5) where !values.isEmpty {
      let place = draw(values.count)
      heap.append(values[place], to: list)
      model.elements.append(models[place])
    }
    hold(list, .list(model))
  }

  private mutating func changeList() {
    guard !values.isEmpty else { return }
    let (place, other) = (draw(values.count), draw(values.count))
    guard case .list(let model) = models[place] else { return }
    if draw(3) > 0 || model.elements.isEmpty {
      heap.append(values[other], to: values[place])
      model.elements.append(models[other])
    } else {
      let index = draw(model.elements.count)
      heap.setElement(index, of: values[place], to: values[other])
      model.elements[index] = models[other]
    }
  }

  private mutating func changeMap() {
    guard !values.isEmpty else { return }
    let (place, other) = (draw(values.count), draw(values.count))
    guard case .map(let model) = models[place] else { return }
    let name = "k\(draw(30))"
    let key = heap.string(name)
    if draw(3) == 0 {
      let removed = heap.remove(key, from: values[place])
      #expect((removed != nil) == (model.values[name] != nil))
      model.keys.removeAll { $0 == name }
      model.values[name] = nil
    } else {
      heap.set(key, to: values[other], in: values[place])
      if model.values[name] == nil { model.keys.append(name) }
      model.values[name] = models[other]
    }
  }

  // MARK: Comparing

  func check() -> Bool {
    heap.checkInvariants() == nil
      && values.indices.allSatisfy { agrees(values[$0], models[$0], depth: 4) }
  }

  private func agrees(_ value: Value, _ model: Model, depth: Int) -> Bool {
    if depth == 0 { return true }
    switch model {
    case .integer(let integer): return heap.asInteger(value) == integer
    case .address(let address): return heap.asAddress(value) == address
    case .float(let float): return heap.asFloat(value)?.bitPattern == float.bitPattern
    case .string(let text): return heap.asString(value) == text
    case .list(let list):
      guard heap.count(ofList: value) == list.elements.count else { return false }
      return list.elements.indices.allSatisfy {
        agrees(heap.element($0, of: value), list.elements[$0], depth: depth - 1)
      }
    case .map(let map): return agrees(value, map, depth: depth)
    }
  }

  /// The same keys in the same order, with values that agree.
  private func agrees(_ value: Value, _ map: ModelMap, depth: Int) -> Bool {
    var keys: [String] = []
    for entry in 0..<heap.entryLimit(of: value) {
      guard let key = heap.asString(heap.key(entry, of: value)) else { continue }
      keys.append(key)
      guard let model = map.values[key],
        agrees(heap.value(entry, of: value), model, depth: depth - 1)
      else { return false }
    }
    return keys == map.keys && heap.count(ofMap: value) == keys.count
  }
}

@Suite("The heap equals a naive model") struct ScriptHeapSwarmTests {
  @Test("with a collection now and then", arguments: swarmSeeds(20) as Range<UInt64>)
  func now(seed: UInt64) {
    var pair = Pair(seed: seed)
    for step in 0..<600 {
      pair.step()
      if pair.draw(20) == 0 { pair.collect() }
      if step % 20 == 0 && !pair.check() {
        Issue.record("seed \(seed) differs by step \(step)")
        return
      }
    }
    let agrees = pair.check()
    #expect(agrees)
  }

  @Test("with a collection at every step", arguments: 100..<105 as Range<UInt64>)
  func always(seed: UInt64) {
    var pair = Pair(seed: seed)
    for step in 0..<300 {
      pair.step()
      pair.collect()
      if !pair.check() {
        Issue.record("seed \(seed) differs at step \(step)")
        return
      }
    }
  }

  @Test("a copy and its original go separate ways")
  func copies() {
    var heap = ScriptHeap()
    let list = heap.list(count: 1)
    heap.setElement(0, of: list, to: heap.string("both"))
    var child = heap.copy()
    child.setElement(0, of: list, to: child.string("child"))
    let isOriginal = heap.asString(heap.element(0, of: list)) == "both"
    #expect(isOriginal)
    let isChanged = child.asString(child.element(0, of: list)) == "child"
    #expect(isChanged)
  }

  @Test("what nothing refers to is dropped; what is kept is no larger than before")
  func dropping() {
    var heap = ScriptHeap()
    var kept = heap.string("kept")
    let used = heap.used
    for number in 0..<1000 { _ = heap.string("garbage \(number)") }
    heap.collect { kept = $0.forward(kept) }
    let isNoLarger = heap.used == used
    #expect(isNoLarger)
    let isKept = heap.asString(kept) == "kept"
    #expect(isKept)
  }

  @Test("cycles and long chains are collected without recursion")
  func chains() {
    var heap = ScriptHeap()
    let first = heap.list(count: 1)
    var last = first
    for _ in 0..<200_000 {
      let next = heap.list(count: 1)
      heap.setElement(0, of: next, to: last)
      last = next
    }
    heap.setElement(0, of: first, to: last)
    let used = heap.used
    heap.collect { last = $0.forward(last) }
    let isComplete = heap.used == used
    #expect(isComplete)
  }
}
