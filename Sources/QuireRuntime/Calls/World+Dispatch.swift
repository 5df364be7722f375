// What the interpreter asks of the builtins that touch the kernel, the host's functions and the
// members of handles. The clock of the CPU is up to date when it does.

internal import QuireProgram

extension World {
  /// A builtin that is not one of the plain ones (`World+PlainBuiltins.swift`).
  mutating func kernelBuiltin(_ builtin: Builtin, _ call: BuiltinCall) -> BuiltinOutcome {
    fail(ErrorContent("'\(builtin.name)' is not there yet in this version"))
  }

  /// A function of the embedding application, by its number among them.
  mutating func hostFunction(_ number: Int, _ call: BuiltinCall) -> BuiltinOutcome {
    fail(ErrorContent("host functions are not there yet in this version"))
  }

  /// `handle.name`, for kinds of values that only the kernel knows.
  mutating func handleMember(_ handle: Value, _ name: MemberName) -> BuiltinOutcome {
    noMember(handle, name)
  }

  /// `handle[key]`.
  mutating func handleElement(_ handle: Value, _ key: Value) -> BuiltinOutcome {
    fail(ErrorContent("\(heap.kindPhrase(of: handle)) has no elements"))
  }

  /// `handle.name(…)`; the arguments are those of the call.
  mutating func handleCall(
    _ handle: Value, _ name: MemberName, _ call: BuiltinCall
  ) -> BuiltinOutcome {
    noMember(handle, name)
  }

  /// The text of a handle.
  func handleText(_ handle: Value) -> String {
    "\(heap.kindName(of: handle)) \(handle.payload & 0xfff_ffff)"
  }
}
