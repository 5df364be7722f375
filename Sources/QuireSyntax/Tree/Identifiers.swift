// The indices that tie the tree together. Nodes live in flat arrays and refer to each other by
// these, so a tree of any shape is dropped without recursion and copied without counting.

/// The index of an expression in its tree.
public struct ExpressionID: Hashable, Sendable {
  public let rawValue: UInt32

  package init(_ rawValue: UInt32) {
    self.rawValue = rawValue
  }
}

/// The index of a statement in its tree.
public struct StatementID: Hashable, Sendable {
  public let rawValue: UInt32

  package init(_ rawValue: UInt32) {
    self.rawValue = rawValue
  }
}

/// The index of a block in its tree.
public struct BlockID: Hashable, Sendable {
  public let rawValue: UInt32

  package init(_ rawValue: UInt32) {
    self.rawValue = rawValue
  }
}

/// A name, interned: equal names of one tree have equal ids, numbered by first appearance.
public struct NameID: Hashable, Sendable {
  public let rawValue: UInt32

  package init(_ rawValue: UInt32) {
    self.rawValue = rawValue
  }
}

/// The index of a string literal's decoded text in its tree.
public struct StringID: Hashable, Sendable {
  public let rawValue: UInt32

  package init(_ rawValue: UInt32) {
    self.rawValue = rawValue
  }
}

/// The index of a call's parts in its tree.
public struct CallID: Hashable, Sendable {
  public let rawValue: UInt32

  package init(_ rawValue: UInt32) {
    self.rawValue = rawValue
  }
}

/// The index of a function's or closure's parts in its tree.
public struct FunctionID: Hashable, Sendable {
  public let rawValue: UInt32

  package init(_ rawValue: UInt32) {
    self.rawValue = rawValue
  }
}

/// A run of elements in the tree's flat array of that element; read it with `tree[list]`.
public struct NodeList<Element: Sendable>: Hashable, Sendable {
  public let start: UInt32
  public let count: UInt32

  package init(start: UInt32, count: UInt32) {
    self.start = start
    self.count = count
  }

  public var isEmpty: Bool { count == 0 }

  var range: Range<Int> { Int(start)..<Int(start + count) }
}

/// A name where it is written.
public struct Identifier: Hashable, Sendable {
  public let name: NameID
  public let span: SourceSpan

  package init(name: NameID, span: SourceSpan) {
    self.name = name
    self.span = span
  }
}
