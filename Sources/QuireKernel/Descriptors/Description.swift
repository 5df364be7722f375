// Open files as processes hold them: numbers, and what stands behind the numbers.
//
// `open` makes a description: what is open, for what, and where one is in it. A process has
// descriptors, numbers that lead to descriptions; fork copies the numbers, so that parent and
// child share the descriptions, and with them the place. The last number that goes takes its
// description along.

internal import KernelStorage

/// Index of an open file description; 0 is none.
///
/// Linux: none (model only).
public struct DescriptionIndex: Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt32
  package init(_ index: Int) { rawValue = UInt32(index) }
  public init(_ rawValue: UInt32) { self.rawValue = rawValue }
  public static var none: DescriptionIndex { DescriptionIndex(0) }
  public var index: Int { Int(rawValue) }
  public var isNone: Bool { rawValue == 0 }
}

/// A process that a descriptor stands for, told apart from a later one with its pid.
///
/// Linux: `struct pid`, include/linux/pid.h.
public struct ProcessReference: Hashable, Sendable, BitwiseCopyable {
  public var pid: ProcessID
  public var started: Nanoseconds
}

/// What is open.
///
/// Linux: `file.f_op`, include/linux/fs.h.
public enum DescriptionSubject: Hashable, Sendable, BitwiseCopyable {
  case file(OpenFile)
  case pipeReader(PipeIndex)
  case pipeWriter(PipeIndex)
  case process(ProcessReference)
}

/// An open file description.
///
/// Linux: `struct file`, include/linux/fs.h.
public struct Description: BitwiseCopyable, Sendable {
  public let subject: DescriptionSubject
  /// Tells it from a later one at the same index.
  public internal(set) var number: UInt32 = 0
  /// The next byte that `read` and `write` come to.
  public internal(set) var offset: UInt64 = 0
  /// Descriptors that lead to it.
  public internal(set) var holders: UInt32 = 0
  /// Where it would sleep, it answers EAGAIN. Linux: `O_NONBLOCK`.
  public internal(set) var isNonBlocking = false
  /// The task whose read or write is under way: nobody else may move the offset meanwhile.
  ///
  /// Linux: `file.f_pos_lock`, include/linux/fs.h.
  var mover = TaskIndex.none
  var waiters = WaitQueue()
  /// The kernel memory of the record.
  var object: SlabObject

  /// The file, if it is one.
  public var file: OpenFile? { if case .file(let file) = subject { file } else { nil } }
  /// The pipe that it is an end of.
  public var pipe: PipeIndex? {
    switch subject {
    case .pipeReader(let pipe), .pipeWriter(let pipe): pipe
    default: nil
    }
  }
  /// What it was opened for.
  public var access: FileAccess {
    switch subject {
    case .file(let file): file.access
    case .pipeReader: .read
    case .pipeWriter: .write
    case .process: .readWrite
    }
  }
}

/// One number of a process; those of a process form a list in ascending order.
///
/// Linux: an entry of `fdtable.fd`, include/linux/fdtable.h.
struct Descriptor: BitwiseCopyable {
  var number: Int32
  var description: DescriptionIndex
  /// The one with the next number, as an index of `Descriptors.entries`; 0 for none.
  var next: UInt32 = 0
}

/// All descriptions, the numbers that lead to them, and pipes.
package struct Descriptors: ~Copyable {
  var descriptions: Pool<Description>
  var entries = Pool(unused: Descriptor(number: 0, description: .none))
  var pipes: Pool<Pipe>
  var buffers = Pool(unused: PipeBuffer(frame: .none))
  private var lastNumber: UInt32 = 0

  /// The first number that is free in a fresh process: input, output and errors come before it.
  static var firstNumber: Int32 { 3 }

  init() {
    descriptions = Pool(
      unused: Description(subject: .process(ProcessReference(pid: 0, started: 0)), object: .none))
    pipes = Pool(unused: Pipe(capacity: 0, objects: .init(repeating: .none)))
  }

  subscript(description: DescriptionIndex) -> Description {
    get { descriptions[description.index] }
    _modify { yield &descriptions[description.index] }
  }

  subscript(pipe: PipeIndex) -> Pipe {
    get { pipes[pipe.index] }
    _modify { yield &pipes[pipe.index] }
  }

  mutating func make(_ record: Description) -> DescriptionIndex {
    var record = record
    lastNumber = (lastNumber + 1) & 0x7fff_ffff
    record.number = lastNumber
    return DescriptionIndex(descriptions.allocate(record))
  }

  /// Whether this is the description that had the number, and not a later one in its place.
  borrowing func isLive(_ description: DescriptionIndex, _ number: UInt32) -> Bool {
    descriptions.isLive(description.index) && descriptions[description.index].number == number
  }
}
