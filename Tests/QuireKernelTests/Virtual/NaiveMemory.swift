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
    // On x86 every right but none lets a page be read.
    if found.protection == [] { return .accessError }
    return .value(value(of: found))
  }

  mutating func store(_ page: UInt64, _ value: UInt8, in task: TaskIndex) -> Outcome {
    guard let found = processes[task]?.pages[page] else { return .mapError }
    guard found.protection.contains(.write) else { return .accessError }
    switch found.contents {
    case .own: processes[task]?.pages[page]?.contents = .own(value)
    case .shared(let object, let number): objects[object][number] = value
    }
    return .value(value)
  }

  func value(of page: NaivePage) -> UInt8 {
    switch page.contents {
    case .own(let value): value
    case .shared(let object, let number): objects[object][number]
    }
  }

  mutating func fork(_ parent: TaskIndex, to child: TaskIndex) {
    processes[child] = processes[parent]
  }
}
