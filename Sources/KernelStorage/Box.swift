// A box: one thing in a place of its own, so that whoever holds it can be moved for the price of a
// pointer.

/// Owns one value on the host's heap; the value stays where it is when the box moves.
@safe
public struct Box<Content: ~Copyable>: ~Copyable {
  @usableFromInline let place: UnsafeMutablePointer<Content>

  public init(_ content: consuming Content) {
    unsafe place = .allocate(capacity: 1)
    unsafe place.initialize(to: content)
  }

  deinit {
    unsafe place.deinitialize(count: 1)
    unsafe place.deallocate()
  }

  /// The value, lent in place.
  @inlinable
  public var content: Content {
    @_transparent unsafeAddress { return unsafe UnsafePointer(place) }
    @_transparent unsafeMutableAddress { return unsafe place }
  }
}
