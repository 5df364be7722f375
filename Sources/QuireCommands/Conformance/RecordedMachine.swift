// The machine that a folder of recordings was made on.

internal import QuireKernel

/// What is known of a recorded machine from the names of its folders.
enum RecordedMachine {
  /// The machine of a folder of recordings, which is called `linux-VERSION` or
  /// `linux-VERSION-VARIANT`.
  ///
  /// - Throws: `ConformanceError` when nothing is known of such recordings.
  static func configuration(
    of folder: ConformanceFolder
  ) throws(ConformanceError) -> MachineConfiguration {
    guard let version = KernelVersion.allCases.first(where: { isMade(folder.results, on: $0) })
    else {
      let known = KernelVersion.allCases.map { "linux-\($0.rawValue)" }
      throw ConformanceError(
        "the model answers as Linux \(KernelVersion.list); '\(folder.results)' is not a folder "
          + known.joined(separator: " or ") + ", or one of these with -VARIANT")
    }
    var machine = MachineConfiguration()
    machine.kernel = version
    machine.cpus = 1
    switch version {
    case .linux6_12:
      machine.ram = 1 << 30
      machine.tunables.mmapMinimumAddress = 65_536
    case .linux6_18:
      machine.ram = 24 << 30
      machine.tunables.mmapMinimumAddress = 4096
    }
    if folder.name == "swap" { machine.swap = [SwapConfiguration(size: 1 << 30)] }
    if folder.results.hasSuffix("-page-cluster-0") { machine.tunables.pageCluster = 0 }
    return machine
  }

  private static func isMade(_ results: String, on version: KernelVersion) -> Bool {
    let name = "linux-\(version.rawValue)"
    return results == name || results.hasPrefix(name + "-")
  }
}
