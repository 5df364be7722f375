// Constants of the program: made in the heap of a process when it first uses them.

internal import QuireProgram

extension World {
  /// Constants and, behind them, the names after a dot as strings.
  var constantCount: Int { image.program.constants.count + image.program.memberNames.count }

  /// Constant `number`, or nil when the heap has no room to make it.
  @inline(never)
  mutating func makeConstant(_ number: Int) -> Value? {
    let constant = image.program.constants[number]
    guard heap.reserve(Self.words(of: constant)) else { return nil }
    let value =
      switch constant {
      case .integer(let integer): heap.integer(integer)
      case .address(let address): heap.address(address)
      case .float(let float): heap.float(float)
      case .string(let text): heap.string(text)
      }
    heap[heap.constantStorage, number] = value
    return value
  }

  static func words(of constant: Constant) -> Int {
    if case .string(let text) = constant { return ScriptHeap.stringWords(bytes: text.utf8.count) }
    return ScriptHeap.numberWords
  }

  /// The name after a dot as a key of a map, or nil when the heap has no room to make it.
  mutating func memberKey(_ name: MemberName) -> Value? {
    let place = image.program.constants.count + name.number
    let known = heap[heap.constantStorage, place]
    if !known.isAbsent { return known }
    guard heap.reserve(memberKeyWords(name)) else { return nil }
    let key = heap.string(name.text(in: image))
    heap[heap.constantStorage, place] = key
    return key
  }

  func memberKeyWords(_ name: MemberName) -> Int {
    ScriptHeap.stringWords(bytes: name.text(in: image).utf8.count)
  }
}
