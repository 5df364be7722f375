import Testing

@testable import QuireKernel

/// `kmalloc`, `kfree` and named caches through the kernel's front door.
struct KmallocTests {
  static func kernel() throws -> Kernel {
    try Kernel(AllocationTests.machine(64))
  }

  @Test("SLAB-22: an object comes from the smallest class that holds it")
  func classes() throws {
    var kernel = try Self.kernel()
    let expected = [
      (1, "kmalloc-8"), (8, "kmalloc-8"), (9, "kmalloc-16"), (33, "kmalloc-64"),
      (65, "kmalloc-96"), (96, "kmalloc-96"), (97, "kmalloc-128"), (129, "kmalloc-192"),
      (193, "kmalloc-256"), (4097, "kmalloc-8k"), (8192, "kmalloc-8k"),
    ]
    for (size, name) in expected {
      #expect(kernel.slab.name(of: KmallocClass.cache(for: size, .normal)) == name)
      let address = try kernel.kmalloc(UInt64(size), .kernel, for: .none)
      try kernel.kfree(address)
    }
  }

  @Test("SLAB-19: a new slab hands its objects out in address order; the last freed comes first")
  func order() throws {
    var kernel = try Self.kernel()
    let first = try kernel.kmalloc(3000, .kernel, for: .none)
    let second = try kernel.kmalloc(3000, .kernel, for: .none)
    #expect(second == first + 4096)
    try kernel.kfree(first)
    #expect(try kernel.kmalloc(3000, .kernel, for: .none) == first)
  }

  @Test("SLAB-24: double free, foreign pointers and the wrong cache are told by name")
  func misuse() throws {
    var kernel = try Self.kernel()
    let address = try kernel.kmalloc(100, .kernel, for: .none)
    #expect(throws: KernelMisuse.notAnObject(address + 8, cache: "kmalloc-128")) {
      try kernel.kfree(address + 8)
    }
    try kernel.kfree(address)
    #expect(throws: KernelMisuse.freeObject(address, cache: "kmalloc-128")) {
      try kernel.kfree(address)
    }
    #expect(throws: KernelMisuse.foreignPointer(4096)) { try kernel.kfree(4096) }
    let mine = try kernel.createCache("mine", size: 100, for: .none)
    let other = try kernel.createCache("other", size: 100, for: .none)
    let object = try kernel.allocateObject(from: mine, .kernel, for: .none)
    #expect(throws: KernelMisuse.wrongCache(object, given: "other", actual: "mine")) {
      try kernel.freeObject(at: object, to: other)
    }
    try kernel.freeObject(at: object, to: mine)
  }

  @Test("SLAB-22: size 0, null and more than two pages")
  func edges() throws {
    var kernel = try Self.kernel()
    let free = kernel.memory.freeFrames
    #expect(try kernel.kmalloc(0, .kernel, for: .none) == 16)
    try kernel.kfree(16)
    try kernel.kfree(0)
    let large = try kernel.kmalloc(8193, .kernel, for: .none)
    #expect(kernel.memory.freeFrames == free - 4)
    #expect(throws: KernelMisuse.foreignPointer(large + 4096)) { try kernel.kfree(large + 4096) }
    try kernel.kfree(large)
    #expect(kernel.memory.freeFrames == free)
    #expect(throws: Errno.ENOMEM) { try kernel.kmalloc(4 << 20 + 1, .kernel, for: .none) }
  }

  @Test("SLAB-4: a cache with a live object stays; an empty one gives everything back")
  func destroy() throws {
    var kernel = try Self.kernel()
    let free = kernel.memory.freeFrames
    let cache = try kernel.createCache("mine", size: 700, for: .none)
    let object = try kernel.allocateObject(from: cache, .kernel, for: .none)
    #expect(throws: Errno.EBUSY) { try kernel.destroyCache(cache) }
    try kernel.freeObject(at: object, to: cache)
    try kernel.destroyCache(cache)
    #expect(kernel.memory.freeFrames == free)
    #expect(kernel.slab.cache(named: "mine") == nil)
  }
}
