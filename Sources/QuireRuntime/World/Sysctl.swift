// Kernel parameters by the names that sysctl(8) gives them.

package import QuireKernel

/// One parameter that the model obeys.
package enum Sysctl: String, CaseIterable, Sendable {
  case swappiness = "vm.swappiness"
  case overcommitMemory = "vm.overcommit_memory"
  case overcommitRatio = "vm.overcommit_ratio"
  case overcommitKilobytes = "vm.overcommit_kbytes"
  case maxMapCount = "vm.max_map_count"
  case mmapMinimumAddress = "vm.mmap_min_addr"
  case pageCluster = "vm.page-cluster"
  case minFreeKilobytes = "vm.min_free_kbytes"
  case watermarkScaleFactor = "vm.watermark_scale_factor"
  case pidMaximum = "kernel.pid_max"
  case shmMaximum = "kernel.shmmax"
  case shmAll = "kernel.shmall"
  case shmMaximumCount = "kernel.shmmni"
  case shmNextIdentifier = "kernel.shm_next_id"
  case openMaximum = "fs.nr_open"
  case panicOnOOM = "vm.panic_on_oom"
  case oomKillAllocatingTask = "vm.oom_kill_allocating_task"
  case panicOnOops = "kernel.panic_on_oops"
  case oopsLimit = "kernel.oops_limit"

  /// The values that the kernel takes.
  package var range: ClosedRange<Int64> {
    switch self {
    case .swappiness: 0...200
    case .overcommitMemory: 0...2
    case .overcommitRatio: 0...Int64(Int32.max)
    case .overcommitKilobytes: 0...(1 << 40)
    case .maxMapCount: 0...Int64(Int32.max)
    case .mmapMinimumAddress: 0...(1 << 32)
    case .pageCluster: 0...31
    case .minFreeKilobytes: 0...(1 << 32)
    case .watermarkScaleFactor: 1...3000
    // The kernel's own bounds: RESERVED_PIDS + 1 and PID_MAX_LIMIT.
    case .pidMaximum: 301...4_194_304
    case .shmMaximum, .shmAll: 0...Int64.max
    // IPCMNI, the places of identifiers.
    case .shmMaximumCount: 0...32_768
    case .shmNextIdentifier: -1...Int64(Int32.max)
    // The kernel's own bounds: BITS_PER_LONG, and what a table of pointers may have.
    case .openMaximum: 64...0x7fff_ffc0
    case .panicOnOOM: 0...2
    case .oomKillAllocatingTask, .panicOnOops: 0...1
    case .oopsLimit: 0...Int64(UInt32.max)
    }
  }
}

extension Tunables {
  /// The value of a parameter; nil for `vm.min_free_kbytes` while the kernel computes it.
  package subscript(parameter: Sysctl) -> Int64? {
    get {
      switch parameter {
      case .swappiness: Int64(swappiness)
      case .overcommitMemory: Int64(overcommitMemory)
      case .overcommitRatio: Int64(overcommitRatio)
      case .overcommitKilobytes: Int64(overcommitKilobytes)
      case .maxMapCount: Int64(maxMapCount)
      case .mmapMinimumAddress: Int64(mmapMinimumAddress ?? 0)
      case .pageCluster: Int64(pageCluster)
      case .minFreeKilobytes: minFreeKilobytes.map { Int64($0) }
      case .watermarkScaleFactor: Int64(watermarkScaleFactor)
      case .pidMaximum: Int64(pidMaximum)
      // The kernel's defaults are beyond what an integer of a script can say.
      case .shmMaximum: Int64(clamping: shmMaximum)
      case .shmAll: Int64(clamping: shmAll)
      case .shmMaximumCount: Int64(shmMaximumCount)
      case .shmNextIdentifier: Int64(shmNextIdentifier)
      case .openMaximum: Int64(openMaximum)
      case .panicOnOOM: Int64(panicOnOOM)
      case .oomKillAllocatingTask: Int64(oomKillAllocatingTask)
      case .panicOnOops: Int64(panicOnOops)
      case .oopsLimit: Int64(oopsLimit)
      }
    }
    set {
      guard let newValue, parameter.range.contains(newValue) else { return }
      switch parameter {
      case .swappiness: swappiness = Int(newValue)
      case .overcommitMemory: overcommitMemory = Int(newValue)
      // The kernel lets one of the two be 0: `overcommit_ratio_handler`, mm/util.c.
      case .overcommitRatio:
        overcommitRatio = Int(newValue)
        overcommitKilobytes = 0
      case .overcommitKilobytes:
        overcommitKilobytes = UInt64(newValue)
        overcommitRatio = 0
      case .maxMapCount: maxMapCount = Int(newValue)
      case .mmapMinimumAddress: mmapMinimumAddress = UInt64(newValue)
      case .pageCluster: pageCluster = Int(newValue)
      case .minFreeKilobytes: minFreeKilobytes = Int(newValue)
      case .watermarkScaleFactor: watermarkScaleFactor = Int(newValue)
      case .pidMaximum: pidMaximum = ProcessID(newValue)
      case .shmMaximum: shmMaximum = UInt64(newValue)
      case .shmAll: shmAll = UInt64(newValue)
      case .shmMaximumCount: shmMaximumCount = Int(newValue)
      case .shmNextIdentifier: shmNextIdentifier = Int32(newValue)
      case .openMaximum: openMaximum = UInt64(newValue)
      case .panicOnOOM: panicOnOOM = Int(newValue)
      case .oomKillAllocatingTask: oomKillAllocatingTask = Int(newValue)
      case .panicOnOops: panicOnOops = Int(newValue)
      case .oopsLimit: oopsLimit = UInt64(newValue)
      }
    }
  }
}
