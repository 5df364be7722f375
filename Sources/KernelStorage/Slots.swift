// Slots: a growable array of things that cannot be copied.
//
// The standard `Array` holds only copyable elements. A slot holds an element or is empty; an
// element stays in its slot until it is taken out, and the index is its name until then. An
// index is checked at every use, and so is whether the slot is occupied.

/// A growable container of `~Copyable` elements with stable indices.
///
/// `insert` fills the slot that was emptied last, so that the same sequence of calls gives the
/// same indices. Walk it by `0 ..< limit` and ask `isOccupied`.
@safe
public struct Slots<Element: ~Copyable>: ~Copyable {
  @usableFromInline var base: UnsafeMutablePointer<Element>
  @usableFromInline var capacity: Int
  /// One row for each slot that was ever used: whether its memory holds an element.
  @usableFromInline var occupied = Table<Bool>()
  /// Indices of the empty slots, the one to fill next last.
  private var empty = Table<UInt32>()

  public init(minimumCapacity: Int = 4) {
    capacity = max(1, minimumCapacity)
    unsafe base = .allocate(capacity: capacity)
  }

  deinit {
    for index in 0..<occupied.count where occupied[index] {
      unsafe (base + index).deinitialize(count: 1)
    }
    unsafe base.deallocate()
  }

  /// Number of elements held.
  public var count: Int { occupied.count - empty.count }
  /// One more than the largest index ever handed out.
  @inlinable public var limit: Int { occupied.count }

  @inlinable
  public func isOccupied(_ index: Int) -> Bool {
    index >= 0 && index < occupied.count && occupied[index]
  }

  /// Moves an element in and returns the index that names it.
  public mutating func insert(_ element: consuming Element) -> Int {
    guard empty.count > 0 else { return append(element) }
    let index = Int(empty[empty.count - 1])
    empty.truncate(to: empty.count - 1)
    store(element, at: index)
    return index
  }

  /// Moves an element in behind all slots used so far and returns its index.
  @discardableResult
  public mutating func append(_ element: consuming Element) -> Int {
    if occupied.count == capacity { grow() }
    let index = occupied.append(false)
    store(element, at: index)
    return index
  }

  /// Moves the element out; its slot is empty until `put` or `insert` fills it.
  public mutating func take(_ index: Int) -> Element {
    precondition(isOccupied(index), "Slots: take of slot \(index), which is empty")
    occupied[index] = false
    empty.append(UInt32(index))
    return unsafe (base + index).move()
  }

  /// Moves an element back into the empty slot `index`, as after `take(index)`.
  public mutating func put(_ element: consuming Element, at index: Int) {
    precondition(
      index >= 0 && index < occupied.count && !occupied[index],
      "Slots: put into slot \(index), which is not an empty one")
    forgetEmpty(index)
    store(element, at: index)
  }

  /// Destroys the element of a slot; its index may be handed out again.
  public mutating func remove(_ index: Int) {
    _ = take(index)
  }

  /// The element of an occupied slot, lent in place.
  @inlinable
  public subscript(index: Int) -> Element {
    @_transparent unsafeAddress {
      precondition(isOccupied(index), "Slots: no element at this index")
      return unsafe UnsafePointer(base + index)
    }
    @_transparent unsafeMutableAddress {
      precondition(isOccupied(index), "Slots: no element at this index")
      return unsafe base + index
    }
  }

  private mutating func store(_ element: consuming Element, at index: Int) {
    unsafe (base + index).initialize(to: element)
    occupied[index] = true
  }

  /// Takes `index` off the list of empty slots; the one emptied last is found first.
  private mutating func forgetEmpty(_ index: Int) {
    var place = empty.count - 1
    while Int(empty[place]) != index { place -= 1 }
    while place + 1 < empty.count {
      empty[place] = empty[place + 1]
      place += 1
    }
    empty.truncate(to: empty.count - 1)
  }

  private mutating func grow() {
    let wider = max(4, capacity * 2)
    let moved = UnsafeMutablePointer<Element>.allocate(capacity: wider)
    for index in 0..<occupied.count where occupied[index] {
      unsafe (moved + index).moveInitialize(from: base + index, count: 1)
    }
    unsafe base.deallocate()
    unsafe base = moved
    capacity = wider
  }
}
