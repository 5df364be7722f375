// Methods of handles: `e.wait()`, `s.down()`.

internal import QuireProgram

extension World {
  /// `handle.name(…)`; the arguments are those of the call.
  mutating func handleCall(
    _ handle: Value, _ name: MemberName, _ call: BuiltinCall
  ) -> BuiltinOutcome {
    guard call.count == 0 else {
      return fail(ErrorContent("'\(name.text(in: image))' takes no arguments"))
    }
    do throws(CallFailure) {
      return try dispatch(handle, name)
    } catch {
      return outcome(of: error, inMethod: name.text(in: image), of: handle)
    }
  }

  private mutating func dispatch(_ handle: Value, _ name: MemberName)
    throws(CallFailure) -> BuiltinOutcome
  {
    let index = Int(handle.payload)
    switch (handle.tag, name.known) {
    case (.event?, .wait?), (.semaphore?, .down?), (.barrier?, .wait?):
      return try waitAtSynchronizer(index)
    case (.event?, .signal?): return signalEvent(index)
    case (.semaphore?, .up?): return try raiseSemaphore(index)
    default: return noMember(handle, name)
    }
  }
}
