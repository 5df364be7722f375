// The machine as a whole: memory, zones, free blocks, caches.

internal import KernelStorage
public import QuireKernel

extension Kernel {
  /// What the machine is: the entries of `machine { … }` that describe hardware and kernel.
  public borrowing func machineReport() -> String {
    var table = TextTable([("machine", .left), ("", .left)])
    table.add(["arch", machine.architecture.rawValue])
    table.add(["kernel", "Linux " + machine.kernel.rawValue])
    table.add(["ram", Size.text(machine.ram)])
    table.add(["cpus", String(machine.cpus)])
    let areas = machine.swap.map { Size.text($0.size) }
    table.add(["swap", areas.isEmpty ? "none" : areas.joined(separator: ", ")])
    return table.text
  }

  /// What RAM is used for, and what the zones have left.
  public borrowing func memoryReport() -> String {
    var table = TextTable([("memory", .left), ("size", .right), ("pages", .right)])
    func row(_ name: String, _ pages: Int) {
      table.add([name, Size.text(pages: pages), String(pages)])
    }
    let managed = memory.managedFrames
    let free = memory.freeFrames
    row("total", managed)
    row("free", free)
    row("anonymous, active", gauges.nr_active_anon)
    row("anonymous, inactive", gauges.nr_inactive_anon)
    row("shared", gauges.nr_shmem)
    row("swap cache", gauges.nr_swapcached)
    row("page tables", gauges.nr_page_table_pages)
    row("kernel stacks", gauges.nr_kernel_stack / 4)
    row("slab", slab.reclaimableFrames + slab.unreclaimableFrames)
    if swap.totalPages > 0 {
      row("swap, total", swap.totalPages)
      row("swap, free", swap.freePages)
    }
    return table.text
  }

  /// Marks and free pages of each zone.
  public borrowing func zonesReport() -> String {
    var table = TextTable([
      ("zone", .left), ("managed", .right), ("free", .right), ("min", .right), ("low", .right),
      ("high", .right),
    ])
    for kind in ZoneKind.allCases where memory.zones[kind.index].isPopulated {
      let marks = memory.zones[kind.index].watermarks
      table.add([
        kind.name, String(memory.zones[kind.index].managed),
        String(memory.zones[kind.index].free), String(marks.min), String(marks.low),
        String(marks.high),
      ])
    }
    return table.text
  }

  /// Free blocks by zone and order.
  public borrowing func buddyReport() -> String {
    let orders = 0...BuddyOrder.maximum
    var table = TextTable([("zone", .left)] + orders.map { ("order \($0)", .right) })
    for kind in ZoneKind.allCases where memory.zones[kind.index].isPopulated {
      var row = [kind.name]
      for order in orders { row.append(String(memory.zones[kind.index].freeBlocks(order: order))) }
      table.add(row)
    }
    return table.text
  }

  /// The counters and gauges that are not zero, by name.
  public borrowing func countersReport() -> String {
    var table = TextTable([("", .left), ("", .right)])
    for field in Gauges.fields where gauges[keyPath: field.path] != 0 {
      table.add([field.name, String(gauges[keyPath: field.path])])
    }
    for field in Counters.fields where field.value(counters) != 0 {
      table.add([field.name, String(field.value(counters))])
    }
    return table.text
  }
}

extension Kernel {
  /// The caches with their objects and pages, or one of them.
  public borrowing func slabReport(named name: String?) -> String {
    var table = TextTable([
      ("cache", .left), ("object size", .right), ("in use", .right), ("objects", .right),
      ("per slab", .right), ("slabs", .right), ("pages", .right),
    ])
    for usage in slabUsage() where name == nil || usage.name == name {
      // A machine has dozens of caches that nobody has used: only those that hold pages are news.
      if name == nil && usage.slabs == 0 { continue }
      table.add([
        usage.name, String(usage.objectSize), String(usage.liveObjects), String(usage.objects),
        String(usage.objectsPerSlab), String(usage.slabs),
        String(usage.slabs * usage.pagesPerSlab),
      ])
    }
    return table.text
  }

  /// The swap areas and how full they are.
  public borrowing func swapReport() -> String {
    var table = TextTable([
      ("area", .left), ("size", .right), ("used", .right), ("priority", .right),
    ])
    for area in swapAreas {
      table.add([
        area.filename, Size.text(area.size), Size.text(area.used), String(area.priority),
      ])
    }
    return table.text
  }
}
