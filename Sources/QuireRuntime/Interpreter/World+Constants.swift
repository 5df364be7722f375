// Constants of the program: made in the heap of a process when it first uses them.

internal import QuireProgram

extension World {
  /// Makes places in the current heap for what the program uses, if it has grown or the heap is
  /// new.
  ///
  /// - Returns: false when the heap limit forbids it.
  mutating func prepareHeap() -> Bool {
    let wanted = image.preparation
    if heap.preparation == wanted { return true }
    guard heap.reserve(wanted.words) || makeRoom(wanted.words) else { return false }
    heap.prepare(for: wanted)
    return true
  }

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
    let known = heap[heap.nameStorage, name.number]
    if !known.isAbsent { return known }
    guard heap.reserve(memberKeyWords(name)) else { return nil }
    let key = heap.string(name.text(in: image))
    heap[heap.nameStorage, name.number] = key
    return key
  }

  func memberKeyWords(_ name: MemberName) -> Int {
    ScriptHeap.stringWords(bytes: name.text(in: image).utf8.count)
  }
}
