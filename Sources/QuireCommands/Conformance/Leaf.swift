// A result as a tree of leaves: what a recording says, and what the model answers.

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// A JSON value of a recording; recordings have neither null nor fractions.
enum Leaf: Hashable, Sendable {
  case integer(Int64)
  case boolean(Bool)
  case text(String)
  case list([Leaf])
  /// In the order of writing; a decoded object is sorted by its keys.
  case object([Member])

  /// One entry of an object.
  struct Member: Hashable, Sendable {
    var key: String
    var value: Leaf
  }

  /// The value of a key of an object.
  subscript(key: String) -> Leaf? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }

  /// The elements of a list.
  var elements: [Leaf]? {
    guard case .list(let elements) = self else { return nil }
    return elements
  }

  var string: String? {
    guard case .text(let string) = self else { return nil }
    return string
  }
}

extension Leaf: Decodable {
  init(from decoder: any Decoder) throws {
    if let object = try? decoder.container(keyedBy: AnyKey.self) {
      let keys = object.allKeys.sorted { $0.stringValue < $1.stringValue }
      self = .object(
        try keys.map {
          Member(key: $0.stringValue, value: try object.decode(Leaf.self, forKey: $0))
        }
      )
      return
    }
    if var list = try? decoder.unkeyedContainer() {
      var elements: [Leaf] = []
      while !list.isAtEnd { elements.append(try list.decode(Leaf.self)) }
      self = .list(elements)
      return
    }
    let single = try decoder.singleValueContainer()
    if let integer = try? single.decode(Int64.self) {
      self = .integer(integer)
    } else if let string = try? single.decode(String.self) {
      self = .text(string)
    } else {
      self = .boolean(try single.decode(Bool.self))
    }
  }
}

extension Leaf: Encodable {
  func encode(to encoder: any Encoder) throws {
    switch self {
    case .integer(let value): try value.encode(to: encoder)
    case .boolean(let value): try value.encode(to: encoder)
    case .text(let value): try value.encode(to: encoder)
    case .list(let elements): try elements.encode(to: encoder)
    case .object(let members):
      var container = encoder.container(keyedBy: AnyKey.self)
      for member in members {
        try container.encode(member.value, forKey: AnyKey(stringValue: member.key))
      }
    }
  }
}

extension Leaf: CustomStringConvertible {
  /// As JSON on one line.
  var description: String {
    switch self {
    case .integer(let value): "\(value)"
    case .boolean(let value): "\(value)"
    case .text(let value): "\"\(value)\""
    case .list(let elements):
      "[" + elements.map(\.description).joined(separator: ", ") + "]"
    case .object(let members):
      "{" + members.map { "\"\($0.key)\": \($0.value)" }.joined(separator: ", ") + "}"
    }
  }
}

/// A key of any object.
private struct AnyKey: CodingKey {
  var stringValue: String
  var intValue: Int? { nil }
  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}
