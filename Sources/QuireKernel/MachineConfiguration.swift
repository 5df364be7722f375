// The machine that a kernel is started on, checked before anything is built.

/// Which processor the machine has, and with it whose address space.
///
/// x86_64 is laid out as Linux 6.12 has it. x86_32 is laid out as Linux 2.6.11 had it, with three
/// gigabytes for a process and high memory, while its system calls check and answer as in 6.12
/// unless a rule says otherwise.
public enum Architecture: String, Sendable, Hashable, CaseIterable {
  case x86_64
  case x86_32
}

/// A swap area that is active from the start.
public struct SwapConfiguration: Sendable, Hashable {
  /// Size of the area in bytes, its header page included.
  public var size: UInt64
  /// 0 ... 32767, or nil for the kernel's own descending negatives (SWAP-5).
  public var priority: Int16?

  public init(size: UInt64, priority: Int16? = nil) {
    self.size = size
    self.priority = priority
  }
}

/// Everything that makes one simulated machine differ from another.
public struct MachineConfiguration: Sendable, Hashable {
  public var architecture = Architecture.x86_64
  /// Physical addresses of 36 bits on x86_32, by page tables of three levels.
  public var pae = false
  /// The release of Linux that it runs.
  public var kernel = KernelVersion.linux6_12
  /// Bytes of RAM.
  public var ram: UInt64 = 256 << 20
  /// Simulated processors, 1 ... `maximumCPUs`.
  public var cpus = 2
  /// Translations that each CPU remembers: a power of two, or 0 for CPUs that remember none.
  ///
  /// With any, every access takes the long way through the tables.
  public var tlb = 0
  public var swap: [SwapConfiguration] = []
  /// Bytes kept for the kernel image (BOOT-1).
  public var reserve: UInt64 = 4 << 20
  public var costs = Costs()
  public var tunables = Tunables()

  public init() {}

  public static let maximumCPUs = 64
  /// More than any processor of today has.
  public static let maximumTLB = 4096
  /// A machine smaller than this cannot hold its own kernel.
  public static let minimumRAM: UInt64 = 8 << 20
  /// 4 TiB: frame numbers are 32 bits wide and the direct map is 64 TiB. x86_32 has physical
  /// addresses of 32 bits, or 36.
  public var maximumRAM: UInt64 {
    architecture == .x86_64 ? 4 << 40 : pae ? 64 << 30 : 4 << 30
  }
  /// Linux: `MAX_SWAPFILES`, include/linux/swap.h.
  public static let maximumSwapAreas = 32
}

/// The sysctls that the model obeys, by their kernel defaults.
public struct Tunables: Sendable, Hashable {
  /// `vm.swappiness`, 0 ... 200.
  public var swappiness = 60
  /// `vm.overcommit_memory`, 0 ... 2.
  public var overcommitMemory = 0
  /// `vm.overcommit_ratio` in percent.
  public var overcommitRatio = 50
  /// `vm.overcommit_kbytes`; when it is not 0 it stands instead of the ratio.
  public var overcommitKilobytes: UInt64 = 0
  /// `vm.max_map_count`.
  public var maxMapCount = 65_530
  /// `vm.mmap_min_addr` in bytes; nil is what the architecture begins with.
  public var mmapMinimumAddress: UInt64?
  /// `vm.page-cluster`: swap readahead is 2 to this power.
  public var pageCluster = 3
  /// `vm.min_free_kbytes`; nil lets the kernel compute it.
  public var minFreeKilobytes: Int?
  /// `vm.watermark_scale_factor` in ten-thousandths.
  public var watermarkScaleFactor = 10
  /// `kernel.pid_max`.
  public var pidMaximum: ProcessID = 32_768
  /// `kernel.shmmax`: bytes of one segment of System V shared memory.
  ///
  /// Linux: `SHMMAX`, include/uapi/linux/shm.h.
  public var shmMaximum = UInt64.max - (1 << 24)
  /// `kernel.shmall`: pages of all segments together.
  public var shmAll = UInt64.max - (1 << 24)
  /// `kernel.shmmni`: how many segments there may be.
  public var shmMaximumCount = 4096
  /// `kernel.shm_next_id`: the identifier that the next segment gets if it is free; -1 for any.
  public var shmNextIdentifier: Int32 = -1
  /// `fs.nr_open`: as far as `RLIMIT_NOFILE` may be raised.
  ///
  /// Linux: `sysctl_nr_open`, fs/file.c.
  public var openMaximum: UInt64 = 1 << 20
  /// `vm.panic_on_oom`, 0 or 1.
  public var panicOnOOM = 0
  /// `vm.oom_kill_allocating_task`, 0 or 1.
  public var oomKillAllocatingTask = 0
  /// `kernel.panic_on_oops`, 0 or 1.
  public var panicOnOops = 0
  /// `kernel.oops_limit`: so many oopses stop the machine; 0 for none.
  public var oopsLimit: UInt64 = 10_000

