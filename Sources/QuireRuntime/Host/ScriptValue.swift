// Values at the border between a script and the application that embeds it.
//
// Inside, a value is a word that means something only with its heap; a host gets values that stand
// on their own instead, copied when they cross.

/// A value of the language as a host sees it.
public enum ScriptValue: Hashable, Sendable {
  case none
  case boolean(Bool)
  case integer(Int64)
  case float(Double)
  case string(String)
  /// A virtual address of the simulated machine.
  case address(UInt64)
  /// `start` and `length` in bytes.
  case region(start: UInt64, length: UInt64)
  case list([ScriptValue])
  /// Entries in the order of the script's map.
  case map([Entry])
  /// What has no meaning outside its machine (a process, a function, a slab object), as a script
  /// would print it.
  case other(String)

  /// One entry of a map.
  public struct Entry: Hashable, Sendable {
    public var key: ScriptValue
    public var value: ScriptValue

    public init(key: ScriptValue, value: ScriptValue) {
      self.key = key
      self.value = value
    }
  }

  /// What kind of value it is, as messages say it.
  public var kind: String {
    switch self {
    case .none: "nil"
    case .boolean: "a boolean"
    case .integer: "an integer"
    case .float: "a float"
    case .string: "a string"
    case .address: "an address"
    case .region: "a region"
    case .list: "a list"
    case .map: "a map"
    case .other(let text): text
    }
  }
}

/// A Swift type that crosses the border: what host functions take and return.
public protocol ScriptConvertible: Sendable {
  /// How the type is named in messages and in the documentation of a function: "integer".
  static var scriptName: String { get }

  /// - Returns: nil when `value` is of another kind or out of range.
  init?(scriptValue value: ScriptValue)

  var scriptValue: ScriptValue { get }
}

extension ScriptValue: ScriptConvertible {
  public static var scriptName: String { "any value" }
  public init?(scriptValue value: ScriptValue) { self = value }
  public var scriptValue: ScriptValue { self }
}

extension Bool: ScriptConvertible {
  public static var scriptName: String { "boolean" }
  public init?(scriptValue value: ScriptValue) {
    guard case .boolean(let value) = value else { return nil }
    self = value
  }
  public var scriptValue: ScriptValue { .boolean(self) }
}

extension Int64: ScriptConvertible {
  public static var scriptName: String { "integer" }
  public init?(scriptValue value: ScriptValue) {
    guard case .integer(let value) = value else { return nil }
    self = value
  }
  public var scriptValue: ScriptValue { .integer(self) }
}

extension Int: ScriptConvertible {
  public static var scriptName: String { "integer" }
  public init?(scriptValue value: ScriptValue) {
    guard case .integer(let value) = value else { return nil }
    self.init(exactly: value)
  }
  public var scriptValue: ScriptValue { .integer(Int64(self)) }
}

/// A virtual address; an unsigned integer has no other meaning in a script.
extension UInt64: ScriptConvertible {
  public static var scriptName: String { "address" }
  public init?(scriptValue value: ScriptValue) {
    guard case .address(let value) = value else { return nil }
    self = value
  }
  public var scriptValue: ScriptValue { .address(self) }
}

/// Takes integers too, as arithmetic in a script does.
extension Double: ScriptConvertible {
  public static var scriptName: String { "number" }
  public init?(scriptValue value: ScriptValue) {
    switch value {
    case .float(let value): self = value
    case .integer(let value): self = Double(value)
    default: return nil
    }
  }
  public var scriptValue: ScriptValue { .float(self) }
}

extension String: ScriptConvertible {
  public static var scriptName: String { "string" }
  public init?(scriptValue value: ScriptValue) {
    guard case .string(let value) = value else { return nil }
    self = value
  }
  public var scriptValue: ScriptValue { .string(self) }
}

extension Array: ScriptConvertible where Element: ScriptConvertible {
  public static var scriptName: String { "list" }
  public init?(scriptValue value: ScriptValue) {
    guard case .list(let values) = value else { return nil }
    var elements: [Element] = []
    elements.reserveCapacity(values.count)
    for value in values {
      guard let element = Element(scriptValue: value) else { return nil }
      elements.append(element)
    }
    self = elements
  }
  public var scriptValue: ScriptValue { .list(map(\.scriptValue)) }
}

extension Optional: ScriptConvertible where Wrapped: ScriptConvertible {
  public static var scriptName: String { "\(Wrapped.scriptName) or nil" }
  public init?(scriptValue value: ScriptValue) {
    if case .none = value {
      self = .none
    } else {
      guard let wrapped = Wrapped(scriptValue: value) else { return nil }
      self = wrapped
    }
  }
  public var scriptValue: ScriptValue { self?.scriptValue ?? .none }
}
