// The rules in which processors, and the kernels that this machine runs on them, differ.
//
// An x86_32 machine has the address spaces of Linux 2.6.11 behind the calls of 6.12. Code asks for
// a rule by its name, never for the architecture: `architectureRules.contains(.nonlinearMappings)`.

/// What one architecture's address spaces do and the other's do not.
///
/// Linux: none (model only).
public struct ArchitectureRules: OptionSet, Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// All regions that fork has made of one hang on one list, and new pages of any of them name it
  /// (RMAP-3).
  public static let sharedAnonymousFamilies = ArchitectureRules(rawValue: 1 << 0)
  /// fork copies the entries of every region, those too that faults would find again (FORK-2).
  public static let forkCopiesEveryTable = ArchitectureRules(rawValue: 1 << 1)
  /// remap_file_pages gives single entries other pages of the object; a shared mapping need not be
  /// linear (REMAP-1).
  public static let nonlinearMappings = ArchitectureRules(rawValue: 1 << 2)
  /// A region grows down only to an access at the stack pointer, or 32 bytes below (STACK-1).
  public static let stackFollowsPointer = ArchitectureRules(rawValue: 1 << 3)
  /// The break may go down to the end of the code (BRK-2).
  public static let breakReachesCode = ArchitectureRules(rawValue: 1 << 4)
  /// RLIMIT_DATA counts from the start of the data, and only where the heap grows (BRK-3).
  public static let breakJudgesGrowth = ArchitectureRules(rawValue: 1 << 5)
  /// RLIMIT_DATA is a limit of brk alone (VMA-10).
  public static let dataLimitIsOfBreak = ArchitectureRules(rawValue: 1 << 6)
  /// The guess of overcommit counts what is free or could be freed now (COMMIT-2).
  public static let guessCountsWhatIsFree = ArchitectureRules(rawValue: 1 << 7)
  /// Strict overcommit keeps a 32nd of the promised RAM for root, and of each process (COMMIT-3).
  public static let promiseKeepsShares = ArchitectureRules(rawValue: 1 << 8)
  /// A fixed mapping takes away what is in its place before its limits are judged (MMAP-9).
  public static let fixedMapUnmapsFirst = ArchitectureRules(rawValue: 1 << 9)
  /// The right to write alone does not let a read fault a page in (FAULT-4).
  public static let readNeedsMoreThanWrite = ArchitectureRules(rawValue: 1 << 10)
  /// A private page is reused by the count of its owners, and stays in the swap cache (FAULT-10).
  public static let reuseCountsOwners = ArchitectureRules(rawValue: 1 << 11)
  /// What the kernel faults in ahead of use is in no account of the task (FAULT-14).
  public static let accountsOfAccessesAlone = ArchitectureRules(rawValue: 1 << 12)
  /// Who finds no memory at a fault is killed (FAULT-15).
  public static let faultWithoutMemoryKills = ArchitectureRules(rawValue: 1 << 13)
  /// A new anonymous page is active and referenced (FAULT-16).
  public static let anonymousStartsActive = ArchitectureRules(rawValue: 1 << 14)
  /// A swap entry does not remember that its process alone had the page (PT-2, RMAP-4).
  public static let swapForgetsExclusive = ArchitectureRules(rawValue: 1 << 15)
  /// Reclaim leaves a page that an entry has used since the last look (RMAP-4).
  public static let usedPagesStay = ArchitectureRules(rawValue: 1 << 16)
  /// A fault maps its own page and none around it (FAULT-9).
  public static let faultsMapOnePage = ArchitectureRules(rawValue: 1 << 17)
  /// Numbers of pages in files have 32 bits, as a word has (MMAP-1).
  public static let wordsOf32Bits = ArchitectureRules(rawValue: 1 << 18)

  /// What Linux 2.6.11 does on a 32-bit processor.
  static let classic = ArchitectureRules(rawValue: 1 << 19 - 1)
}

extension ArchitectureRules {
  /// Bytes that a file may have.
  ///
  /// Linux: `MAX_LFS_FILESIZE`, include/linux/fs.h.
  var largestFile: UInt64 {
    contains(.wordsOf32Bits) ? UInt64(UInt32.max) << Page.shift : UInt64(Int64.max)
  }

  /// Whether the number of a page behind so many from `page` on is none.
  func wraps(_ page: UInt64, _ count: UInt64) -> Bool {
    let (end, isOverflow) = page.addingReportingOverflow(count)
    return isOverflow || contains(.wordsOf32Bits) && end > UInt64(UInt32.max)
  }
}

extension Architecture {
  /// What address spaces do on this architecture beyond what all do.
  public var rules: ArchitectureRules {
    switch self {
    case .x86_64: []
    case .x86_32: .classic
    }
  }
}