  public init() {}
}

/// Why a machine cannot be built; `key` is the entry of `machine { … }` to blame.
public struct MachineError: Error, Hashable, Sendable {
  public var key: String
  public var message: String

  public init(key: String, message: String) {
    self.key = key
    self.message = message
  }
}

extension MachineConfiguration {
  /// The shape of its page tables.
  public var geometry: PageGeometry {
    architecture == .x86_64 ? .fourLevels : pae ? .pae : .twoLevels
  }

  /// Refuses nonsense, naming the key.
  public func validate() throws(MachineError) {
    func refuse(_ key: String, _ message: String) throws(MachineError) -> Never {
      throw MachineError(key: key, message: message)
    }
    if architecture == .x86_64 && pae {
      try refuse("pae", "PAE is for x86_32; x86_64 has page tables of four levels")
    }
    if architecture == .x86_32 && kernel != .linux6_12 {
      try refuse("kernel", "the x86_32 machine knows the calls of 6.12 only")
    }
    if ram < Self.minimumRAM {
      try refuse("ram", "\(ram) bytes cannot hold a kernel; the smallest machine has 8MiB")
    }
    if ram > maximumRAM { try refuse("ram", tooMuchRAM) }
    if !Page.isAligned(ram) { try refuse("ram", "RAM comes in whole pages of 4KiB") }
    if cpus < 1 || cpus > Self.maximumCPUs {
      try refuse("cpus", "a machine has 1 to \(Self.maximumCPUs) CPUs, not \(cpus)")
    }
    if tlb < 0 || tlb > Self.maximumTLB || tlb & (tlb - 1) != 0 {
      try refuse("tlb", "a TLB has a power of two of entries, at most \(Self.maximumTLB), or 0")
    }
    if reserve > ram / 2 {
      try refuse("reserve", "the kernel image would fill more than half of the RAM")
    }
    if reserve + descriptorBytes + Self.leastLowMemory > lowMemory {
      try refuse("reserve", tooLittleLowMemory)
    }
    if let kept = tunables.minFreeKilobytes, kept > Int(lowMemory >> 11) {
      let what = architecture == .x86_64 ? "the RAM" : "low memory"
      try refuse(
        "sysctl",
        "vm.min_free_kbytes = \(kept) keeps too much free; half of \(what) is \(lowMemory >> 11)")
    }
    if swap.count > Self.maximumSwapAreas {
      try refuse("swap", "at most \(Self.maximumSwapAreas) swap areas, not \(swap.count)")
    }
    for area in swap where area.size < 2 * Page.size || !Page.isAligned(area.size) {
      try refuse(
        "swap", "a swap area has a header page and at least one more, in whole pages of 4KiB")
    }
    for area in swap where area.size > geometry.largestSwapArea {
      try refuse(
        "swap",
        "an entry of a page table names \(geometry.largestSwapArea >> 30)GiB of swap at most")
    }
  }

  private var tooMuchRAM: String {
    if architecture == .x86_64 { return "the largest machine has 4TiB" }
    return pae
      ? "36 bits of physical addresses reach 64GiB"
      : "32 bits of physical addresses reach 4GiB; with pae: true, 64GiB"
  }

  /// Bytes of RAM that the kernel has addresses of its own for, where its own records must lie.
  private var lowMemory: UInt64 {
    UInt64(DirectMap(architecture, ram: Int(ram >> Page.shift)).frames) << Page.shift
  }
  private var descriptorBytes: UInt64 {
    UInt64(architecture.descriptorFrames(ram: Int(ram >> Page.shift))) << Page.shift
  }
  /// Of low memory this much is left for the records of the first tasks.
  private static let leastLowMemory: UInt64 = 2 << 20
  private var tooLittleLowMemory: String {
    "the kernel image and \(descriptorBytes >> 20)MiB of page descriptors leave nothing of the "
      + "\(lowMemory >> 20)MiB that the kernel has addresses for"
  }
}
