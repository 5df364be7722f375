// Calling functions of the embedding application: arguments out, answer in.

internal import KernelStorage
internal import QuireKernel
internal import QuireProgram

extension World {
  /// Calls host function `number`.
  mutating func hostFunction(_ number: Int, _ call: BuiltinCall) -> BuiltinOutcome {
    if hostAnswer != nil { return takeHostAnswer() }
    do {
      switch try callByWords(number, call) {
      case .word(let word): return .value(word.value)
      case .value(let answer):
        hostAnswer = answer
        return takeHostAnswer()
      case .declined: return callByValues(number, call)
      }
    } catch {
      return failure(of: hostFunctions[number].signature.name, error)
    }
  }

  /// The short way: words in, a word out.
  @inline(__always)
  private func callByWords(_ number: Int, _ call: BuiltinCall) throws -> HostReply {
    guard let body = hostFunctions[number].wordBody else { return .declined }
    var words = HostWords(
      first: ScriptWord(.absent), second: ScriptWord(.absent), third: ScriptWord(.absent))
    if call.count > 0 { words.first = hostWord(0, call) }
    if call.count > 1 { words.second = hostWord(1, call) }
    if call.count > 2 { words.third = hostWord(2, call) }
    return try body(words)
  }

  @inline(__always)
  private func hostWord(_ index: Int, _ call: BuiltinCall) -> ScriptWord {
    ScriptWord(current.execution.argument(index, of: call))
  }

  /// The way of all values.
  @inline(never)
  private mutating func callByValues(_ number: Int, _ call: BuiltinCall) -> BuiltinOutcome {
    let function = hostFunctions[number]
    let name = function.signature.name
    var arguments: [ScriptValue] = []
    arguments.reserveCapacity(call.count)
    for index in 0..<call.count {
      guard let argument = scriptValue(current.execution.argument(index, of: call)) else {
        return fail(ErrorContent("\(name): an argument is nested too deeply to leave the script"))
      }
      arguments.append(argument)
    }
    do {
      hostAnswer = try function.body(
        arguments, HostContext(pid: current.pid, time: kernel.now))
    } catch {
      return failure(of: name, error)
    }
    return takeHostAnswer()
  }

  /// The answer as a value of the script. It is kept until the heap has room for it, so that the
  /// function is not called twice.
  @inline(never)
  private mutating func takeHostAnswer() -> BuiltinOutcome {
    guard let answer = hostAnswer else { return .value(.none) }
    let words = Self.words(for: answer)
    guard heap.reserve(words) else { return .room(words) }
    hostAnswer = nil
    return .value(value(of: answer))
  }

  @inline(never)
  private mutating func failure(of name: String, _ error: any Error) -> BuiltinOutcome {
    var content = ErrorContent("\(name): \(error)")
    content.call = name
    return fail(content)
  }
}
