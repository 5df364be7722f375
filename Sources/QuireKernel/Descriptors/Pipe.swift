// Pipes: bytes on their way from a writer to a reader, in pages of the kernel.

internal import KernelStorage

/// Index of a pipe; 0 is none.
///
/// Linux: none (model only).
public struct PipeIndex: Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt32
  package init(_ index: Int) { rawValue = UInt32(index) }
  public static var none: PipeIndex { PipeIndex(0) }
  public var index: Int { Int(rawValue) }
  public var isNone: Bool { rawValue == 0 }
}

/// One end: the descriptions of it, and who sleeps there.
struct PipeEnd: BitwiseCopyable, Sendable {
  var descriptions: UInt32 = 1
  var queue = WaitQueue()
}

/// A pipe: pages in the order in which they are read.
///
/// Linux: `struct pipe_inode_info`, include/linux/pipe_fs_i.h.
package struct Pipe: BitwiseCopyable, Sendable {
  /// Pages that it may hold.
  package internal(set) var capacity: UInt32
  package internal(set) var pages: UInt32 = 0
  /// Bytes that wait to be read.
  package internal(set) var bytes: UInt64 = 0
  /// Indices of `Descriptors.buffers`, oldest and newest; 0 for none.
  var firstBuffer: UInt32 = 0
  var lastBuffer: UInt32 = 0
  /// A page that was read empty and will be written next. Linux: `tmp_page`.
  var spare = FrameNumber.none
  var readers = PipeEnd()
  var writers = PipeEnd()
  /// The user who made it, for the limit on pages of pipes.
  var owner: UserID = 0
  /// The kernel memory of the record and of the array of buffers.
  var objects: [2 of SlabObject]

  init(capacity: UInt32, objects: [2 of SlabObject]) {
    self.capacity = capacity
    self.objects = objects
  }

  var isFull: Bool { pages >= capacity }

  /// Pages of a new pipe. Linux: `PIPE_DEF_BUFFERS`, include/linux/pipe_fs_i.h.
  static var usualCapacity: UInt32 { 16 }
  /// Pages of a new pipe of a user who has too many. Linux: `PIPE_MIN_DEF_BUFFERS`, fs/pipe.c.
  static var leastCapacity: UInt32 { 2 }
  /// Bytes of the record. Linux: `struct pipe_inode_info`, include/linux/pipe_fs_i.h.
  static var recordSize: Int { 168 }
  /// Bytes of one entry of the array. Linux: `struct pipe_buffer`, include/linux/pipe_fs_i.h.
  static var entrySize: Int { 40 }
}

/// A page of a pipe, and which bytes of it are still to be read.
///
/// Linux: `struct pipe_buffer`, include/linux/pipe_fs_i.h.
struct PipeBuffer: BitwiseCopyable {
  var frame: FrameNumber
  var offset: UInt16 = 0
  var length: UInt16 = 0
  var next: UInt32 = 0
}
