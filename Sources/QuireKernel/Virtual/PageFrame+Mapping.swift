// What mapping and unmapping do to a page descriptor.

extension PageFrame {
  /// A fresh page becomes the anonymous page of one PTE, which may write it.
  ///
  /// Linux: `folio_add_new_anon_rmap`, mm/rmap.c.
  @inline(__always)
  mutating func becomeAnonymous(_ anon: AnonVMAIndex, index: UInt64) {
    flags.formUnion([.anonymous, .anonExclusive, .swapBacked])
    mapping = anon.rawValue
    self.index = index
    mapCount = 1
  }

  /// Another PTE maps an anonymous page: none of them may write it any more.
  ///
  /// Linux: `folio_try_dup_anon_rmap_pte`, include/linux/rmap.h.
  @inline(__always)
  mutating func shareAnonymous() {
    flags.remove(.anonExclusive)
    mapCount += 1
    referenceCount += 1
  }

  /// The `AnonVMA` of an anonymous page.
  var anonVMA: AnonVMAIndex { flags.contains(.anonymous) ? AnonVMAIndex(mapping) : .none }
  /// The object of a page that belongs to one.
  var object: MemoryObjectIndex {
    flags.contains(.anonymous) ? .none : MemoryObjectIndex(mapping)
  }
}
