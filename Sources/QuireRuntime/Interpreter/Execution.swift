// Placeholder of the interpreter's types until they arrive; the scheduler needs no more than this.

/// Values and frames of one fiber.
package struct Execution: ~Copyable {
  package init() {}
  package borrowing func copy() -> Execution { Execution() }
}

/// Strings, lists, maps and closures of one process.
package struct ScriptHeap: ~Copyable {
  package init() {}
  package borrowing func copy() -> ScriptHeap { ScriptHeap() }
}

extension World {
  /// Runs the current fiber on its heap (`current`, `heap`) until it has to stop.
  ///
  /// Uses up `steps` one by one, charges `kernel.charge(kernel.costs.step)` for each, and returns
  /// at once when `kernel.now` has reached `kernel.sliceEnd`.
  mutating func interpret(steps: inout Int) -> Stop { .ended }
}

// Contract between interpreter and calls, until both sides stand (V replaces this file):
//
// The calls side (Calls/) gives, as extensions of World, over registers of the current frame:
//   mutating func call(_ builtin: Builtin, _ arguments: Arguments) -> CallOutcome
//     for every builtin from `mmap` to `choose` in Builtin.allCases and for host functions; the
//     interpreter does those from `print` on (values, collections, failures).
//   mutating func callMethod(_ receiver: Value, _ member: UInt16, _ arguments: Arguments) -> CallOutcome
//     for handles (event, semaphore, barrier …); regions and maps are the interpreter's.
//   mutating func member(_ member: UInt16, of handle: Value) -> CallOutcome
//     for handles and views; plain values are the interpreter's.
//   mutating func reportExpectation(_ index: FunctionRecord.expectations[i], sides…)
//   mutating func endByUncaught(_ error: Value)   // diagnostic, kernel exit; then return .ended
// with
//   struct Arguments { base: Int; count: Int }  // absolute place of the first one in the stack
//   enum CallOutcome {
//     case value(Value)          // store it, next instruction
//     case raise(Value)          // an error value: unwind to a handler, else endByUncaught
//     case wait                  // return .waiting; the same call is made again when it runs next
//                                // (it finds `current.operation`), unless `current.answer` is set:
//                                // then that value is the result of the call
//     case preempt               // like wait, return .quantum: a long operation has more to do
//     case yield(Value)          // store it, next instruction, return .quantum
//     case ended                 // return .ended
//     case limit(LimitKind)      // return .limit; the same call is made again after a raise
//   }
// The interpreter gives:
//   heap: make/read integers (64 bit), addresses, strings, lists, maps, regions, errors
//     (errno, number, message, call, address, access/code), statuses; handles have a 56-bit payload.
//   Execution.start(closure, arguments): the life of a new fiber (`process`, `fork {}`);
//   Execution.interrupt(closure, arguments): a call pushed between two steps, its result dropped
//     (signal handlers, observers);
//   Execution.backtrace: [code address] innermost first.
