// Signatures of the kernel's own allocators: objects and page frames.

private typealias Parameter = Signature.Parameter
private typealias Failure = Signature.Failure

private let gfp = Parameter(
  "flags", .flags, .optional, "How to allocate, GFP_ words; default GFP_KERNEL.")
private let order = Parameter(
  "order", .integer, .optional, "2 to this power pages, 0 ... 10; default 0.")
private let cache = Parameter("cache", .cache, "What kmem_cache_create returned.")
private let outOfMemory = Failure(
  "ENOMEM", "no memory is left that the flags allow, where the kernel would return null")

extension Builtin {
  static let kernelObjectSignatures: [Signature] = [
    Signature(
      "kmalloc", [Parameter("size", .size, "Bytes wanted."), gfp], returns: .object,
      "Allocates an object from the kmalloc cache of the next larger size.", fails: [outOfMemory]),
    Signature(
      "kfree", [Parameter("object", .object, "What kmalloc returned, or nil.")],
      "Frees an object."),
    Signature(
      "kmem_cache_create",
      [
        Parameter("name", .string, "The name in slabinfo."),
        Parameter("size", .size, "Bytes of an object."),
        Parameter("align", .size, .optional, "Alignment of an object; default 8."),
        Parameter("flags", .flags, .labelled, "SLAB_ words; default 0."),
      ], returns: .cache, "Creates a cache of objects of one size.",
      fails: [
        Failure("EINVAL", "the size or the alignment makes no sense"), outOfMemory,
      ]),
    Signature(
      "kmem_cache_alloc", [cache, gfp], returns: .object, "Allocates an object from a cache.",
      fails: [outOfMemory]),
    Signature(
      "kmem_cache_free", [cache, Parameter("object", .object, "An object of that cache.")],
      "Gives an object back to its cache."),
    Signature(
      "kmem_cache_shrink", [cache], returns: .integer,
      "Frees the empty slabs of a cache and returns 0 if none is left in use."),
    Signature(
      "kmem_cache_destroy", [cache], "Destroys a cache.",
      fails: [Failure("EBUSY", "objects of it are still in use")]),
  ]

  static let pageFrameSignatures: [Signature] = [
    Signature(
      "alloc_page", [gfp], returns: .page, "Allocates one page frame.", fails: [outOfMemory]),
    Signature(
      "alloc_pages", [gfp, order], returns: .page,
      "Allocates a block of page frames and returns its first page.", fails: [outOfMemory]),
    Signature(
      "free_pages",
      [
        Parameter("page", .page, "The first page of the block, or its address."),
        order,
      ], "Frees a block of page frames."),
    Signature(
      "get_free_pages", [gfp, order], returns: .address,
      "Allocates a block of page frames and returns its kernel address.", fails: [outOfMemory]),
    Signature(
      "get_zeroed_page", [gfp], returns: .address,
      "Allocates a page frame full of zeros and returns its kernel address.",
      fails: [outOfMemory]),
    Signature(
      "page_address", [Parameter("page", .page, "A page.")], returns: .address,
      "Returns the kernel address of a page, or nil if it is not mapped."),
  ]
}
