// Regions: the records of an address space's mappings.
//
// The record that look-ups and faults read is kept apart from the one that only mapping and
// reverse-map code reads.

/// Index of a region in the kernel's one table of regions; 0 is none.
///
/// Linux: none (model only).
public struct VMAIndex: Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt32
  @inlinable public init(_ rawValue: UInt32) { self.rawValue = rawValue }
  @inlinable public init(_ index: Int) { self.rawValue = UInt32(index) }
  @inlinable public static var none: VMAIndex { VMAIndex(UInt32(0)) }
  @inlinable public var index: Int { Int(rawValue) }
  @inlinable public var isNone: Bool { rawValue == 0 }
}

/// A region: one run of pages mapped alike (VMA-1). 32 bytes.
///
/// Linux: `struct vm_area_struct`, include/linux/mm_types.h.
public struct VirtualMemoryArea: Hashable, Sendable, BitwiseCopyable {
  public var start: VirtualAddress
  /// Exclusive.
  public var end: VirtualAddress
  public var flags: VMAFlags
  /// The object whose pages are mapped; none for private anonymous memory.
  public var object: MemoryObjectIndex
  /// Where new anonymous pages of this region belong; none before the first one.
  public var anonVMA: AnonVMAIndex
  public var space: AddressSpaceIndex

  public var pageCount: UInt64 { (end - start) >> Page.shift }
  @inlinable public func contains(_ address: VirtualAddress) -> Bool {
    address >= start && address < end
  }
}

/// The rest of a region: 32 bytes.
///
/// Linux: `struct vm_area_struct`, include/linux/mm_types.h.
package struct VMALinks: Hashable, BitwiseCopyable {
  /// Page number that `start` has in its object, or in anonymous memory (VMA-6).
  package var pageOffset: UInt64
  /// Links to every `AnonVMA` whose pages this region may map, newest first.
  package var firstChain: AnonChainIndex
  package var lastChain: AnonChainIndex
  /// Neighbours among the regions of the same object.
  package var nextInObject: VMAIndex
  package var previousInObject: VMAIndex
  /// Neighbours in the address space, by address.
  package var next: VMAIndex
  package var previous: VMAIndex

  package init(pageOffset: UInt64) {
    self.pageOffset = pageOffset
    firstChain = .none
    lastChain = .none
    nextInObject = .none
    previousInObject = .none
    next = .none
    previous = .none
  }
}

/// Index of a memory object (today: shared anonymous memory); 0 is none.
///
/// Linux: none (model only).
public struct MemoryObjectIndex: Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt32
  @inlinable public init(_ rawValue: UInt32) { self.rawValue = rawValue }
  @inlinable public init(_ index: Int) { self.rawValue = UInt32(index) }
  @inlinable public static var none: MemoryObjectIndex { MemoryObjectIndex(UInt32(0)) }
  @inlinable public var index: Int { Int(rawValue) }
  @inlinable public var isNone: Bool { rawValue == 0 }
}

/// Index of an `AnonVMA`; 0 is none. A frame with `PageFlags.anonymous` keeps it in `mapping`.
///
/// Linux: none (model only).
public struct AnonVMAIndex: Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt32
  @inlinable public init(_ rawValue: UInt32) { self.rawValue = rawValue }
  @inlinable public init(_ index: Int) { self.rawValue = UInt32(index) }
  @inlinable public static var none: AnonVMAIndex { AnonVMAIndex(UInt32(0)) }
  @inlinable public var index: Int { Int(rawValue) }
  @inlinable public var isNone: Bool { rawValue == 0 }
}

/// Index of an `AnonChain`; 0 is none.
///
/// Linux: none (model only).
package struct AnonChainIndex: Hashable, Sendable, BitwiseCopyable {
  package var rawValue: UInt32
  package init(_ index: Int) { self.rawValue = UInt32(index) }
  package static var none: AnonChainIndex { AnonChainIndex(0) }
  package var index: Int { Int(rawValue) }
  package var isNone: Bool { rawValue == 0 }
}
