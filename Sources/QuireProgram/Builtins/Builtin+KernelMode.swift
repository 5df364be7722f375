// Signatures of the kernel's own accesses: to the memory of a process, with a fix-up for what is
// not there, and to the kernel's own addresses, without.

private typealias Parameter = Signature.Parameter
private typealias Failure = Signature.Failure

private let isAtomic = Parameter(
  "atomic", .boolean, .labelled, "Take no faults: only what is mapped already is copied.")
private let valueSize = Parameter("size", .size, .labelled, "1, 2, 4 or 8 bytes; default 8.")

extension Builtin {
  static let kernelModeSignatures: [Signature] = [
    Signature(
      "copy_to_user",
      [
        Parameter("to", .region, "Where in the process, as an address or a region."),
        Parameter(
          "data", .any,
          "A string, a list of bytes, or where in the kernel: an object, a page or an address."),
        Parameter(
          "length", .size, .labelled, "Bytes; by default all of a string, a list or an object."),
        isAtomic,
      ], returns: .integer,
      """
      Copies from the kernel to the process and returns how many bytes are left: 0, or more where \
      the process has no memory that may be written. Pages are faulted in as the process's own.
      """),
    Signature(
      "copy_from_user",
      [
        Parameter("from", .region, "Where in the process, as an address or a region."),
        Parameter("length", .size, .optional, "Bytes; by default as many as the region has."),
        Parameter(
          "to", .any, .labelled, "Where in the kernel: an object, a page or an address."),
        isAtomic,
      ], returns: .any,
      """
      Copies from the process to the kernel and returns the bytes as a list, which is short where \
      the process has no memory; with `to` it returns how many bytes are left, and zeros stand for \
      these.
      """),
    Signature(
      "get_user", [Parameter("address", .address, "Where in the process."), valueSize],
      returns: .integer, "Reads a value from the process for the kernel.",
      fails: [Failure("EFAULT", "the process may not read there, or it is no user address")]),
    Signature(
      "put_user",
      [
        Parameter("address", .address, "Where in the process."),
        Parameter("value", .integer, "The value to write."), valueSize,
      ], "Writes a value to the process for the kernel.",
      fails: [Failure("EFAULT", "the process may not write there, or it is no user address")]),
    Signature(
      "kernel", [Parameter("block", .block, "What the kernel does.")], returns: .any,
      """
      Runs a block in kernel mode and returns its value. There `load`, `store`, `read`, `write`, \
      `touch` and `fetch` reach the kernel's own addresses; what is not there is an oops, of which \
      the task dies while the machine goes on.
      """),
  ]
}
