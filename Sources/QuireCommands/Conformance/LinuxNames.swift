// The flags that scenarios name, with their numbers on x86-64.

internal import QuireKernel

/// Named bits and values of Linux's user interface.
enum LinuxNames {
  typealias Names = [(name: String, value: UInt64)]

  /// Linux: `MAP_*`, include/uapi/asm-generic/mman.h, mman-common.h and linux/mman.h.
  static let map: Names = [
    ("none", 0), ("shared", 0x1), ("private", 0x2), ("shared_validate", 0x3), ("droppable", 0x8),
    ("fixed", 0x10), ("anon", 0x20), ("low32", 0x40), ("growsdown", 0x100), ("denywrite", 0x800),
    ("locked", 0x2000), ("noreserve", 0x4000), ("populate", 0x8000), ("nonblock", 0x10000),
    ("stack", 0x20000), ("hugetlb", 0x40000), ("sync", 0x80000), ("noreplace", 0x100000),
  ]

  /// Linux: `PROT_*`, include/uapi/asm-generic/mman-common.h; a letter each.
  static let protection: Names = [
    ("r", 0x1), ("w", 0x2), ("x", 0x4), ("d", 0x0100_0000), ("u", 0x0200_0000),
  ]

  /// Linux: `MREMAP_*`, include/uapi/linux/mman.h.
  static let remap: Names = [("none", 0), ("maymove", 1), ("fixed", 2), ("dontunmap", 4)]

  /// Linux: `MADV_*`, include/uapi/asm-generic/mman-common.h.
  static let advice: Names = [
    ("normal", 0), ("random", 1), ("sequential", 2), ("willneed", 3), ("dontneed", 4), ("free", 8),
    ("remove", 9), ("dontfork", 10), ("dofork", 11), ("mergeable", 12), ("unmergeable", 13),
    ("hugepage", 14), ("nohugepage", 15), ("dontdump", 16), ("dodump", 17), ("wipeonfork", 18),
    ("keeponfork", 19), ("cold", 20), ("pageout", 21), ("populate_read", 22),
    ("populate_write", 23), ("dontneed_locked", 24), ("collapse", 25), ("guard_install", 102),
    ("guard_remove", 103),
  ]

  /// Linux: `MLOCK_ONFAULT`, include/uapi/asm-generic/mman-common.h.
  static let lock: Names = [("none", 0), ("onfault", 1)]

  /// Linux: `MCL_*`, include/uapi/asm-generic/mman.h.
  static let lockAll: Names = [("none", 0), ("current", 1), ("future", 2), ("onfault", 4)]

  /// Linux: `MS_*`, include/uapi/asm-generic/mman-common.h.
  static let sync: Names = [("none", 0), ("async", 1), ("invalidate", 2), ("sync", 4)]

  /// Linux: `IPC_CREAT`, `IPC_EXCL`, include/uapi/linux/ipc.h.
  static let segment: Names = [("none", 0), ("create", 0o1000), ("excl", 0o2000)]

  /// Linux: `SHM_RDONLY` and friends, include/uapi/linux/shm.h.
  static let attach: Names = [
    ("none", 0), ("rdonly", 0o10000), ("rnd", 0o20000), ("remap", 0o40000), ("exec", 0o100000),
  ]

  /// The number of a name of one of these tables; 0 for a name that is in none.
  static func value(of name: String, in names: Names) -> UInt64 {
    names.first { $0.name == name }?.value ?? 0
  }

  /// The name of a single value, or the value itself.
  static func name(of value: UInt64, in names: Names) -> String {
    names.first { $0.value == value }?.name ?? "\(value)"
  }

  static let resources: [Resource] = [.addressSpace, .data, .stack, .lockedMemory]

  /// The names of the bits that are set, and what is left over as a number.
  static func describe(_ bits: UInt64, in names: Names) -> String {
    var rest = bits
    var found: [String] = []
    for (name, value) in names.reversed() where value != 0 && rest & value == value {
      found.append(name)
      rest &= ~value
    }
    if rest != 0 { found.append("0x" + String(rest, radix: 16)) }
    return found.isEmpty ? "none" : found.reversed().joined(separator: ",")
  }
}
