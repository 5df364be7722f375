// `machine { … }` as data, and what is refused in it.

import QuireProgram
import Testing

@Suite("Machine block")
struct MachineBlockTests {
  @Test("keys and constant values become data")
  func values() throws {
    let text = """
      import "m"
      machine {
          arch: "x86_64"
          ram: 2 * 32MiB, swap: [32MiB, [size: 16MiB, priority: 5]]
          seed: -7, cpus: 4
          sysctl: ["vm.swappiness": 10]
      }
      """
    let machine = try #require(compile(text, modules: ["m": ""]).program?.machine)
    #expect(machine[.ram]?.value == .integer(64 << 20))
    #expect(
      machine[.swap]?.value
        == .list([
          .integer(32 << 20),
          .map([
            .init(key: "size", value: .integer(16 << 20)),
            .init(key: "priority", value: .integer(5)),
          ]),
        ]))
    #expect(machine[.seed]?.value == .integer(-7))
    #expect(machine[.quantum] == nil)
  }

  @Test("unknown keys and wrong kinds are refused with the key underlined")
  func refusals() {
    #expect(
      messages("machine { mem: 64MiB, arch: \"x86-64\", ram: \"a\", swap: 3, cpus: 1, cpus: 2 }")
        == """
        1:11: a machine has no 'mem'
          note: it has arch, pae, kernel, ram, nodes, cpus, tlb, swap, seed, scheduler, quantum, costs, \
        sysctl, reserve
        1:23: 'arch' is one of "x86_64", "x86_32"
          fix-it: did you mean '"x86_64"'? '"x86-64"' → '"x86_64"'
        1:39: 'ram' is a size: 64MiB
        1:49: 'swap' is a list of sizes: [32MiB], or of maps: [[size: 32MiB, priority: 5]]
        1:67: 'cpus' is given twice
          note: the first one (line 1)
        """)
  }

  @Test("a kernel is named by its version, with quotes or without")
  func kernel() throws {
    let quoted = try #require(compile("machine { kernel: \"6.18\" }").program?.machine)
    #expect(quoted[.kernel]?.value == .string("6.18"))
    #expect(compile("machine { kernel: 6.12 }").program?.machine != nil)
    for wrong in ["\"6.11\"", "6.1", "618", "\"\""] {
      #expect(
        messages("machine { kernel: \(wrong) }").hasPrefix(
          "1:11: 'kernel' is one of \"6.12\", \"6.18\""))
    }
  }

  @Test("values are known before anything runs")
  func constants() {
    #expect(
      messages("machine { ram: now() }") == """
        1:16: the machine is built before anything runs; write a plain value
        """)
  }

  @Test("the block opens a script")
  func place() {
    #expect(
      messages("print 1\nmachine { ram: 64MiB }") == """
        2:1: the machine block comes first: what is above it would run without a machine
        """)
    #expect(
      messages("machine { ram: 64MiB }\nmachine { cpus: 1 }") == """
        2:1: a script has one machine block
        """)
    #expect(
      messages("import \"m\"", modules: ["m": "machine { cpus: 1 }"]) == """
        m.quire:1:1: a module has no machine: the script that imports it has
        """)
  }
}
