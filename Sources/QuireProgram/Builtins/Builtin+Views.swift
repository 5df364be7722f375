// Signatures of what lets a script see the machine, and of chance.

private typealias Parameter = Signature.Parameter
private typealias Failure = Signature.Failure

extension Builtin {
  static let viewSignatures: [Signature] = [
    Signature(
      "show",
      [
        Parameter("view", .string, "Which view."),
        Parameter("argument", .any, .optional, "Of what, for views that ask."),
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
