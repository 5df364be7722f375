// Calling functions of the embedding application: arguments out, answer in.

internal import KernelStorage
internal import QuireKernel
internal import QuireProgram

extension World {
  /// Calls host function `number`.
  mutating func hostFunction(_ number: Int, _ call: BuiltinCall) -> BuiltinOutcome {
    if let answer = hostAnswer {
      let words = Self.words(for: answer)
      guard heap.reserve(words) else { return .room(words) }
      hostAnswer = nil
      return .value(value(of: answer))
    }
    let function = hostFunctions[number]
    let name = function.signature.name
    var arguments: [ScriptValue] = []
    for index in 0..<call.count {
      guard let argument = scriptValue(current.execution.argument(index, of: call)) else {
        return fail(ErrorContent("\(name): an argument is nested too deeply to leave the script"))
      }
      arguments.append(argument)
    }
    do {
      // The answer is kept: if the heap has no room for it, the function is not called twice.
      hostAnswer = try function.body(
        arguments, HostContext(pid: current.pid, time: kernel.now))
    } catch {
      var content = ErrorContent("\(name): \(error)")
      content.call = name
      return fail(content)
    }
    return hostFunction(number, call)
  }
}
