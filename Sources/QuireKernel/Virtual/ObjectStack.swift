// Slab objects on their way: reserved before a change that needs them, or left over by one.

internal import KernelStorage

/// Slab objects that no record owns at the moment, last in first out.
///
/// A flow fills it before it begins to change anything and empties it when it is done, so that
/// nothing can fail half-way.
/// Linux: none (model only).
package struct ObjectStack: ~Copyable {
  private var rows = Table<SlabObject>()

  init() {}

  var count: Int { rows.count }

  mutating func push(_ object: SlabObject) { rows.append(object) }

  mutating func pop() -> SlabObject {
    precondition(rows.count > 0, "ObjectStack: an object is needed and none was reserved")
    let object = rows[rows.count - 1]
    rows.truncate(to: rows.count - 1)
    return object
  }
}
