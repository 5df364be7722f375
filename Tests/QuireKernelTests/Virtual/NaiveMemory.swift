// The plain model of virtual memory: a dictionary of pages for each process, copied whole by fork.

@testable import QuireKernel

/// What a page of a process is and holds; one byte stands for its contents.
struct NaivePage: Equatable {
  enum Contents: Equatable {
    case own(UInt8)
    /// Page of a shared object.
    case shared(object: Int, page: Int)
  }
  var protection: Protection
  var contents: Contents
  var isLocked = false
  /// Not inherited by fork, or inherited as zeros.
  var isDontFork = false
  var isWiped = false
}

/// Processes as dictionaries from page numbers to pages.
struct NaiveMemory {
  struct Process {
    var pages: [UInt64: NaivePage] = [:]
    var breakEnd: UInt64 = Layout.defaultBreak
  }
  enum Outcome: Equatable {
    case value(UInt8)
    case mapError
    case accessError
    case busError
  }

  var processes: [TaskIndex: Process] = [:]
  var objects: [[UInt8]] = []

  mutating func map(
    _ first: UInt64, _ count: Int, _ protection: Protection, shared: Bool, in task: TaskIndex
  ) {
    if shared { objects.append(Array(repeating: 0, count: count)) }
    for page in 0..<count {
      let contents =
        shared
        ? NaivePage.Contents.shared(object: objects.count - 1, page: page) : .own(0)
      processes[task]?.pages[first + UInt64(page)] = NaivePage(
        protection: protection, contents: contents)
    }
  }

  mutating func unmap(_ first: UInt64, _ count: Int, in task: TaskIndex) {
    for page in first..<(first + UInt64(count)) { processes[task]?.pages[page] = nil }
  }

  /// Changes pages up to the first hole; says whether there was none.
  mutating func protect(
    _ first: UInt64, _ count: Int, _ protection: Protection, in task: TaskIndex
  ) -> Bool {
    for page in first..<(first + UInt64(count)) {
      guard processes[task]?.pages[page] != nil else { return false }
      processes[task]?.pages[page]?.protection = protection
    }
    return true
  }

  func load(_ page: UInt64, in task: TaskIndex) -> Outcome {
    guard let found = processes[task]?.pages[page] else { return .mapError }
    if isBeyond(found) && found.protection != [] { return .busError }
    // On x86 every right but none lets a page be read.
    if found.protection == [] { return .accessError }
    return .value(value(of: found))
  }

  mutating func store(_ page: UInt64, _ value: UInt8, in task: TaskIndex) -> Outcome {
    guard let found = processes[task]?.pages[page] else { return .mapError }
    guard found.protection.contains(.write) else { return .accessError }
    if isBeyond(found) { return .busError }
    switch found.contents {
    case .own: processes[task]?.pages[page]?.contents = .own(value)
    case .shared(let object, let number): objects[object][number] = value
    }
    return .value(value)
  }

  /// A page behind the end of its object, as mremap makes it.
  func isBeyond(_ page: NaivePage) -> Bool {
    if case .shared(let object, let number) = page.contents {
      return number >= objects[object].count
    }
    return false
  }

  func value(of page: NaivePage) -> UInt8 {
    switch page.contents {
    case .own(let value): value
    case .shared(let object, let number): objects[object][number]
    }
  }

  mutating func fork(_ parent: TaskIndex, to child: TaskIndex) {
    var copy = processes[parent] ?? Process()
    for (number, page) in copy.pages {
      var inherited = page
      inherited.isLocked = false
      if page.isWiped { inherited.contents = .own(0) }
      copy.pages[number] = page.isDontFork ? nil : inherited
    }
    processes[child] = copy
  }

  /// Changes pages up to the first hole; says whether there was none.
  mutating func lock(
    _ first: UInt64, _ count: Int, _ isLocked: Bool, in task: TaskIndex
  ) -> Bool {
    for page in first..<(first + UInt64(count)) {
      guard processes[task]?.pages[page] != nil else { return false }
      processes[task]?.pages[page]?.isLocked = isLocked
    }
    return true
  }

  /// Changes the pages that are mapped up to one that refuses.
  ///
  /// - Returns: EINVAL for one that refuses, else ENOMEM when a page was not mapped, else nil.
  mutating func advise(
    _ first: UInt64, _ count: Int, in task: TaskIndex, _ change: (inout NaivePage) -> Bool
  ) -> Errno? {
    var hasHole = false
    for number in first..<(first + UInt64(count)) {
      guard var page = processes[task]?.pages[number] else {
        hasHole = true
        continue
      }
      if !change(&page) { return .EINVAL }
      processes[task]?.pages[number] = page
    }
    return hasHole ? .ENOMEM : nil
  }

  /// Takes pages out and puts them elsewhere; more of the same follow them.
  ///
  /// With `keeping`, the old place stays mapped: private pages hold zeros then.
  mutating func move(
    _ first: UInt64, _ count: Int, to target: UInt64, _ newCount: Int, keeping: Bool,
    in task: TaskIndex
  ) {
    var moved: [NaivePage] = []
    for number in first..<(first + UInt64(count)) {
      guard let page = processes[task]?.pages[number] else { continue }
      moved.append(page)
      if !keeping { processes[task]?.pages[number] = nil }
      if keeping, case .own = page.contents {
        processes[task]?.pages[number]?.contents = .own(0)
      }
    }
    while moved.count < newCount, var page = moved.last {
      switch page.contents {
      case .own: page.contents = .own(0)
      case .shared(let object, let number):
        page.contents = .shared(object: object, page: number + 1)
      }
      moved.append(page)
    }
    for (offset, page) in moved.enumerated() {
      processes[task]?.pages[target + UInt64(offset)] = page
    }
  }
}
