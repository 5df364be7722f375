// Where two trees first differ.

/// A leaf that is not what was recorded.
struct LeafDifference: Hashable, Sendable {
  /// Such as `results[4].vmas[0].Pss`.
  var path: String
  /// nil where the recording has nothing.
  var expected: Leaf?
  /// nil where the model gives nothing.
  var got: Leaf?
}

/// Compares what was recorded with what the model gives.
struct LeafComparison {
  /// Places that changed between recordings, as JSON pointers: `/results/8/majflt`.
  var unstable: Set<String> = []

  /// The first difference in the order in which the model gives its leaves, or nil.
  func firstDifference(expected: Leaf, got: Leaf) -> LeafDifference? {
    difference(expected, got, Place())
  }

  /// The place of a leaf, in both spellings.
  private struct Place {
    var path = ""
    var pointer = ""

    func entry(_ key: String) -> Place {
      Place(path: path.isEmpty ? key : path + "." + key, pointer: pointer + "/" + key)
    }

    func element(_ index: Int) -> Place {
      Place(path: path + "[\(index)]", pointer: pointer + "/\(index)")
    }
  }

  private func difference(_ expected: Leaf?, _ got: Leaf?, _ place: Place) -> LeafDifference? {
    if unstable.contains(place.pointer) { return nil }
    switch (expected, got) {
    case (.object(let expected), .object(let got)):
      return difference(expected, got, place)
    case (.list(let expected), .list(let got)):
      return difference(expected, got, place)
    default:
      if expected == got { return nil }
      return LeafDifference(path: place.path, expected: expected, got: got)
    }
  }

  private func difference(
    _ expected: [Leaf.Member], _ got: [Leaf.Member], _ place: Place
  ) -> LeafDifference? {
    for member in got {
      let recorded = expected.first { $0.key == member.key }?.value
      if let found = difference(recorded, member.value, place.entry(member.key)) { return found }
    }
    for member in expected where !got.contains(where: { $0.key == member.key }) {
      if let found = difference(member.value, nil, place.entry(member.key)) { return found }
    }
    return nil
  }

  private func difference(_ expected: [Leaf], _ got: [Leaf], _ place: Place) -> LeafDifference? {
    for index in 0..<max(expected.count, got.count) {
      let found = difference(
        index < expected.count ? expected[index] : nil, index < got.count ? got[index] : nil,
        place.element(index))
      if let found { return found }
    }
    return nil
  }
}
