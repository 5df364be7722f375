// A fiber: the script side of one task. What the kernel knows of the task is in its task record;
// here is what the script does next. A fiber is plain data, so `fork` is a copy of it.

internal import KernelStorage
package import QuireKernel

/// Why a fiber does not run. The scheduler looks only at whether there is a time; the rest is for
/// whoever wakes it, and for the deadlock report.
package enum WaitReason: Sendable, Hashable, BitwiseCopyable {
  /// It runs or could run.
  case none
  case sleeping(until: Nanoseconds)
  /// A device works for it.
  case device(until: Nanoseconds)
  /// `wait child`.
  case child(ProcessID)
  /// `wait_any`.
  case anyChild
  /// `wait thread`: the line of a thread of the same process.
  case thread(ProcessNumber)
  /// `vfork`: until the child has exited or begun another program.
  case vfork(ProcessID)
  /// `exec`: until the other threads have ended.
  case otherThreads
  /// `wait`.
  case allChildren
  /// Index of the event, semaphore or barrier in `World.synchronizers`.
  case synchronizer(Int)
  /// `read` or `write`: for a pipe, or for somebody else to be done with an open file.
  case descriptor
  /// The top level of a session waits for its next entry.
  case entry
  /// SIGSTOP; SIGCONT goes on.
  case stopped
}

/// What a call has begun and not finished. The call is made again when the fiber runs next, finds
/// its operation here and goes on with it.
package enum Operation: Sendable, Hashable, BitwiseCopyable {
  case none
  /// A walk over memory with its cursor.
  case access(RangeAccess)
  /// A walk by `Fiber.pattern`: accesses still to make, and the page of the one that is being made.
  case patterned(remaining: UInt64, page: UInt64)
  case swapOff(SwapOffOperation)
  /// A read or write of a file with its cursor.
  case transfer(FileTransfer)
  /// A copy to or from the process's memory with its cursor; see `Fiber.copied`.
  case userCopy(UserCopy)
  /// One at the place where an open file is, or of a pipe.
  case placedTransfer(DescriptorTransfer)
  /// `sleep` until then.
  case sleeping(until: Nanoseconds)
  /// `vfork` has made this child and waits for it to leave the memory.
  case vforking(ProcessNumber)
  /// A wait for a child or at a synchronizer has begun.
  case waiting
  /// What the wait was for has come.
  case granted
  /// A signal was handled in the middle of a wait, which ends with EINTR.
  case interrupted
  /// The call fails, but a signal that it has sent its caller comes first.
  case failing(Errno)
  /// An access was refused and its handler has run; it is made once more. See `Fiber.refusal`.
  case refused
}

/// The script side of one task.
///
/// It moves into `World.current` when it gets a CPU and back when it loses it, so it is small: what
/// the interpreter does not touch at every instruction stays where it is.
package struct Fiber: ~Copyable {
  /// Values, frames and the place in the program.
  package var execution = Execution()
  /// The record of the process table, `.none` in a fiber that nobody uses.
  package var task = TaskIndex.none
  /// Index in `World.heaps`; threads of one process share it.
  package var heap = 0
  private var state = Box(FiberState())

  package init() {}

  /// The fiber of a forked child: the same place, values of its own.
  package borrowing func fork() -> Fiber {
    var child = Fiber()
    child.execution = execution.copy()
    child.handling = handling
    child.kernelDepths = kernelDepths
    child.signalHandlers = signalHandlers
    child.lastCPU = lastCPU
    return child
  }

  /// The fiber of a task that shares this one's heap and has yet to be told where to begin.
  package borrowing func companion() -> Fiber {
    var companion = Fiber()
    companion.signalHandlers = signalHandlers
    companion.lastCPU = lastCPU
    return companion
  }
}

/// What a fiber has beside its task and its place in the program.
struct FiberState {
  var pid: ProcessID = 0
  var process: ProcessNumber = 0
  var wait = WaitReason.none
  var operation = Operation.none
  var pattern: AccessPattern?
  var refusal: VirtualAddress?
  var handling: [HandledSignal] = []
  var signalHandlers: [Value] = []
  var kernelDepths: [Int] = []
  var copied: [UInt8] = []
  var random = RandomStream(seed: 0)
  var lastCPU = 0
  var readyEntry: UInt64 = 0
}

extension Fiber {
  package var pid: ProcessID {
    @inline(__always) _read { yield state.content.pid }
    @inline(__always) _modify { yield &state.content.pid }
  }

  /// Its line in `World.ledger`.
  package var process: ProcessNumber {
    @inline(__always) _read { yield state.content.process }
    @inline(__always) _modify { yield &state.content.process }
  }

  package var wait: WaitReason {
    @inline(__always) _read { yield state.content.wait }
    @inline(__always) _modify { yield &state.content.wait }
  }

  package var operation: Operation {
    @inline(__always) _read { yield state.content.operation }
    @inline(__always) _modify { yield &state.content.operation }
  }

  /// The walk of a `.patterned` operation.
  package var pattern: AccessPattern? {
    @inline(__always) _read { yield state.content.pattern }
    @inline(__always) _modify { yield &state.content.pattern }
  }

  /// The address at which the access in `operation` was refused last, if a handler was called for
  /// it: at the same address it is not called again.
  package var refusal: VirtualAddress? {
    @inline(__always) _read { yield state.content.refusal }
    @inline(__always) _modify { yield &state.content.refusal }
  }

  /// Signals whose handlers run now, and what each of them interrupted; the innermost last.
  package var handling: [HandledSignal] {
    @inline(__always) _read { yield state.content.handling }
    @inline(__always) _modify { yield &state.content.handling }
  }

  /// By signal number: the closure that handles it. Values of the process's heap, which the
  /// collector must know.
  package var signalHandlers: [Value] {
    @inline(__always) _read { yield state.content.signalHandlers }
    @inline(__always) _modify { yield &state.content.signalHandlers }
  }

  /// The depths of the frames whose blocks run in kernel mode, the innermost last.
  package var kernelDepths: [Int] {
    @inline(__always) _read { yield state.content.kernelDepths }
    @inline(__always) _modify { yield &state.content.kernelDepths }
  }

  /// Whoever catches an error in a frame of this depth has left the blocks that it had called.
  mutating func leaveKernelMode(for depth: Int) {
    while let last = kernelDepths.last, last >= depth { kernelDepths.removeLast() }
  }

  /// What a `.userCopy` from the process has brought so far.
  package var copied: [UInt8] {
    @inline(__always) _read { yield state.content.copied }
    @inline(__always) _modify { yield &state.content.copied }
  }

  /// `rand()` of this process.
  package var random: RandomStream {
    @inline(__always) _read { yield state.content.random }
    @inline(__always) _modify { yield &state.content.random }
  }

  /// CPU it ran on last, which it prefers.
  package var lastCPU: Int {
    @inline(__always) _read { yield state.content.lastCPU }
    @inline(__always) _modify { yield &state.content.lastCPU }
  }

  /// The `order` of its entry in the ready queue; older entries are stale.
  package var readyEntry: UInt64 {
    @inline(__always) _read { yield state.content.readyEntry }
    @inline(__always) _modify { yield &state.content.readyEntry }
  }
}

/// A signal whose handler runs.
package struct HandledSignal: Sendable, Hashable {
  package var signal: Signal
  /// What the interrupted call goes on with.
  package var operation: Operation
  package var pattern: AccessPattern?
  package var refusal: VirtualAddress?
}
