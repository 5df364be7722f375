// The index of the regions of an address space.

package struct RegionTree: ~Copyable {
  package struct Root: Sendable, BitwiseCopyable {
    package var node: UInt32 = 0
    package var height: UInt32 = 0
    package var count: UInt32 = 0
  }
}
