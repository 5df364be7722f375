// Ctrl-C: noticed at once, acted upon where it is safe.

internal import Dispatch
internal import Foundation
internal import Synchronization

/// Turns SIGINT into a flag, and into a byte on a pipe for whoever waits in `poll`.
///
/// Unchecked because Dispatch does not mark its sources Sendable; this one is never touched after
/// `init`.
final class Interrupt: @unchecked Sendable {
  private let raised = Atomic(false)
  private let pipe = Pipe()
  private let source: any DispatchSourceSignal

  /// Takes SIGINT over until `stop`.
  ///
  /// - Parameter action: is called at each Ctrl-C, on a queue of the system's.
  init(action: @escaping @Sendable () -> Void = {}) {
    signal(SIGINT, SIG_IGN)
    source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
    source.setEventHandler { [weak self] in
      // Whoever asks twice does not want to wait for the end of a slice.
      if self?.isRaised == true { exit(CommandStatus.interrupted) }
      self?.raise()
      action()
    }
    source.resume()
  }

  /// Gives Ctrl-C its ordinary meaning back.
  func stop() {
    source.cancel()
    signal(SIGINT, SIG_DFL)
  }

  /// Whether Ctrl-C was typed since the last `clear`.
  var isRaised: Bool { raised.load(ordering: .relaxed) }

  /// Readable while the flag is up.
  var descriptor: Int32 { pipe.fileHandleForReading.fileDescriptor }

  func clear() {
    if raised.exchange(false, ordering: .relaxed) {
      _ = pipe.fileHandleForReading.availableData
    }
  }

  private func raise() {
    if !raised.exchange(true, ordering: .relaxed) {
      pipe.fileHandleForWriting.write(Data([0]))
    }
  }
}
