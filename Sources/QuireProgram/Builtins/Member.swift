// The members of handles and of plain values, by number.

/// A name after a dot that the language itself knows. Its raw value is its index in
/// `Program.memberNames`, so the runtime switches over a number; other names follow.
package enum Member: UInt16, CaseIterable, Hashable, Sendable {
  // Regions
  case start, end, length, pages, page
  // Ranges
  case lower, upper
  // Processes and statuses
  case pid, name, state, parent, children, rss, vsize, minor_faults, major_faults, cow_faults
  case code, signal, process, nice, utime, stime, maps, swapped, page_tables
  // Errors
  case errno, number, message, call, address, access
  // Events
  case kind, time, first, second
  // Events, semaphores and barriers as things to wait for
  case wait, down, up, count, waiting
  // Pages, objects and caches
  case frame, order, refcount, size, cache, active, total, object_size
  // Swap
  case areas, free, used, priority
  // Collections
  case len, keys, values
  // Statuses, once more
  case core

  package var name: String { Member.names[Int(rawValue)] }

  /// By raw value. Written out, because asking the language for the names of cases is slow.
  package static let names: [String] = [
    "start", "end", "length", "pages", "page", "lower", "upper", "pid", "name", "state", "parent",
    "children", "rss", "vsize", "minor_faults", "major_faults", "cow_faults", "code", "signal",
    "process", "nice", "utime", "stime", "maps", "swapped", "page_tables", "errno", "number",
    "message", "call", "address", "access", "kind", "time", "first", "second", "wait", "down",
    "up", "count", "waiting", "frame", "order", "refcount", "size", "cache", "active", "total",
    "object_size", "areas", "free", "used", "priority", "len", "keys", "values",
    "core",
  ]
}
