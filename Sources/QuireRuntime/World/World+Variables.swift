// What the top level of a script leaves to its host: its variables and its last value, as copies of
// bounded size.

internal import KernelStorage
internal import QuireProgram

/// A variable of a script's top level.
public struct ScriptVariable: Hashable, Sendable {
  public var name: String
  public var value: ScriptValue
}

extension World {
  /// The variables of the top level as they are now or, once its process has ended, as they were
  /// then; in the order of their declaration. Those not yet declared are left out.
  package mutating func topLevelVariables() -> [ScriptVariable] {
    let fiber = Int(ledger[mainProcess].fiber)
    if fiber == 0 { return mainVariables }
    if fiber == runningFiber { return variablesOfCurrent() }
    // Readers of values look at the current fiber and heap: the top level takes their place.
    let isHeapCurrent = runningFiber != 0 && fibers[fiber].heap == current.heap
    swap(&fibers[fiber], &current)
    let heapIndex = current.heap
    if !isHeapCurrent { swap(&heaps[heapIndex], &heap) }
    defer {
      if !isHeapCurrent { swap(&heaps[heapIndex], &heap) }
      swap(&fibers[fiber], &current)
    }
    return variablesOfCurrent()
  }

  /// The process of the top level ends: keeps what its variables are.
  mutating func keepMainVariables() {
    if !isSession { mainVariables = variablesOfCurrent() }
  }

  /// The top level has come to its end, with this value.
  mutating func keepMainValue(_ value: Value) {
    var budget = CopyBudget()
    mainValue = boundedCopy(of: value, &budget)
  }

  private func variablesOfCurrent() -> [ScriptVariable] {
    let place = current.execution.outermostPlace
    guard let function = image.program.function(at: UInt32(truncatingIfNeeded: place)),
      function == image.program.entry
    else { return [] }
    var budget = CopyBudget()
    var variables: [ScriptVariable] = []
    for variable in image.program.variables where place >= Int(variable.start) {
      let value =
        switch variable.place {
        case .register(let register): current.execution.value(at: Int(register))
        case .cell(let register): heap[current.execution.value(at: Int(register)), 0]
        case .global(let index): heap[heap.globalStorage, Int(index)]
        }
      let copy = boundedCopy(of: value, &budget)
      variables.append(ScriptVariable(name: variable.name, value: copy))
    }
    return variables
  }

  // MARK: Copies

  /// What copies may still take.
  private struct CopyBudget {
    var values = 100_000
    var bytes = 1 << 20
  }

  /// A copy for the host; of what is too large, too deep or contains itself, its beginning as text.
  private func boundedCopy(
    of value: Value, _ budget: inout CopyBudget, depth: Int = 0
  ) -> ScriptValue {
    if value.has(.string) {
      budget.bytes -= heap.byteCount(of: value)
      return budget.bytes < 0 ? .other(excerpt(value)) : scriptValue(value) ?? .none
    }
    guard value.has(.list) || value.has(.map) else { return scriptValue(value) ?? .none }
    let count = value.has(.list) ? heap.count(ofList: value) : 2 * heap.count(ofMap: value)
    guard count <= budget.values, depth < 64 else { return .other(excerpt(value)) }
    budget.values -= count
    if value.has(.list) {
      return .list(
        (0..<count).map {
          boundedCopy(of: heap.element($0, of: value), &budget, depth: depth + 1)
        })
    }
    var entries: [ScriptValue.Entry] = []
    for index in 0..<heap.entryLimit(of: value) where !heap.key(index, of: value).isAbsent {
      let key = boundedCopy(of: heap.key(index, of: value), &budget, depth: depth + 1)
      let entry = boundedCopy(of: heap.value(index, of: value), &budget, depth: depth + 1)
      entries.append(ScriptValue.Entry(key: key, value: entry))
    }
    return .map(entries)
  }
}
