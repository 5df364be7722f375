// Which page an access goes to: the walks of the standard library's `patterns`.
//
// A pattern is made of integers alone. Weights are summed up once, when a walk begins; a draw is
// then one random number and a binary search.

/// A walk over the pages of a region, one page at a time.
package struct AccessPattern: Sendable, Hashable {
  package enum Shape: Sendable, Hashable {
    /// Each page `step` after the one before, round again at the end.
    case stride(step: UInt64)
    /// Any page.
    case uniform
    /// Pages in proportion to the weights of the buckets they are in.
    case weighted([Bucket])
    /// These pages in this order, round again at the end.
    case listed([UInt64])
  }

  /// Pages in a row with one weight.
  package struct Bucket: Sendable, Hashable {
    var first: UInt64
    var count: UInt64
    /// Sum of the weights of all pages before the bucket.
    var base: UInt64
    /// Weight of each page.
    var weight: UInt64
  }

  package private(set) var shape: Shape
  package let pageCount: UInt64
  private var position: UInt64 = 0
  /// Sum of all weights.
  private var total: UInt64 = 0

  /// A walk over `pageCount` pages, at least one.
  package init(_ shape: Shape, over pageCount: UInt64) {
    self.shape = shape
    self.pageCount = pageCount
  }

  /// The page that the next access goes to.
  package mutating func next(_ random: inout RandomStream) -> UInt64 {
    switch shape {
    case .stride(let step):
      let page = position
      position = (position + step) % pageCount
      return page
    case .uniform: return random.below(pageCount)
    case .weighted(let buckets): return Self.draw(random.below(total), from: buckets)
    case .listed(let pages):
      let page = pages[Int(position)]
      position = (position + 1) % UInt64(pages.count)
      return page
    }
  }

  private static func draw(_ place: UInt64, from buckets: [Bucket]) -> UInt64 {
    var low = 0
    var high = buckets.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if buckets[middle].base <= place { low = middle } else { high = middle }
    }
    let bucket = buckets[low]
    return bucket.first + (place - bucket.base) / bucket.weight
  }
}

/// Why a value is no access pattern.
package struct PatternError: Error, Hashable {
  package var message: String
}

extension AccessPattern {
  /// A walk by weights: `weights[i]` is that of the pages from `first[i]` up to `first[i + 1]`.
  package init(
    first: [UInt64], weights: [UInt64], over pageCount: UInt64
  ) throws(PatternError) {
    guard first.count == weights.count, first.first == 0 else {
      throw PatternError(message: "'first' begins with 0 and is as long as 'weight'")
    }
    var buckets: [Bucket] = []
    var total: UInt64 = 0
    for index in first.indices where first[index] < pageCount {
      let following = index + 1 < first.count ? first[index + 1] : pageCount
      if following <= first[index] { throw PatternError(message: "'first' must ascend") }
      let count = min(following, pageCount) - first[index]
      // A bucket of weight 0 is never drawn, and would make the search ambiguous.
      if weights[index] == 0 { continue }
      buckets.append(
        Bucket(first: first[index], count: count, base: total, weight: weights[index]))
      let (sum, tooLarge) = weights[index].multipliedReportingOverflow(by: count)
      let (newTotal, tooMany) = total.addingReportingOverflow(sum)
      if tooLarge || tooMany { throw PatternError(message: "the weights add up to too much") }
      total = newTotal
    }
    if total == 0 { throw PatternError(message: "every page of the region has weight 0") }
    self.init(.weighted(buckets), over: pageCount)
    self.total = total
  }

  /// A walk on which `accesses` percent go to the first `pages` percent.
  package init(
    hotspot pages: UInt64, accesses: UInt64, over pageCount: UInt64
  ) throws(PatternError) {
    guard (1...100).contains(pages), accesses <= 100 else {
      throw PatternError(
        message: "a hotspot is 1 ... 100 percent of pages and 0 ... 100 of accesses")
    }
    let hot = max(1, pageCount / 100 * pages + pageCount % 100 * pages / 100)
    let cold = pageCount - hot
    if cold == 0 {
      self.init(.uniform, over: pageCount)
      return
    }
    // Weights of single pages such that the two groups weigh accesses : (100 - accesses).
    try self.init(
      first: [0, hot], weights: [accesses * cold, (100 - accesses) * hot], over: pageCount)
  }
}
