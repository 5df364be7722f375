// Pages of the host: the two calls by which tables get and give back their memory.

internal import Glibc

enum HostPages {
  /// Zero-filled memory that costs the host nothing until it is touched; nil when refused.
  static func map(_ bytes: Int) -> UnsafeMutableRawPointer? {
    let memory = unsafe mmap(
      nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    return unsafe memory == MAP_FAILED ? nil : memory
  }

  /// Makes memory of `map` zero again, giving whole pages back to the host.
  static func clear(_ base: UnsafeMutableRawPointer, bytes: Int) {
    let start = Int(bitPattern: base)
    let firstPage = (start + pageSize - 1) / pageSize * pageSize
    let lastPage = (start + bytes) / pageSize * pageSize
    guard firstPage < lastPage else {
      unsafe _ = memset(base, 0, bytes)
      return
    }
    unsafe _ = memset(base, 0, firstPage - start)
    unsafe _ = madvise(base + (firstPage - start), lastPage - firstPage, MADV_DONTNEED)
    unsafe _ = memset(base + (lastPage - start), 0, start + bytes - lastPage)
  }

  /// Gets the pages of a stretch from the host at once, for much less than one by one. A host that
  /// cannot do that gives them when they are touched.
  static func back(_ base: UnsafeMutableRawPointer, bytes: Int) {
    let address = Int(bitPattern: base)
    let start = address & ~(smallestPageSize - 1)
    unsafe _ = madvise(base - (address - start), address + bytes - start, MADV_POPULATE_WRITE)
  }

  private static var smallestPageSize: Int { 4096 }

  /// A multiple of the page size of every host.
  private static var pageSize: Int { 65_536 }

  static func unmap(_ base: UnsafeMutableRawPointer, bytes: Int) {
    unsafe _ = munmap(base, bytes)
  }
}
