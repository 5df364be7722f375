// The machine that a folder of recordings was made on.

internal import QuireKernel

/// What is known of a recorded machine from the names of its folders.
enum RecordedMachine {
  /// The machine of a folder of recordings.
  ///
  /// - Throws: `ConformanceError` when nothing is known of such recordings.
  static func configuration(
    of folder: ConformanceFolder
  ) throws(ConformanceError) -> MachineConfiguration {
    guard folder.results == "linux-6.12" || folder.results.hasPrefix("linux-6.12-") else {
      throw ConformanceError(
        "the model answers as Linux 6.12; '\(folder.results)' is not a folder linux-6.12 or "
          + "linux-6.12-VARIANT")
    }
    var machine = MachineConfiguration()
    machine.ram = 1 << 30
    machine.cpus = 1
    machine.tunables.mmapMinimumAddress = 65_536
    if folder.name == "swap" { machine.swap = [SwapConfiguration(size: 1 << 30)] }
    if folder.results.hasSuffix("-page-cluster-0") { machine.tunables.pageCluster = 0 }
    return machine
  }
}
