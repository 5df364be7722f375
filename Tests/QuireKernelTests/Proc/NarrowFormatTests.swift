// The formats of /proc on x86_32 machines, line by line (PROC-1).

import Testing

@testable import QuireKernel

@Suite("/proc of x86_32")
struct NarrowFormatTests {
  @Test("PROC-1: addresses and offsets of eight digits at least, names from column 49")
  func maps() throws {
    var machine = MachineConfiguration()
    machine.architecture = .x86_32
    machine.ram = 64 << 20
    var kernel = try Kernel(machine)
    let task = try kernel.spawn(named: "narrow", by: kernel.initTask)
    var image = ProgramImage()
    image.base = 0x804_8000
    image.text = 5000
    image.data = 5000
    try kernel.execute(named: "narrow", image, by: task)
    let file = try kernel.makeFile(.disk, by: task)
    try kernel.truncate(file, to: 5 << 30, by: task)
    for (place, offset) in [(0x4000_0000, 0), (0x4100_0000, 4 << 30)] as [(UInt64, UInt64)] {
      _ = try kernel.mmap(
        MapRequest(
          at: place, length: 8192, [.read, .write], [.shared, .fixed], file: file, offset: offset),
        by: task)
    }
    let end = kernel.brk(0, by: task) + 4096
    #expect(kernel.brk(end, by: task) == end)
    let number = kernel.virtual.objects[file.object].number
    let expected = """
      08048000-0804a000 r-xp 00000000 00:00 0\u{20}
      0804a000-0804c000 rw-p 00000000 00:00 0\u{20}
      0804c000-0804d000 rw-p 00000000 00:00 0          [heap]
      40000000-40002000 rw-s 00000000 08:01 \(number)          /file\(number)
      41000000-41002000 rw-s 100000000 08:01 \(number)         /file\(number)
      bffff000-c0000000 rw-p 00000000 00:00 0          [stack]

      """
    let text = kernel.mapsText(of: task)
    #expect(text == expected)
    let rollup = try kernel.smapsRollupText(of: task).split(separator: "\n").first ?? ""
    #expect(rollup == "08048000-c0000000 ---p 00000000 00:00 0          [rollup]")
  }
}
