// What mapping and unmapping do to a page descriptor.

extension PageFrame {
  /// A fresh page becomes the anonymous page of one PTE, which may write it.
  ///
  /// Linux: `folio_add_new_anon_rmap`, mm/rmap.c.
  @inline(__always)
  mutating func becomeAnonymous(_ anon: AnonVMAIndex, index: UInt64, _ marks: PageFlags) {
    flags.formUnion(marks.union([.anonymous, .anonExclusive, .swapBacked]))
    mapping = anon.rawValue
    self.index = index
    mapCount = 1
  }

  /// A frame off the free lists becomes the anonymous page of one PTE: what `prepare` and
  /// `becomeAnonymous` make of it together.
  @inline(__always)
  mutating func beginAnonymous(_ anon: AnonVMAIndex, index: UInt64, _ marks: PageFlags) {
    order = 0
    flags = []
    referenceCount = 1
    becomeAnonymous(anon, index: index, marks)
  }

  /// The page of one PTE that is gone, off its list, is a frame that nobody has.
  @inline(__always)
  mutating func forgetAnonymous() {
    flags = []
    use = .any
    referenceCount = 0
    mapCount = 0
    mapping = 0
    index = 0
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
