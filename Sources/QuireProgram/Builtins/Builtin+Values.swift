// Signatures of the functions on plain values.

private typealias Parameter = Signature.Parameter

private let list = Parameter("list", .list, "A list.")

extension Builtin {
  static let valueSignatures: [Signature] = [
    Signature(
      "print", [Parameter("values", .any, .variadic, "What to print.")],
      "Prints values on one line, with spaces between them."),
    Signature(
      "format",
      [
        Parameter("value", .any, "What to write."),
        Parameter("width", .integer, .labelled, "Pad with spaces on the left; negative: right."),
        Parameter("base", .integer, .labelled, "2, 8, 10 or 16, for integers and addresses."),
        Parameter("digits", .integer, .labelled, "Digits after the point, for floats."),
      ], returns: .string, "Writes a value in a given width, base or precision."),
    Signature(
      "str", [Parameter("value", .any, "Any value.")], returns: .string,
      "Returns the printed form of a value."),
    Signature(
      "int", [Parameter("value", .any, "A number, an address or the text of an integer.")],
      returns: .integer, "Converts to an integer; a float loses its fraction."),
    Signature(
      "float", [Parameter("value", .any, "A number or the text of one.")], returns: .float,
      "Converts to a float."),
    Signature(
      "address", [Parameter("value", .integer, "An integer from 0.")], returns: .address,
      "Converts an integer to an address."),
    Signature(
      "region",
      [
        Parameter("start", .address, "The first address."),
        Parameter("length", .size, "Its bytes."),
      ], returns: .region, "Makes a region; maps nothing."),
    Signature(
      "type", [Parameter("value", .any, "Any value.")], returns: .string,
      "Returns the name of a value's kind, as in \"integer\" or \"list\"."),
    Signature(
      "copy", [Parameter("value", .any, "A list or a map.")], returns: .any,
      "Returns a copy of a list or a map with the same elements."),
    Signature(
      "abs", [Parameter("value", .number, "A number.")], returns: .number,
      "Returns a number without its sign."),
    Signature(
      "min", [Parameter("values", .any, .variadic, "Several values, or one list of them.")],
      returns: .any, "Returns the least of several values or of a list."),
    Signature(
      "max", [Parameter("values", .any, .variadic, "Several values, or one list of them.")],
      returns: .any, "Returns the greatest of several values or of a list."),
  ]

  static let collectionSignatures: [Signature] = [
    Signature(
      "len", [Parameter("value", .any, "A list, map, string, range or region.")],
      returns: .integer, "Counts elements, characters, or the bytes of a region."),
    Signature(
      "push", [list, Parameter("value", .any, "The new last element.")],
      "Adds an element at the end of a list."),
    Signature("pop", [list], returns: .any, "Removes the last element of a list and returns it."),
    Signature(
      "insert",
      [
        list, Parameter("index", .integer, "0 ... len(list)."),
        Parameter("value", .any, "The new element."),
      ], "Puts an element into a list."),
    Signature(
      "remove",
      [
        Parameter("collection", .any, "A list or a map."),
        Parameter("key", .any, "The index or the key."),
      ], returns: .any, "Takes an element out of a list or a map and returns it."),
    Signature(
      "contains",
      [
        Parameter("collection", .any, "A list, map, string, range or region."),
        Parameter("value", .any, "An element, key, part, number or address."),
      ], returns: .boolean, "Tells whether a value is in a collection."),
    Signature(
      "keys", [Parameter("map", .map, "A map.")], returns: .list,
      "Returns the keys of a map in the order of their insertion."),
    Signature(
      "values", [Parameter("map", .map, "A map.")], returns: .list,
      "Returns the values of a map in the order of their insertion."),
    Signature(
      "join",
      [
        list,
        Parameter("separator", .string, .optional, "Stands between two elements; default \"\"."),
      ], returns: .string, "Returns the printed forms of a list's elements in one string."),
    Signature(
      "split",
      [
        Parameter("string", .string, "The text."),
        Parameter("separator", .string, .optional, "By default white space."),
      ], returns: .list, "Returns the parts of a string between separators."),
  ]

  static let failureSignatures: [Signature] = [
    Signature(
      "error",
      [
        Parameter("message", .string, "What went wrong."),
        Parameter("errno", .string, .labelled, "The name of an errno, if it has one."),
      ], returns: .error, "Makes an error; `raise` raises it."),
    Signature(
      "raise", [Parameter("error", .error, "An error, or the message of a new one.")],
      "Raises an error, to be caught by `try` or to end the process."),
    Signature(
      "assert_eq",
      [
        Parameter("actual", .any, "A value."), Parameter("expected", .any, "What it must equal."),
        Parameter("message", .string, .optional, "Said when they differ."),
      ], "Raises an error when two values are not equal."),
  ]
}
