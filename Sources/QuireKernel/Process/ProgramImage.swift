// What execve puts in the place of the old memory.

/// How the area for mmap is laid out.
///
/// Linux: `arch_pick_mmap_layout`, arch/x86/mm/mmap.c.
public enum MapLayout: String, CaseIterable, Hashable, Sendable, BitwiseCopyable {
  /// From below the stack's limit downwards (LAYOUT-2).
  case flexible
  /// From a third of the address space upwards (LAYOUT-1).
  case classical
}

/// A program as execve loads it: code, data, and data that is all zeros.
///
/// There are no files in it: what a file would fill is zeros too, in private memory.
/// Linux: the PT_LOAD entries of a `struct elf64_phdr`, include/uapi/linux/elf.h.
public struct ProgramImage: Hashable, Sendable, BitwiseCopyable {
  /// Where the code begins; the rest follows it, each part on a page of its own but the zeros.
  public var base: VirtualAddress = 0x40_0000
  /// Bytes of each part.
  public var text: UInt64 = 0
  public var data: UInt64 = 0
  public var bss: UInt64 = 0
  /// Bytes of arguments and environment at the top of the stack.
  public var arguments: UInt64 = 0
  public var layout = MapLayout.flexible

  public init() {}

  /// Linux: `MAX_ARG_STRLEN` times four, as `bprm_stack_limits` has it, fs/exec.c.
  static var leastArgumentLimit: UInt64 { 128 << 10 }
  static var largestArgumentLimit: UInt64 { 6 << 20 }
}
