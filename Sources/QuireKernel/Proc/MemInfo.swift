// /proc/meminfo: where the memory of the machine is.

import KernelStorage

extension Kernel {
  /// The lines of /proc/meminfo, in KiB but for the counts of huge pages, in the kernel's order
  /// (PROC-7). Mechanisms that the machine does not have have nothing to show: 0.
  ///
  /// Linux: `meminfo_proc_show`, fs/proc/meminfo.c.
  public borrowing func memInfo() -> [ProcLine] {
    let gauges = gauges
    func pages(_ name: String, _ count: Int) -> ProcLine { ProcLine(name, count * 4) }
    func none(_ names: String...) -> [ProcLine] { names.map { ProcLine($0, 0) } }
    let buffers = 0
    var lines = [
      pages("MemTotal", memory.managedFrames), pages("MemFree", memory.freeFrames),
      pages("MemAvailable", availablePages), pages("Buffers", buffers),
      pages("Cached", gauges.nr_file_pages - gauges.nr_swapcached - buffers),
      pages("SwapCached", gauges.nr_swapcached),
      pages("Active", gauges.nr_active_anon + gauges.nr_active_file),
      pages("Inactive", gauges.nr_inactive_anon + gauges.nr_inactive_file),
      pages("Active(anon)", gauges.nr_active_anon),
      pages("Inactive(anon)", gauges.nr_inactive_anon),
      pages("Active(file)", gauges.nr_active_file),
      pages("Inactive(file)", gauges.nr_inactive_file),
      pages("Unevictable", gauges.nr_unevictable), pages("Mlocked", gauges.nr_mlock),
    ]
    lines += highMemoryLines()
    lines += [
      pages("SwapTotal", swap.totalPages), pages("SwapFree", swap.freePages),
      pages("Dirty", gauges.nr_dirty), pages("Writeback", gauges.nr_writeback),
      pages("AnonPages", gauges.nr_anon_pages), pages("Mapped", gauges.nr_mapped),
      pages("Shmem", gauges.nr_shmem), pages("KReclaimable", slab.reclaimableFrames),
      pages("Slab", slab.reclaimableFrames + slab.unreclaimableFrames),
      pages("SReclaimable", slab.reclaimableFrames),
      pages("SUnreclaim", slab.unreclaimableFrames),
      ProcLine("KernelStack", gauges.nr_kernel_stack),
      pages("PageTables", gauges.nr_page_table_pages),
    ]
    lines += none("SecPageTables", "NFS_Unstable", "Bounce", "WritebackTmp")
    lines += [
      pages("CommitLimit", Int(commitLimitPages)), pages("Committed_AS", Int(committedPages)),
      ProcLine("VmallocTotal", vmallocKilobytes),
    ]
    lines += none(
      "VmallocUsed", "VmallocChunk", "Percpu", "HardwareCorrupted", "AnonHugePages",
      "ShmemHugePages", "ShmemPmdMapped", "FileHugePages", "FilePmdMapped", "Unaccepted",
      "HugePages_Total", "HugePages_Free", "HugePages_Rsvd", "HugePages_Surp")
    let map = virtual.kernelTables
    lines += [
      ProcLine("Hugepagesize", 2048), ProcLine("Hugetlb", 0),
      pages("DirectMap4k", map.smallPageFrames), pages("DirectMap2M", map.largePageFrames),
    ]
    // A processor without such pages has no such line.
    let gigabytes = map.gigabytePageFrames
    return gigabytes == 0 ? lines : lines + [pages("DirectMap1G", gigabytes)]
  }

  /// The text of /proc/meminfo.
  public borrowing func memInfoText() -> String {
    var text = ""
    for line in memInfo() {
      text += ProcColumn.left(line.name + ":", 16) + ProcColumn.right(line.value, 8)
      // Huge pages are counted, everything else is measured.
      text += line.name.hasPrefix("HugePages_") ? "\n" : " kB\n"
    }
    return text
  }

  /// What a machine with a zone of high memory has of it, and of the rest.
  private borrowing func highMemoryLines() -> [ProcLine] {
    if machine.architecture == .x86_64 { return [] }
    let high = ZoneKind.highMem.index
    let (total, free) = (memory.zones[high].managed, memory.zones[high].free)
    return [
      ProcLine("HighTotal", total * 4), ProcLine("HighFree", free * 4),
      ProcLine("LowTotal", (memory.managedFrames - total) * 4),
      ProcLine("LowFree", (memory.freeFrames - free) * 4),
    ]
  }

  /// Pages that a new process could have without swapping (PROC-8).
  ///
  /// Linux: `si_mem_available`, mm/show_mem.c.
  public var availablePages: Int {
    let gauges = gauges
    var low = 0
    for kind in ZoneKind.allCases { low += memory.zones[kind.index].watermarks.low }
    let file = gauges.nr_active_file + gauges.nr_inactive_file
    let reclaimable = slab.reclaimableFrames
    let available =
      memory.freeFrames - memory.totalReserve + file - min(file / 2, low) + reclaimable
      - min(reclaimable / 2, low)
    return max(0, available)
  }

  /// The vmalloc area: with four levels 32 TiB less its last byte, on x86_32 what is left between
  /// the direct map and the window of kmap (VMAP-1).
  ///
  /// Linux: `VMALLOC_TOTAL`, include/linux/vmalloc.h.
  private var vmallocKilobytes: Int {
    if machine.architecture == .x86_64 { return 34_359_738_367 }
    let eightMiB: UInt64 = 8 << 20
    let behindGap = directMap.address(of: FrameNumber(directMap.frames)) + 2 * eightMiB - 1
    let start = behindGap & ~(eightMiB - 1)
    return Int((0xff80_0000 - 2 * Page.size - start) >> 10)
  }
}
