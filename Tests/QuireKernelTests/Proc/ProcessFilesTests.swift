import Testing

@testable import QuireKernel

/// The files of a process in /proc, letter by letter as Linux 6.12 writes them.
struct ProcessFilesTests {
  static func kernel() throws -> Kernel {
    var machine = MachineConfiguration()
    machine.ram = 64 << 20
    machine.swap = [SwapConfiguration(size: 16 << 20)]
    return try Kernel(machine)
  }

  /// A process with a private region whose first three pages are written.
  static func process(_ kernel: inout Kernel) throws -> (task: TaskIndex, start: VirtualAddress) {
    let task = try kernel.spawn(named: "probe", by: kernel.initTask)
    let request = MapRequest(length: 16 << 12, [.read, .write], [.private, .anonymous])
    let start = try kernel.mmap(request, by: task)
    touch(&kernel, start, pages: 3, by: task)
    return (task, start)
  }

  static func touch(
    _ kernel: inout Kernel, _ start: VirtualAddress, pages: UInt64, by task: TaskIndex
  ) {
    var access = RangeAccess(.touch, from: start, to: start + pages << 12)
    #expect(kernel.perform(&access, by: task) == .done)
  }

  @Test("PROC-1: smaps of a region, every line, and its flags")
  func smaps() throws {
    var kernel = try Self.kernel()
    let (task, _) = try Self.process(&kernel)
    let expected = """
      7ffff7fef000-7ffff7fff000 rw-p 00000000 00:00 0\u{20}
      Size:                 64 kB
      KernelPageSize:        4 kB
      MMUPageSize:           4 kB
      Rss:                  12 kB
      Pss:                  12 kB
      Pss_Dirty:            12 kB
      Shared_Clean:          0 kB
      Shared_Dirty:          0 kB
      Private_Clean:         0 kB
      Private_Dirty:        12 kB
      Referenced:           12 kB
      Anonymous:            12 kB
      KSM:                   0 kB
      LazyFree:              0 kB
      AnonHugePages:         0 kB
      ShmemPmdMapped:        0 kB
      FilePmdMapped:         0 kB
      Shared_Hugetlb:        0 kB
      Private_Hugetlb:       0 kB
      Swap:                  0 kB
      SwapPss:               0 kB
      Locked:                0 kB
      THPeligible:           0
      VmFlags: rd wr mr mw me ac sd\u{20}

      """
    #expect(kernel.smapsText(of: task).hasPrefix(expected))
    #expect(kernel.smapsText(of: task).hasSuffix("VmFlags: rd wr mr mw me gd ac sd \n"))
  }

  @Test("PROC-1: what was given up, locked, shared and advised shows in smaps")
  func smapsMarks() throws {
    var kernel = try Self.kernel()
    let (task, start) = try Self.process(&kernel)
    try kernel.madvise(start, 1 << 12, Advice.free.rawValue, by: task)
    try kernel.mlock(start + 2 << 12, 1 << 12, by: task)
    _ = try kernel.fork(task)
    let usages = kernel.smaps(of: kernel.tasks[task].space)
    #expect(usages[0].lazyFree == 4096 && usages[0].referenced == 4096)
    #expect(usages[0].resident == 8192 && usages[0].pss == 4096)
    #expect(usages[1].locked == 2048 && usages[1].area.flags.words.contains("lo"))
    #expect(usages[0].sharedClean == 4096 && usages[0].sharedDirty == 4096)
  }

