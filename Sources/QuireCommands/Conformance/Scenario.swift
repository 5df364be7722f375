// A scenario: what a recorded program did, step by step, as the parser leaves it.
//
// Everything is still symbolic here: names of regions, files and processes get their meaning when
// the scenario runs, because a name is set only by a call that succeeds.

internal import QuireKernel

/// A parsed scenario file.
struct Scenario: Sendable {
  /// The file's name without its extension.
  var name: String
  /// In the order of the file.
  var steps: [ScenarioStep]
}

/// One operation of a scenario.
struct ScenarioStep: Sendable {
  /// Counted from 1.
  var line: Int
  /// The line without its comment and outer blanks: what a recording repeats as `op`.
  var text: String
  /// The process of `@cN`, or nil for the current block's.
  var process: String?
  /// The name that a successful call sets.
  var binding: String?
  var operation: Operation
}

/// What a step asks for. Flags are the numbers of Linux's headers.
enum Operation: Sendable {
  case mmap(MapArguments)
  case munmap(AddressRange)
  case mprotect(AddressRange, protection: UInt64)
  case mremap(AddressRange, newLength: UInt64, flags: UInt64, target: AddressExpression?)
  case brk(BreakTarget)
  case madvise(AddressRange, advice: UInt64)
  case mlock(AddressRange)
  case mlock2(AddressRange, flags: UInt64)
  case munlock(AddressRange)
  case mlockall(flags: UInt64)
  case munlockall
  case mincore(AddressRange)
  case msync(AddressRange, flags: UInt64)
  case mseal(AddressRange, flags: UInt64)
  case read(AddressRange, stride: UInt64)
  case write(AddressRange, stride: UInt64, value: UInt8)
  case runAt(AddressExpression)
  case file(size: UInt64, mode: FileMode, isSparse: Bool, isTemporary: Bool)
  case memfd(size: UInt64, isSparse: Bool)
  case truncate(file: String, size: UInt64)
  case punch(file: String, offset: UInt64, length: UInt64)
  case fsync(file: String)
  case drop(file: String)
  case pread(file: String, offset: UInt64)
  case pwrite(file: String, offset: UInt64, value: UInt8)
  case sysread(file: String, offset: UInt64, AddressRange)
  case syswrite(file: String, offset: UInt64, AddressRange)
  case shmget(key: UInt64?, size: UInt64, flags: UInt64)
  case shmat(segment: SegmentOperand, address: AddressExpression?, flags: UInt64)
  case shmdt(AddressExpression)
  case shmrm(segment: String)
  case shmstat(segment: String)
  /// `fork cN {` and `vfork cN {`, up to the matching `closeBlock`.
  case forkBlock(child: String, isVfork: Bool)
  case closeBlock
  /// `cN = fork`: the child stays alive.
  case fork
  case wait(child: String)
  case exit(UInt64)
  case execve
  case rlimit(Resource, LimitOperand)
  case dropcaps
  case sleep(milliseconds: UInt64)
  case observe(withStack: Bool)
}

/// The operands of `mmap`.
struct MapArguments: Sendable {
  var length: UInt64
  var protection: UInt64
  var flags: UInt64
  /// nil asks for address 0.
  var address: AddressExpression?
  var descriptor: DescriptorOperand = .number(-1)
  var offset: UInt64 = 0
}

/// A file of the scenario or a bare descriptor number.
enum DescriptorOperand: Sendable, Hashable {
  case number(Int64)
  case file(String)
}

/// A segment of the scenario or a bare identifier.
enum SegmentOperand: Sendable, Hashable {
  case number(UInt64)
  case segment(String)
}

/// How the process opens a file.
enum FileMode: Sendable { case readOnly, writeOnly, readWrite }

/// The operand of `brk`.
enum BreakTarget: Sendable {
  /// Relative to the current break.
  case by(Int64)
  /// Relative to the start of the heap, wrapping.
  case to(UInt64)
}

/// The operand of `rlimit`.
enum LimitOperand: Sendable {
  case absolute(UInt64)
  /// Above what the process has now.
  case above(UInt64)
  case unlimited
}

/// A number or a name with an offset.
struct AddressExpression: Sendable, Hashable {
  /// nil for a plain number.
  var name: String?
  /// Added with wrap-around.
  var offset: UInt64
}

/// An address and a length, neither checked for sense.
struct AddressRange: Sendable, Hashable {
  var start: AddressExpression
  var length: UInt64
}

/// What is wrong with a line of a scenario.
struct ScenarioDiagnostic: Error, Hashable, CustomStringConvertible {
  /// Counted from 1.
  var line: Int
  /// Counted from 1 in characters.
  var column: Int
  var message: String

  var description: String { "\(line):\(column): \(message)" }
}
