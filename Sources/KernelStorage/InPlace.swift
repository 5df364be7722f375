// A mark for large values that are lent, never copied.

private import Synchronization

/// A stored property of this type makes the struct around it one that lives in memory only.
///
/// The compiler may pass a plain struct, however large, to a method that reads it by copying all
/// its fields to the stack first. A struct that cannot be held in registers is passed by its
/// address instead. Give one to every owner of tables: it takes a byte and saves a copy per call.
public struct InPlace: ~Copyable {
  private let mark = Atomic<UInt8>(0)

  public init() {}
}
