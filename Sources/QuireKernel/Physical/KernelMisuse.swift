// Misuse of the kernel's own interfaces: what would be a bug in a driver, told by name.

/// What a caller of the kernel's allocators did wrong; the state of the machine is as before.
///
/// The real kernel would corrupt memory, warn, or stop; the model refuses and says why.
/// Linux: none (model only).
public enum KernelMisuse: Error, Hashable, Sendable {
  /// The frame does not exist or is not RAM that the kernel manages.
  case noSuchFrame(FrameNumber)
  /// The block was freed already (or never handed out).
  case freeFrame(FrameNumber)
  /// The frame lies inside a block that starts at `head`.
  case insideBlock(FrameNumber, head: FrameNumber)
  case wrongOrder(FrameNumber, allocated: Int, given: Int)
  /// The frame belongs to somebody else: a page table, a slab, a mapped page.
  case foreignFrame(FrameNumber)
  /// A block address that is not at the start of a page.
  case unalignedAddress(VirtualAddress)
  /// No allocator handed this address out.
  case foreignPointer(VirtualAddress)
  /// The address is inside a slab of the cache but not at the start of an object.
  case notAnObject(VirtualAddress, cache: String)
  /// The object is free already.
  case freeObject(VirtualAddress, cache: String)
  case wrongCache(VirtualAddress, given: String, actual: String)
  /// A write to a frame that nobody has.
  case writeToFreeFrame(FrameNumber)
  /// A write to a frame whose contents are the kernel's own records.
  case kernelRecords(FrameNumber)
  /// Zone or mobility bits that exclude each other (ZONE-4, GFP-3).
  case invalidFlags(GFPFlags)

  /// One sentence for the reader of a script.
  public var message: String {
    switch self {
    case .noSuchFrame(let frame):
      "frame \(frame.rawValue) is not memory that the kernel manages"
    case .freeFrame(let frame): "double free: frame \(frame.rawValue) is free already"
    case .insideBlock(let frame, let head):
      "frame \(frame.rawValue) lies inside the block that starts at frame \(head.rawValue)"
    case .wrongOrder(let frame, let allocated, let given):
      "the block at frame \(frame.rawValue) has order \(allocated), not \(given)"
    case .foreignFrame(let frame):
      "frame \(frame.rawValue) is in use by somebody else; alloc_pages did not hand it out"
    case .unalignedAddress(let address):
      "0x\(String(address, radix: 16)) is not the address of a page"
    case .foreignPointer(let address):
      "no allocator handed out 0x\(String(address, radix: 16))"
    case .notAnObject(let address, let cache):
      "0x\(String(address, radix: 16)) is not the start of an object of \(cache)"
    case .freeObject(let address, let cache):
      "double free: the object of \(cache) at 0x\(String(address, radix: 16)) is free already"
    case .wrongCache(let address, let given, let actual):
      "the object at 0x\(String(address, radix: 16)) is from \(actual), not from \(given)"
    case .writeToFreeFrame(let frame):
      "frame \(frame.rawValue) is free: whoever gets it next would find what is written there"
    case .kernelRecords(let frame):
      "frame \(frame.rawValue) holds the kernel's own records, which are not to be written by hand"
    case .invalidFlags: "the flags name zones or mobilities that exclude each other"
    }
  }
}
