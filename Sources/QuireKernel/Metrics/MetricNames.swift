// The names of the counters, for whoever lists them or asks for one by name.

extension Counters {
  /// Every counter with its name, in the order of their declaration.
  public static let fields: [(name: String, value: @Sendable (Counters) -> UInt64)] = [
    ("pgpgin", { $0.pgpgin }),
    ("pgpgout", { $0.pgpgout }),
    ("pswpin", { $0.pswpin }),
    ("pswpout", { $0.pswpout }),
    ("pgalloc_dma", { $0.pgalloc_dma }),
    ("pgalloc_dma32", { $0.pgalloc_dma32 }),
    ("pgalloc_normal", { $0.pgalloc_normal }),
    ("allocstall_dma", { $0.allocstall_dma }),
    ("allocstall_dma32", { $0.allocstall_dma32 }),
    ("allocstall_normal", { $0.allocstall_normal }),
    ("numa_hit", { $0.numa_hit }),
    ("pgfree", { $0.pgfree }),
    ("pgactivate", { $0.pgactivate }),
    ("pgdeactivate", { $0.pgdeactivate }),
    ("pglazyfree", { $0.pglazyfree }),
    ("pglazyfreed", { $0.pglazyfreed }),
    ("pgfault", { $0.pgfault }),
    ("pgmajfault", { $0.pgmajfault }),
    ("pgrefill", { $0.pgrefill }),
    ("pgreuse", { $0.pgreuse }),
    ("pgsteal_direct", { $0.pgsteal_direct }),
    ("pgscan_direct", { $0.pgscan_direct }),
    ("pgscan_anon", { $0.pgscan_anon }),
    ("pgsteal_anon", { $0.pgsteal_anon }),
    ("pgrotated", { $0.pgrotated }),
    ("oom_kill", { $0.oom_kill }),
    ("swap_ra", { $0.swap_ra }),
    ("swap_ra_hit", { $0.swap_ra_hit }),
    ("swpin_zero", { $0.swpin_zero }),
    ("swpout_zero", { $0.swpout_zero }),
    ("nr_dirtied", { $0.nr_dirtied }),
    ("nr_written", { $0.nr_written }),
    ("drop_pagecache", { $0.drop_pagecache }),
  ]

  /// A counter by name, nil when there is none of that name.
  public subscript(name: String) -> UInt64? {
    Self.fields.first { $0.name == name }.map { $0.value(self) }
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
