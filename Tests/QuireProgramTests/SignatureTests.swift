// The table of builtins: complete, in order, and fit to be read by people.

import QuireProgram
import Testing

@Suite("Signatures")
struct SignatureTests {
  @Test("names stand in the order of the cases")
  func order() {
    #expect(Builtin.signatures.map(\.name) == Builtin.allCases.map { String(describing: $0) })
    #expect(Member.names == Member.allCases.map { String(describing: $0) })
  }

  @Test("a name means one thing")
  func unique() {
    let names =
      Builtin.signatures.map(\.name) + AbsentVerb.names + NamedConstant.all.map(\.name)
    var seen: Set<String> = []
    for name in names { #expect(seen.insert(name).inserted, "\(name)") }
  }

  @Test("every verb of the language is there or known to be missing")
  func verbs() {
    let verbs = """
      mmap mmap2 munmap mprotect mremap remap_file_pages brk sbrk madvise mlock munlock mlockall \
      mincore msync shmget shmat shmdt shmctl read write touch load store fetch copy_to_user \
      copy_from_user kernel atomic interrupt fork vfork thread kthread process exec exit wait \
      wait_any kill nice yield sleep setrlimit getpid alloc_pages alloc_page get_free_pages \
      get_zeroed_page get_dma_pages free_pages page_address virt_to_phys virt_to_page pfn_to_page \
      kmap kunmap kmap_atomic kunmap_atomic set_fixmap clear_fixmap kmalloc kfree \
      kmem_cache_create kmem_cache_alloc kmem_cache_free kmem_cache_shrink kmem_cache_destroy \
      vmalloc vfree vmap vunmap ioremap iounmap alloc_percpu free_percpu this_cpu device \
      memory_online memory_offline file open pread pwrite truncate fsync sync unlink drop_caches \
      readahead bread brelse swapon swapoff sysctl show cat vmstat meminfo self zone node buddy \
      slabs swap page pte walk trace on snapshot len push pop keys min max print format assert_eq
      """
    let known = Set(Builtin.signatures.map(\.name) + AbsentVerb.names)
    for verb in verbs.split(separator: " ") { #expect(known.contains(String(verb)), "\(verb)") }
  }

  @Test("what is said about a function can be read")
  func sentences() {
    for signature in Builtin.signatures {
      #expect(signature.summary.hasSuffix("."), "\(signature.name)")
      #expect(signature.summary.first?.isUppercase == true, "\(signature.name)")
      for parameter in signature.parameters {
        #expect(parameter.summary.hasSuffix("."), "\(signature.name) \(parameter.name)")
      }
      for failure in signature.failures {
        #expect(NamedConstant.all.contains { $0.name == failure.name }, "\(failure.name)")
        #expect(!failure.when.hasSuffix("."), "\(signature.name) \(failure.name)")
      }
    }
  }

  @Test("only the last parameter takes any number of arguments")
  func shapes() {
    for signature in Builtin.signatures {
      #expect(!signature.parameters.dropLast().contains { $0.style == .variadic })
      let styles = signature.parameters.filter { $0.style != .labelled }.map(\.style)
      let firstOptional = styles.firstIndex { $0 != .required } ?? styles.count
      #expect(!styles[firstOptional...].contains(.required), "\(signature.name)")
    }
  }
}