  @Test("PROC-1: smaps_rollup is one header and the sums")
  func rollup() throws {
    var kernel = try Self.kernel()
    let (task, _) = try Self.process(&kernel)
    let text = try kernel.smapsRollupText(of: task)
    #expect(
      text.hasPrefix(
        """
        7ffff7fef000-7ffffffff000 ---p 00000000 00:00 0                          [rollup]
        Rss:                  12 kB
        Pss:                  12 kB
        Pss_Dirty:            12 kB
        Pss_Anon:             12 kB
        Pss_File:              0 kB
        Pss_Shmem:             0 kB
        Shared_Clean:          0 kB

        """))
    #expect(text.hasSuffix("SwapPss:               0 kB\nLocked:                0 kB\n"))
    var refusal: Errno?
    do throws(Errno) { _ = try kernel.smapsRollupText(of: kernel.tasks.kthreadd) } catch {
      refusal = error
    }
    #expect(refusal == .ESRCH)
  }

  @Test("PROC-3: status, statm and stat")
  func status() throws {
    var kernel = try Self.kernel()
    let (task, _) = try Self.process(&kernel)
    try kernel.setSignalAction(.ignore, for: .SIGUSR1, by: task)
    try kernel.setSignalAction(.handler(7), for: .SIGTERM, by: task)
    let text = kernel.statusText(of: task)
    #expect(
      text.hasPrefix(
        """
        Name:\tprobe
        Umask:\t0022
        State:\tR (running)
        Tgid:\t3
        Ngid:\t0
        Pid:\t3
        PPid:\t1
        TracerPid:\t0
        Uid:\t0\t0\t0\t0
        Gid:\t0\t0\t0\t0
        FDSize:\t64
        Groups:\t\u{20}
        NStgid:\t3
        NSpid:\t3
        NSpgid:\t3
        NSsid:\t0
        Kthread:\t0
        VmPeak:\t     196 kB

        """))
    for line in [
      "VmRSS:\t      12 kB", "VmPTE:\t      12 kB", "HugetlbPages:\t       0 kB", "CoreDumping:\t0",
      "untag_mask:\t0xffffffffffffffff", "Threads:\t1", "ShdPnd:\t0000000000000000",
      "SigIgn:\t0000000000000200", "SigCgt:\t0000000000004000", "CapEff:\t000001ffffffffff",
      "Cpus_allowed:\t3", "Cpus_allowed_list:\t0-1", "Mems_allowed_list:\t0",
    ] {
      #expect(text.contains("\n" + line + "\n"), "\(line)")
    }
    #expect(kernel.statmText(of: task) == "49 3 0 0 0 49 0\n")
    #expect(kernel.statmText(of: kernel.tasks.kthreadd) == "0 0 0 0 0 0 0\n")
    let stat = kernel.status(of: task).text.split(separator: " ")
    #expect(stat.count == 52)
    #expect(stat[22] == "200704" && stat[23] == "3" && stat[24] == "18446744073709551615")
    #expect(stat[32] == "512" && stat[33] == "16384" && stat[37] == "17")
  }

  @Test("limits: the names, the columns, what setrlimit changed")
  func limits() throws {
    var kernel = try Self.kernel()
    let (task, _) = try Self.process(&kernel)
    try kernel.setLimit(on: .stack, to: 1 << 20, of: task)
    let text = kernel.limitsText(of: task)
    #expect(text.split(separator: "\n").count == 17)
    #expect(
      text.hasPrefix(
        "Limit                     Soft Limit           Hard Limit           Units     \n"
          + "Max cpu time              unlimited            unlimited            seconds   \n"))
    #expect(
      text.contains(
        "\nMax stack size            1048576              unlimited            bytes     \n"))
    #expect(
      text.contains("\nMax nice priority         0                    0                    \n"))
  }

  @Test("numa_maps: pages of a region by kind and node")
  func numaMaps() throws {
    var kernel = try Self.kernel()
    let (task, _) = try Self.process(&kernel)
    let shared = MapRequest(length: 4 << 12, [.read, .write], [.shared, .anonymous])
    let start = try kernel.mmap(shared, by: task)
    Self.touch(&kernel, start, pages: 2, by: task)
    _ = try kernel.fork(task)
    #expect(
      kernel.numaMapsText(of: task) == """
        7ffff7feb000 default file=/dev/zero\\040(deleted) dirty=2 active=0 N0=2 kernelpagesize_kB=4
        7ffff7fef000 default anon=3 dirty=3 mapmax=2 active=0 N0=3 kernelpagesize_kB=4
        7ffffffde000 default stack

        """)
  }

  @Test("PROC-2: pagemap of present, zero, swapped and absent pages, and without privilege")
  func pageMap() throws {
    var kernel = try Self.kernel()
    let (task, start) = try Self.process(&kernel)
    #expect(kernel.access(start + 5 << 12, .read, by: task) == .done)
    try kernel.madvise(start, 1 << 12, Advice.pageOut.rawValue, by: task)
    let space = kernel.tasks[task].space
    func entry(_ page: UInt64, _ showsFrames: Bool = true) -> PageMapEntry {
      kernel.pageMapEntry(at: start + page << 12, of: space, showsFrames: showsFrames)
    }
    #expect(entry(1).isPresent && entry(1).isExclusive && !entry(1).isFile)
    #expect(entry(1).word >> 55 == 0x103 && entry(1).frame > 0)
    #expect(entry(1, false).word == 0x8180 << 48)
    #expect(entry(5).isPresent && !entry(5).isFile && !entry(5).isExclusive)
    #expect(entry(5).frame == UInt64(kernel.virtual.zeroFrame.rawValue))
    #expect(entry(9).word == 1 << 55)
    #expect(kernel.pageMapEntry(at: 0x1000, of: space, showsFrames: true).word == 0)
    #expect(entry(0).isSwapped && entry(0).swapSlot > 0 && entry(0).swapArea == 0)
    let runs = kernel.pageMap(of: space, showsFrames: true)
    #expect(runs.reduce(0) { $0 + $1.pages } == 16 + 33)
  }

  @Test("kpagecount and kpageflags cover every frame once, and agree with single frames")
  func frames() throws {
    var kernel = try Self.kernel()
    let (task, start) = try Self.process(&kernel)
    _ = try kernel.fork(task)
    _ = try kernel.kmalloc(100_000, .kernel, for: .none)
    _ = try kernel.allocateBlock(.kernel, order: 3, for: .none)
    let runs = kernel.pageFlags()
    #expect(runs.reduce(0) { $0 + $1.count } == kernel.memory.frames.count)
    #expect(kernel.pageCounts().reduce(0) { $0 + $1.count } == kernel.memory.frames.count)
    #expect(kernel.pageCounts().reduce(0) { $0 + Int($1.word) * $1.count } == 6)
    for run in runs {
      for frame in [run.first.index, run.first.index + run.count - 1] {
        #expect(kernel.pageFlagWord(of: FrameNumber(frame)) == run.word, "frame \(frame)")
      }
    }
    let free = runs.filter { $0.word == KernelPageFlag.buddy.bit }.reduce(0) { $0 + $1.count }
    #expect(free == kernel.memory.freeFrames)
    let page = kernel.pageMapEntry(at: start, of: kernel.tasks[task].space, showsFrames: true)
    #expect(
      KernelPageFlag.names(of: kernel.pageFlagWord(of: FrameNumber(Int(page.frame)))) == [
        "uptodate", "lru", "mmap", "anonymous", "swapbacked",
      ])
    #expect(
      KernelPageFlag.names(of: kernel.pageFlagWord(of: kernel.virtual.zeroFrame)) == [
        "zero_page", "reserved",
      ])
  }

  @Test("a file that is not there is ENOENT, one of somebody else's EACCES")
  func names() throws {
    var kernel = try Self.kernel()
    let (task, _) = try Self.process(&kernel)
    let other = try kernel.spawn(named: "other", by: kernel.initTask)
    let file = try kernel.procFile("/proc/4/smaps", by: task)
    #expect(file == .process(.smaps, other))
    kernel.dropPrivileges(of: task)
    for path in [
      "/proc/nothing", "/proc/99/maps", "/proc/04/maps", "/proc/self/nothing", "/etc/passwd",
      "maps",
      "/proc", "/proc/self",
    ] {
      #expect(Self.refusal(path, kernel, task) == .ENOENT, "\(path)")
    }
    for path in ["/proc/4/maps", "/proc/1/pagemap", "/proc/kpageflags", "/proc/slabinfo"] {
      #expect(Self.refusal(path, kernel, task) == .EACCES, "\(path)")
    }
    for path in ["/proc/4/status", "/proc/self/pagemap", "/proc/3/smaps_rollup", "/proc/swaps"] {
      #expect(Self.refusal(path, kernel, task) == nil, "\(path)")
    }
  }
}

