// The files of /proc that are words, decoded for people.

internal import KernelStorage
public import QuireKernel

extension Kernel {
  /// /proc/PID/pagemap: the words of all regions, pages that differ only by the next frame in one
  /// line. What no region holds is 0 in the file, and left out here.
  public borrowing func pageMapReport(
    of task: TaskIndex, from start: VirtualAddress = 0, to end: VirtualAddress = .max,
    seenBy reader: TaskIndex
  ) -> String {
    var table = TextTable([
      ("address", .right), ("pages", .right), ("word", .left), ("what", .left),
    ])
    let space = tasks[task].space
    if space.isNone { return "" }
    let isPrivileged = tasks[reader].holds(.admin)
    for run in pageMap(of: space, from: start, to: end, showsFrames: isPrivileged) {
      table.add([
        Hexadecimal.text(run.start), String(run.pages), Hexadecimal.text(run.first.word, 16),
        run.sentence,
      ])
    }
    return table.text
  }

  /// /proc/kpagecount: how many entries map each frame.
  public borrowing func pageCountsReport() -> String {
    var table = TextTable([("frame", .right), ("frames", .right), ("mapped", .right)])
    for run in pageCounts() {
      table.add([Hexadecimal.text(UInt64(run.first.rawValue)), "\(run.count)", "\(run.word)"])
    }
    return table.text
  }

  /// /proc/kpageflags: what each frame is.
  public borrowing func pageFlagsReport() -> String {
    var table = TextTable([
      ("frame", .right), ("frames", .right), ("word", .left), ("flags", .left),
    ])
    for run in pageFlags() {
      table.add([
        Hexadecimal.text(UInt64(run.first.rawValue)), "\(run.count)",
        Hexadecimal.text(run.word, 16),
        KernelPageFlag.names(of: run.word).joined(separator: " "),
      ])
    }
    return table.text
  }
}

extension Kernel.PageMapRun {
  fileprivate var sentence: String {
    var words: [String] = []
    if first.isPresent {
      words.append(first.frame == 0 ? "present" : "present, frame " + frames)
    }
    if first.isGuarded {
      words.append("guard")
    } else if first.isSwapped {
      let place = first.frame == 0 ? "" : ", area \(first.swapArea) slot \(slots)"
      words.append("swapped" + place)
    }
    if first.isFile { words.append("file or shared") }
    if first.isExclusive { words.append("exclusive") }
    if first.isSoftDirty { words.append("soft-dirty") }
    return words.joined(separator: ", ")
  }

  private var frames: String {
    Self.range(first.frame, step == 0 ? 1 : pages, Hexadecimal.text)
  }

  private var slots: String {
    Self.range(first.swapSlot, step == 0 ? 1 : pages) { String($0) }
  }

  private static func range(
    _ first: UInt64, _ count: UInt64, _ text: (UInt64) -> String
  ) -> String {
    count == 1 ? text(first) : text(first) + "-" + text(first + count - 1)
  }
}

/// Numbers as addresses and words are written.
enum Hexadecimal {
  static func text(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }

  /// With at least `width` digits.
  static func text(_ value: UInt64, _ width: Int) -> String {
    let digits = String(value, radix: 16)
    return "0x" + String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }
}
