// What is measured: a pair of the same work, ours and a peer's, each in nanoseconds of CPU time.

internal import KernelPeer

/// One line of the table.
struct Benchmark: Sendable {
  /// What `--only` and the JSON call it.
  let name: String
  /// What an operation is.
  let summary: String
  /// Nanoseconds of CPU time per operation, set-up not counted.
  private(set) var ours: @Sendable () throws -> Double = { .nan }
  private(set) var peer: Peer?
  /// The host's memory that one operation takes and keeps.
  private(set) var hostBytes: (@Sendable () throws -> UInt64)?

  /// Somebody else's way of doing the same.
  struct Peer: Sendable {
    var name: String
    /// nil where this machine cannot do it.
    var measure: @Sendable () throws -> Double?
  }

  init(name: String, summary: String) {
    self.name = name
    self.summary = summary
  }

  /// The line with our side of it.
  func ours(_ measure: @escaping @Sendable () throws -> Double) -> Benchmark {
    var line = self
    line.ours = measure
    return line
  }

  /// The line with what our side takes of the host's memory.
  func hostBytes(_ measure: @escaping @Sendable () throws -> UInt64) -> Benchmark {
    var line = self
    line.hostBytes = measure
    return line
  }

  /// The line with another program as the peer.
  func peer(_ name: String, _ measure: @escaping @Sendable () throws -> Double?) -> Benchmark {
    var line = self
    line.peer = Peer(name: name, measure: measure)
    return line
  }

  /// The line with the kernel of this machine as the peer; a negative time says that it cannot.
  func realKernel(_ measure: @escaping @Sendable () -> Double) -> Benchmark {
    peer("Linux") {
      let time = measure()
      return time < 0 ? nil : time
    }
  }
}

/// What came of one benchmark: the minimum of its rounds.
struct Measurement: Encodable {
  var name: String
  var ours: Double
  var peer: String?
  var peerTime: Double?
  var hostBytes: UInt64?

  /// Ours by the peer's: below 1 we are faster.
  var ratio: Double? { peerTime.map { ours / $0 } }

  enum CodingKeys: String, CodingKey {
    case name
    case ours = "ours_ns"
    case peer
    case peerTime = "peer_ns"
    case ratio
    case hostBytes = "host_bytes"
  }

  /// Every line has the same keys, null where there is no peer; `host_bytes` where it is measured.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(ours, forKey: .ours)
    try container.encode(peer, forKey: .peer)
    try container.encode(peerTime, forKey: .peerTime)
    try container.encode(ratio, forKey: .ratio)
    try container.encodeIfPresent(hostBytes, forKey: .hostBytes)
  }
}

extension Benchmark {
  /// Measures both sides in turn, so that a change of the machine's pace meets both.
  func measure(rounds: Int, withPeer: Bool) throws -> Measurement {
    var result = Measurement(name: name, ours: .infinity)
    result.hostBytes = try hostBytes?()
    for _ in 0..<rounds {
      result.ours = min(result.ours, try ours())
      guard withPeer, let peer, let time = try peer.measure() else { continue }
      result.peer = peer.name
      result.peerTime = min(result.peerTime ?? .infinity, time)
    }
    return result
  }
}

/// Measures CPU time.
enum Stopwatch {
  /// CPU time per operation of a piece of work.
  static func time(per operations: UInt64, _ work: () throws -> Void) rethrows -> Double {
    let before = peer_cpu_time()
    try work()
    return Double(peer_cpu_time() - before) / Double(operations)
  }
}

/// A benchmark cannot be made.
struct BenchmarkError: Error, CustomStringConvertible {
  var description: String
}