extension ProcessFilesTests {
  static func refusal(_ path: String, _ kernel: borrowing Kernel, _ task: TaskIndex) -> Errno? {
    do throws(Errno) {
      _ = try kernel.procFile(path, by: task)
      return nil
    } catch { return error }
  }
}

extension Kernel {
  /// Holds the files of every process against each other and against the page tables.
  borrowing func expectProcFilesAgree() {
    var mapped = 0
    for task in taskIndices where !tasks[task].space.isNone {
      let space = tasks[task].space
      guard let status = memoryStatus(of: task) else { continue }
      let rollup = smapsRollup(of: space)
      #expect(rollup.resident == status.resident)
      #expect(rollup.anonymous == status.residentAnon)
      #expect(
        rollup.privateClean + rollup.privateDirty + rollup.sharedClean + rollup.sharedDirty
          == rollup.resident)
      let runs = pageMap(of: space, showsFrames: true)
      let pages = runs.reduce(0) { $0 + $1.pages }
      #expect(pages << 12 == status.size)
      let swapped = runs.filter(\.first.isSwapped).reduce(0) { $0 + $1.pages }
      #expect(swapped << 12 == status.swap)
      let zero = UInt64(virtual.zeroFrame.rawValue)
      for run in runs where run.first.isPresent {
        for page in 0..<run.pages {
          let frame = run.first.frame + run.step * page
          if frame != zero { mapped += 1 }
          let entry = memory.pageEntry(below: spaces[space].root, of: run.start + page << 12)
          #expect(UInt64(entry.frame.rawValue) == frame)
        }
      }
    }
    #expect(pageCounts().reduce(0) { $0 + Int($1.word) * $1.count } == mapped)
  }

  private var taskIndices: [TaskIndex] {
    var list: [TaskIndex] = []
    var task = tasks.first
    while !task.isNone {
      list.append(task)
      task = tasks[task].next
    }
    return list
  }
}
