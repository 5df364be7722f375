// Guessing which name was meant. Used for variables, members, labels, views and commands alike.

/// The candidate nearest to a misspelt name, or nil when none is near enough.
///
/// Case and underscores do not count. A candidate is near enough when at most half as many
/// letters must change as the name has; of several equally near ones the first wins, so the
/// caller's order decides and the answer is the same in every run.
public func didYouMean(_ name: String, among candidates: some Sequence<String>) -> String? {
  let wanted = folded(name)
  var best: String?
  var bestDistance = wanted.count / 2 + 1
  for candidate in candidates where candidate != name {
    let distance = editDistance(wanted, folded(candidate), limit: bestDistance)
    if distance < bestDistance {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/// Names compare by their letters alone: `PageFault` is `page_fault`.
private func folded(_ name: String) -> [UInt8] {
  name.utf8.compactMap { byte in
    switch byte {
    case UInt8(ascii: "_"): nil
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
    default: byte
    }
  }
}

/// How many letters must be added, left out, exchanged or swapped with their neighbour, or `limit`
/// when it is no fewer than that (the optimal string alignment distance).
private func editDistance(_ left: [UInt8], _ right: [UInt8], limit: Int) -> Int {
  guard abs(left.count - right.count) < limit else { return limit }
  var beforePrevious: [Int] = []
  var previous = Array(0...right.count)
  for (row, byte) in left.enumerated() {
    var current = [row + 1]
    for column in right.indices {
      let substitution = previous[column] + (byte == right[column] ? 0 : 1)
      var distance = min(substitution, previous[column + 1] + 1, current[column] + 1)
      if row > 0 && column > 0 && byte == right[column - 1] && left[row - 1] == right[column] {
        distance = min(distance, beforePrevious[column - 1] + 1)
      }
      current.append(distance)
    }
    beforePrevious = previous
    previous = current
  }
  return min(previous[right.count], limit)
}
