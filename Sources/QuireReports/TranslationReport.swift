// What the CPUs translate addresses by, for people.

internal import KernelStorage
public import QuireKernel

extension Kernel {
  /// Each CPU with the tables in its cr3, whose they are and how many translations it remembers;
  /// then what has happened to translations since boot.
  public borrowing func tlbReport() -> String {
    var table = TextTable([
      ("cpu", .right), ("cr3", .right), ("state", .left), ("remembers", .right), ("of", .left),
    ])
    for (cpu, state) in cpuTranslations.enumerated() {
      let status = state.space.isNone ? "boot" : state.isLazy ? "lazy" : "active"
      table.add([
        String(cpu), Hexadecimal.text(UInt64(state.root.rawValue) << Page.shift), status,
        "\(state.remembered)", owners(of: state.space) + Self.loan(state),
      ])
    }
    var counts = TextTable([("", .left), ("", .right)])
    for line in tlbCounters.lines { counts.add([line.name, String(line.value)]) }
    return table.text + counts.text
  }

  /// That a kernel thread keeps an address space alive, loaded or not.
  private static func loan(_ state: CPUTranslation) -> String {
    if state.borrowed.isNone { return "" }
    return state.borrowed == state.space ? " borrowed" : " (borrows what has gone)"
  }

  /// The tasks that live in an address space: "main (3), worker (4)".
  private borrowing func owners(of space: AddressSpaceIndex) -> String {
    if space.isNone { return "" }
    var names: [String] = []
    for task in taskList() where tasks[task].space == space {
      names.append("\(tasks[task].name.description) (\(tasks[task].pid))")
    }
    return names.joined(separator: ", ")
  }
}
