// Signals: their names, numbers and default actions (SIG-1).

/// A signal of the simulated kernel.
///
/// Linux: include/uapi/asm/signal.h.
public enum Signal: UInt8, CaseIterable, Hashable, Sendable, BitwiseCopyable {
  case SIGHUP = 1
  case SIGINT = 2
  case SIGQUIT = 3
  case SIGILL = 4
  case SIGTRAP = 5
  case SIGABRT = 6
  case SIGBUS = 7
  case SIGFPE = 8
  case SIGKILL = 9
  case SIGUSR1 = 10
  case SIGSEGV = 11
  case SIGUSR2 = 12
  case SIGPIPE = 13
  case SIGALRM = 14
  case SIGTERM = 15
  case SIGSTKFLT = 16
  case SIGCHLD = 17
  case SIGCONT = 18
  case SIGSTOP = 19
  case SIGURG = 23
  case SIGXCPU = 24
  case SIGXFSZ = 25
  case SIGVTALRM = 26
  case SIGPROF = 27
  case SIGWINCH = 28
  case SIGPOLL = 29
  case SIGPWR = 30
  case SIGSYS = 31

  /// What happens to a task that has no handler for the signal.
  public enum DefaultAction: Sendable { case terminate, ignore, stop, resume }

  /// Whether a task that dies of it may leave a core dump.
  ///
  /// Linux: `SIG_KERNEL_COREDUMP_MASK`, include/linux/signal.h.
  var dumpsCore: Bool {
    switch self {
    case .SIGQUIT, .SIGILL, .SIGTRAP, .SIGABRT, .SIGFPE, .SIGSEGV, .SIGBUS, .SIGSYS, .SIGXCPU,
      .SIGXFSZ:
      true
    default: false
    }
  }

  public var name: String { String(describing: self) }

  public init?(name: String) {
    guard let match = Signal.allCases.first(where: { $0.name == name }) else { return nil }
    self = match
  }

  public var defaultAction: DefaultAction {
    switch self {
    case .SIGCHLD, .SIGURG, .SIGWINCH: .ignore
    case .SIGCONT: .resume
    case .SIGSTOP: .stop
    default: .terminate
    }
  }
}

/// A set of signals, one bit each.
public struct SignalSet: Hashable, Sendable, BitwiseCopyable {
  public var bits: UInt32 = 0
  public init() {}
  public func contains(_ signal: Signal) -> Bool { bits & (1 << UInt32(signal.rawValue)) != 0 }
  public mutating func insert(_ signal: Signal) { bits |= 1 << UInt32(signal.rawValue) }
  public mutating func remove(_ signal: Signal) { bits &= ~(1 << UInt32(signal.rawValue)) }
  public var isEmpty: Bool { bits == 0 }
  /// The member with the smallest number.
  public var lowest: Signal? {
    bits == 0 ? nil : Signal(rawValue: UInt8(bits.trailingZeroBitCount))
  }
  public func subtracting(_ other: SignalSet) -> SignalSet {
    var result = self
    result.bits &= ~other.bits
    return result
  }
}

/// A signal that an access raised, as siginfo_t reports it.
///
/// Linux: `siginfo_t`, include/uapi/asm-generic/siginfo.h.
public struct SignalInfo: Hashable, Sendable, BitwiseCopyable {
  public enum Code: Int32, Sendable, BitwiseCopyable {
    /// SIGSEGV: nothing is mapped there.
    case mapError = 1
    /// SIGSEGV, SIGBUS: mapped, but not for this access; for SIGBUS, beyond the end of the object.
    case accessError = 2
    /// Raised by the processor without an address (a non-canonical address).
    case kernel = 128
  }
  public var signal: Signal
  public var code: Code
  /// The faulting address; 0 where the processor gives none.
  public var address: VirtualAddress

  public init(_ signal: Signal, _ code: Code, at address: VirtualAddress) {
    self.signal = signal
    self.code = code
    self.address = address
  }
}
