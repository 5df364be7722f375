// The names of the counters, for whoever lists them or asks for one by name.

extension Counters {
  /// Every counter with its name, in the order of their declaration.
  public static let fields: [(name: String, path: any KeyPath<Counters, UInt64> & Sendable)] = [
    ("pgpgin", \.pgpgin),
    ("pgpgout", \.pgpgout),
    ("pswpin", \.pswpin),
    ("pswpout", \.pswpout),
    ("pgalloc_dma", \.pgalloc_dma),
    ("pgalloc_dma32", \.pgalloc_dma32),
    ("pgalloc_normal", \.pgalloc_normal),
    ("allocstall_dma", \.allocstall_dma),
    ("allocstall_dma32", \.allocstall_dma32),
    ("allocstall_normal", \.allocstall_normal),
    ("numa_hit", \.numa_hit),
    ("pgfree", \.pgfree),
    ("pgactivate", \.pgactivate),
    ("pgdeactivate", \.pgdeactivate),
    ("pgfault", \.pgfault),
    ("pgmajfault", \.pgmajfault),
    ("pgrefill", \.pgrefill),
    ("pgreuse", \.pgreuse),
    ("pgsteal_direct", \.pgsteal_direct),
    ("pgscan_direct", \.pgscan_direct),
    ("pgscan_anon", \.pgscan_anon),
    ("pgsteal_anon", \.pgsteal_anon),
    ("pgrotated", \.pgrotated),
    ("oom_kill", \.oom_kill),
    ("swap_ra", \.swap_ra),
    ("swap_ra_hit", \.swap_ra_hit),
    ("swpin_zero", \.swpin_zero),
    ("swpout_zero", \.swpout_zero),
  ]

  /// A counter by name, nil when there is none of that name.
  public subscript(name: String) -> UInt64? {
    Self.fields.first { $0.name == name }.map { self[keyPath: $0.path] }
  }
}

extension Gauges {
  /// Every gauge with its name, in the order of their declaration.
  public static let fields: [(name: String, path: any KeyPath<Gauges, Int> & Sendable)] = [
    ("nr_inactive_anon", \.nr_inactive_anon),
    ("nr_active_anon", \.nr_active_anon),
    ("nr_inactive_file", \.nr_inactive_file),
    ("nr_active_file", \.nr_active_file),
    ("nr_unevictable", \.nr_unevictable),
    ("nr_mlock", \.nr_mlock),
    ("nr_anon_pages", \.nr_anon_pages),
    ("nr_mapped", \.nr_mapped),
    ("nr_file_pages", \.nr_file_pages),
    ("nr_shmem", \.nr_shmem),
    ("nr_dirty", \.nr_dirty),
    ("nr_writeback", \.nr_writeback),
    ("nr_kernel_stack", \.nr_kernel_stack),
    ("nr_page_table_pages", \.nr_page_table_pages),
    ("nr_swapcached", \.nr_swapcached),
  ]

  /// A gauge by name, nil when there is none of that name.
  public subscript(name: String) -> Int? {
    Self.fields.first { $0.name == name }.map { self[keyPath: $0.path] }
  }
}
