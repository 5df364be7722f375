// Signatures of what lets a script see the machine, and of chance.

private typealias Parameter = Signature.Parameter
private typealias Failure = Signature.Failure

private let pageAddress = Parameter("address", .address, "Any address, or a region for its start.")
private let walkedProcess = Parameter(
  "process", .process, .labelled, "Whose page tables; by default the caller's.")

extension Builtin {
  static let viewSignatures: [Signature] = [
    Signature(
      "show",
      [
        Parameter("view", .string, "Which view."),
        Parameter("argument", .any, .optional, "Of what, for views that ask."),
        Parameter("process", .process, .labelled, "Whose memory; by default the caller's."),
      ], "Prints a view of the machine; written `show maps`."),
    Signature(
      "cat",
      [
        Parameter(
          "path", .string,
          "A file of the machine (\"/proc/meminfo\") or of a process (\"/proc/self/maps\").")
      ],
      "Prints a file as the kernel writes it; the words of pagemap, kpagecount and kpageflags are "
        + "decoded.",
      fails: [
        Failure("ENOENT", "there is no such file or process"),
        Failure("EACCES", "it is private, and the caller has no privilege"),
        Failure("ESRCH", "smaps_rollup of a process without memory of its own"),
      ]),
    Signature("vmstat", returns: .view, "The counters of /proc/vmstat, by name.", isValue: true),
    Signature("meminfo", returns: .view, "The lines of /proc/meminfo, in bytes.", isValue: true),
    Signature("self", returns: .process, "The calling process.", isValue: true),
    Signature(
      "processes", returns: .list, "All processes, ascending by pid.", isValue: true),
    Signature("buddy", returns: .view, "Free blocks by zone and order.", isValue: true),
    Signature("slabs", returns: .view, "The caches of /proc/slabinfo, by name.", isValue: true),
    Signature("swap", returns: .view, "The swap areas and their use.", isValue: true),
    Signature("now", returns: .duration, "Returns the simulated time of the caller's CPU."),
    Signature(
      "vma",
      [
        Parameter("address", .address, "Any address, or a region for where it begins."),
        Parameter("process", .process, .labelled, "Whose mapping; by default the caller's."),
      ], returns: .map,
      """
      Returns the mapping that holds an address as a map with `region`, `permissions`, `offset`, \
      `name`, `flags` (the words of VmFlags), and in bytes `rss`, `pss`, `anonymous`, `swap` and \
      `locked`; nil where nothing is mapped.
      """),
    Signature(
      "sysinfo", returns: .map,
      """
      Returns what the machine says of itself: `uptime` in seconds, in bytes `totalram`, \
      `freeram`, `sharedram`, `bufferram`, `totalswap` and `freeswap`, and the number of \
      tasks, `procs`.
      """),
    Signature(
      "walk", [pageAddress, walkedProcess], returns: .map,
      """
      Walks the page tables down to an address: alone on its line it prints every level, as \
      `show walk`; as a value it is a map with `address`, `state` ("present", "zero", "protnone", \
      "swapped", "guard", "absent", "non-canonical"), where they make sense `frame`, `physical`, \
      `size`, `area` and `slot`, and `levels`: a list of maps from PGD to PTE with `level`, \
      `index`, `table`, `entry` and `flags`. An address of the kernel may be walked to as well.
      """),
    Signature(
      "pte", [pageAddress, walkedProcess], returns: .map,
      """
      Returns the page-table entry of an address as a map: what `walk` says of its end, and \
      `entry` and `flags`; nil where a table is missing.
      """),
    Signature(
      "page", [pageAddress, walkedProcess], returns: .map,
      """
      Returns the page frame behind an address as a map with `frame`, `physical`, `zone`, \
      `refcount`, `mapcount`, `index` and `flags` (the words of /proc/kpageflags); nil where no \
      frame is.
      """),
    Signature(
      "pagemap",
      [Parameter("region", .region, "Which pages; one for an address."), walkedProcess],
      returns: .list,
      """
      Returns the words of /proc/PID/pagemap, one for each page: bits 0-54 are the frame, or \
      area and slot; 55 soft-dirty, 56 exclusive, 61 file or shared, 62 swapped, 63 present. \
      `show pagemap` prints them decoded.
      """, fails: [Failure("EINVAL", "the region does not begin with a page")]),
  ]

  static let chanceSignatures: [Signature] = [
    Signature(
      "rand", [Parameter("range", .range, "A range, or n for 0 ..< n.")], returns: .integer,
      "Draws an integer from the process's own random stream."),
    Signature(
      "shuffle", [Parameter("list", .list, "The list to reorder.")],
      "Puts a list into random order."),
    Signature(
      "choose", [Parameter("list", .list, "A list that is not empty.")], returns: .any,
      "Draws an element of a list."),
  ]
}
