// Pages of the host: the two calls by which tables get and give back their memory.

internal import Glibc

enum HostPages {
  /// Zero-filled memory that costs the host nothing until it is touched; nil when refused.
  static func map(_ bytes: Int) -> UnsafeMutableRawPointer? {
    let memory = unsafe mmap(
      nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    return unsafe memory == MAP_FAILED ? nil : memory
  }

  static func unmap(_ base: UnsafeMutableRawPointer, bytes: Int) {
    unsafe _ = munmap(base, bytes)
  }
}
