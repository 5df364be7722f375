// The verbs of the language that this version cannot do yet. Using one is a clear diagnostic.

/// Names that the language reserves for mechanisms that do not exist yet.
package enum AbsentVerb {
  /// What the diagnostic says after the name: "mremap is not there yet in this version".
  package static func sentence(for name: String) -> String {
    "'\(name)' is not there yet in this version"
  }

  /// In the order of the language's table of verbs.
  package static let names: [String] = [
    "atomic", "interrupt",
    "get_dma_pages", "virt_to_phys", "virt_to_page", "pfn_to_page", "kmap", "kunmap",
    "kmap_atomic", "kunmap_atomic", "set_fixmap", "clear_fixmap",
    "vmalloc", "vfree", "vmap", "vunmap", "ioremap", "iounmap", "alloc_percpu", "free_percpu",
    "this_cpu", "memory_online", "memory_offline",
    "bread", "brelse",
    "zone", "node", "trace", "on", "snapshot",
  ]
}
