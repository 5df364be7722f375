// What the interpreter asks of handles. The clock of the CPU is up to
// date when it does.

extension World {
  /// `handle.name`, for kinds of values that only the kernel knows.
  mutating func handleMember(_ handle: Value, _ name: MemberName) -> BuiltinOutcome {
    noMember(handle, name)
  }

  /// `handle[key]`.
  mutating func handleElement(_ handle: Value, _ key: Value) -> BuiltinOutcome {
    fail(ErrorContent("\(heap.kindPhrase(of: handle)) has no elements"))
  }

  /// The text of a handle.
  func handleText(_ handle: Value) -> String {
    "\(heap.kindName(of: handle)) \(handle.payload & 0xfff_ffff)"
  }
}
