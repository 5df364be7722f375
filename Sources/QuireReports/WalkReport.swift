// A page-table walk for people: each level with its entry, and what lies at the end.

internal import KernelStorage
public import QuireKernel

extension Kernel {
  /// The walk to an address: one line for each level, then what the address stands for.
  public borrowing func walkReport(to address: VirtualAddress, of task: TaskIndex) -> String {
    let walk = pageWalk(to: address, of: task)
    let record = tasks[task]
    var text = "walk \(Hexadecimal.text(address)) in \(record.name.description) (\(record.pid))"
    if walk.end != .nonCanonical && !walk.root.isNone {
      text += ", cr3 \(Self.physical(walk.root))"
    }
    text += "\n"
    if !walk.steps.isEmpty { text += Self.table(of: walk).text }
    return text + lines(atEndOf: walk, of: task).reduce(into: "") { $0 += $1 + "\n" }
  }

  private static func table(of walk: PageWalk) -> TextTable {
    var table = TextTable([
      ("level", .left), ("bits", .left), ("index", .right), ("table", .right), ("entry", .left),
      ("flags", .left), ("leads to", .left),
    ])
    for step in walk.steps {
      table.add([
        step.level.name, "\(step.bits.upperBound)-\(step.bits.lowerBound)", String(step.index),
        physical(step.table), Hexadecimal.text(step.word, 2 * step.wordBytes),
        step.entry.isNone ? "empty" : step.flags.joined(separator: " "), goal(of: step),
      ])
      if step.level == .PGD && walk.steps.first?.bits.upperBound == 47 {
        table.add(["P4D", "", "", "", "", "folded: the machine has four levels"])
      }
    }
    return table
  }

  private static func goal(of step: PageWalkStep) -> String {
    let entry = step.entry
    if entry.isNone || entry.isGuard { return "nothing" }
    if entry.isObjectPage { return "page \(entry.objectPage) of the object" }
    if entry.isSwap { return "slot \(entry.swap.slot) of area \(entry.swap.area)" }
    let place = physical(entry.frame)
    if step.level == .PTE { return "page \(place)" }
    return entry.isLarge ? "page of \(Size.text(step.span)) at \(place)" : "table \(place)"
  }

  // MARK: The end

  private borrowing func lines(atEndOf walk: PageWalk, of task: TaskIndex) -> [String] {
    switch walk.end {
    case .nonCanonical:
      return [
        machine.architecture == .x86_64
          ? "not canonical: bits 63 to 47 of an address must be alike"
          : "no address: this machine's have 32 bits"
      ]
    case .nothing:
      return [(walk.steps.last?.level.name ?? "PGD") + " is empty: " + promise(walk, of: task)]
    case .swapped(let entry):
      return ["in swap, slot \(entry.slot) of area \(entry.area): an access reads it back"]
    case .guarded: return ["a guard page: an access is SIGSEGV"]
    case .arranged(let page):
      return ["page \(page) of the object belongs here: an access brings it"]
    case .hidden(let frame):
      return ["frame \(Self.frame(frame)) is there, and nobody may touch it (PROT_NONE)"]
    case .page(let frame, let size):
      let offset = walk.address & (size - 1)
      let physical = walk.physical.map { Hexadecimal.text($0) } ?? ""
      return [
        "offset \(Hexadecimal.text(offset)): physical address \(physical)",
        "frame \(Self.frame(frame)): " + description(of: frame, walk.address),
      ]
    }
  }

  /// What an access to an address without a page will meet.
  private borrowing func promise(_ walk: PageWalk, of task: TaskIndex) -> String {
    if walk.address >= layout.taskSize { return "the kernel maps nothing here" }
    let areas = regions(of: tasks[task].space)
    guard let area = areas.first(where: { $0.contains(walk.address) }) else {
      return "no region holds the address, an access is SIGSEGV"
    }
    let range = Hexadecimal.text(area.start) + "-" + Hexadecimal.text(area.end)
    let access = area.flags.permissionText
    if area.flags.isDisjoint(with: .access) {
      return "the region \(range) \(access) allows nothing"
    }
    return "the region \(range) \(access) gets a page at the first access"
  }

  private borrowing func description(
    of frame: FrameNumber, _ address: VirtualAddress
  ) -> String {
    if frame.index >= memory.frames.count { return "not RAM" }
    if frame == zeroFrame { return "the page of zeros, which everybody shares until they write" }
    if address >= layout.taskSize { return KernelPageFlag.sentence(pageFlagWord(of: frame)) }
    let record = memory.frames[frame]
    let kind = record.flags.contains(.anonymous) ? "anonymous memory" : "an object"
    let owners = record.mapCount == 1 ? "mapped once" : "mapped by \(record.mapCount) entries"
    return "a page of \(kind), \(owners)"
  }

  private static func physical(_ frame: FrameNumber) -> String {
    Hexadecimal.text(UInt64(frame.rawValue) << Page.shift)
  }

  private static func frame(_ frame: FrameNumber) -> String {
    Hexadecimal.text(UInt64(frame.rawValue))
  }
}

extension KernelPageFlag {
  /// "buddy", "reserved, zero_page"; "in use" when no flag is set.
  fileprivate static func sentence(_ word: UInt64) -> String {
    let names = names(of: word)
    return names.isEmpty ? "in use" : names.joined(separator: ", ")
  }
}
