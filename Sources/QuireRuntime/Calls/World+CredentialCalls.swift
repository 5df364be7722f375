// Who a process is: drop_privileges, and what a script may ask.

internal import QuireKernel
internal import QuireProgram

extension World {
  /// drop_privileges(user, keep)
  mutating func dropPrivilegesCall(_ call: BuiltinCall) throws(CallFailure) -> BuiltinOutcome {
    var user: UserID?
    if let number = try optionalInteger(0, "user", call) {
      guard let narrow = UserID(exactly: number), narrow != .max else {
        throw .misuse("'user' is the number of a user, 0 ... 4294967294, not \(number)")
      }
      user = narrow
    }
    let kept = try capabilities(1, "keep", call)
    return try done { world throws(Errno) in
      try world.kernel.setCredentials(of: world.current.task, user: user, keeping: kept)
    }
  }

  /// A list of capabilities by name; none when it is left out.
  private func capabilities(
    _ index: Int, _ name: String, _ call: BuiltinCall
  ) throws(CallFailure) -> Capabilities {
    let value = argument(index, call)
    if value.isAbsent { return [] }
    guard value.has(.list) else { throw wrongKind(name, "a list of capabilities", value) }
    var capabilities: Capabilities = []
    for place in 0..<heap.count(ofList: value) {
      let element = heap.element(place, of: value)
      guard let word = heap.asString(element) else {
        throw wrongKind(name, "a list of names of capabilities", element)
      }
      guard let known = Capabilities.named.first(where: { $0.name == word }) else {
        let names = Capabilities.named.map { "\"\($0.name)\"" }.joined(separator: ", ")
        throw .misuse("there is no capability \"\(word)\"; there are \(names)")
      }
      capabilities.insert(known.capability)
    }
    return capabilities
  }

  /// `process.capabilities`: those that the model asks for, by name.
  mutating func capabilityNames(of task: TaskIndex) throws(CallFailure) -> BuiltinOutcome {
    let held = kernel.tasks[task].credentials.capabilities
    let names = Capabilities.named.filter { held.contains($0.capability) }.map(\.name)
    let content = ScriptValue.list(names.map { .string($0) })
    try reserve(Self.words(for: content))
    return .value(value(of: content))
  }
}
